"""What is wrong with a scenario that a user wrote: where, what, and what to do."""

from __future__ import annotations

import json

import pytest
import yaml

from ada_mockserver.events.written.document import ScenarioError, schema_text
from ada_mockserver.events.written.plan import read_plan
from ada_schemas.errors import DocumentError, UsageError

HEAD = "name: n\nsteps:\n"
KINDS = "end_user, ai_agent, human_agent, handoff, end_handoff, profile, survey, end, wait and event"
BRACES = "Write {{ and }} for braces, or set placeholders: false."
ANYWAY = "Or set strict: false to send it so."


def problems(text: str) -> list[str]:
    """The problems of a document, whose name is f."""
    with pytest.raises(ScenarioError) as caught:
        read_plan(text, name="f")
    assert caught.value.what == "The scenario f does not fit."
    assert caught.value.next_step.splitlines() == [str(one) for one in caught.value.problems]
    return caught.value.next_step.splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: n\n", "f:1: steps is required, and must be a list of 1 to 10000 steps."),
        ("name: n\nsed: 7\nsteps: [{end: system}]", "f:2: sed is not known. Did you mean seed?"),
        ("name: n\nseed: -1\nsteps: [{end: system}]", "f:2: seed must be a whole number from 0."),
        ("name: n\nlocale: french\nsteps: [{end: system}]", "f:2: locale must be a locale such as fr_FR."),
        (
            "name: n\nstart: yesterday\nsteps: [{end: system}]",
            "f:2: start must be a time of this century with its zone, such as 2026-03-01T09:00:00Z.",
        ),
        (
            "name: n\nstart: 2026-02-30T09:00:00Z\nsteps: [{end: system}]",
            "f:2: start: there is no such time as 2026-02-30T09:00:00Z.",
        ),
        (
            "name: n\nchannel: sms\nsteps: [{end: system}]",
            "f:2: channel must be custom, chat, voice, email, custom-voice or custom-email, or a mapping.",
        ),
        (
            "name: n\nchannel:\n  typ: custom\nsteps: [{end: system}]",
            "f:3: channel.typ is not known. Did you mean type?",
        ),
        (
            "name: n\nchannel:\n  type: native\n  metadata: {a: 1}\nsteps: [{end: system}]",
            "f:4: channel: one of Ada's own has no metadata. Leave it out, or make the type custom.",
        ),
        (
            "name: n\nend_user:\n  known: true\n  unset: [tags]\nsteps: [{end: system}]",
            (
                "f:4: end_user: an end user who is known gets no end_user.created in which to unset a member. "
                "Leave one of the two out."
            ),
        ),
        (
            "name: n\nconversation: {metadata: {x: [1]}}\nsteps: [{end: system}]",
            "f:2: conversation.metadata.x must be a text, a boolean or a number.",
        ),
        (
            "name: n\nwords:\n  Order: A-1\nsteps: [{end: system}]",
            "f:3: words.Order is no name of a word: small letters, digits and underscores.",
        ),
        (HEAD + "- end_usr: hi", "f:3: step 1: end_usr is not known. Did you mean end_user?"),
        (HEAD + "- end_user: hi\n- 5", f"f:4: step 2 must have exactly one of {KINDS}."),
        (HEAD + "- end_user: a\n  ai_agent: b", f"f:3: step 1 must have exactly one of {KINDS}."),
        (
            HEAD + "- end_user: 42",
            (
                "f:3: step 1: end_user must be a text (in quotes where YAML reads something else), "
                "or a mapping with text, file or link."
            ),
        ),
        (
            HEAD + "- end_user: {file: a.pdf, link: 'https://a.example'}",
            "f:3: step 1: end_user must have exactly one of text, file and link; a link may have a text.",
        ),
        (
            HEAD + "- end_user: {text: a, url: 'https://a.example'}",
            "f:3: step 1: end_user has mime_type or url, which go with file.",
        ),
        (
            HEAD + "- end_user:\n    file: scan.xyz",
            (
                "f:4: step 1 (end_user): the type of 'scan.xyz' does not follow from its name. "
                "Add mime_type, such as mime_type: application/pdf."
            ),
        ),
        (HEAD + "- end_user: {link: nowhere}", "f:3: step 1: end_user.link must be a URL."),
        (HEAD + "- end: robot", "f:3: step 1: end must be one of: end_user, system, human_agent."),
        (
            HEAD + "- wait: 3 s",
            "f:3: step 1: wait must be a duration such as 250ms, 3s, 5m, 2h or 1d.",
        ),
        (
            HEAD + "- end_user: hi\n  after: 4000d",
            "f:4: step 1 (end_user): after is longer than ten years. Give at most 3650d.",
        ),
        (
            HEAD + "- profile: {name: Ada}",
            "f:3: step 1: profile.name is not known. Did you mean last_name?",
        ),
        (
            HEAD + "- wait: 3s\n  unset: [data.x]",
            "f:4: step 1 (wait) gives no event in which to unset a member. Leave unset out.",
        ),
        (
            HEAD + "- event: conversation.messge",
            "f:3: step 1 (event): there is no event 'conversation.messge'. Did you mean conversation.message?",
        ),
        (
            HEAD + "- event: zzz",
            (
                "f:3: step 1 (event): there is no event 'zzz'. The events are: conversation.created, "
                "conversation.message, conversation.ended, conversation.handoff.ended, end_user.created, "
                "end_user.updated, audit_log.emitted."
            ),
        ),
        (
            HEAD + "- end_user: '{ordr}'",
            f"f:3: step 1 (end_user): there is no placeholder {{ordr}}. Did you mean order? {BRACES}",
        ),
        (
            HEAD + "- end_user: '{order.real}'",
            f"f:3: step 1 (end_user): there is no placeholder {{order.real}}. Did you mean order? {BRACES}",
        ),
        (
            HEAD + "- end_user: '{city!r:>9}'",
            f"f:3: step 1 (end_user): there is no placeholder {{city!r:>9}}. Did you mean city? {BRACES}",
        ),
        (
            HEAD + "- profile: {metadata: {size: '}'}}",
            f"f:3: step 1 (profile): a brace in '}}' has no other that belongs to it. {BRACES}",
        ),
    ],
)
def test_what_is_wrong(text: str, said: str) -> None:
    """Each thing that does not fit is one line: the line of the file, the step, the reason and the way out."""
    assert problems(text) == [said]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            "- human_agent: hi",
            (
                "f:3: step 1 (human_agent) needs a handoff, and there is none. "
                "Put `- handoff: zendesk_chat` before it."
            ),
        ),
        (
            "- end_handoff:",
            (
                "f:3: step 1 (end_handoff) needs a handoff, and there is none. "
                "Put `- handoff: zendesk_chat` before it."
            ),
        ),
        (
            "- handoff: a\n- end_handoff:\n- human_agent: hi",
            (
                "f:5: step 3 (human_agent) needs a handoff, and there is none any more. "
                "Put `- handoff: zendesk_chat` before it."
            ),
        ),
        (
            "- handoff: a\n- ai_agent: hi",
            (
                "f:4: step 2 (ai_agent) is a message of the AI Agent during the handoff that step 1 began. "
                "Put `- end_handoff:` before it, or let human_agent say it."
            ),
        ),
        (
            "- handoff: a\n- survey:",
            (
                "f:4: step 2 (survey) is a message of the AI Agent during the handoff that step 1 began. "
                "Put `- end_handoff:` before it, or put it after the end."
            ),
        ),
        (
            "- handoff: a\n- handoff: b",
            "f:4: step 2 (handoff) comes during the handoff that step 1 began. Put `- end_handoff:` before it.",
        ),
        (
            "- handoff: a\n- end: system",
            "f:4: step 2 (end) comes during the handoff that step 1 began. Put `- end_handoff:` before it.",
        ),
        (
            "- end: human_agent",
            (
                "f:3: step 1 (end) is by a human agent, who was never there. "
                "Put a handoff before it, or let end_user end it."
            ),
        ),
        (
            "- end: system\n- end_user: hi",
            "f:4: step 2 (end_user) comes after step 1 ended the conversation. Put it before that step.",
        ),
        (
            "- end: system\n  repeat: 2",
            "f:3: step 1 (end) comes after step 1 ended the conversation. Put it before that step.",
        ),
    ],
)
def test_order(steps: str, said: str) -> None:
    """A step where Ada sends none like it is an error, and with ``strict: false`` a warning."""
    assert problems(HEAD + steps) == [f"{said} {ANYWAY}"]
    place, _, rest = said.partition(": ")
    lenient = read_plan(f"{HEAD}{steps}\nstrict: false", name="f")
    assert [str(one) for one in lenient.warnings] == [f"{place}: warning: {rest}"]


