"""The start of a handoff: what is sent, and who is accused of what."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from ada_contract_tests.engine.check import Options, acheck, check, planned, run_cases
from ada_contract_tests.handoff import HANDOFF_TIME, read_handoff
from ada_contract_tests.suites.handoffs import (
    ELSEWHERE,
    FIELDS,
    FOR_WANT_OF_IT,
    HANDOFF_IDS,
    KEY,
    NO_POST,
    OPEN,
    SIGNED,
    UNASKED,
    UNSERVED,
    handoff_cases,
)
from ada_contract_tests.suites.selection import Selection
from ada_contract_tests.targets.open import Secret
from ada_contract_tests.transcript_api import TranscriptApi
from ada_mockserver.delivery.attempt import Attempt
from ada_mockserver.delivery.http import Response
from ada_schemas.errors import TargetError, UsageError
from support.fake_targets import SECRET, FakeTarget, answer, outcomes, silence
from support.threaded_endpoint import threaded_endpoint

PATH = "/webhooks/start-handoff"
KNOWN = "5f7e0e2c1e7c7e000f0f9c3a"
STARTED, UNKNOWN, AGAIN, SLOW = HANDOFF_IDS
NOT_SENT = "not sent: the ordinary start of a handoff was not accepted"
GUIDE = re.compile(rb'\{"ada_conversation_id": "[0-9a-f]{24}"\}')


def handoff(conversation=None, **options):
    return read_handoff(PATH, conversation=conversation, folder=Path(), **options)


def checked(answering=lambda _: answer(204), conversation=None, *, secret=SECRET, select="ADA8xx", **options):
    """The report about a consumer whose endpoint for handoffs answers like that, and what it got there."""
    target = FakeTarget(lambda sent: answer(200) if sent.path is None else answering(sent))
    settings = Options(
        handoff=options.pop("handoff", None) or handoff(conversation),
        selection=Selection(select=select, **options),
        seed=5,
    )
    given = Secret(secret, given=True)
    cases = planned(settings)
    run = run_cases(cases, target, given, settings, clock=target.clock, target=target.name)
    return asyncio.run(run), [sent for sent in target.sent if sent.path is not None]


def found(report):
    return [(f.case, f.severity, f.got, f.hint) for f in report.findings]


def about(sent):
    return sent.json["ada_conversation_id"]


def counting(*answers):
    """Answers in turn, the last of them for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


# --- what is sent ---


def test_what_a_start_is():
    """It is the one field of Ada's guide, as JSON, to the path, and nothing of a webhook."""
    report, sent = checked()
    assert (report.findings, outcomes(report)) == ((), {STARTED: "passed", AGAIN: "passed"})
    assert {each.path for each in sent} == {PATH}
    assert all(GUIDE.fullmatch(each.body) for each in sent)
    assert [set(each.headers) for each in sent] == [{"content-type", "user-agent", "accept"}] * 3
    assert [about(sent[1]) == about(each) for each in sent] == [False, True, True]


def test_the_same_seed_starts_the_same_conversations():
    """What a start holds depends on the seed alone."""
    assert [each.body for each in checked()[1]] == [each.body for each in checked()[1]]


def test_a_conversation_that_is_known():
    """It is the one that is started; a made-up one beside it is unknown to the consumer's Ada."""
    report, sent = checked(conversation=KNOWN)
    assert list(outcomes(report)) == [STARTED, UNKNOWN, AGAIN]
    assert [about(each) == KNOWN for each in sent] == [True, False, True, True]


def test_fields_and_headers_of_the_flow():
    """The body and the headers are those of the flow's author, with the id where its place is."""
    body = '{"id": "{conversation_id}", "tags": ["c-{conversation_id}"], "vip": true, "größe": 3}'
    started = handoff(body=body, headers=["X-Api-Key = s3cret=", "Content-Type=application/json; v=2"])
    _, sent = checked(handoff=started)
    first = sent[0].json
    assert first == {"id": first["id"], "tags": [f"c-{first['id']}"], "vip": True, "größe": 3}
    assert sent[0].headers == {
        "user-agent": "adakit",
        "accept": "*/*",
        "x-api-key": "s3cret=",
        "content-type": "application/json; v=2",
    }


def test_a_body_that_names_the_conversation():
    """A body without a place for the id is sent as it is, and taken for one that is known."""
    report, sent = checked(lambda _: answer(500), handoff=handoff(body='{"id": "c1"}'))
    assert [each.body for each in sent] == [b'{"id": "c1"}']
    assert found(report) == [(STARTED, "error", "500", "")]


