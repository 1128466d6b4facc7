"""Declarations of what a consumer ignores on purpose: how they are read, and what they cover."""

from __future__ import annotations

import pytest

from ada_contract_tests.engine.ignores import declaration_of, read_ignores
from ada_contract_tests.engine.project_settings import ignores_in
from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.paths import put, remove
from ada_schemas.errors import UsageError

MESSAGE = "conversation.message"
EVENT = EventFactory(seed=1).event(MESSAGE)
ROLES = "end_user, ai_agent, human_agent, null, absent or not-null"
FORM = "Write it as EVENT:PATH=VALUE[,VALUE], such as conversation.message:data.author.role=end_user."
EVENTS = (
    "conversation.created, conversation.message, conversation.ended, conversation.handoff.ended,"
    " end_user.created, end_user.updated, audit_log.emitted"
)

SETTINGS = "ignores, handoff-path, handoff-body, handoff-header, handoff-conversation or handoff-api"


def covered(text, *payloads, event=MESSAGE):
    ignores = read_ignores([text])
    return [ignores.covers(event, payload) for payload in payloads]


def with_role(role):
    return put(EVENT, "data.author.role", role)


@pytest.mark.parametrize("event", [MESSAGE, f"v1.{MESSAGE}", "conversation.*", "*", "!end_user.*"])
def test_events(event):
    """An event is named with or without its version, or by a glob."""
    text = f"{event}:data.author.role=end_user"
    assert covered(text, with_role("end_user"), with_role("ai_agent")) == [True, False]
    assert covered(text, with_role("end_user"), event="conversation.ended") == [False]


def test_several_values():
    """One of the values is enough; space around anything does not count."""
    text = f" {MESSAGE} : data.author.role = ai_agent , human_agent "
    assert covered(text, *map(with_role, ("end_user", "ai_agent", "human_agent"))) == [False, True, True]


def test_a_member_that_is_absent():
    """A declaration of values covers an event without the member too: nothing tells its side."""
    assert covered(f"{MESSAGE}:data.author.role=end_user", remove(EVENT, "data.author.role")) == [True]
    assert covered(f"{MESSAGE}:data.author.role=not-null", remove(EVENT, "data.author.role")) == [False]
    assert covered(
        f"{MESSAGE}:data.handoff_integration=salesforce", put(EVENT, "data.handoff_integration", None)
    ) == [False]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("null", [True, True, False]),
        ("absent", [False, True, False]),
        ("not-null", [False, False, True]),
    ],
)
def test_null(word, expected):
    """The word null stands for null and for absent, absent for that alone, not-null for any value."""
    path = "data.author.avatar"
    payloads = put(EVENT, path, None), remove(EVENT, path), put(EVENT, path, "https://example.com/a.png")
    assert covered(f"{MESSAGE}:{path}={word}", *payloads) == expected


def test_empty():
    """The word empty stands for a blank text, and for a map of nothing."""
    path = "data.author.display_name"
    assert covered(f"{MESSAGE}:{path}=empty", *(put(EVENT, path, t) for t in ("", "  ", "A"))) == [
        True,
        True,
        False,
    ]
    created = EventFactory(seed=1).event("conversation.created")
    empty = put(created, "data.metadata", {})
    assert covered("conversation.created:data.metadata=empty", empty, event="conversation.created") == [True]


def test_no_event_at_all():
    """What is no event is covered by nothing."""
    assert covered(f"{MESSAGE}:data.author.role=end_user", put(EVENT, "type", 7), event="any") == [False]


def test_the_same_twice():
    """A declaration that is given twice counts once."""
    text = f"{MESSAGE}:data.author.role=end_user"
    assert [one.text for one in read_ignores([text, "", f" {text}"]).declared] == [text]


def test_a_declaration_is_read_as_it_is_written():
    """What findings propose is a declaration."""
    text = declaration_of(MESSAGE, "data.content.type", ("link", "file"))
    assert text == "conversation.message:data.content.type=link,file"
    assert read_ignores([text]).declared[0].words == {"link", "file"}


