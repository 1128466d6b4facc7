"""The event factory: single events, their bytes, and changes to single members."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ada_mockserver.events import ids as identity
from ada_mockserver.events.edits import parse_assignment, parse_value, set_member, unset_member
from ada_mockserver.events.factory import BUILDERS, EventFactory
from ada_mockserver.events.payload import conversation_message, encode, text_content, timestamp
from ada_mockserver.events.people import HANDOFF_INTEGRATION
from ada_mockserver.events.personas import SHIPPED_LOCALES
from ada_schemas import event_names, validate
from ada_schemas.errors import UsageError

OBJECT_ID = re.compile(r"[0-9a-f]{24}")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIMESTAMP = re.compile(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
MEMBER_TIME = re.compile(r"202[56]-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")

# What pinned seeds give. A change here changes the payloads of everyone who pins a seed.
GOLDEN = {
    (1, "en_US"): "5281b3806355dd43d3f5049099c6375ef20b6d0ab4bcd87ed57c2fc33d3e530f",
    (1, "ja_JP"): "311280b52aad25b723ad11ac6e6e525275cbd2a8e5ca356a1bfa72a70d18a8c0",
    (20260301, "ar_SA"): "8e62ca507032a9d53bd35af899be13f4292b7ad7416fd104bee7adab942ebb0a",
}


def digest(*payloads: dict[str, Any]) -> str:
    return hashlib.sha256(b"\n".join(encode(payload) for payload in payloads)).hexdigest()


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every value of a payload that holds no others (an empty object holds none), with its path."""
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, f"{path}.{key}")]
    if isinstance(value, list) and value:
        return [leaf for at, inner in enumerate(value) for leaf in leaves(inner, f"{path}.{at}")]
    return [(path[1:], value)]


@pytest.mark.parametrize(("seed", "locale"), list(GOLDEN))
def test_golden_bytes(seed: int, locale: str) -> None:
    """A seed and a locale give the same bytes on every supported Python and platform."""
    factory = EventFactory(seed=seed, locale=locale)
    assert digest(*(factory.event(name, key="golden") for name in BUILDERS)) == GOLDEN[seed, locale]


def test_same_bytes_in_another_process() -> None:
    """The bytes do not depend on the hash seed of the process."""
    code = (
        "import sys\n"
        "from ada_mockserver.events.factory import BUILDERS, EventFactory\n"
        "from ada_mockserver.events.payload import encode\n"
        "factory = EventFactory(seed=9, locale='ar_SA')\n"
        "for name in BUILDERS: sys.stdout.buffer.write(encode(factory.event(name, key='k')))\n"
    )
    runs = set()
    for hash_seed in ("0", "1", "77"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env)
        runs.add(done.stdout)
    factory = EventFactory(seed=9, locale="ar_SA")
    assert runs == {b"".join(encode(factory.event(name, key="k")) for name in BUILDERS)}


@pytest.mark.parametrize("name", BUILDERS)
def test_key_decides_whatever_was_built_before(name: str) -> None:
    """What was asked for before has no influence on the payload of a key."""
    fresh = EventFactory(seed=3).event(name, key="some/case/id")
    used = EventFactory(seed=3)
    for other in reversed(BUILDERS):
        used.event(other, key="another")
    assert used.event(name, key="some/case/id") == fresh
    assert used.event(name, key="another") != fresh


def test_payload_belongs_to_the_caller() -> None:
    """Changing a payload that was handed out does not change the next one."""
    factory = EventFactory(seed=3)
    first = factory.event("conversation.message")
    before = encode(first)
    first["data"]["channel"]["metadata"]["region"] = "moon"
    first["data"]["content"].clear()
    assert encode(factory.event("conversation.message")) == before


def test_payload_takes_no_part_of_what_it_is_built_from() -> None:
    """A payload keeps none of the objects that were handed to its builder."""
    cast = EventFactory(seed=3).cast()
    content = text_content("Hello")
    message = conversation_message(
        cast.conversation,
        message_id="m",
        author=cast.authors["ai_agent"],
        content=content,
        handoff_integration=None,
        created_at=0,
        at=0,
    )
    content["body"] = "Bye"
    assert message["data"]["content"] == {"type": "text", "body": "Hello"}


def test_seed_as_text() -> None:
    """A seed given as text is the same seed as the number, and any text is a seed."""
    assert EventFactory(seed="12").event("end_user.created") == EventFactory(seed=12).event(
        "end_user.created"
    )
    assert EventFactory(seed="wet dog").event("end_user.created") != EventFactory(seed="").event(
        "end_user.created"
    )