def test_nothing_changes_without_a_path():
    """Without a path there is no case more, and nothing is sent elsewhere."""
    target = FakeTarget()
    options = Options(seed=5, selection=Selection(select="ADA101,ADA8xx"))
    assert {case.rule for case in planned(options)} == {"ADA101"}
    run = run_cases(
        planned(options), target, Secret(SECRET, given=True), options, clock=target.clock, target=""
    )
    report = asyncio.run(run)
    assert {sent.path for sent in target.sent} == {None}
    with_it, _ = checked(select="ADA101,ADA8xx")
    assert with_it.total_cases == report.total_cases + 2
    assert [r.case.id for r in with_it.results] == [r.case.id for r in report.results] + [STARTED, AGAIN]


# --- who is accused ---


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("conversation", [None, KNOWN])
def test_any_2xx(status, conversation):
    """Any 2xx starts the handoff."""
    report, _ = checked(lambda _: answer(status, b'{"ok": true}'), conversation)
    assert (report.findings, report.exit_code) == ((), 0)
    assert set(outcomes(report).values()) == {"passed"}


WANT = ("warning", FOR_WANT_OF_IT)
OTHER = ("warning", f"{FIELDS} {FOR_WANT_OF_IT}")


@pytest.mark.parametrize(
    ("status", "made_up", "known"),
    [
        (500, WANT, ("error", "")),
        (502, WANT, ("error", "")),
        (503, WANT, ("error", "")),
        (400, OTHER, ("error", "")),
        (422, OTHER, ("error", "")),
        (424, WANT, ("error", "")),
        (409, ("warning", OPEN), ("warning", OPEN)),
        (401, ("error", KEY), ("error", KEY)),
        (403, ("error", KEY), ("error", KEY)),
        (405, ("error", NO_POST), ("error", NO_POST)),
        (415, ("error", ""), ("error", "")),
    ],
)
def test_an_answer_that_starts_nothing(status, made_up, known):
    """What may be for want of Ada's API is a warning, unless the conversation is one that it knows."""
    for conversation, expected in ((None, made_up), (KNOWN, known)):
        report, sent = checked(lambda _: answer(status), conversation)
        assert found(report) == [(STARTED, expected[0], str(status), expected[1])]
        assert {r.note for r in report.results[1:]} == {NOT_SENT}
        signed = [each for each in sent if "svix-signature" in each.headers]
        assert len(sent) - len(signed) == 1
        assert report.exit_code == (expected[0] == "error")


def test_a_redirect():
    """A redirect is a failure, with the place that it leads to."""
    report, _ = checked(lambda _: answer(307, location="/webhooks/start-handoff/"))
    assert found(report) == [
        (
            STARTED,
            "error",
            "307 (a redirect; redirects are not followed)",
            "It redirects to /webhooks/start-handoff/; give that address, or the path with its slash.",
        )
    ]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_signature_is_asked_for(status):
    """An endpoint that takes the request once it is signed asks for what the Request block never sends."""
    report, _ = checked(lambda sent: answer(204 if "svix-signature" in sent.headers else status))
    assert found(report) == [(STARTED, "error", str(status), SIGNED)]


def test_without_a_secret_nothing_is_signed():
    """Where nothing is signed at all, no signature is tried."""
    report, sent = checked(lambda _: answer(401), secret=None)
    assert found(report) == [(STARTED, "error", "401", KEY)]
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("elsewhere", "hint"),
    [(b"no /webhooks/{made_up} here", f"{ELSEWHERE} {FOR_WANT_OF_IT}"), (b"nothing here", FOR_WANT_OF_IT)],
)
def test_a_path_that_may_not_be_there(elsewhere, hint):
    """A 404 that a made-up path next to it gets too tells of the path; a framework's own proves nothing."""

    def not_found(sent):
        made_up = sent.path.rpartition("/")[2].encode()
        text = b"no " + PATH.encode() + b" here" if sent.path == PATH else elsewhere
        return answer(404, text.replace(b"{made_up}", made_up))

    report, _ = checked(not_found)
    assert found(report) == [(STARTED, "warning", "404", hint)]


