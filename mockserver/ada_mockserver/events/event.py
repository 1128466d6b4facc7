"""Events as values: the payload and the bytes are two views of one, each made when it is asked for.

The bytes of the events of a conversation come from templates. A template is what the builder of the payload
made of a sample, cut where the sample's own values stand, so that the form of an event stands once, in
`ada_mockserver.events.payload`.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ada_mockserver.events import payload as built
from ada_mockserver.events.payload import (
    Author,
    Channel,
    Conversation,
    EndUser,
    encode,
    json_string,
    json_text,
    member_time,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ada_mockserver.events.payload import Change, Payload

__all__ = ["Began", "Changed", "Ended", "Event", "HandoffEnded", "Message", "ProfileEvent"]


class Message(NamedTuple):
    """``conversation.message``; times in Unix milliseconds, as in every event."""

    conversation: Conversation
    message_id: str
    author: Author
    content: Mapping[str, Any]
    handoff_integration: str | None
    created_at: int
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.conversation_message(
            self.conversation,
            message_id=self.message_id,
            author=self.author,
            content=self.content,
            handoff_integration=self.handoff_integration,
            created_at=self.created_at,
            at=self.at,
        )

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        conversation = self.conversation
        head, middle, tail = _message()
        first = head % (
            timestamp(self.at),
            self.message_id,
            conversation.id,
            conversation.end_user_id,
            _nullable(self.handoff_integration),
            _channel(conversation.channel),
            member_time(self.created_at),
        )
        # Encoded apart: one character beyond ASCII would make all of it wider, and slower.
        last = tail % conversation.domain
        return b"".join(
            (first.encode(), _author(self.author), middle, _content(self.content).encode(), last.encode())
        )


class Began(NamedTuple):
    """``conversation.created``."""

    conversation: Conversation
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.conversation_created(self.conversation, at=self.at)

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        about = self.conversation
        text = _began() % (
            timestamp(self.at),
            about.id,
            about.channel.id,
            member_time(about.created_at),
            about.end_user_id,
            _metadata(about.metadata),
            about.domain,
        )
        return text.encode()


class Ended(NamedTuple):
    """``conversation.ended``; ``ended_by`` is the id of who ended it, None for the system and for agents."""

    conversation: Conversation
    role: str
    ended_by: str | None
    updated_at: int
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.conversation_ended(
            self.conversation, role=self.role, ended_by=self.ended_by, updated_at=self.updated_at, at=self.at
        )

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        about = self.conversation
        text = _ended() % (
            timestamp(self.at),
            about.id,
            about.channel.id,
            about.end_user_id,
            member_time(about.created_at),
            member_time(self.updated_at),
            _nullable(self.ended_by),
            self.role,
            _metadata(about.metadata),
            about.domain,
        )
        return text.encode()


class HandoffEnded(NamedTuple):
    """``conversation.handoff.ended``."""

    conversation: Conversation
    handoff_integration: str
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.handoff_ended(
            self.conversation, handoff_integration=self.handoff_integration, at=self.at
        )

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        return encode(self.payload())


class ProfileEvent(NamedTuple):
    """``end_user.created`` or ``end_user.updated``, as ``name`` says."""

    name: str
    user: EndUser
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.end_user_event(self.name, self.user, at=self.at)

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        user = self.user
        text = _end_user() % (
            self.name,
            timestamp(self.at),
            user.id,
            _nullable(user.external_id),
            _nullable(user.first_name),
            _nullable(user.last_name),
            _nullable(user.display_name),
            _nullable(user.avatar),
            _nullable(user.email),
            _nullable(user.language),
            _metadata(user.metadata),
            _nullable(user.sunshine_user_id),
            member_time(user.created_at),
            member_time(user.updated_at),
            user.id,
        )
        return text.encode()


class Changed(NamedTuple):
    """``audit_log.emitted``."""

    change: Change
    at: int

    def payload(self) -> Payload:
        """The event as a JSON object."""
        return built.audit_log_emitted(self.change, at=self.at)

    def body(self) -> bytes:
        """The event as the bytes that go on the wire."""
        return encode(self.payload())


Event = Message | Began | Ended | HandoffEnded | ProfileEvent | Changed

# The samples: every value stands once, or next after the one before it.
_AT, _CREATED, _UPDATED = 86_400_000, 2 * 86_400_000, 3 * 86_400_000
_SAMPLE = Conversation(
    "conversation-id",
    Channel("channel-id", "", "", "messaging", markdown=False, created_at=0, custom=False),
    "end-user-id",
    _CREATED,
    "agent-domain",
    metadata={"sample": 1},
)
_PROFILE = (
    "external_id", "first_name", "last_name", "display_name", "avatar", "email", "language", "metadata",
    "sunshine_user_id",
)  # fmt: skip


def _cut(sample: Payload, *values: str) -> str:
    """A ``%`` template of a sample: ``%s`` in place of the values, in the order in which they stand."""
    rest, parts = json_text(sample), []
    for value in values:
        before, found, rest = rest.partition(value)
        assert found, f"{value} is not in the rest of the sample"  # noqa: S101 - the samples are ours
        parts.append(before.replace("%", "%%"))
    return "%s".join([*parts, rest.replace("%", "%%")])


@lru_cache(maxsize=1)
def _message() -> tuple[str, bytes, str]:
    """The template of a message: up to its author, between author and content, and after its content."""
    author, content = Author("role"), {"sample": 2}
    sample = Message(_SAMPLE, "message-id", author, content, "integration", _CREATED, _AT)
    head, middle, before, after = _cut(
        sample.payload(),
        timestamp(_AT),
        "message-id",
        "conversation-id",
        "end-user-id",
        '"integration"',
        _channel(_SAMPLE.channel),
        member_time(_CREATED),
        _author(author).decode(),
        json_text(content),
        "agent-domain",
    ).rsplit("%s", 3)
    return head, middle.encode(), f"{before}%s{after}"


@lru_cache(maxsize=1)
def _began() -> str:
    return _cut(
        Began(_SAMPLE, _AT).payload(),
        timestamp(_AT),
        "conversation-id",
        "channel-id",
        member_time(_CREATED),
        "end-user-id",
        json_text(_SAMPLE.metadata),
        "agent-domain",
    )


@lru_cache(maxsize=1)
def _ended() -> str:
    return _cut(
        Ended(_SAMPLE, "some-role", "some-id", _UPDATED, _AT).payload(),
        timestamp(_AT),
        "conversation-id",
        "channel-id",
        "end-user-id",
        member_time(_CREATED),
        member_time(_UPDATED),
        '"some-id"',
        "some-role",
        json_text(_SAMPLE.metadata),
        "agent-domain",
    )


@lru_cache(maxsize=1)
def _end_user() -> str:
    values = {name: f"sample {name}" for name in _PROFILE} | {"metadata": {"sample": 1}}
    user = EndUser("end-user-id", _CREATED, _UPDATED, **values)  # type: ignore[arg-type]  # one dict for all
    assert {"id", "created_at", "updated_at", *values} == {one.name for one in fields(EndUser)}  # noqa: S101
    return _cut(
        ProfileEvent("name-of-event", user, _AT).payload(),
        "name-of-event",
        timestamp(_AT),
        "end-user-id",
        *[json_text(values[name]) for name in _PROFILE],
        member_time(_CREATED),
        member_time(_UPDATED),
        "end-user-id",
    )


# By identity: two channels may be equal and differ in their bytes, since True equals 1.
_channels: dict[int, tuple[Channel, str]] = {}
_MOST_CHANNELS = 256


def _channel(channel: Channel) -> str:
    known = _channels.get(id(channel))
    if known is not None and known[0] is channel:
        return known[1]
    if len(_channels) >= _MOST_CHANNELS:
        _channels.clear()
    text = json_text(channel.payload())
    _channels[id(channel)] = (channel, text)
    return text


@lru_cache(maxsize=1_024)
def _author(author: Author) -> bytes:
    text = _author_text() % (
        _nullable(author.id),
        json_string(author.role),
        _nullable(author.avatar),
        _nullable(author.display_name),
    )
    return text.encode()


@lru_cache(maxsize=1)
def _author_text() -> str:
    sample = built.author_payload(Author("sample role", "sample id", "sample avatar", "sample name"))
    return _cut(sample, '"sample id"', '"sample role"', '"sample avatar"', '"sample name"')


_SIZES = {"text": 2, "link": 3, "file": 4}
"""The members of each kind of content."""


@lru_cache(maxsize=1)
def _contents() -> tuple[str, str, str]:
    """The templates of a text, a link and a file."""
    return (
        _cut(built.text_content("sample"), '"sample"'),
        _cut(built.link_content("sample", "sample"), '"sample"', '"sample"'),
        _cut(built.file_content("sample", "sample", "sample"), '"sample"', '"sample"', '"sample"'),
    )


def _content(content: Mapping[str, Any]) -> str:
    """A content as `ada_mockserver.events.payload` builds it, which has all its members in their order."""
    text, link, file = _contents()
    kind, size = content["type"], len(content)
    if kind == "text" and size == _SIZES[kind]:
        return text % json_string(content["body"])
    if kind == "link" and size == _SIZES[kind]:
        return link % (json_string(content["url"]), _nullable(content["link_text"]))
    if kind == "file" and size == _SIZES[kind]:
        return file % (
            json_string(content["url"]),
            json_string(content["mime_type"]),
            json_string(content["filename"]),
        )
    return json_text(content)


# A dictionary goes to the encoder where it holds anything else: it takes longer to set up than to encode
# three members.
_SCALARS: dict[type, Callable[[Any], str]] = {
    str: json_string,
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
}


def _metadata(metadata: Mapping[str, Any]) -> str:
    try:
        members = [f"{json_string(name)}:{_SCALARS[type(value)](value)}" for name, value in metadata.items()]
    except KeyError:
        return json_text(metadata)
    return f"{{{','.join(members)}}}"


def _nullable(value: str | None) -> str:
    return "null" if value is None else json_string(value)