def test_after_the_end() -> None:
    """What is no part of the conversation may follow its end."""
    steps = (
        "- handoff:\n- end_handoff:\n- end: human_agent\n- survey:\n- wait: 1d\n- profile: {email: null}\n"
    )
    plan = read_plan(HEAD + steps + "- event: conversation.ended", name="f")
    assert plan.warnings == ()
    assert [step.kind for step in plan.steps][2:] == ["end", "survey", "wait", "profile", "event"]


def test_all_at_once() -> None:
    """Everything that is wrong is said at once, in the order of the lines."""
    text = "seed: x\nname: n\nsteps:\n- end_user: 1\n- end: me\nlocale: 5\n"
    assert [one.partition(": ")[0] for one in problems(text)] == ["f:1", "f:4", "f:5", "f:6"]


def test_many_problems() -> None:
    """A document with many problems is not told at length."""
    with pytest.raises(ScenarioError) as caught:
        read_plan(HEAD + "- end_user: 1\n" * 70, name="f")
    lines = caught.value.next_step.splitlines()
    assert (len(lines), lines[-1]) == (51, "... and 20 more")
    assert len(caught.value.problems) == 70


def test_no_lines_in_data() -> None:
    """Data have no lines, and what is no JSON is refused."""
    with pytest.raises(ScenarioError) as caught:
        read_plan({"name": "n", "steps": [{"end": "me"}]}, name="it")
    assert caught.value.next_step == "it: step 1: end must be one of: end_user, system, human_agent."
    for wrong in ({"name": "n", "steps": {1}}, {"name": "\ud800", "steps": []}, {"name": float("nan")}):
        with pytest.raises(UsageError, match=r"^The scenario it is no JSON: "):
            read_plan(wrong, name="it")