def test_no_answer():
    """An endpoint that hangs does so for want of Ada's API, perhaps; one that hangs up does not."""
    for kind, conversation, severity in (
        ("timeout", None, "warning"),
        ("timeout", KNOWN, "error"),
        ("dropped", None, "error"),
    ):
        report, sent = checked(lambda _, kind=kind: silence(kind), conversation)
        hint = FOR_WANT_OF_IT if severity == "warning" else ""
        assert found(report) == [(STARTED, severity, "127.0.0.1:9 said nothing", hint)]
        assert len(sent) == 1


def test_the_time_that_a_start_has():
    """It is ten seconds, or less where deliveries have less."""
    for timeout, seconds in ((15.0, HANDOFF_TIME), (2.0, 2.0)):
        target = FakeTarget(lambda _: silence())
        options = Options(handoff=handoff(), selection=Selection(cases=[STARTED]), timeout=timeout)
        run = run_cases(
            planned(options), target, Secret(SECRET, given=True), options, clock=target.clock, target=""
        )
        assert asyncio.run(run).seconds == seconds


def test_started_again():
    """The second start of a conversation must not crash, whatever its refusal; a first that failed shows nothing."""
    for second, expected in ((500, [(AGAIN, "error", "500", "")]), (409, []), (404, []), (200, [])):
        answers = counting(answer(204), answer(204), answer(second))
        report, _ = checked(answers)
        assert found(report) == expected, second
    for kind, conversation, severity in (
        ("timeout", None, "warning"),
        ("timeout", KNOWN, "error"),
        ("dropped", None, "error"),
    ):
        first = [answer(204)] * (3 if conversation else 2)
        report, _ = checked(counting(*first, silence(kind)), conversation)
        assert [(f.case, f.severity) for f in report.findings] == [(AGAIN, severity)]
    (finding,) = checked(counting(answer(204), answer(204), answer(500)))[0].findings
    assert finding.summary == "the handoff of a conversation is started twice (again)"


@pytest.mark.parametrize(
    ("conversation", "first", "expected"),
    [
        (None, 500, [(AGAIN, "warning", "500", FOR_WANT_OF_IT)]),
        (KNOWN, 500, [(AGAIN, "warning", "500", "")]),
        (KNOWN, 409, []),
    ],
)
def test_started_again_alone(conversation, first, expected):
    """Alone, the case says of its first start no more than is certain, and makes no second."""
    report, sent = checked(lambda _: answer(first), conversation, cases=[AGAIN])
    assert found(report) == expected
    assert len(sent) == 1


@pytest.mark.parametrize(("status", "severities"), [(500, ["warning"]), (404, []), (204, []), (400, [])])
def test_an_unknown_conversation(status, severities):
    """A crash over a conversation that Ada does not know is a warning; any other answer is right."""
    report, _ = checked(lambda sent: answer(204 if about(sent) == KNOWN else status), KNOWN)
    assert [(f.case, f.severity) for f in report.findings] == [(UNKNOWN, each) for each in severities]
    assert outcomes(report) == dict.fromkeys((STARTED, UNKNOWN, AGAIN), "passed")


def test_work_after_the_answer():
    """An exception after the 2xx is for want of Ada's API, unless it knows the conversation: then it is lost."""
    after = Attempt(
        response=Response(202, (), b"", 0.01), traceback="Traceback:\nValueError: no transcript\n", late=True
    )
    assert checked(lambda _: after)[0].findings == ()
    (finding,) = checked(lambda _: after, KNOWN, cases=[STARTED])[0].findings
    assert (finding.severity, finding.hint) == (
        "error",
        "The handoff is lost: after a 2xx Ada leaves the end user to you. Store it before the answer.",
    )


def test_a_limited_rate_is_no_verdict():
    """A 429 is about the rate of a check, and says nothing of handoffs."""
    report, _ = checked(lambda _: answer(429))
    assert (report.findings, report.stopped, set(outcomes(report).values())) == ((), "", {"not run"})
    assert report.results[0].note == "put off: the endpoint limits its rate"


def test_values_of_headers_are_never_shown():
    """What an endpoint repeats of the flow's headers stands in no finding, and in no line that repeats it."""
    key = "Bearer abc123xyz"

    def echoing(sent):
        said = sent.headers["authorization"]
        return answer(500, said.encode(), traceback=f"Traceback\nValueError: {said.split()[1]}\n")

    report, _ = checked(echoing, handoff=handoff(headers=[f"Authorization={key}"]))
    (finding,) = report.findings
    assert "abc123" not in repr(finding)
    assert (finding.excerpt, "[redacted]" in finding.traceback) == ("[redacted]", True)
    (line,) = finding.reproduce
    assert line == (
        "adakit check http://consumer.example/hook --handoff-path /webhooks/start-handoff"
        " --handoff-header Authorization=... --case handoff/start:accepted --seed 5"
    )
    assert "abc123" not in repr(handoff(headers=[f"Authorization={key}"]))


