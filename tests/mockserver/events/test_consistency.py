"""What holds in every story, whoever tells it: times, ids, handoffs, authors, endings."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ada_mockserver.events.payload import encode
from ada_mockserver.events.personas import SHIPPED_LOCALES
from ada_mockserver.events.profile import changed
from ada_mockserver.events.scenarios import SCENARIOS, Scenario, Teller
from ada_schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "handoff": st.sampled_from([0, 0.5, 1]),
        "returning": st.sampled_from([0, 1]),
        "survey": st.sampled_from([0, 1]),
        "endings": st.dictionaries(
            st.sampled_from(["end_user", "system", "human_agent"]), st.integers(1, 3), min_size=1
        ),
        "channels": st.dictionaries(
            st.sampled_from(["custom", "chat", "email", "voice", "custom-email", "custom-voice"]),
            st.integers(1, 3),
            min_size=1,
        ),
        "pace": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("end_user", "ai_agent", "human_agent"), st.floats(0.01, 100))
        ).map(lambda pace: {"end_user": 1, "ai_agent": 1, "human_agent": 1, **pace}),
    },
)

STORIES = st.builds(
    lambda name, seed, locale, index, profile: Teller(
        name, seed=seed, locale=locale, profile=changed(profile, name="drawn")
    ).tell(index),
    st.sampled_from(list(SCENARIOS)),
    st.integers(0, 10**9),
    st.none() | st.sampled_from(SHIPPED_LOCALES),
    st.integers(0, 10**6),
    PROFILES,
)


def instant(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def events(story: Scenario) -> Iterator[tuple[str, datetime, dict[str, Any]]]:
    """Type, time and data of each event."""
    for step in story.steps:
        payload = step.payload
        yield payload["type"].removeprefix("v1."), instant(payload["timestamp"]), payload["data"]


@given(STORIES)
def test_every_event_is_valid_and_its_bytes_are_its_payload(story: Scenario) -> None:
    """Each event is valid where nothing undocumented is, and its bytes are those of its payload."""
    for step in story.steps:
        assert step.body == encode(step.payload)
        assert validate(step.payload, closed=True) == []


@given(STORIES)
def test_time_goes_on(story: Scenario) -> None:
    """Timestamps grow from event to event by the delay, and nothing is updated before it was created."""
    assert story.steps[0].delay == 0
    for before, after in pairwise(story.steps):
        gap = instant(after.payload["timestamp"]) - instant(before.payload["timestamp"])
        assert gap.total_seconds() == after.delay > 0
    for _, at, data in events(story):
        for member in ("created_at", "updated_at"):
            if member in data:
                assert instant(data[member]) <= at
        if "updated_at" in data:
            assert instant(data["created_at"]) <= instant(data["updated_at"])


@given(STORIES)
def test_created_then_messages_then_ended(story: Scenario) -> None:
    """A conversation is created before its messages and ended once; after that comes a survey at most."""
    names = [name for name, _, _ in events(story) if name.startswith("conversation.")]
    if not names:
        return
    assert names[0] == "conversation.created"
    assert names.count("conversation.created") == names.count("conversation.ended") == 1
    assert len(names) > 3
    after = names[names.index("conversation.ended") + 1 :]
    assert after in ([], ["conversation.message"])
    if after:
        (survey,) = [data for name, _, data in events(story) if name == "conversation.message"][-1:]
        assert (survey["author"]["role"], survey["content"]["type"]) == ("ai_agent", "link")
        assert survey["content"]["url"].endswith(survey["conversation_id"])


@given(STORIES)
def test_one_story_has_one_of_each(story: Scenario) -> None:
    """All events of a story share the end user, the conversation, its channel and the AI Agent."""
    for member in ("end_user_id", "conversation_id", "ai_agent_domain", "channel_id"):
        found = {data[member] for _, _, data in events(story) if member in data}
        found |= {
            data["channel"]["id"]
            for _, _, data in events(story)
            if member == "channel_id" and "channel" in data
        }
        assert len(found) <= 1
    created = [data for name, _, data in events(story) if name == "conversation.created"]
    for ended in (data for name, _, data in events(story) if name == "conversation.ended"):
        assert {name: ended[name] for name in ("metadata", "created_at")} == {
            name: created[0][name] for name in ("metadata", "created_at")
        }
    ids = [data["message_id"] for _, _, data in events(story) if "message_id" in data]
    assert len(set(ids)) == len(ids)


@given(STORIES)
def test_the_integration_is_named_exactly_during_a_handoff(story: Scenario) -> None:
    """Messages name the integration from the first of a human agent's side to the end of the handoff, no others."""
    data_of_messages = [(name, data) for name, _, data in events(story) if name.startswith("conversation.")]
    during = None
    for position, (name, data) in enumerate(data_of_messages):
        if name == "conversation.message":
            if data["handoff_integration"] is not None and during is None:
                during = data["handoff_integration"]
                assert "conversation.handoff.ended" in [one for one, _ in data_of_messages[position:]]
            assert data["handoff_integration"] == during
            assert (during is not None) >= (data["author"]["role"] == "human_agent")
            assert (during is None) >= (data["author"]["role"] == "ai_agent")
        elif name == "conversation.handoff.ended":
            assert data["handoff_integration"] == during
            during = None
    assert during is None


