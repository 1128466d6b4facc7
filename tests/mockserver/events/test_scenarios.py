"""The scenarios: whole stories in which everything fits together."""

from __future__ import annotations

import hashlib
import re
import string
from datetime import datetime
from itertools import pairwise
from typing import Any, get_args
from urllib.parse import parse_qsl

import pytest

from ada_mockserver.events import dialogues as texts
from ada_mockserver.events.audit_log import STORY
from ada_mockserver.events.dialogues import Kind, dialogues
from ada_mockserver.events.ids import source
from ada_mockserver.events.payload import encode
from ada_mockserver.events.personas import SHIPPED_LOCALES, Personas
from ada_mockserver.events.scenarios import SCENARIOS, Scenario, scenario
from ada_schemas import validate
from ada_schemas.errors import UsageError

CONVERSATIONS = ("conversation", "handoff", "voice", "email")
SEEDS = range(12)

# What a pinned seed gives. A change here changes the payloads of everyone who pins a seed.
GOLDEN = {
    ("conversation", "en_US"): "0bfbddd704e0c31fe3bfe0c53c92786c086b81e73f9ead78f8f6839264a47a77",
    ("handoff", "en_US"): "2bf2e88acb30cbcc2f8fee5e60f7d4f7f49c273547576efcc16d5322479ce28f",
    ("voice", "en_US"): "1734f7b4c5fef6b06f381671fff09060c016b65f05fb3c0d353a72ce67708364",
    ("email", "fr_FR"): "8fd74eca01fb840b9fb6a9a4e6df4b9c0907c1419bd9bac4876cb145839eb998",
    ("profile", "en_US"): "010321087e8bc958f1fa15a455a408181d53c8649256bdbdfb1d868177143838",
    ("audit", "en_US"): "1c2938ec8e3844922ee5147783354b4516bd5efa14db5cb587dccd762c8c3fb3",
}


def data_of(story: Scenario, event: str) -> list[dict[str, Any]]:
    return [step.payload["data"] for step in story.steps if step.payload["type"] == f"v1.{event}"]


def kinds(story: Scenario) -> list[str]:
    return [step.payload["type"].removeprefix("v1.") for step in story.steps]