# --- beside the run of events ---


def test_events_that_all_fail():
    """Where every event fails in one way, no handoff is started, and the one finding stands alone."""
    target = FakeTarget(lambda _: answer(500))
    options = Options(handoff=handoff(), selection=Selection(select="ADA101,ADA8xx"), seed=5)
    cases = planned(options)
    run = run_cases(cases, target, Secret(SECRET, given=True), options, clock=target.clock, target="")
    report = asyncio.run(run)
    assert {sent.path for sent in target.sent} == {None}
    assert (len(report.findings), report.is_general) == (1, True)
    assert [r.note for r in report.results[-2:]] == [report.stopped] * 2


def test_no_connection():
    """Where handoffs are all that is checked, and nothing takes a connection, that is no finding."""
    with pytest.raises(TargetError) as caught:
        checked(lambda _: silence("refused", "127.0.0.1:9 refused the connection."))
    assert str(caught.value) == (
        "127.0.0.1:9 refused the connection.\n  Is the URL right, and the service running?"
    )


def test_strict():
    """With strict the warnings are errors."""
    report, _ = checked(lambda _: answer(500))
    assert (report.exit_code, report.strictly().exit_code) == (0, 1)
    assert outcomes(report.strictly())[STARTED] == "failed"


# --- real consumers ---


async def app(scope, receive, send):
    """An endpoint for handoffs of the kind that ``HANDOFF_KIND`` names; all other requests are accepted."""
    if scope["type"] != "http":
        raise NotImplementedError
    body = (await receive())["body"]
    kind, status, late = os.environ["HANDOFF_KIND"], 204, None
    if scope["path"] == PATH:
        conversation = json.loads(body)["ada_conversation_id"]
        match kind:
            case "fetches":
                await asyncio.open_connection("127.0.0.1", int(os.environ["CLOSED_PORT"]))
            case "fetches afterwards":
                late = asyncio.open_connection("127.0.0.1", int(os.environ["CLOSED_PORT"]))
            case "gateway":
                status = 502
            case "json":
                status, body = 200, json.dumps({"ticket": conversation}).encode()
            case "hangs":
                await asyncio.Event().wait()
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"" if status == 204 else body})
    if late is not None:
        await late


def wsgi(environ, start_response):
    """The same for WSGI: it crashes on the second start of a conversation, or never."""
    if environ["PATH_INFO"] == PATH:
        conversation = json.load(environ["wsgi.input"])["ada_conversation_id"]
        if conversation in STARTED_HERE and os.environ["HANDOFF_KIND"] == "unique":
            raise KeyError(conversation)
        STARTED_HERE.add(conversation)
    start_response("204 No Content", [])
    return []


STARTED_HERE: set[str] = set()


@pytest.mark.parametrize(
    ("kind", "severities"),
    [
        ("at once", []),
        ("json", []),
        ("fetches afterwards", []),
        ("fetches", ["warning"]),
        ("gateway", ["warning"]),
        ("hangs", ["warning"]),
    ],
)
def test_an_application(monkeypatch, kind, severities):
    """No endpoint is called broken for what only its Ada can give it; a hang has its time."""
    monkeypatch.setenv("HANDOFF_KIND", kind)
    options = Options(
        handoff=handoff(), selection=Selection(select="ADA8xx"), timeout=0.2 if kind == "hangs" else 5.0
    )
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("CLOSED_PORT", str(closed.getsockname()[1]))
        report = check(f"{__name__}:app", options)
    assert [finding.severity for finding in report.findings] == severities
    assert report.exit_code == 0


@pytest.mark.parametrize(("kind", "cases"), [("any", []), ("unique", [AGAIN])])
def test_a_wsgi_application(monkeypatch, kind, cases):
    """A unique column over which the second start stumbles is found in process, with its traceback."""
    STARTED_HERE.clear()
    monkeypatch.setenv("HANDOFF_KIND", kind)
    report = check(f"{__name__}:wsgi", Options(handoff=handoff(), selection=Selection(select="ADA8xx")))
    assert [finding.case for finding in report.errors] == cases
    assert all("KeyError" in finding.traceback for finding in report.errors)


