"""The scenarios: whole stories in which everything fits together."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from ada_mockserver.events.audit_log import WEEK
from ada_mockserver.events.profile import changed
from ada_mockserver.events.scenarios import SCENARIOS, Scenario, Teller, scenario
from ada_schemas.errors import UsageError

CONVERSATIONS = ("conversation", "handoff", "voice", "email")
WITHOUT_FILES = (
    "password.takeover", "shipping.lost", "subscription.cancel", "payment.declined", "appointment.technician",
)  # fmt: skip
SEEDS = range(12)

# What a pinned seed gives. A change here changes the payloads of everyone who pins a seed.
GOLDEN = {
    ("conversation", "en_US"): "5d63c331e73d890f6fe7a14d683136b40a8918af66da77b15fdd36def6b8c095",
    ("handoff", "en_US"): "ee3401c357c58e87d6e018e926b17681cf6ebf6f045646ad32ea1ffbc512be41",
    ("handoff", "ja_JP"): "33bd031cee7cbc6ad87a9c4bc40bdc899da81257a354a6fa29708a27a43334f6",
    ("voice", "ar_SA"): "20f70887138d153a51cb33eab652f922a01556d5d0a928d9bf74ac2451dfdc90",
    ("email", "fr_FR"): "a68ac54dfecd62da7fd583c27efc655582f381147a93931e9c767d9934a89a21",
    ("profile", "en_US"): "57b48c61dc6b3ef973658201a3759de0ebd662301542201d19525b1d3e1dc37a",
    ("audit", "en_US"): "daaf969fa2d060a6839addde7b67dc2461af0f6d7150585491fbf9a319212685",
    ("traffic", None): "381215e14448bdf2ae7c191bb41f41e8d64599c2b67ad8d0b44afa6bf6fb11f2",
}


def data_of(story: Scenario, event: str) -> list[dict[str, Any]]:
    return [step.payload["data"] for step in story.steps if step.payload["type"] == f"v1.{event}"]


def kinds(story: Scenario) -> list[str]:
    return [step.payload["type"].removeprefix("v1.") for step in story.steps]


def instant(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


@pytest.mark.parametrize(("name", "locale"), list(GOLDEN))
def test_golden_bytes(name: str, locale: str | None) -> None:
    """A seed gives the same story, to the byte, on every supported Python and platform."""
    parts = [
        step.body + repr(step.delay).encode() + step.narration.encode()
        for index in range(4)
        for step in scenario(name, seed=1, locale=locale, index=index).steps
    ]
    assert hashlib.sha256(b"\n".join(parts)).hexdigest() == GOLDEN[name, locale]


def test_listed_scenarios() -> None:
    """Seven scenarios are on offer, each described in one line, and the list cannot be changed."""
    assert list(SCENARIOS) == ["conversation", "handoff", "voice", "email", "profile", "audit", "traffic"]
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
        f"  {hint}The scenarios are conversation, handoff, voice, email, profile, audit, traffic."
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_index_tells_another_story(name: str) -> None:
    """Every index has events of its own, and the same index always the same."""
    teller = Teller(name, seed=1)
    stories = [[step.body for step in teller.tell(n).steps] for n in (0, 1, 2, 0)]
    assert stories == [teller.bodies(n) for n in (0, 1, 2, 0)]
    assert stories[0] == stories[3]
    assert len(set(map(tuple, stories))) == 3


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


@pytest.mark.parametrize("locale", ["en_US", "ja_JP"])
def test_files_look_presigned(locale: str) -> None:
    """A file has a name, a MIME type and a signed address on a reserved host that ends in its name."""
    profile = changed({"stories": dict.fromkeys(WITHOUT_FILES, 0)}, name="p")
    teller = Teller("handoff", seed=1, locale=locale, profile=profile)
    for index in range(8):
        files = [
            message["content"]
            for message in data_of(teller.tell(index), "conversation.message")
            if message["content"]["type"] == "file"
        ]
        assert files
        for file in files:
            address, _, query = file["url"].partition("?")
            name = re.escape(file["filename"])
            assert re.fullmatch(
                rf"https://files\.example\.com/attachments/[0-9a-f]{{24}}/{name}", unquote(address)
            )
            signed = dict(parse_qsl(query, strict_parsing=True))
            assert signed["X-Amz-Expires"] == str(7 * 24 * 60 * 60)
            assert re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", signed["X-Amz-Date"])
            assert signed["X-Amz-Credential"].split("/")[1] == signed["X-Amz-Date"][:8]
            assert re.fullmatch(r"EXAMPLE[A-Za-z0-9+/]{880}", signed["X-Amz-Security-Token"])
            assert re.fullmatch(r"[0-9a-f]{64}", signed["X-Amz-Signature"])
            disposition = signed["response-content-disposition"]
            assert unquote(disposition) == f"attachment; filename*=UTF-8''{file['filename']}"
            assert 1_300 < len(file["url"]) < 2_000
            assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", file["mime_type"])


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
    learnt = [
        sorted(name for name in before if before[name] != after[name]) for before, after in pairwise(profiles)
    ]
    assert learnt == [
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


def test_a_working_week_of_changes() -> None:
    """A week has every documented activity and interface, in office hours, and no actor where the system acts."""
    entries = data_of(scenario("audit", seed=2), "audit_log.emitted")
    assert {entry["activity"] for entry in entries} == {
        "created", "updated", "deleted", "executed", "invited", "activated", "deactivated",
    }  # fmt: skip
    assert {entry["interface"] for entry in entries} == {
        "dashboard", "api", "mcp", "cli", "import", "export", "system",
    }  # fmt: skip
    assert len({entry["id"] for entry in entries}) == len(entries) == len(WEEK)
    moments = [instant(entry["timestamp"]) for entry in entries]
    assert {moment.weekday() for moment in moments} <= set(range(5))
    assert all(8 <= moment.hour < 18 for moment in moments)
    assert len({moment.date() for moment in moments}) >= 3
    assert (moments[-1] - moments[0]).days < 7
    for entry in entries:
        actor = [entry[name] for name in ("actor_email", "actor_name", "actor_user_id", "context_ip")]
        assert all(actor) if entry["interface"] != "system" else actor == [""] * 4
        assert bool(entry["api_key_name"]) == (entry["interface"] == "api")


@pytest.mark.parametrize("seed", SEEDS)
def test_audit_ids_are_stable(seed: int) -> None:
    """One entity and one actor have the same id in every entry, and an entity's is as old as its creation."""
    entries = data_of(scenario("audit", seed=seed), "audit_log.emitted")
    entities = {(entry["entity_name"], entry["entity_id"]) for entry in entries}
    assert len(entities) == len({name for name, _ in entities}) == len({one.entity_name for one in WEEK})
    actors = {(entry["actor_email"], entry["actor_user_id"]) for entry in entries}
    assert len(actors) == len({email for email, _ in actors}) == len({number for _, number in actors})
    assert int(entries[0]["entity_id"][:8], 16) == int(instant(entries[0]["timestamp"]).timestamp())


@pytest.mark.parametrize("name", SCENARIOS)
def test_narration_is_one_short_line(name: str) -> None:
    """Every step is told in one line of plain English."""
    teller = Teller(name, seed=1)
    for index in range(30):
        for step in teller.tell(index).steps:
            assert "\n" not in step.narration
            assert 10 < len(step.narration) < 140


def test_narration_tells_the_story() -> None:
    """The narration names the person, what is said and what happens."""
    profile = changed({"handoff": 0}, name="p")
    lines = [step.narration for step in scenario("voice", seed=7, profile=profile).steps]
    assert lines[0] == "Someone unknown appears for the first time."
    assert lines[1] == "A conversation begins on the voice channel “Voice”."
    assert lines[2].startswith("Acme Assistant (ai agent): “")
    assert lines[3].startswith("The caller (end user): “")
    assert lines[-1] == "The call disconnects; the system ends the conversation."
