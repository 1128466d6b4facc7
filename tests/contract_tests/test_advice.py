"""Advice by the kind of a case, by the answer, and by the exception where one is known."""

from __future__ import annotations

import re

import pytest

from ada_contract_tests.advice import advice_of, subject_of
from ada_contract_tests.findings import Finding
from ada_contract_tests.rules import RULES
from ada_contract_tests.suites.registry import all_cases
from support.faulty_consumers import finding_of

CREATED, MESSAGE = "conversation.created", "conversation.message"
FILE = f"{MESSAGE}/union:data.content:file"


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        (
            {"rule": "ADA402", "got": "no answer in time"},
            (
                "A regular expression over `data.content.body` backtracks: bound its repetitions (`{1,64}`), let no two"
                " that match the same stand side by side, or work after the answer."
            ),
        ),
        (
            {"rule": "ADA402", "traceback": 'Stack:\n  File "/srv/app.py", line 3, in f\n    match(x)\n'},
            (
                "A regular expression over `data.content.body` backtracks: bound its repetitions (`{1,64}`), let no two"
                " that match the same stand side by side, or work after the answer. It waits at app.py:3."
            ),
        ),
        (
            {"rule": "ADA601"},
            (
                "`data.content.body` may hold long runs of one character or word. Do handle it, or answer with an error"
                " so that it is sent again; after a 2xx the event is lost."
            ),
        ),
        ({"rule": "ADA603"}, RULES["ADA603"].fix),
        ({"hint": "Look at `/x/`."}, "Look at `/x/`."),
        (
            {
                "hint": "It is lost.",
                "got": "200, then KeyError: 'x' (app.py:3)",
                "traceback": "KeyError: 'x'\n",
            },
            "It is lost. The handler reads `x` as if it were always there: read it with a default (`.get('x')`).",
        ),
        (
            {"traceback": 'Traceback:\n  File "/srv/app.py", line 3, in f\n    g()\nOddError: no\n'},
            (
                "`data.content.body` may hold long runs of one character or word. Look for a regular expression that"
                " backtracks or a limit on the length of a word. It fails at app.py:3."
            ),
        ),
        (
            {"got": "413"},
            (
                "`data.content.body` may hold long runs of one character or word. A limit of the body's size refuses the"
                " event: raise it above 1 MB in the framework and in every proxy in front (Express:"
                " express.raw({limit: '2mb'}); nginx: client_max_body_size 2m; Django: DATA_UPLOAD_MAX_MEMORY_SIZE)."
            ),
        ),
    ],
)
def test_the_advice_of_a_run(more, advice):
    """A time-out, a loss, a hint and an exception that nobody knows have the advice that fits them."""
    finding = finding_of(f"{MESSAGE}/text:data.content:text.body:repeated")
    told = {"rule": finding.rule, "case": finding.case, "event": finding.event, "severity": "error"}
    told |= {"summary": finding.summary, "expected": "2xx", "got": "500", "cause": "status 500"}
    assert advice_of(Finding(**told | more)) == advice


