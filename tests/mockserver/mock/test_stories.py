"""Simulated stories: the course of the scenarios, on the mock's clock."""

from __future__ import annotations

import json
from itertools import accumulate
from random import Random
from urllib.parse import urlsplit

import pytest

from ada_mockserver import MockAda
from ada_mockserver.events.conversation import course
from ada_mockserver.events.dialogues import LANGUAGES, Words, library
from ada_mockserver.events.people import AI_AGENT, speaker
from ada_mockserver.events.personas import Personas
from ada_mockserver.events.profile import usual
from ada_mockserver.events.story import Story, Told, before_learning
from ada_mockserver.mock.agent.sample_files import sample_file
from ada_mockserver.mock.agent.simulate import follow
from ada_mockserver.mock.state.conversations import open_conversation
from ada_mockserver.mock.state.records import add_end_user, custom_channel, native_channel
from ada_schemas import validate

START = 1_700_000_000_000
LONG = 30 * 86_400
AGENT = {"display_name": AI_AGENT.display_name, "avatar": AI_AGENT.avatar}
PROFILE = ("first_name", "last_name", "display_name", "avatar", "email", "language")


@pytest.fixture
def api(make_api):
    return make_api({"agent": AGENT}, pace="natural", rng=Random(3))


def pass_time(api, seconds=LONG):
    """Let the clock go on, stopping where something is due; nothing may be left to come."""
    until, due = api.clock.now() + seconds, api.advance(0)
    while due is not None and due <= until:
        due = api.advance(due - api.clock.now())
    return due


def tell(api, **chosen):
    (made,) = api.ok("POST", "/_mock/seed", {"stories": [chosen]})["stories"]
    return made


def status(api, made):
    return api.ok("GET", f"/conversations/{made['conversation_id']}/")["status"]


def told(payload):
    """All of an event but its ids, times and hosts."""
    data = payload["data"]
    author = {name: value for name, value in data.get("author", {}).items() if name != "id"}
    content = dict(data.get("content", {}))
    if "url" in content:  # the name of a file, and the link of the dialogue; of a survey that it is one
        path = urlsplit(content["url"]).path
        content["url"] = "/survey" if path.startswith("/survey/") else path.rpartition("/")[2]
    return {
        "type": payload["type"],
        "author": author,
        "content": content,
        "handoff_integration": data.get("handoff_integration"),
        "role": data.get("ended_by", {}).get("role"),
        "profile": data.get("profile"),
    }


def moment(api, payload):
    """When it happened, in milliseconds: the creation of a message, the time of another event."""
    is_message = payload["type"] == "v1.conversation.message"
    return round(api.seconds(payload["data"]["created_at"] if is_message else payload["timestamp"]) * 1000)