def test_over_http():
    """Over HTTP the path replaces the one of the URL."""
    with threaded_endpoint() as endpoint:
        options = Options(
            handoff=handoff(headers=["X-Key=7"]), selection=Selection(select="ADA8xx"), secret=SECRET
        )
        report = asyncio.run(acheck(endpoint.url, options))
    assert (report.findings, len(endpoint.requests)) == ((), 3)
    headers, body = endpoint.requests[0]
    assert GUIDE.fullmatch(body)
    assert (headers["x-key"], headers["svix-id"]) == ("7", None)


# --- options ---


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": None, "body": "{}"}, "The handoff has no path."),
        ({"path": None, "headers": ["a=b"]}, "The handoff has no path."),
        ({"path": "", "conversation": "1"}, "The handoff has no path."),
        ({"path": "http://other.example/start"}, "'http://other.example/start' is no path of the target."),
        ({"path": "/a b"}, "'/a b' is no path of the target."),
        ({"path": "/a", "body": "[]"}, "The body of the handoff is no JSON object."),
        ({"path": "/a", "body": "{"}, "The body of the handoff is not valid JSON: "),
        ({"path": "/a", "body": "@list.json"}, "list.json is no JSON object."),
        ({"path": "/a", "body": "@none.json"}, "none.json does not exist."),
        ({"path": "/a", "api": "x"}, "'x' is no port."),
        ({"path": "/a", "api": 65536}, "'65536' is no port."),
        ({"path": None, "api": "8765"}, "The handoff has no path."),
        ({"path": "/a", "headers": ["s3cret"]}, "A header of the handoff cannot be used."),
        ({"path": "/a", "headers": ["a b=s3cret"]}, "A header of the handoff cannot be used."),
        ({"path": "/a", "headers": ["a=s3cret\r\nb: c"]}, "A header of the handoff cannot be used."),
    ],
)
def test_options_that_cannot_be_used(tmp_path, options, said):
    """What cannot be used is a usage error, which says no value of a header."""
    (tmp_path / "list.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_handoff(options.pop("path"), folder=tmp_path, **options)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.next_step or "exist" in said


def test_a_body_from_a_file(tmp_path):
    """A body may stand in a file, whose name repeats it."""
    (tmp_path / "body.json").write_text('\ufeff{"id": "{conversation_id}"}', encoding="utf-8")
    found = read_handoff("/a", body="@body.json", folder=tmp_path)
    assert found is not None
    assert (found.body, found.given) == (
        {"id": "{conversation_id}"},
        ("--handoff-path", "/a", "--handoff-body", "@body.json"),
    )
    assert read_handoff(None, folder=tmp_path) is None


def test_a_port_for_transcripts(tmp_path):
    """With a port all four cases are there, also of a conversation that was named; the port repeats them."""
    found = read_handoff("/a", api="8765", folder=tmp_path)
    assert found is not None
    assert (found.given[-2:], found.knows_one) == (("--handoff-api", "8765"), True)
    assert tuple(case.id for case in handoff_cases(found)) == HANDOFF_IDS


@pytest.mark.parametrize(
    ("selection", "step"),
    [
        (Selection(select="ADA8xx"), "ADA8xx are for the start of a handoff: add --handoff-path PATH."),
        (Selection(cases=[STARTED]), "Add --handoff-path PATH."),
    ],
)
def test_cases_without_a_path(selection, step):
    """Without a path the option that is missing is named."""
    with pytest.raises(UsageError) as caught:
        planned(Options(selection=selection))
    assert caught.value.next_step == step


def test_choosing():
    """The cases of a handoff are chosen by rule, by id and by glob, whatever the events."""
    ids = {
        "select": Selection(select="ADA803"),
        "events": Selection(events=["end_user.created"], select="ADA101,ADA801"),
        "ignore": Selection(select="ADA8xx", ignore="handoff/start:acc*"),
        "case": Selection(cases=[AGAIN]),
    }
    chosen = {
        name: [case.id for case in planned(Options(selection=each, handoff=handoff()))][-1:]
        for name, each in ids.items()
    }
    assert chosen == {"select": [AGAIN], "events": [STARTED], "ignore": [AGAIN], "case": [AGAIN]}


# --- transcripts that the check serves ---

SERVED: list[TranscriptApi] = []


async def fetched(path, method="GET"):
    """The status and the value of an answer of the served API."""
    reader, writer = await asyncio.open_connection("127.0.0.1", SERVED[-1].port)
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\nhost: ada\r\n\r\n".encode())
        answered = await reader.read()
    finally:
        writer.close()
    head, _, body = answered.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


async def desk(scope, receive, send):
    """An endpoint that asks for the transcript as ``HANDOFF_KIND`` says."""
    if scope["type"] != "http":
        raise NotImplementedError
    conversation = json.loads((await receive())["body"])["ada_conversation_id"]
    kind, status = os.environ["HANDOFF_KIND"], 204
    path = f"/v2/conversations/{conversation}/messages/"
    if kind == "posts":
        status, _ = await fetched(path, "POST")
    elif kind not in ("afterwards", "never"):
        status, transcript = await fetched(path)
        if kind == "trusts it":
            assert transcript["data"]
        status = 204 if status == 200 and kind != "fails" else 404 if status == 404 else 500
    if kind in ("posts", "never"):
        status = 500
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})
    if kind == "afterwards":
        await fetched(path)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("afterwards", []),
        ("first", [(SLOW, "warning", "no answer within 0.3 s", "")]),
        ("trusts it", [(UNKNOWN, "warning", "500", ""), (SLOW, "warning", "no answer within 0.3 s", "")]),
        ("fails", [(STARTED, "error", "500", "")]),
        ("never", [(STARTED, "error", "500", UNASKED)]),
        ("posts", [(STARTED, "warning", "500", UNSERVED)]),
    ],
)
def test_an_endpoint_whose_ada_is_the_check(monkeypatch, kind, expected):
    """With transcripts of the check's own a failure is the endpoint's, unless it asks for more than those."""
    monkeypatch.setenv("HANDOFF_KIND", kind)
    api = TranscriptApi(0)
    SERVED[:] = [api]
    options = Options(
        handoff=replace(handoff(), api=api), selection=Selection(select="ADA8xx"), timeout=0.3, seed=5
    )
    report = check(f"{__name__}:desk", options)
    said = [
        (case, severity, got, hint.replace(api.url, "{url}")) for case, severity, got, hint in found(report)
    ]
    hints = {UNSERVED: UNSERVED.format(asked=api.unserved[0] if api.unserved else "")}
    assert said == [(*first, hints.get(hint, hint)) for *first, hint in expected]
    assert [name.partition(" ")[0] for name in api.unserved[:1]] == ["POST"] * (kind == "posts")