def test_no_yaml() -> None:
    """Text that is no YAML is an error that names its line."""
    with pytest.raises(DocumentError) as caught:
        read_plan("name: n\nsteps: [}", name="f")
    assert caught.value.what.startswith("f is not valid YAML at line 2: ")


def test_unknown_locale() -> None:
    """A locale that nobody knows is a problem of its line; one of the caller's is the caller's."""
    text = "name: n\nlocale: xx_XX\nsteps: [{end: system}]"
    assert problems(text)[0].startswith(
        "f:2: locale: There are no personas for the locale 'xx_XX'. Shipped are "
    )
    with pytest.raises(UsageError, match=r"^There are no personas for the locale 'yy_YY'\."):
        read_plan(text, name="f", locale="yy_YY")
    assert read_plan(text, name="f", locale="de-DE").locale == "de_DE"


def test_controls_are_spelled() -> None:
    """What a terminal would obey is spelled out."""
    assert problems(HEAD + '- "end\\u001b[2Juser\\nf:9: fine": x') == [
        f"f:3: step 1: end\\x1b[2Juser\\nf:9: fine is not known. Known are: {KINDS}, after, repeat, set and unset.".replace(
            " and event", ", event"
        ),
    ]


def test_schema_is_for_editors() -> None:
    """The schema is valid, describes every member, and judges as the command does."""
    from jsonschema import Draft202012Validator

    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    assert all("description" in one for one in schema["properties"].values() if "$ref" not in one)
    against = Draft202012Validator(schema)
    good = "name: n\nchannel: {type: native}\nsteps: [{end_user: {link: 'https://x.example', text: t}}]"
    assert against.is_valid(yaml.safe_load(good))
    assert not against.is_valid(yaml.safe_load(HEAD + "- end_user: a\n  ai_agent: b"))