def test_seeds_and_keys_share_nothing() -> None:
    """Over many seeds and keys every end user, conversation and message has an id of its own."""
    seen: list[str] = []
    for seed in range(20):
        factory = EventFactory(seed=seed)
        for key in ("", "a", "b", "c/d"):
            data = factory.event("conversation.message", key=key)["data"]
            seen += [data["end_user_id"], data["conversation_id"], data["message_id"]]
    assert len(set(seen)) == len(seen) == 240


def test_locale_changes_only_the_people() -> None:
    """Ids and times are the same in every locale; names, addresses and language follow it."""
    english, german = (
        EventFactory(seed=5, locale=name).event("end_user.created") for name in ("en_GB", "de_DE")
    )
    differing = {path for path, value in leaves(english) if dict(leaves(german))[path] != value}
    assert differing == {
        f"data.profile.{name}"
        for name in ("first_name", "last_name", "display_name", "avatar", "email", "language")
    }
    assert german["data"]["profile"]["language"] == "de-DE"


@pytest.mark.parametrize("locale", SHIPPED_LOCALES)
@pytest.mark.parametrize("name", BUILDERS)
def test_valid_against_the_closed_contract(name: str, locale: str) -> None:
    """Every event is valid where nothing undocumented is, whatever the seed."""
    for seed in range(5):
        payload = EventFactory(seed=seed, locale=locale).event(name, key="k", ordinal=seed)
        assert validate(payload, event=name, closed=True) == []


@pytest.mark.parametrize("name", BUILDERS)
def test_fully_populated(name: str) -> None:
    """No member is null or empty, so that every variant is made by taking something away."""
    payload = EventFactory(seed=8).event(name)
    assert payload["type"] == f"v1.{name}"
    assert [path for path, value in leaves(payload) if value is None or value in ("", {}, [])] == []