def instant(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


@pytest.mark.parametrize(("name", "locale"), list(GOLDEN))
def test_golden_bytes(name: str, locale: str) -> None:
    """A seed gives the same story, to the byte, on every supported Python and platform."""
    parts = [
        encode(step.payload) + repr(step.delay).encode() + step.narration.encode()
        for step in scenario(name, seed=1, locale=locale).steps
    ]
    assert hashlib.sha256(b"\n".join(parts)).hexdigest() == GOLDEN[name, locale]


def test_listed_scenarios() -> None:
    """Six scenarios are on offer, each described in one line, and the list cannot be changed."""
    assert list(SCENARIOS) == ["conversation", "handoff", "voice", "email", "profile", "audit"]
    assert all(line.endswith(".") and "\n" not in line for line in SCENARIOS.values())
    with pytest.raises(TypeError):
        SCENARIOS["other"] = ""  # type: ignore[index]  # that it cannot be set is the point


@pytest.mark.parametrize(("name", "hint"), [("handof", "Did you mean handoff? "), ("xyz", "")])
def test_unknown_scenario(name: str, hint: str) -> None:
    """An unknown scenario is a usage error that offers the closest name and lists all."""
    with pytest.raises(UsageError) as caught:
        scenario(name, seed=1)
    assert str(caught.value) == (
        f"There is no scenario '{name}'.\n"
        f"  {hint}The scenarios are conversation, handoff, voice, email, profile, audit."
    )


@pytest.mark.parametrize("locale", SHIPPED_LOCALES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_valid_against_the_closed_contract(name: str, locale: str) -> None:
    """Every event of every story is valid where nothing undocumented is."""
    for index in range(3):
        for step in scenario(name, seed=1, locale=locale, index=index).steps:
            assert validate(step.payload, closed=True) == []


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("seed", SEEDS)
def test_delays_are_the_growth_of_the_timestamps(name: str, seed: int) -> None:
    """Timestamps grow from step to step, and the delay is by how many seconds."""
    steps = scenario(name, seed=seed).steps
    assert steps[0].delay == 0
    for before, after in pairwise(steps):
        gap = instant(after.payload["timestamp"]) - instant(before.payload["timestamp"])
        assert gap.total_seconds() == after.delay > 0


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("seed", SEEDS)
def test_one_story_is_about_one_person(name: str, seed: int) -> None:
    """A story has one end user, one conversation, one channel and one AI Agent throughout."""
    data = [step.payload["data"] for step in scenario(name, seed=seed).steps]
    for member in ("end_user_id", "conversation_id", "ai_agent_domain"):
        assert len({entry[member] for entry in data if member in entry}) <= 1
    channels = {entry.get("channel_id") or entry.get("channel", {}).get("id") for entry in data}
    assert len(channels - {None}) <= 1
    for entry in data:
        assert entry.get("created_at", "") <= entry.get("updated_at", entry.get("created_at", ""))


@pytest.mark.parametrize("name", SCENARIOS)
def test_index_tells_another_story(name: str) -> None:
    """Every index has events of its own, and the same index always the same."""
    stories = [
        b"".join(encode(s.payload) for s in scenario(name, seed=1, index=n).steps) for n in (0, 1, 2, 0)
    ]
    assert stories[0] == stories[3]
    assert len(set(stories)) == 3


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_conversation_begins_and_ends(name: str, seed: int) -> None:
    """The end user appears, the conversation begins, messages follow, and it ends once."""
    story = scenario(name, seed=seed)
    events = kinds(story)
    assert events[:3] == ["end_user.created", "conversation.created", "conversation.message"]
    assert events.count("conversation.ended") == events.count("conversation.created") == 1
    (created,), (ended,) = data_of(story, "conversation.created"), data_of(story, "conversation.ended")
    assert ended["metadata"] == created["metadata"]
    assert ended["created_at"] == created["created_at"]
    messages = data_of(story, "conversation.message")
    assert len({message["message_id"] for message in messages}) == len(messages)
    assert instant(messages[0]["created_at"]) > instant(created["created_at"])


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_ties_between_members(name: str, seed: int) -> None:
    """Agents have no id, the end user its own; the AI Agent speaks outside handoffs, people within."""
    story = scenario(name, seed=seed)
    user = data_of(story, "end_user.created")[0]
    for message in data_of(story, "conversation.message"):
        author, during = message["author"], message["handoff_integration"]
        if author["role"] == "end_user":
            assert author["id"] == user["end_user_id"]
            assert author["display_name"] == user["profile"]["display_name"]
        else:
            assert author["id"] is None
            assert author["avatar"]
            assert (during is not None) == (author["role"] == "human_agent")


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_people_take_longer_than_the_ai_agent(name: str) -> None:
    """The AI Agent answers within five seconds, people need six and more."""
    for seed in SEEDS:
        for step in scenario(name, seed=seed).steps:
            if step.payload["type"] == "v1.conversation.message":
                quick = step.payload["data"]["author"]["role"] == "ai_agent"
                assert 1 < step.delay < 5 if quick else step.delay > 6


@pytest.mark.parametrize("name", ["conversation", "handoff"])
@pytest.mark.parametrize("seed", SEEDS)
def test_survey_follows_the_end(name: str, seed: int) -> None:
    """The end user ends the chat, and a link of the AI Agent to a survey follows."""
    story = scenario(name, seed=seed)
    assert kinds(story)[-2:] == ["conversation.ended", "conversation.message"]
    ended, survey = (step.payload["data"] for step in story.steps[-2:])
    assert ended["ended_by"] == {"id": ended["end_user_id"], "role": "end_user"}
    assert (survey["author"]["role"], survey["content"]["type"]) == ("ai_agent", "link")
    assert survey["handoff_integration"] is None
    assert survey["content"]["url"].endswith(ended["conversation_id"])


@pytest.mark.parametrize("seed", SEEDS)
def test_handoff_goes_there_and_back(seed: int) -> None:
    """A handoff is a run of messages with its integration, files both ways, closed by its own event."""
    story = scenario("handoff", seed=seed)
    events = kinds(story)
    closed = events.index("conversation.handoff.ended")
    (end,) = data_of(story, "conversation.handoff.ended")
    messages = [
        (position, step.payload["data"])
        for position, step in enumerate(story.steps)
        if step.payload["type"] == "v1.conversation.message"
    ]
    during = [(position, data) for position, data in messages if data["handoff_integration"]]
    positions = [position for position, _ in during]
    assert positions == list(range(positions[0], closed))
    assert {data["handoff_integration"] for _, data in during} == {end["handoff_integration"]}
    said = {(data["author"]["role"], data["content"]["type"]) for _, data in during}
    assert said == {
        ("human_agent", "text"), ("human_agent", "file"), ("end_user", "text"), ("end_user", "file"),
    }  # fmt: skip
    people = {data["author"]["display_name"] for _, data in during}
    assert len(people) == 2
    assert messages[positions[0] - 3][1]["author"]["role"] in {"ai_agent", "end_user"}
    after = [data for position, data in messages if position > closed]
    assert after[0]["author"]["role"] == "ai_agent"
    assert [data["content"]["type"] for data in after[-2:]] == ["text", "link"]
    assert {data["author"]["role"] for data in after} == {"ai_agent", "end_user"}


@pytest.mark.parametrize("seed", SEEDS)
def test_files_look_presigned(seed: int) -> None:
    """A file has a name, a MIME type and a signed address on a reserved host that ends in its name."""
    files = [
        message["content"]
        for message in data_of(scenario("handoff", seed=seed), "conversation.message")
        if message["content"]["type"] == "file"
    ]
    assert files
    for file in files:
        address, _, query = file["url"].partition("?")
        name = re.escape(file["filename"])
        assert re.fullmatch(rf"https://files\.example\.com/attachments/[0-9a-f]{{24}}/{name}", address)
        signed = dict(parse_qsl(query, strict_parsing=True))
        assert signed["X-Amz-Expires"] == str(7 * 24 * 60 * 60)
        assert re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", signed["X-Amz-Date"])
        assert signed["X-Amz-Credential"].split("/")[1] == signed["X-Amz-Date"][:8]
        assert re.fullmatch(r"[0-9a-f]{64}", signed["X-Amz-Signature"])
        assert 400 < len(file["url"]) < 600
        assert re.fullmatch(r"[a-z]+/[a-z0-9]+", file["mime_type"])


@pytest.mark.parametrize("name", ["voice", "email"])
@pytest.mark.parametrize("seed", SEEDS)
def test_native_channels(name: str, seed: int) -> None:
    """A call or an e-mail is on a native channel, without its metadata, and is ended by the system."""
    story = scenario(name, seed=seed)
    for message in data_of(story, "conversation.message"):
        channel = message["channel"]
        assert list(channel) == ["type", "id", "name", "description", "modality", "capabilities"]
        assert (channel["type"], channel["modality"]) == ("native", name)
        assert message["handoff_integration"] is None
        assert message["author"]["role"] in {"end_user", "ai_agent"}
    assert kinds(story)[-1] == "conversation.ended"
    assert story.steps[-1].payload["data"]["ended_by"] == {"id": None, "role": "system"}
    user = data_of(story, "end_user.created")[0]
    assert user["external_id"] is None
    assert (user["profile"]["display_name"] is None) == (name == "voice")


def test_emails_are_long() -> None:
    """E-mails run over several paragraphs, chat messages do not."""
    mails = data_of(scenario("email", seed=1), "conversation.message")
    assert all("\n\n" in mail["content"]["body"] for mail in mails)
    assert max(len(mail["content"]["body"]) for mail in mails) > 200
    chats = [
        message["content"].get("body", "")
        for seed in SEEDS
        for message in data_of(scenario("conversation", seed=seed), "conversation.message")
    ]
    assert not any("\n" in body for body in chats)


@pytest.mark.parametrize("locale", ["en_US", "fr_CA"])
def test_profile_fills_and_changes(locale: str) -> None:
    """A blank profile is filled in and changed, step by step, with growing times of the change."""
    story = scenario("profile", seed=2, locale=locale)
    assert kinds(story) == ["end_user.created"] + ["end_user.updated"] * 5
    users = [step.payload["data"] for step in story.steps]
    profiles = [user["profile"] for user in users]
    blank = {name: value for name, value in profiles[0].items() if value is not None}
    assert list(blank) == ["language", "metadata", "system_properties"]
    assert blank["metadata"] == {}
    changed = [
        sorted(name for name in before if before[name] != after[name]) for before, after in pairwise(profiles)
    ]
    assert changed == [
        ["avatar", "display_name", "first_name", "last_name", "system_properties"],
        ["language"],
        ["email"],
        ["metadata"],
        ["email", "metadata"],
    ]
    assert len({user["created_at"] for user in users}) == 1
    updates = [user["updated_at"] for user in users]
    assert all((instant(b) - instant(a)).total_seconds() >= 20 for a, b in pairwise(updates))
    assert all(step.payload["tags"] == [users[0]["end_user_id"]] for step in story.steps)


def test_audit_shows_every_activity() -> None:
    """A day of changes has every documented activity, four interfaces, and no actor where the system acts."""
    entries = data_of(scenario("audit", seed=2), "audit_log.emitted")
    assert {entry["activity"] for entry in entries} == {
        "created", "updated", "deleted", "executed", "invited", "activated", "deactivated",
    }  # fmt: skip
    assert {entry["interface"] for entry in entries} == {"dashboard", "api", "mcp", "system"}
    assert len({entry["id"] for entry in entries}) == len(STORY)
    for entry in entries:
        actor = [entry[name] for name in ("actor_email", "actor_name", "actor_user_id", "context_ip")]
        assert all(actor) if entry["interface"] != "system" else actor == [""] * 4
        assert bool(entry["api_key_name"]) == (entry["interface"] == "api")


@pytest.mark.parametrize("seed", SEEDS)
def test_audit_ids_are_stable(seed: int) -> None:
    """One entity and one actor have the same id in every entry, and an entity's is as old as its creation."""
    entries = data_of(scenario("audit", seed=seed), "audit_log.emitted")
    entities = {(entry["entity_name"], entry["entity_id"]) for entry in entries}
    assert len(entities) == len({name for name, _ in entities}) == len(STORY) - 1
    actors = {(entry["actor_email"], entry["actor_user_id"]) for entry in entries}
    assert len(actors) == len({email for email, _ in actors}) == len({number for _, number in actors})
    assert int(entries[0]["entity_id"][:8], 16) == int(instant(entries[0]["timestamp"]).timestamp())


@pytest.mark.parametrize("name", SCENARIOS)
def test_narration_is_one_short_line(name: str) -> None:
    """Every step is told in one line of plain English."""
    for seed in SEEDS:
        for step in scenario(name, seed=seed).steps:
            assert "\n" not in step.narration
            assert 10 < len(step.narration) < 140


def test_narration_tells_the_story() -> None:
    """The narration names the person, what is said and what happens."""
    lines = [step.narration for step in scenario("voice", seed=7).steps]
    assert lines[0] == "Someone unknown appears for the first time."
    assert lines[1] == "A conversation begins on the voice channel “Voice”."
    assert lines[2].startswith("Acme Assistant (ai agent): “")
    assert lines[3].startswith("The caller (end user): “")
    assert lines[-1] == "The call disconnects; the system ends the conversation."


@pytest.mark.parametrize("kind", get_args(Kind))
def test_dialogues_are_well_formed(kind: Kind) -> None:
    """Every dialogue uses known placeholders only, and each turn is a text or a file of a MIME type."""
    known = texts._words(source(1), *Personas.load("en_US").people[:2])
    for dialogue in dialogues(kind):
        for turn in (*dialogue.turns, *dialogue.during, *dialogue.after):
            used = {
                name for _, name, _, _ in string.Formatter().parse(turn.text + turn.file) if name is not None
            }
            assert used <= known.keys()
            assert bool(turn.text) != bool(turn.file)
            assert bool(turn.file) == bool(turn.mime_type)
        assert bool(dialogue.during) == bool(dialogue.after) == (kind == "handoff")
        before = {turn.by for turn in dialogue.turns + dialogue.after}
        assert before == {"end_user", "ai_agent"}
        assert {turn.by for turn in dialogue.during} <= {"end_user", "human_agent"}


def test_every_topic_has_several_chats() -> None:
    """Orders, returns, passwords, billing and travel each have three chats, and ids are unique."""
    chats = [dialogue.topic for dialogue in dialogues("messaging")]
    assert {topic: chats.count(topic) for topic in chats} == {
        "orders": 3, "returns": 3, "password": 3, "billing": 3, "travel": 3,
    }  # fmt: skip
    ids = [dialogue.id for kind in get_args(Kind) for dialogue in dialogues(kind)]
    assert len(set(ids)) == len(ids)


def test_every_dialogue_is_reached() -> None:
    """Over many indexes every handoff dialogue is told, and no placeholder is left in any text."""
    contents = [
        message["content"]
        for index in range(60)
        for message in data_of(scenario("handoff", seed=1, index=index), "conversation.message")
    ]
    texts = {content["body"] for content in contents if content["type"] == "text"}
    files = {content["filename"] for content in contents if content["type"] == "file"}
    assert not any("{" in text for text in texts)
    assert not any("{" in name for name in files)
    for phrase in (
        "in two pieces",
        "have no receipt",
        "Somebody else is using",
        "is wrong. We",
        "need a visa",
    ):
        assert any(phrase in text for text in texts)
