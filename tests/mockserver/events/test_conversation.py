"""The course of a conversation: the same for the scenarios and for the mock."""

from __future__ import annotations

import pytest

from ada_mockserver.events.conversation import (
    begin,
    end,
    end_handoff,
    hand_off,
    say,
    sends_survey,
)
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import text_content
from ada_mockserver.events.story import Told


def state_of(surface="custom"):
    return Told(EventFactory(seed=1).cast("", surface).conversation, 0)


def test_steps():
    """Each step changes the state, and gives the event of the state that it was in."""
    state, cast = state_of(), EventFactory(seed=1).cast()

    def write(at):
        content = text_content("hello")
        event = say(state, cast.authors["end_user"], content, message_id="m", created_at=at, at=at + 1)
        assert event.at == at + 1
        return event.payload()["data"]["handoff_integration"]

    assert begin(state, at=1).payload()["type"] == "v1.conversation.created"
    assert write(10) is None
    assert state.updated_at == 10
    hand_off(state, "salesforce", at=20)
    assert (state.updated_at, state.handoff_count) == (20, 1)
    assert write(15) == "salesforce"
    assert state.updated_at == 20
    assert end_handoff(state, at=30).payload()["data"]["handoff_integration"] == "salesforce"
    assert (state.handoff, state.handoff_count, state.updated_at) == (None, 2, 30)
    assert write(40) is None
    ended = end(state, by="end_user", updated_at=50, at=60).payload()["data"]
    assert ended["ended_by"] == {"id": cast.end_user.id, "role": "end_user"}
    assert (state.ended, state.updated_at) == (True, 50)
    for by in ("system", "human_agent"):
        ended = end(state_of(), by=by, updated_at=1, at=1).payload()["data"]
        assert ended["ended_by"] == {"id": None, "role": by}


@pytest.mark.parametrize(("surface", "sent"), [("custom", True), ("voice", False), ("email", False)])
def test_survey(surface, sent):
    """Only a chat is followed by a survey."""
    assert sends_survey(state_of(surface)) is sent