@pytest.mark.parametrize(
    ("case", "more", "advice"),
    [
        (
            f"{CREATED}/metadata:data.metadata:text-cjk",
            {"got": "401", "excerpt": '{"error": "no matching signature"}'},
            (
                "A value of `data.metadata` may be any text, here with cjk. The handler refuses the signature of"
                " this event: its body is read, decoded or written again before it is verified. Verify over the bytes"
                " as received (Express: express.raw; Flask: request.get_data(); FastAPI: await request.body())."
            ),
        ),
        (
            f"{CREATED}/signature:malformed:other-version",
            {"got": "200 (the forged request was accepted)"},
            (
                "A signature of another version than v1 is none. Compare the entries that begin with `v1,` alone, and"
                " refuse with 400 or 401 where there is none."
            ),
        ),
        (
            "conversation.ended/delivery:before-created",
            {"got": "404", "excerpt": '{"error": "no such conversation"}'},
            (
                "The handler expects that what the event refers to was announced before: events come out of order, and of"
                " some the beginning never comes, so create what is missing."
            ),
        ),
        (
            f"{MESSAGE}/delivery:interleaved",
            {"got": "400", "excerpt": "message is older than the latest"},
            (
                "The handler refuses what comes late: answer 2xx, and ignore an older state by its `timestamp` where that"
                " is right."
            ),
        ),
        (
            "audit_log.emitted/example:complete",
            {"got": "404"},
            (
                "This is an ordinary audit_log.emitted. Handle it, or answer 200 to it and leave the type out of the"
                " check: --events '!audit_log.emitted'."
            ),
        ),
        (
            f"{MESSAGE}/forward:new-value:data.channel.type",
            {
                "changes": (("data.channel.type", '"native"', '"adakit_new_value"'),),
                "excerpt": '{"detail":[{"type":"union_tag_invalid","loc":["channel"],"msg":"Input tag found"}]}',
            },
            (
                "`data.channel.type` may be one that is not documented yet. The handler closes the union at"
                " `data.channel` by its type: add a branch for types that are not known, and acknowledge those."
            ),
        ),
        (
            FILE,
            {"got": "415"},
            (
                "`data.content` may be of type file, which has members of its own. Branch on `data.content.type`"
                " before reading what only one type has."
            ),
        ),
        ("audit_log.emitted/example:complete", {"got": "404, every time"}, RULES["ADA101"].fix),
        (
            f"{MESSAGE}/enum:data.author.role:human_agent",
            {
                "changes": (
                    ("data.author.role", '"end_user"', '"human_agent"'),
                    ("data.author.id", '"1"', "null"),
                ),
                "excerpt": "TypeError: Cannot read properties of null (reading 'trim')",
            },
            (
                "`data.author.role` may be human_agent. The handler reads a member of nothing: `data.author.id` may be"
                " null or absent, so ask for it first (`?.` in JavaScript, `&.` in Ruby)."
            ),
        ),
    ],
)
def test_the_advice_of_an_answer(case, more, advice):
    """Over HTTP the status and what the answer says lead to the advice."""
    assert advice_of(finding_of(case, **more)) == advice


def test_an_exception_behind_another_is_known():
    """What is raised from another exception, and says nothing, has the advice of what led to it."""
    first = 'Traceback:\n  File "/srv/app.py", line 3, in f\n    x["a"]\nKeyError: \'a\'\n\n'
    then = "The above exception was the direct cause of the following exception:\n\nTraceback:\n"
    text = f'{first}{then}  File "/srv/app.py", line 9, in g\n    raise Failed\napp.Failed: sorry\n'
    assert advice_of(finding_of(f"{CREATED}/absent:data.metadata", traceback=text)) == (
        "`data.metadata` may be absent. app.py:9 reads `a` as if it were always there: read it with a default"
        " (`.get('a')`)."
    )


def test_what_is_raised_over_a_signature_is_about_no_member():
    """The exception of a verification is no advice about a member of the event."""
    raised = 'Traceback:\n  File "/srv/app.py", line 3, in f\n    int(t)\nValueError: invalid literal for int() with\n'
    assert advice_of(finding_of(f"{CREATED}/signature:malformed:timestamp", traceback=raised)) == (
        "The header svix-timestamp may hold anything when a stranger sends it. Catch the error of parsing it as a"
        " number, and refuse with 400 or 401. It fails at app.py:3."
    )


ONLY_THE_RULE = {
    "ADA109": {"combination"},
    "ADA411": {"status"},
    "ADA203": {"new event type"},
    "ADA204": {"order of members"},
    "ADA206": {"additional headers"},
    "ADA302": {"wrong secret"},
    "ADA304": {"old request"},
    "ADA305": {"request from the future"},
    "ADA306": {"rotated secret"},
    "ADA307": {"unknown version of a signature"},
    "ADA309": {"case of header names"},
    "ADA401": {"status"},
    "ADA402": {"status"},
    "ADA403": {"duplicate"},
    "ADA404": {"out of order"},
    "ADA405": {"burst"},
    "ADA406": {"large body"},
    "ADA407": {"content type"},
    "ADA408": {"many conversations"},
    "ADA409": {"kept-alive connection"},
    "ADA410": {"course of a conversation"},
    "ADA501": {"malformed JSON"},
    "ADA502": {"no object"},
    "ADA503": {"invalid UTF-8"},
    "ADA504": {"deep nesting"},
}
"""The kinds of cases for which the rule's own advice is as good as any, by rule."""