@pytest.mark.parametrize(
    ("locale", "kind", "name"),
    [
        ("en_US", "messaging", "orders.address"),
        ("en_US", "handoff", "returns.receipt"),
        ("en_US", "handoff", "subscription.cancel"),
        ("de_DE", "voice", "voice.card-blocked"),
        ("ja_JP", "email", "email.warranty"),
    ],
)
def test_as_generated(api, locale, kind, name):
    """The generator and the mock tell one course alike: who says what, when, and what the profile learns."""
    personas, rng = Personas.load(locale), Random(name)
    (dialogue,) = (one for one in library(locale).dialogues[kind] if one.id == name)
    surface = kind if kind in ("voice", "email") else "custom"
    story = Story(rng, seed="1", personas=personas, profile=usual())
    cast = story.meet(surface)
    words = Words(rng, locale, end_user=cast.persona, agent=cast.agent)
    modality = cast.conversation.channel.modality
    steps = list(course(dialogue, words, modality, rng=rng, profile=usual()))
    user = before_learning(cast.end_user, dialogue)
    authors = {**cast.authors, "end_user": speaker(user)}
    story.play(iter(steps), Told(cast.conversation, 0), user, authors)
    generated = [step.payload for step in story.steps]

    async def begin():
        async with api.context.begin() as transaction:
            if surface == "custom":
                channel = await custom_channel(transaction)
            else:
                channel = await native_channel(transaction.session, surface)
            known = {each: getattr(user, each) for each in (*PROFILE, "metadata", "sunshine_user_id")}
            stored = await add_end_user(transaction, **known)
            conversation = await open_conversation(transaction, channel, stored.id, {})
            await follow(transaction, conversation, steps, cast.agent)

    api.portal.call(begin)
    begun = api.events()
    assert [event["type"] for event, _ in begun] == ["v1.end_user.created", "v1.conversation.created"]
    assert pass_time(api) is None
    played = [event for event, _ in api.events()[2:]]
    assert [told(event) for event in played] == [told(event) for event in generated]
    assert [event for event in played if validate(event, closed=True)] == []
    pauses = [pause for pause, _ in steps]
    times = [moment(api, event) for event in played]
    # A handover has no event, but takes its time.
    assert set(times) <= set(accumulate(pauses, initial=START))
    assert times[-1] - START == sum(pauses)
    for after, mock, before, sent in zip(times[1:], generated[1:], times, generated, strict=False):
        # The generator sends each event a moment after what it is about.
        assert 0 <= moment(api, mock) - moment(api, sent) - (after - before) <= 810


@pytest.mark.parametrize("kind", ["messaging", "handoff", "voice", "email"])
def test_from_beginning_to_end(api, kind):
    """A story has begun when its id is given, and ends in its time."""
    made = api.ok("POST", "/_mock/seed", {"stories": [kind]})["stories"][0]
    assert api.types() == ["end_user.created", "conversation.created"]
    assert status(api, made) == "active"
    pass_time(api)
    assert status(api, made) == "ended"
    times = [moment(api, event) for event, _ in api.events()[2:]]
    assert times == sorted(times)
    assert times[0] - START >= 300
    assert times[-1] - START > 20_000


def test_at_once(make_api):
    """At the pace of tests it is over at once, a millisecond from event to event."""
    api = make_api(pace="instant")
    made = tell(api, story="handoff", dialogue="returns.receipt", seed=1)
    assert (made["story"], made["dialogue"], status(api, made)) == ("handoff", "returns.receipt", "ended")
    times = [moment(api, event) for event, _ in api.events() if event["type"] == "v1.conversation.message"]
    assert times == sorted(set(times))
    assert times[-1] - START < 100


def test_chosen(api):
    """The language is the locale's; one seed draws the same people, words and times, under other ids."""
    chosen = {"story": "voice", "locale": "de_DE", "handoff": True, "seed": 7}
    first, second = tell(api, **chosen), tell(api, **chosen)
    assert first["dialogue"] == second["dialogue"]
    assert first["dialogue"] in {one.id for one in library("de_DE").of("voice", handoff=True)}
    assert first["conversation_id"] != second["conversation_id"]
    pass_time(api)
    talks = {first["conversation_id"]: [], second["conversation_id"]: []}
    for event, _ in api.events():
        if event["type"] == "v1.end_user.created":
            assert event["data"]["profile"]["language"] == "de-DE"
        elif event["type"] != "v1.end_user.updated":
            talks[event["data"]["conversation_id"]].append((told(event), moment(api, event)))
    one, other = talks.values()
    assert [event for event, _ in one] == [event for event, _ in other]
    assert [at for _, at in one[1:]] == [at for _, at in other[1:]]
    assert any(event["author"].get("role") == "human_agent" for event, _ in one)
    different = tell(api, **{**chosen, "seed": 8})
    pass_time(api)
    assert [told(event) for event, _ in api.events()[-len(one) :]] != [event for event, _ in one]
    assert status(api, different) == "ended"


