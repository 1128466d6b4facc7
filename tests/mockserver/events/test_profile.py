"""The profile of generated conversations: what it changes, and what does not fit."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from random import Random
from typing import Any

import pytest

from ada_mockserver.events.profile import Weights, changed, usual
from ada_mockserver.events.scenarios import Teller
from ada_schemas.contract.yaml_reader import parse_yaml
from ada_schemas.errors import UsageError


def told(profile: dict[str, Any], name: str = "traffic", count: int = 60) -> list[dict[str, Any]]:
    """The payloads of so many stories."""
    teller = Teller(name, seed=1, profile=changed(profile, name="p.yaml"))
    return [step.payload for index in range(count) for step in teller.tell(index).steps]


def test_weights_are_chances() -> None:
    """A name is drawn as often as its weight says, and never with none."""
    rng = Random(1)
    drawn = Counter(Weights({"a": 3, "b": 0, "c": 1}).pick(rng) for _ in range(2_000))
    assert set(drawn) == {"a", "c"}
    assert 2.4 < drawn["a"] / drawn["c"] < 3.8


def test_usual_profile_mixes_everything() -> None:
    """Traffic has calls, mails, chats on both kinds of channel, handoffs, changes of profiles and settings."""
    payloads = told({}, count=400)
    kinds = Counter(payload["type"] for payload in payloads)
    assert len(kinds) == 7
    messages = [payload["data"] for payload in payloads if payload["type"] == "v1.conversation.message"]
    assert {message["channel"]["modality"] for message in messages} == {"messaging", "voice", "email"}
    assert {message["channel"]["type"] for message in messages} == {"custom", "native"}
    assert {message["handoff_integration"] for message in messages} == {
        None, "zendesk_chat", "salesforce", "custom-handoff",
    }  # fmt: skip
    assert {message["content"]["type"] for message in messages} == {"text", "link", "file"}
    ended = {p["data"]["ended_by"]["role"] for p in payloads if p["type"] == "v1.conversation.ended"}
    assert ended == {"end_user", "system", "human_agent"}
    languages = {p["data"]["profile"]["language"] for p in payloads if p["type"] == "v1.end_user.created"}
    assert len(languages) == 10


def test_profile_decides() -> None:
    """What a profile names is what is told."""
    payloads = told(
        {
            "traffic": {"conversation": 1},
            "channels": {"custom": 1},
            "handoff": 1,
            "integrations": {"genesys": 1},
            "endings": {"human_agent": 1},
            "survey": 0,
            "returning": 1,
            "locales": {"en_GB": 1},
            "stories": {"shipping.lost": 0},
        }
    )
    assert "v1.end_user.created" not in {payload["type"] for payload in payloads}
    ended = [
        payload["data"]["ended_by"] for payload in payloads if payload["type"] == "v1.conversation.ended"
    ]
    assert ended == [{"id": None, "role": "human_agent"}] * 60
    messages = [payload["data"] for payload in payloads if payload["type"] == "v1.conversation.message"]
    assert {message["handoff_integration"] for message in messages} == {None, "genesys"}
    assert {message["channel"]["type"] for message in messages} == {"custom"}
    assert payloads[-1]["type"] == "v1.conversation.ended"


def test_stories_are_weighted() -> None:
    """A story with weight 0 is not told; one with a great weight nearly always is."""
    profile = changed({"stories": {"orders.late": 1_000}}, name="p")
    first = [Teller("conversation", seed=1, profile=profile).tell(n).steps[2].payload for n in range(20)]
    assert len({p["data"]["content"]["body"].partition("A-")[0] for p in first}) <= 2


def test_pace_is_a_factor() -> None:
    """A pace of a hundredth makes of minutes seconds."""
    slow = Teller("handoff", seed=1).tell(0).steps
    fast = (
        Teller(
            "handoff",
            seed=1,
            profile=changed({"pace": {"end_user": 0.01, "human_agent": 0.01, "ai_agent": 0.01}}, name="p"),
        )
        .tell(0)
        .steps
    )
    messages = [n for n, step in enumerate(slow) if step.payload["type"] == "v1.conversation.message"][1:-1]
    assert sum(fast[n].delay for n in messages) < 0.05 * sum(slow[n].delay for n in messages)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "it must be a mapping"),
        (
            {"handof": 1},
            (
                "handof is not known; known are: channels, endings, handoff, integrations, locales, pace, returning,"
                " stories, survey, traffic"
            ),
        ),
        (
            {"handoff": 2, "survey": "x"},
            "handoff must be a share from 0 to 1; survey must be a share from 0 to 1",
        ),
        ({"endings": {"end_user": 0}}, "endings must have a weight above 0"),
        ({"locales": {}}, "locales must map names to numbers, one of them above 0"),
        (
            {"channels": {"fax": 1}},
            "channels.fax is not known; known are: chat, custom, custom-email, custom-voice, email, voice",
        ),
        ({"pace": {"end_user": 0}}, "pace.end_user must be a number from 0.001 to 1000"),
        ({"stories": {"orders.late": -1}}, "stories.orders.late must be a number from 0 to 1000000"),
    ],
)
def test_what_does_not_fit(document: Any, message: str) -> None:
    """A profile that does not fit is a usage error that names each member and what it must be."""
    with pytest.raises(UsageError) as caught:
        changed(document, name="p.yaml")
    assert str(caught.value) == f"The profile p.yaml does not fit: {message}."


def test_unknown_story() -> None:
    """A story that nobody knows is named, with those that there are."""
    with pytest.raises(
        UsageError, match=r"stories.orders.lat is no story; there are appointment.technician, "
    ):
        changed({"stories": {"orders.lat": 1}}, name="p.yaml")


def test_usual_profile_is_a_document() -> None:
    """The profile that is shipped is one that a user could give, and names everything that there is."""
    text = (resources.files("ada_mockserver") / "data" / "profile.yaml").read_text(encoding="utf-8")
    document = parse_yaml(text, name="profile.yaml")
    made = changed(document, name="profile.yaml")
    assert made.channels.weights == usual().channels.weights == document["channels"]
    with pytest.raises(UsageError) as caught:
        changed({"?": 0}, name="p")
    listed = str(caught.value).partition("known are: ")[2].rstrip(".")
    assert listed.split(", ") == sorted(document)