@pytest.mark.parametrize(
    ("text", "what", "step"),
    [
        *(
            (text, f"{text!r} is no declaration of what is ignored.", FORM)
            for text in (
                "conversation.message",
                "data.author.role=end_user",
                "conversation.message:data.author.role",
                "conversation.message:data.author.role=",
                "conversation.message:=end_user",
                ":data.author.role=end_user",
                "conversation.message:data.author.role=end_user,,ai_agent",
            )
        ),
        (
            "conversation.massage:data.author.role=end_user",
            "No event fits 'conversation.massage'.",
            f"Did you mean conversation.message? The events are: {EVENTS}.",
        ),
        (
            "any:data.author.role=end_user",
            "'any:data.author.role=end_user' names no documented event.",
            FORM,
        ),
        (
            "conversation.handoff.ended:data.handoff_integraton=salesforce",
            (
                "'conversation.handoff.ended:data.handoff_integraton=salesforce': conversation.handoff.ended has"
                " no member 'data.handoff_integraton' that could be named."
            ),
            (
                "Did you mean data.handoff_integration? The members that can be named are"
                " data.handoff_integration."
            ),
        ),
        (
            "conversation.message:data.author.role=enduser",
            "'conversation.message:data.author.role=enduser': data.author.role is never 'enduser'.",
            f"Did you mean end_user? It is {ROLES}.",
        ),
        (
            "conversation.message:data.content.body=hello",
            "'conversation.message:data.content.body=hello': data.content.body is never 'hello'.",
            "It is null, absent, not-null or empty.",
        ),
    ],
)
def test_declarations_that_cannot_be_used(text, what, step):
    """What is wrong with a declaration is named, and so is what it could have been."""
    with pytest.raises(UsageError) as caught:
        read_ignores([text])
    assert (caught.value.what, caught.value.next_step) == (what, step)


# --- pyproject.toml ---


def test_the_table_of_the_project(tmp_path):
    """The declarations of a project stand in its pyproject.toml; most projects have none."""
    assert ignores_in(tmp_path) == ()
    file = tmp_path / "pyproject.toml"
    file.write_text("[project]\nname = 'shop'\n", encoding="utf-8")
    assert ignores_in(tmp_path) == ()
    file.write_text("[tool.adakit]\nignores = ['a:b=c', 'd:e=f']\n", encoding="utf-8")
    assert ignores_in(tmp_path) == ("a:b=c", "d:e=f")


def test_a_broken_file_that_is_not_ours(tmp_path):
    """A file that does not speak of adakit is nothing to complain about."""
    (tmp_path / "pyproject.toml").write_text("[project\n", encoding="utf-8")
    assert ignores_in(tmp_path) == ()


@pytest.mark.parametrize(
    ("content", "what", "step"),
    [
        ("[tool.adakit]\nignores = 'a:b=c'\n", "ignores in [tool.adakit] is no list of texts.", FORM),
        ("[tool.adakit]\nignores = [7]\n", "ignores in [tool.adakit] is no list of texts.", FORM),
        (
            "[tool.adakit]\nignore = ['a:b=c']\n",
            "[tool.adakit] has no setting 'ignore'.",
            f"Did you mean ignores? Its settings are {SETTINGS}.",
        ),
        ("[tool]\nadakit = 7\n", "tool.adakit is no table.", "Write it as [tool.adakit]."),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path, content, what, step):
    """A setting that has no effect, or is of another form, is an error."""
    file = tmp_path / "pyproject.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        ignores_in(tmp_path)
    assert (caught.value.what, caught.value.next_step) == (f"{file}: {what}", step)


def test_a_file_that_cannot_be_read(tmp_path):
    """A file that speaks of adakit and is no TOML is an error."""
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.adakit\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        ignores_in(tmp_path)
    assert caught.value.what.startswith(f"{file} cannot be read: ")