def test_greeted(make_api):
    """The script's greeting comes first, and the end user writes after it."""
    api = make_api({"greeting": "Welcome.", "survey": None}, pace="natural", rng=Random(3))
    tell(api, story="messaging", seed=2)
    pass_time(api)
    said = [event["data"] for event, _ in api.events() if event["type"] == "v1.conversation.message"]
    assert said[0]["content"]["body"] == "Welcome."
    assert said[1]["author"]["role"] == "end_user"
    assert api.seconds(said[1]["created_at"]) - api.seconds(said[0]["created_at"]) >= 3
    assert all("/survey/" not in each["content"].get("url", "") for each in said)


def test_ended_meanwhile(api):
    """Once the API has ended the conversation the rest is dropped; the survey is that of the end."""
    made = tell(api, story="messaging", dialogue="orders.late", seed=1)
    pass_time(api, 60)
    assert "conversation.message" in api.types()
    before = len(api.types())
    api.ok("POST", f"/conversations/{made['conversation_id']}/end/")
    pass_time(api)
    assert api.types()[before:] == ["conversation.ended", "conversation.message"]
    assert "/survey/" in api.events()[-1][0]["data"]["content"]["url"]


def test_handed_back_meanwhile(api):
    """Once the API has ended the handoff the rest is dropped, and the conversation goes on."""
    made = tell(api, story="handoff", dialogue="returns.receipt", seed=1)
    path = f"/conversations/{made['conversation_id']}"
    while api.ok("GET", "/_mock/state")["conversations"][0]["handoff_integration"] is None:
        api.advance(api.advance(0) - api.clock.now())
    api.ok("POST", f"{path}/end-handoff/")
    before = api.types()
    assert pass_time(api) is None
    assert api.types() == before
    assert status(api, made) == "active"


def test_taken_over_meanwhile(api):
    """A human agent of the client's who takes over has the conversation: the story's does not come."""
    made = tell(api, story="handoff", dialogue="returns.receipt", seed=1)
    api.advance(api.advance(0) - api.clock.now())
    talk = {"id": made["conversation_id"], "end_user_id": ""}
    api.write(talk, "I am Sam.", role="human_agent", display_name="Sam", id=None)
    before = api.types()
    assert pass_time(api) is None
    assert api.types() == before


def test_answered_meanwhile(make_api):
    """The AI Agent answers who writes by the API in its time, not after the hours that a story has left."""
    api = make_api({"default": "Yes."}, pace="natural", rng=Random(3))
    made = tell(api, story="email", dialogue="email.billing", seed=1)
    api.write({"id": made["conversation_id"], "end_user_id": "somebody"}, "hello")
    pass_time(api, 300)
    contents = [event["data"].get("content", {}) for event, _ in api.events()]
    assert "Hello,\n\nYes.\n\nKind regards\nYour support team" in [each.get("body") for each in contents]
    assert status(api, made) == "active"


def test_profile_changed_meanwhile(api):
    """What the story learns is added to the profile as it is by then, and who speaks has its name."""
    tell(api, story="messaging", dialogue="billing.change-plan", seed=1)
    user = api.events()[0][0]["data"]["end_user_id"]
    profile = {"display_name": "Sam", "metadata": {"mine": 1}}
    api.ok("PATCH", f"/end-users/{user}", {"profile": profile})
    pass_time(api)
    learnt = [event["data"] for event, _ in api.events() if event["type"] == "v1.end_user.updated"][-1]
    assert learnt["profile"]["display_name"] == "Sam"
    assert learnt["profile"]["metadata"]["mine"] == 1
    assert len(learnt["profile"]["metadata"]) > 1
    names = {
        event["data"]["author"]["display_name"]
        for event, _ in api.events()
        if event["type"] == "v1.conversation.message" and event["data"]["author"]["role"] == "end_user"
    }
    assert names == {"Sam"}