def test_every_kind_has_advice_of_its_own():
    """Every case is of a known kind, and only where one is all of a rule is the advice that of the rule."""
    unknown, plain = set(), {}
    for case in all_cases():
        kind, changes = subject_of(case.id).kind, (("a", "1", "2"),)
        if not kind.case:
            unknown.add(case.id)
        elif advice_of(finding_of(case.id, changes=changes)) == RULES[case.rule].fix:
            plain.setdefault(case.rule, set()).add(kind.name)
    assert unknown == set()
    assert plain == ONLY_THE_RULE


def test_every_advice_fits_on_a_screen():
    """An advice has no place left to fill, ends as a sentence, and takes six lines of a report at most."""
    for case in all_cases():
        advice = advice_of(finding_of(case.id))
        assert len(advice) < 300
        assert advice.endswith((".", "!"))
        assert not re.search(r"\{[a-z_]+\}", advice)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("length:data.content:link.url:1000-characters", "long address"),
        ("length:data.profile.avatar:4100-characters", "long address"),
        ("length:data.content:text.body:10000-characters-varied", "long text that does not compress"),
        ("text:data.content:text.body:emoji-at-79", "characters of several units"),
        ("text:data.profile.first_name:non-ascii-20", "characters of several units"),
        ("text:data.profile.first_name:empty", "empty text"),
        ("text:data.profile.first_name:blank", "blank text"),
        ("metadata:data.metadata:key-dollar", "name of a metadata entry"),
        ("metadata-name:data.channel:custom.metadata:65-characters", "name of a metadata entry"),
        ("text:data.content:file.filename:slash", "file name"),
        ("delivery:same-timestamp", "same timestamp"),
        ("delivery:released-together", "deliveries together"),
    ],
)
def test_kinds_by_their_form(name, kind):
    """A kind is found by what stands in an id, whatever the value of the case is."""
    assert subject_of(f"{MESSAGE}/{name}").kind.name == kind


@pytest.mark.parametrize(
    ("case", "rule", "advice"),
    [
        (
            f"{MESSAGE}/fuzz:documented:6_iLjgUA",
            "ADA701",
            (
                "All that distinguishes this event is documented, and nothing of it can be taken away. Send it with the"
                " line that repeats it, and follow it through the code."
            ),
        ),
        (
            f"{MESSAGE}/fuzz:documented:6_iLjgUA",
            "ADA601",
            (
                "All that distinguishes this event is documented, and nothing of it can be taken away. Do handle it, or"
                " answer with an error so that it is sent again; after a 2xx the event is lost."
            ),
        ),
        (
            f"{MESSAGE}/fuzz:forward:6_iLjgUA",
            "ADA702",
            (
                "What is new in this event may be added without a new version. Ignore members that you do not know, have a"
                " default for values that you do not know, and keep ids as opaque text."
            ),
        ),
        (
            f"{MESSAGE}/fuzz:hostile:6_iLjgUA",
            "ADA703",
            (
                "Only the owner of the secret could send this, and never does. Validate what you use and answer 4xx, or"
                " ignore what you cannot use and answer 200."
            ),
        ),
        (
            "any/fuzz:sequences:6_iLjgUA",
            "ADA704",
            (
                "Events are sent again, and some of them after others that happened later. Follow the deliveries one by"
                " one, and look at what is stored before the one that fails."
            ),
        ),
    ],
)
def test_the_advice_for_what_is_drawn(case, rule, advice):
    """A drawn event has the advice of its mode, also by the id of all of its kind."""
    told = {
        "rule": rule,
        "event": case.partition("/")[0],
        "severity": "error",
        "summary": "",
        "expected": "2xx",
    }
    for case_id in (case, case.rpartition(":")[0]):
        assert advice_of(Finding(**told, case=case_id, got="500", cause="status 500")) == advice