def test_what_the_api_serves():
    """It serves the messages of a conversation, with and without /api and the last slash, and nothing else."""

    async def ask():
        async with TranscriptApi(0) as api:
            SERVED[:] = [api]
            api.denied.add("c2")
            answers = [
                await fetched(path)
                for path in (
                    "/v2/conversations/c1/messages",
                    "/api/v2/conversations/c1/messages/?limit=100",
                    "/v2/conversations/c2/messages/",
                    "/v2/end-users/e1?token=7",
                )
            ]
            with pytest.raises(UsageError) as taken:
                await TranscriptApi(api.port).__aenter__()
            reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
            writer.write(b"nonsense\r\n\r\n")
            assert await reader.read() == b""
            writer.close()
        return answers, api, str(taken.value)

    answers, api, taken = asyncio.run(ask())
    assert [status for status, _ in answers] == [200, 200, 404, 404]
    first = answers[0][1]
    assert first == answers[1][1]
    assert [each["author"]["role"] for each in first["data"]] == ["end_user", "ai_agent", "end_user"]
    assert first["meta"] == {"next_page_url": None}
    assert answers[2][1]["errors"][0]["message"] == "Conversation not found"
    assert (api.asked, api.unserved) == (["c1", "c1", "c2"], ["GET /v2/end-users/e1"])
    assert taken == (
        f"The port {api.port} cannot be used: Address already in use.\n"
        "  Name another with --handoff-api, and give its URL to your endpoint."
    )


def test_the_api_ends_with_its_run():
    """Who still waits for a transcript at the end is not waited for."""

    async def ask():
        async with TranscriptApi(0) as api:
            SERVED[:] = [api]
            api.hold("c1")
            waiting = asyncio.create_task(fetched("/v2/conversations/c1/messages"))
            while not api.asked:  # noqa: ASYNC110 - nothing tells when it is
                await asyncio.sleep(0)
        return await asyncio.gather(waiting, return_exceptions=True)

    ((ended),) = asyncio.run(ask())
    assert isinstance(ended, (IndexError, OSError))