def test_kept_over_a_restart(tmp_path):
    """What is still to come of a story is told after a restart, at the time at which it was due."""
    url = f"sqlite:///{tmp_path / 'mock.db'}"
    with MockAda(database=url, pace="natural") as mock:
        mock.play("messaging", dialogue="orders.late", seed=1)
        mock.advance(60)
        first = len(mock.events())
        assert first > 2
    with MockAda(database=url, pace="natural") as mock:
        assert len(mock.events()) == first
        mock.advance(86_400)
        payloads = [event["payload"] for event in mock.events()]
    assert payloads[-1]["type"] != "v1.conversation.created"
    assert "v1.conversation.ended" in [payload["type"] for payload in payloads]
    assert len({json.dumps(payload["timestamp"]) for payload in payloads[2:]}) == len(payloads) - 2


@pytest.mark.parametrize(
    ("story", "found"),
    [
        ({"locale": "de_DE"}, {"$.stories[0].story": "is required"}),
        (
            {"story": "fax"},
            {"$.stories[0].story": "must be one of: messaging, handoff, voice, email"},
        ),
        (
            {"story": "voice", "sed": 1},
            {
                "$.stories[0].sed": "is not known; known are: dialogue, handoff, locale, seed, story",
            },
        ),
        ({"story": "voice", "handoff": "yes"}, {"$.stories[0].handoff": "must be a boolean or null"}),
        (
            {"story": "email", "dialogue": "email.none"},
            {
                "$.stories[0]": "There is no dialogue 'email.none' here; there are email.billing,"
                " email.password, email.privacy, email.returns, email.travel, email.warranty."
            },
        ),
        (
            {"story": "messaging", "handoff": True},
            {"$.stories[0]": "No dialogue with a handoff is among these."},
        ),
        (
            {"story": "handoff", "dialogue": "orders.damaged", "handoff": False},
            {"$.stories[0]": "No dialogue without a handoff is among these."},
        ),
        (
            {"story": "voice", "locale": "nowhere"},
            {"$.stories[0]": "There are no personas for the locale 'nowhere'."},
        ),
    ],
)
def test_refused(api, story, found):
    """What cannot be told is refused with its place, and nothing has begun."""
    refused = api.invalid("POST", "/_mock/seed", {"stories": [story]})
    if "locale" in story and "story" in story:
        refused = {place: message.partition(". ")[0] + "." for place, message in refused.items()}
    assert refused == found
    assert api.types() == []


KINDS_OF_FILES = {
    "image/png": b"\x89PNG\r\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/heic": b"\0\0\0\x18ftypheic",
    "video/mp4": b"\0\0\0\x18ftypisom",
    "application/pdf": b"%PDF-",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": b"PK",
    "text/plain": b"notes.txt\n",
}


def test_sample_files():
    """A file begins as those of its type do, whatever type the dialogues have."""
    for mime_type, magic in KINDS_OF_FILES.items():
        assert sample_file(mime_type, "notes.txt").startswith(magic)
    used = {turn.mime_type for turn in all_turns() if turn.file}
    assert used <= set(KINDS_OF_FILES)


def all_turns():
    for language in LANGUAGES:
        for dialogues in library(language).dialogues.values():
            for dialogue in dialogues:
                yield from dialogue.everything


def test_files_can_be_downloaded(make_api):
    """A file of a story is at an address of the mock's, presigned and as long as Ada's, for seven days."""
    api = make_api()
    tell(api, story="handoff", dialogue="returns.receipt", seed=1)
    contents = [event["data"].get("content", {}) for event, _ in api.events()]
    file = next(content for content in contents if content.get("type") == "file")
    assert file["url"].startswith("http://mock.test/attachments/")
    assert "&X-Amz-Expires=604800&" in file["url"]
    assert 1_200 <= len(file["url"]) <= 2_000
    served = api.request("GET", file["url"], headers={"authorization": ""})
    assert (served.status_code, served.headers["content-type"]) == (200, file["mime_type"])
    assert served.content.startswith(KINDS_OF_FILES[file["mime_type"]])
    api.clock.advance(7 * 86_400)
    assert api.refused("GET", file["url"])[1]["type"] == "expired"