DOCUMENTED_MEMBERS = {
    "end_user.created": ["end_user_id", "external_id", "profile", "created_at", "updated_at"],
    "end_user.updated": ["end_user_id", "external_id", "profile", "created_at", "updated_at"],
    "conversation.created": [
        "conversation_id", "channel_id", "created_at", "end_user_id", "metadata", "ai_agent_domain",
    ],
    "conversation.message": [
        "message_id", "conversation_id", "end_user_id", "handoff_integration", "channel", "created_at",
        "author", "content", "ai_agent_domain",
    ],
    "conversation.handoff.ended": [
        "conversation_id", "end_user_id", "handoff_integration", "ai_agent_domain",
    ],
    "conversation.ended": [
        "conversation_id", "channel_id", "end_user_id", "created_at", "updated_at", "ended_by", "metadata",
        "ai_agent_domain",
    ],
    "audit_log.emitted": [
        "id", "timestamp", "actor_email", "actor_name", "actor_user_id", "entity_type", "entity_id",
        "entity_name", "activity", "interface", "context_ip", "context_user_agent", "api_key_name",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", BUILDERS)
def test_documented_order(name: str) -> None:
    """Members stand in the documented order, ``tags`` last where they are documented."""
    payload = EventFactory(seed=8).event(name)
    tagged = not name.startswith("conversation.")
    assert list(payload) == ["type", "timestamp", "data"] + ["tags"] * tagged
    assert list(payload["data"]) == DOCUMENTED_MEMBERS[name]


def test_builders_are_of_events_of_the_contract() -> None:
    """A builder is of a documented event; an event may do without one."""
    assert set(BUILDERS) <= set(event_names())


@pytest.mark.parametrize("name", event_names())
def test_an_event_without_a_builder_is_sampled(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event of the contract that nobody wrote a builder for is a valid one, about the same people."""
    factory = EventFactory(seed=6)
    built = factory.event(name, key="k")
    others = {known: builder for known, builder in BUILDERS.items() if known != name}
    monkeypatch.setattr("ada_mockserver.events.factory.BUILDERS", others)
    sampled = factory.event(name, key="k")
    assert validate(sampled, closed=True) == []
    assert sampled != built
    assert sampled == EventFactory(seed=6).event(name, key="k") != factory.event(name, key="other")
    for member in {"conversation_id", "end_user_id"} & set(built["data"]):
        assert sampled["data"][member] == built["data"][member]


@pytest.mark.parametrize("seed", range(10))
def test_one_key_is_one_story(seed: int) -> None:
    """The events of one key are about the same end user and conversation, in order of time."""
    factory = EventFactory(seed=seed)
    events = {name: factory.event(name, key="k") for name in BUILDERS}
    data = {name: event["data"] for name, event in events.items()}
    conversation = [name for name in BUILDERS if name.startswith("conversation.")]
    about = [name for name in BUILDERS if name != "audit_log.emitted"]
    assert len({data[name]["end_user_id"] for name in about}) == 1
    assert len({data[name]["conversation_id"] for name in conversation}) == 1
    assert len({data[name]["ai_agent_domain"] for name in conversation}) == 1
    channel_id = data["conversation.message"]["channel"]["id"]
    assert (
        data["conversation.created"]["channel_id"] == data["conversation.ended"]["channel_id"] == channel_id
    )
    in_order = ["end_user.created", *conversation, "end_user.updated", "audit_log.emitted"]
    times = [events[name]["timestamp"] for name in in_order]
    assert times == sorted(times)
    assert len(set(times)) == 7


@pytest.mark.parametrize("seed", range(10))
def test_times_and_ids_agree(seed: int) -> None:
    """An id begins with the time of its creation, and nothing is emitted before it happened."""
    factory = EventFactory(seed=seed)
    for name in BUILDERS:
        event = factory.event(name, key="k")
        data = event["data"]
        assert TIMESTAMP.fullmatch(event["timestamp"])
        if created := data.get("created_at"):
            assert MEMBER_TIME.fullmatch(created)
            assert seconds(created) <= seconds(data.get("updated_at", created)) <= seconds(event["timestamp"])
    user = factory.event("end_user.created", key="k")["data"]
    updated = factory.event("end_user.updated", key="k")["data"]
    assert updated["created_at"] == user["created_at"] == user["updated_at"] < updated["updated_at"]
    opened = factory.event("conversation.created", key="k")["data"]
    channel = factory.event("conversation.message", key="k")["data"]["channel"]
    for identifier, created in (
        (user["end_user_id"], user["created_at"]),
        (opened["conversation_id"], opened["created_at"]),
        (channel["id"], channel["created_at"]),
    ):
        assert OBJECT_ID.fullmatch(identifier)
        assert int(identifier[:8], 16) == int(seconds(created))
    assert seconds(channel["created_at"]) < seconds(user["created_at"]) < seconds(opened["created_at"])


def test_ordinals_count_on() -> None:
    """Messages of one key have ids of their own and growing times, three hundred before the end."""
    factory = EventFactory(seed=4)
    messages = [factory.event("conversation.message", key="k", ordinal=n) for n in range(300)]
    times = [message["timestamp"] for message in messages]
    assert len({message["data"]["message_id"] for message in messages}) == 300
    assert len({message["data"]["conversation_id"] for message in messages}) == 1
    assert times == sorted(set(times))
    assert times[-1] < factory.event("conversation.ended", key="k")["timestamp"]
    updates = [factory.event("end_user.updated", key="k", ordinal=n)["data"] for n in range(3)]
    orders = [update["profile"]["metadata"]["orders"] for update in updates]
    assert orders == list(range(orders[0], orders[0] + 3))
    with pytest.raises(UsageError, match=r"counts from 0, -1 is below"):
        factory.event("conversation.message", ordinal=-1)


def test_conversation_message_is_the_documented_handoff_text() -> None:
    """The message is a text of the end user on a custom channel during a handoff."""
    data = EventFactory(seed=2).event("conversation.message")["data"]
    assert UUID4.fullmatch(data["message_id"])
    assert data["handoff_integration"] == HANDOFF_INTEGRATION == "zendesk_chat"
    assert data["author"]["role"] == "end_user"
    assert data["author"]["id"] == data["end_user_id"]
    assert data["content"]["type"] == "text"
    channel = data["channel"]
    assert list(channel) == [
        "type", "id", "name", "description", "modality", "capabilities", "metadata", "created_at",
    ]  # fmt: skip
    assert (channel["type"], channel["modality"]) == ("custom", "messaging")
    assert [type(value) for value in channel["metadata"].values()] == [str, bool, int]


@pytest.mark.parametrize("seed", range(10))
def test_metadata_shows_every_documented_type(seed: int) -> None:
    """Conversation metadata has strings, booleans, integers and floats, an end user's all but floats."""
    factory = EventFactory(seed=seed)
    created = factory.event("conversation.created")["data"]["metadata"]
    assert {type(value) for value in created.values()} == {str, bool, int, float}
    assert not created["cart_total"].is_integer()
    assert factory.event("conversation.ended")["data"]["metadata"] == created
    user = factory.event("end_user.updated")["data"]["profile"]["metadata"]
    assert {type(value) for value in user.values()} == {str, bool, int}


def test_end_user_has_ids_and_tags() -> None:
    """An end user's event carries a short external id, a Sunshine id and its own id as the tag."""
    for name in ("end_user.created", "end_user.updated"):
        event = EventFactory(seed=2).event(name)
        assert len(event["data"]["external_id"]) <= 36
        assert OBJECT_ID.fullmatch(event["data"]["profile"]["system_properties"]["sunshine_user_id"])
        assert event["tags"] == [event["data"]["end_user_id"]]


def test_conversation_is_ended_by_its_end_user() -> None:
    """The end user who ends a conversation is the one whose conversation it is."""
    data = EventFactory(seed=2).event("conversation.ended")["data"]
    assert data["ended_by"] == {"id": data["end_user_id"], "role": "end_user"}
    assert re.fullmatch(r"acme[a-z-]*\.ada\.support", data["ai_agent_domain"])


def test_audit_entry_is_tagged() -> None:
    """An audit event is tagged with what changed, how and which one, and happened before it was emitted."""
    event = EventFactory(seed=2).event("audit_log.emitted")
    data = event["data"]
    assert event["tags"] == [data["entity_type"], data["activity"], data["entity_id"]]
    assert TIMESTAMP.fullmatch(data["timestamp"])
    assert data["timestamp"] < event["timestamp"]
    assert int(data["entity_id"][:8], 16) < seconds(data["timestamp"])
    assert data["context_ip"].startswith("203.0.113.")


@pytest.mark.parametrize("name", BUILDERS)
def test_wire_name_is_accepted(name: str) -> None:
    """An event may be named with its version prefix."""
    factory = EventFactory(seed=1)
    assert factory.event(f"v1.{name}") == factory.event(name)
    assert factory.event(name)["type"] == f"v1.{name}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("conversation.mesage", "Did you mean conversation.message? "),
        ("v1.end_user.delete", "Did you mean end_user.updated? "),
        ("zzz", ""),
    ],
)
def test_unknown_event(name: str, hint: str) -> None:
    """An unknown event is a usage error that offers the closest name and lists all."""
    with pytest.raises(UsageError) as caught:
        EventFactory(seed=1).event(name)
    assert (
        str(caught.value)
        == f"There is no event '{name}'.\n  {hint}The events are: {', '.join(event_names())}."
    )


def test_encoding_is_compact_utf8() -> None:
    """The bytes are compact JSON in UTF-8, unescaped, in the order of the payload."""
    assert encode({"b": "é木🙂", "a": [1, 1.5, True, None]}) == '{"b":"é木🙂","a":[1,1.5,true,null]}'.encode()


@pytest.mark.parametrize("value", [math.inf, math.nan, "\ud800"])
def test_what_json_cannot_hold(value: object) -> None:
    """A value that no JSON text can hold is a usage error, not a crash of the sender."""
    with pytest.raises(UsageError, match="cannot be written as JSON"):
        encode({"a": value})


def test_timestamps_are_exact() -> None:
    """A time in milliseconds is written exactly, whatever the floating-point value of its seconds."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    base = int(start.timestamp()) * 1000
    for n in range(2000):
        assert timestamp(base + n) == (start + timedelta(milliseconds=n)).isoformat(timespec="milliseconds")


def test_draws_stay_in_range() -> None:
    """Draws reach both ends of their range and nothing beyond."""
    rng = identity.source(0)
    assert {identity.between(rng, 3, 6) for _ in range(200)} == {3, 4, 5, 6}
    assert {identity.pick(rng, "ab") for _ in range(50)} == {"a", "b"}
    assert {len(identity.digits(rng, 4)) for _ in range(200)} == {4}
    assert {len(identity.hexadecimal(rng, n)) - n for n in (1, 12, 13, 30, 64)} == {0}
    assert UUID4.fullmatch(identity.uuid4(rng))


PAYLOAD = {
    "type": "t",
    "data": {"author": {"role": "end_user", "id": None}, "metadata": {"a.b": 1}, "tags": ["x", {"y": 0}]},
}


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("type", lambda p: p["type"]),
        ("data.author.role", lambda p: p["data"]["author"]["role"]),
        ("data.metadata.new", lambda p: p["data"]["metadata"]["new"]),
        (r"data.metadata.a\.b", lambda p: p["data"]["metadata"]["a.b"]),
        ("data.author.undocumented", lambda p: p["data"]["author"]["undocumented"]),
        ("data.tags.0", lambda p: p["data"]["tags"][0]),
        ("data.tags.1.y", lambda p: p["data"]["tags"][1]["y"]),
        ("data.tags.2", lambda p: p["data"]["tags"][2]),
    ],
)
def test_set_member(path: str, where: Any) -> None:
    """A member is set in a copy, in objects and lists, new ones included."""
    before = json.dumps(PAYLOAD)
    assert where(set_member(PAYLOAD, path, "v")) == "v"
    assert json.dumps(PAYLOAD) == before


def test_set_member_changes_nothing_else() -> None:
    """Setting one member leaves every other as it was."""
    changed = set_member(PAYLOAD, "data.author.role", "human_agent")
    assert changed == {**PAYLOAD, "data": {**PAYLOAD["data"], "author": {"role": "human_agent", "id": None}}}


def test_unset_member() -> None:
    """A member or an item is taken out of a copy."""
    assert unset_member(PAYLOAD, "data.author.role")["data"]["author"] == {"id": None}
    assert unset_member(PAYLOAD, "data.tags.0")["data"]["tags"] == [{"y": 0}]
    assert PAYLOAD["data"]["tags"] == ["x", {"y": 0}]


def _nowhere(path: str, step: str, there: str) -> str:
    return f"The path '{path}' leads nowhere: there is no '{step}'.\n  {there}"


@pytest.mark.parametrize(
    "change", [lambda path: set_member(PAYLOAD, path, 1), lambda path: unset_member(PAYLOAD, path)]
)
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("data.autor.role", _nowhere("data.autor.role", "autor", "There are: author, metadata, tags.")),
        (
            "data.author.id.x",
            _nowhere("data.author.id.x", "x", "What stands there is null, which has no members."),
        ),
        ("type.t.x", _nowhere("type.t.x", "t", 'What stands there is "t", which has no members.')),
        ("data.tags.2.y", _nowhere("data.tags.2.y", "2", "The list has 2 items, counted from 0.")),
        ("data.tags.9", _nowhere("data.tags.9", "9", "The list has 2 items, counted from 0.")),
        ("data.tags.-1", _nowhere("data.tags.-1", "-1", "The list has 2 items, counted from 0.")),
        ("", "An empty path names no member.\n  Write one such as data.author.role."),
    ],
)
def test_path_that_leads_nowhere(change: Any, path: str, message: str) -> None:
    """A path through something that is not there names the step and what is there instead."""
    with pytest.raises(UsageError) as caught:
        change(path)
    assert str(caught.value) == message


def test_unset_what_is_not_there() -> None:
    """Taking out a member that is not there is a usage error, for it is a spelling mistake."""
    with pytest.raises(UsageError, match=r"there is no 'roll'\.\n  There are: role, id\."):
        unset_member(PAYLOAD, "data.author.roll")
    with pytest.raises(UsageError, match="The list has 2 items"):
        unset_member(PAYLOAD, "data.tags.2")
    with pytest.raises(UsageError, match="The object is empty"):
        unset_member({"data": {}}, "data.x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("human_agent", "human_agent"),
        ('"12"', "12"),
        ("12", 12),
        ("1.5", 1.5),
        ("null", None),
        ("true", True),
        ('{"a": [1]}', {"a": [1]}),
        ("", ""),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("{oops", "{oops"),
        ("a=b", "a=b"),
    ],
)
def test_values_are_json_or_text(text: str, value: object) -> None:
    """A value is taken as JSON where it is JSON, and as text where it is not."""
    parsed = parse_value(text)
    assert (parsed, type(parsed)) == (value, type(value))
    assert parse_assignment(f"data.x={text}") == ("data.x", value)


@pytest.mark.parametrize("text", ["data.x", "=1", ""])
def test_assignment_without_path_or_value(text: str) -> None:
    """An assignment without a path or an equals sign shows how to write one."""
    with pytest.raises(UsageError) as caught:
        parse_assignment(text)
    assert str(caught.value) == (
        f"'{text}' sets nothing.\n  Write it as path=value, such as data.author.role=human_agent."
    )
