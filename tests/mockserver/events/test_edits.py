"""Changes to single members, with what the documentation ties to them."""

from __future__ import annotations

import pytest

from ada_mockserver.events.edits import overridden
from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import UsageError

MESSAGE = EventFactory(seed=1).event("conversation.message")


def test_overridden() -> None:
    """Members are set and taken away at any depth, and what is tied to them follows; the base is left alone."""
    edits = [
        ("data.author.role", ("human_agent",)),
        ("data.channel.metadata.a\\.b", ({"deep": [1]},)),
        ("data.channel.metadata.a\\.b.deep.1", (2,)),
        ("data.content", ()),
    ]
    made = overridden(MESSAGE, edits, shipped())
    assert (made["data"]["author"]["role"], made["data"]["author"]["id"]) == ("human_agent", None)
    assert made["data"]["channel"]["metadata"]["a.b"] == {"deep": [1, 2]}
    assert "content" not in made["data"]
    assert "content" in MESSAGE["data"]


def test_incoherent_before() -> None:
    """An event that contradicts the documentation on purpose keeps doing so."""
    speaking = overridden(MESSAGE, [("data.author.role", ("ai_agent",))], shipped())
    in_handoff = {**speaking, "data": {**speaking["data"], "handoff_integration": "salesforce"}}
    made = overridden(in_handoff, [("data.new", (1,))], shipped())
    assert made["data"] == {**in_handoff["data"], "new": 1}


def test_nowhere() -> None:
    """A path that leads nowhere is a usage error."""
    with pytest.raises(UsageError, match=r"^The path 'data\.no\.way' leads nowhere: there is no 'no'\."):
        overridden(MESSAGE, [("data.no.way", (1,))], shipped())