@given(STORIES)
def test_only_the_end_user_has_an_id(story: Scenario) -> None:
    """The author's id is the end user's, and null for agents; the name is the profile's of that moment."""
    known: dict[str, Any] | None = None
    for name, _, data in events(story):
        if name.startswith("end_user."):
            known = data["profile"]
        if name != "conversation.message":
            continue
        author = data["author"]
        if author["role"] != "end_user":
            assert author["id"] is None
            continue
        assert author["id"] == data["end_user_id"]
        if known is not None:
            assert (author["display_name"], author["avatar"]) == (known["display_name"], known["avatar"])


@given(STORIES)
def test_who_ends_it(story: Scenario) -> None:
    """A call and a thread are ended by the system, a chat by anybody; only an end user has an id then."""
    modality = ""
    for name, _, data in events(story):
        if name == "conversation.message":
            modality = data["channel"]["modality"]
        if name == "conversation.ended":
            by = data["ended_by"]
            assert by["id"] == (data["end_user_id"] if by["role"] == "end_user" else None)
            if modality != "messaging":
                assert by["role"] == "system"


@given(STORIES)
def test_ids_sort_by_time(story: Scenario) -> None:
    """An id says to the millisecond when its thing was created, so ids sort as times do."""
    for name, _, data in events(story):
        if name in ("end_user.created", "end_user.updated"):
            number = data["end_user_id"]
        elif name in ("conversation.created", "conversation.ended"):
            number = data["conversation_id"]
        else:
            continue
        created = datetime.fromtimestamp(int(number[:8], 16), tz=instant(data["created_at"]).tzinfo)
        created += timedelta(milliseconds=int(number[8:11], 16))
        assert created == instant(data["created_at"])


@pytest.mark.parametrize(
    ("by", "least", "most"), [("ai_agent", 1, 5), ("end_user", 3, 420), ("human_agent", 6, 330)]
)
def test_people_take_their_time(by: str, least: float, most: float) -> None:
    """In a chat the AI Agent answers within five seconds; people read, think and type, or fetch a coffee."""
    delays, again = [], []
    for index in range(60):
        steps = Teller("handoff", seed=1).tell(index).steps
        for before, step in pairwise(steps):
            one, other = (each.payload["data"].get("author", {}).get("role") for each in (before, step))
            if other == by and step.payload["data"]["content"]["type"] == "text":
                (again if one == by == "ai_agent" else delays).append(step.delay)
    assert least < min(delays)
    assert max(delays) < most
    assert max(delays) > 2 * min(delays)
    # The AI Agent writes twice only where it had no answer.
    assert bool(again) == (by == "ai_agent")
    assert all(180 < delay < 500 for delay in again)
