"""From an answer to a finding: every branch, with the words that a person reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ada_contract_tests.engine.checks import cause_of, judge
from ada_contract_tests.exchange import Exchange
from ada_contract_tests.findings import Finding
from ada_contract_tests.suites.registry import case_named
from support.exchanges import MESSAGE, TRACEBACK, case_of, delivery_of, exchange_of
from support.fake_targets import SECRET, answer, silence

PYDANTIC = """Traceback (most recent call last):
  File "/srv/app/handlers.py", line 42, in handle
    Message.model_validate(event["data"])
  File "/venv/lib/python3.12/site-packages/pydantic/main.py", line 792, in model_validate
    return cls.__pydantic_validator__.validate_python(
           ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~^
pydantic_core._pydantic_core.ValidationError: 2 validation errors for Message
content.body
  Field required [type=missing, input_value={'type': 'link', 'url': 'https://x'}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.14/v/missing
handoff_integration
  Input should be a valid string [type=string_type, input_value=None, input_type=NoneType]
    For further information visit https://errors.pydantic.dev/2.14/v/string_type
"""


def judged(rule, given, *, timeout=15.0, **options):
    """(severity, rule, expected, got, hint) of the finding, or None; ``forged=True`` for a forgery."""
    case = case_of(rule, **options)
    exchange = exchange_of(case, given, authentic=not options.get("forged"))
    finding = judge(case, exchange, timeout=timeout)
    return finding and (finding.severity, finding.rule, finding.expected, finding.got, finding.hint)


# --- what is right and what is wrong ---


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("rule", ["ADA101", "ADA105", "ADA206", "ADA306", "ADA401", "ADA403", "ADA505"])
def test_every_2xx_is_accepted(rule, status):
    """Any 2xx accepts an event; whether it must be 200 is judged elsewhere."""
    assert judged(rule, answer(status)) is None


@pytest.mark.parametrize(
    ("status", "got"),
    [
        (199, "199"),
        (301, "301 (a redirect; redirects are not followed)"),
        (400, "400"),
        (422, "422"),
        (500, "500"),
        (503, "503"),
    ],
)
def test_an_event_that_is_not_accepted(status, got):
    """Every status but 2xx refuses an event, and is an error."""
    assert judged("ADA102", answer(status)) == ("error", "ADA102", "2xx", got, "")


@pytest.mark.parametrize("status", [400, 404, 422, 499])
def test_a_refusal_that_is_allowed(status):
    """Where a refusal is as good as acceptance, 4xx is right."""
    assert judged("ADA105", answer(status), answer="either") is None


@pytest.mark.parametrize("status", [302, 500])
def test_a_refusable_event_that_fails(status):
    """Where a refusal is allowed, a redirect and a 5xx are still errors."""
    severity, _, expected, _, _ = judged("ADA105", answer(status), answer="either")
    assert (severity, expected) == ("error", "2xx, or a refusal (4xx)")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_forgery_that_is_refused(status):
    """A forged request is refused with any 4xx."""
    assert judged("ADA301", answer(status), forged=True) is None


@pytest.mark.parametrize(
    ("status", "got"),
    [
        (200, "200 (the forged request was accepted)"),
        (204, "204 (the forged request was accepted)"),
        (302, "302 (a redirect; redirects are not followed)"),
        (500, "500"),
    ],
)
def test_a_forgery_that_is_not_refused(status, got):
    """2xx, 3xx and 5xx to a forged request are errors."""
    assert judged("ADA301", answer(status), forged=True) == (
        "error",
        "ADA301",
        "a refusal (4xx)",
        got,
        "",
    )


@pytest.mark.parametrize(
    ("rule", "status", "forged", "severity"),
    [
        ("ADA310", 500, True, "warning"),
        ("ADA310", 200, True, "error"),
        ("ADA310", 302, True, "error"),
        ("ADA503", 500, False, "warning"),
        ("ADA503", 200, False, "warning"),
        ("ADA501", 500, False, "warning"),
        ("ADA502", 500, False, "warning"),
        ("ADA504", 500, False, "warning"),
        ("ADA505", 500, False, "warning"),
        ("ADA304", 200, True, "error"),
        ("ADA304", 500, True, "error"),
        ("ADA305", 200, True, "warning"),
        ("ADA305", 500, True, "warning"),
    ],
)
def test_what_only_the_owner_could_send(rule, status, forged, severity):
    """What takes the secret to make and never comes is a warning; a captured request that is replayed is not."""
    found = judged(rule, answer(status), forged=forged)
    assert found[0] == severity


@pytest.mark.parametrize("given", [silence("dropped"), silence("timeout")])
@pytest.mark.parametrize("rule", ["ADA501", "ADA502", "ADA503", "ADA504", "ADA505"])
def test_hostile_input_without_an_answer(rule, given):
    """Hostile input that only the owner of the secret could send is a warning, also where nothing comes back."""
    assert judged(rule, given)[0] == "warning"


@pytest.mark.parametrize(
    ("name", "given", "severity"),
    [
        ("any/body-unsigned:malformed-json:text", answer(200), "error"),
        ("any/body-unsigned:malformed-json:text", answer(500), "error"),
        ("any/body-unsigned:deep:lists", answer(200), "error"),
        ("any/body-unsigned:deep:lists", answer(302), "error"),
        ("any/body-unsigned:deep:lists", silence("timeout"), "error"),
        ("any/body-unsigned:deep:lists", answer(500), "warning"),
        ("any/body-unsigned:invalid-utf-8:cut", answer(200), "error"),
        ("any/body-unsigned:invalid-utf-8:cut", answer(500), "warning"),
        ("conversation.message/signature:malformed:id", answer(200), "warning"),
        ("conversation.message/signature:malformed:timestamp", answer(200), "warning"),
        ("conversation.message/signature:malformed:timestamp", silence("dropped"), "warning"),
        ("conversation.message/signature:malformed:empty", answer(200), "error"),
        ("conversation.message/signature:malformed:empty", silence("dropped"), "error"),
        ("conversation.message/signature:stale", answer(200), "error"),
        ("conversation.message/signature:future-day", answer(200), "warning"),
        ("conversation.message/connection:after-malformed", answer(400), "warning"),
        ("conversation.message/connection:after-forgery", answer(400), "error"),
    ],
)
def test_who_could_send_it(name, given, severity):
    """A stranger's request that is accepted or hangs is an error; the owner's own is a warning at most."""
    case = case_named(name)
    authentic = case.expect.handled != "never"
    assert judge(case, exchange_of(case, given, authentic=authentic), timeout=15.0).severity == severity


@pytest.mark.parametrize("status", [200, 302, 400, 404, 422])
@pytest.mark.parametrize("rule", ["ADA501", "ADA502", "ADA504", "ADA505"])
def test_hostile_input_that_is_survived(rule, status):
    """Hostile input may be answered with anything but 5xx."""
    assert judged(rule, answer(status)) is None


@pytest.mark.parametrize("rule", ["ADA501", "ADA504", "ADA505"])
def test_hostile_input_that_is_not_survived(rule):
    """A 5xx, a hang or a dropped connection on hostile input is a finding of the case's own rule."""
    expected = "any answer but a 5xx"
    assert judged(rule, answer(500))[1:4] == (rule, expected, "500")
    assert judged(rule, silence("timeout", "it hangs."))[1:4] == (rule, expected, "it hangs")
    assert judged(rule, silence("dropped", "it drops."))[1:4] == (rule, expected, "it drops")


def test_invalid_utf_8_must_be_refused():
    """A body that is not UTF-8 must be refused: neither acceptance nor a redirect will do."""
    assert judged("ADA503", answer(400)) is None
    assert judged("ADA503", answer(200))[1:4] == ("ADA503", "a refusal (4xx)", "200")
    assert judged("ADA503", answer(302))[1:4] == (
        "ADA503",
        "a refusal (4xx)",
        "302 (a redirect; redirects are not followed)",
    )


@pytest.mark.parametrize("status", [200, 204, 400, 500])
def test_in_time_is_in_time(status):
    """The rule about the time limit has nothing to say of an answer that came."""
    assert judged("ADA402", answer(status)) is None


def test_the_status_case_that_is_refused():
    """The case about the status expects 200."""
    assert judged("ADA401", answer(500)) == ("error", "ADA401", "200", "500", "")


@pytest.mark.parametrize("forged", [False, True])
def test_no_answer_in_time(forged):
    """A time-out is a finding of ADA402, whatever was asked."""
    assert judged("ADA104", silence("timeout"), timeout=2.5, forged=forged) == (
        "error",
        "ADA402",
        "an answer within 2.5 s",
        "no answer in time",
        "",
    )


def test_a_dropped_connection():
    """A dropped connection is a finding of the case's rule, in the wire's words and with its advice."""
    given = silence("dropped", "127.0.0.1:9 closed the connection without answering.", "Look at its log.")
    assert judged("ADA104", given) == (
        "error",
        "ADA104",
        "2xx",
        "127.0.0.1:9 closed the connection without answering",
        "Look at its log.",
    )


@pytest.mark.parametrize(
    ("location", "hint"),
    [
        ("/hook/", "It redirects to /hook/; give that address, or the path with its slash."),
        ("/a\x1b[31m", r"It redirects to /a\x1b[31m; give that address, or the path with its slash."),
        (f"/?s={SECRET}", "It redirects to /?s=whsec_...; give that address, or the path with its slash."),
    ],
)
def test_a_redirect_names_its_address(location, hint):
    """A redirect's finding says where to, without control characters and secrets."""
    assert judged("ADA101", answer(307, location=location))[4] == hint


def test_an_exception_after_the_answer():
    """What was acknowledged and then failed is lost; a forgery and hostile input that are answered well are not."""
    given = replace(answer(200, traceback=TRACEBACK), late=True)
    assert judged("ADA103", given) == (
        "error",
        "ADA103",
        "2xx, and no exception after it",
        "200, then KeyError: 'body' (handlers.py:42)",
        "The event is lost: after a 2xx it is not sent again. Store it before the answer, then work on it.",
    )
    assert judged("ADA103", given, severity="warning")[0] == "warning"
    assert judged("ADA505", given) is None
    assert judged("ADA302", replace(given, response=answer(401).response), forged=True) is None


def test_a_database_that_threads_share_is_named():
    """What only SQLite in memory refuses is no fault of the endpoint's in production, and the finding says so."""
    locked = (
        "Traceback (most recent call last):\ndjango.db.utils.OperationalError: database table is locked\n"
    )
    given = replace(answer(500), traceback=locked)
    assert judged("ADA405", given)[4] == (
        "SQLite in memory refuses some of what threads do at once: test with a file, or with the database of"
        " production. In Django: DATABASES['default']['TEST'] = {'NAME': 'test.sqlite3'}."
    )


# --- of several deliveries ---


def test_the_first_wrong_delivery_counts():
    """Of several deliveries the first that is wrong makes the finding, and says which it was."""
    deliveries = (
        delivery_of(case_of(), answer(200), label="first"),
        delivery_of(case_of(), answer(500, b"second"), label="the same again"),
        delivery_of(case_of(), answer(500, b"third"), label="and again"),
    )
    finding = judge(case_of(), Exchange(deliveries), timeout=15)
    assert (finding.summary, finding.excerpt) == ("the author is a human agent (the same again)", "second")


def test_an_delivery_that_was_followed_by_another_does_not_count():
    """What was delivered again is judged by what came of that."""
    refused = delivery_of(case_of(), answer(503), final=False)
    accepted = delivery_of(case_of(), answer(200))
    assert judge(case_of(), Exchange((refused, accepted)), timeout=15) is None


# --- what a finding shows ---


def test_a_whole_finding():
    """A finding holds the case, the answer, how the payload differs, the traceback and how to repeat it."""
    base = {"type": "v1.x", "data": {"author": {"role": "end_user", "id": "1"}}}
    payload = {"type": "v1.x", "data": {"author": {"role": "human_agent"}, "new": [1]}}
    page = b"<html><style>x</style><body>Oops,\n <b>no</b> body</body></html>"
    given = answer(500, page, traceback=TRACEBACK)
    exchange = exchange_of(case_of(), given, base=base, payload=payload)
    assert judge(case_of(), exchange, timeout=15, reproduce=("adakit check ...",)) == Finding(
        rule="ADA102",
        case=f"{MESSAGE}/case",
        event=MESSAGE,
        severity="error",
        summary="the author is a human agent",
        expected="2xx",
        got="500",
        cause="KeyError: 'body' (handlers.py:42)",
        changes=(
            ("data.author.role", '"end_user"', '"human_agent"'),
            ("data.author.id", '"1"', "-"),
            ("data.new", "-", "[1]"),
        ),
        excerpt="Oops, no body",
        traceback=TRACEBACK,
        reproduce=("adakit check ...",),
    )


def excerpt_of(body):
    return judge(case_of(), exchange_of(case_of(), answer(500, body)), timeout=15).excerpt


def test_the_excerpt_is_one_printable_line():
    """Line breaks, control characters and bytes that are no UTF-8 do not reach the terminal."""
    assert excerpt_of(b" a\r\n\tb\x1b[31m \x00c \xff") == "a b [31m c \N{REPLACEMENT CHARACTER}"


def test_the_excerpt_is_short():
    """300 characters are shown."""
    assert excerpt_of(b"x" * 300) == "x" * 300
    assert excerpt_of(b"x" * 301) == "x" * 297 + "..."


def test_the_excerpt_shows_no_secret():
    """A consumer that prints its signing secret does not make the report print it."""
    assert excerpt_of(f"expected {SECRET}".encode()) == "expected whsec_..."


def test_long_values_are_cut():
    """A value of a payload is shown with 120 characters."""
    exchange = exchange_of(case_of(), answer(500), base={"a": "x"}, payload={"a": "é" * 200})
    ((_, _, after),) = judge(case_of(), exchange, timeout=15).changes
    assert after == '"' + "é" * 116 + "..."


# --- causes ---


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        (silence("timeout"), "no answer in time"),
        (silence("dropped"), "the connection was closed without a complete answer"),
        (silence("protocol"), "the answer is not HTTP"),
        (silence("refused"), "no connection"),
        (silence("dns"), "no connection"),
        (silence("tls"), "no connection"),
        (answer(500), "status 500"),
        (answer(500, b'{"error": "boom", "id": "3f2a91bc0d", "n": 17}'), None),
        (answer(500, b"x" * 200), "status 500: " + "x" * 160),
        (answer(500, b"oops", traceback=TRACEBACK), "KeyError: 'body' (handlers.py:42)"),
        (answer(500, traceback="ValueError: no frames\n"), "ValueError: no frames"),
        (
            answer(500, traceback=PYDANTIC),
            "ValidationError: 2 validation errors for Message: content.body: Field required (handlers.py:42)",
        ),
        (
            answer(500, traceback="\n".join(f"  | {line}" for line in TRACEBACK.splitlines())),
            "KeyError: 'body' (handlers.py:42)",
        ),
        (answer(500, traceback="  indented only\n"), "indented only"),
    ],
)
def test_causes(given, cause):
    """The cause is the exception and its place, the kind of silence, or the status and what it says."""
    assert cause_of(given) == (cause or 'status 500: {"error": "boom", "id": "*", "n": *}')


def test_answers_that_differ_in_ids_have_one_cause():
    """Ids and numbers in an answer do not make another cause of it."""
    one = answer(500, b"error msg_2abcDEF at 12:03:44, request 9d4f3a2b1c")
    other = answer(500, b"error msg_9zyxWVU at 13:15:02, request 0a1b2c3d4e")
    assert cause_of(one) == cause_of(other)


def test_forgeries_have_one_cause_a_status():
    """What a consumer says to forgeries does not tell them apart; the status does."""
    assert cause_of(answer(200, b"ok 1"), forged=True) == "forged request answered 200"
    assert cause_of(answer(204, b"ok 2"), forged=True) == "forged request answered 204"
