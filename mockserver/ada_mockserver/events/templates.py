"""Templates of the events of a conversation, whose bytes they give without a dictionary.

A template is what the builder of the payload made of a sample, cut where the sample's own values stand. So
the form of an event stands once, in `ada_mockserver.events.payload`, and a change of it changes its bytes.
"""

from __future__ import annotations

from dataclasses import fields
from math import isfinite
from typing import TYPE_CHECKING, Any

from ada_mockserver.events import payload as built
from ada_mockserver.events.payload import (
    Author,
    Channel,
    Conversation,
    EndUser,
    json_string,
    json_text,
    member_time,
    times,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ada_mockserver.events.payload import Payload

__all__ = [
    "BEGAN",
    "ENDED",
    "END_USER",
    "Messages",
    "metadata_text",
    "nullable",
]


def nullable(value: str | None) -> str:
    """A string as JSON, or null."""
    return "null" if value is None else json_string(value)


def _cut(sample: Payload, *values: str) -> str:
    """A ``%`` template of a sample: ``%s`` in place of the values, in the order in which they stand."""
    rest, parts = json_text(sample), []
    for value in values:
        before, found, rest = rest.partition(value)
        assert found, f"{value} is not in the rest of the sample"  # noqa: S101 - the samples are ours
        parts.append(before.replace("%", "%%"))
    return "%s".join([*parts, rest.replace("%", "%%")])


def _float(value: float) -> str:
    return float.__repr__(value) if isfinite(value) else json_text(value)


# A dictionary with anything else in it goes to the encoder, which takes longer to set up than for three
# members.
_SCALARS: dict[type, Callable[[Any], str]] = {
    str: json_string,
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
    float: _float,
}


def metadata_text(metadata: Mapping[str, Any]) -> str:
    """Metadata as JSON."""
    try:
        members = [f"{json_string(name)}:{_SCALARS[type(value)](value)}" for name, value in metadata.items()]
    except KeyError:
        return json_text(metadata)
    return f"{{{','.join(members)}}}"


# By identity: two channels may be equal and differ in their bytes, since True equals 1.
_channels: dict[int, tuple[Channel, str]] = {}
_MOST_CHANNELS = 256


def channel_text(channel: Channel) -> str:
    """The channel of a message as JSON."""
    known = _channels.get(id(channel))
    if known is not None and known[0] is channel:
        return known[1]
    if len(_channels) >= _MOST_CHANNELS:
        _channels.clear()
    text = json_text(channel.payload())
    _channels[id(channel)] = (channel, text)
    return text


_AUTHOR = _cut(
    built.author_payload(Author("sample role", "sample id", "sample avatar", "sample name")),
    '"sample id"',
    '"sample role"',
    '"sample avatar"',
    '"sample name"',
)


def author_text(author: Author) -> str:
    """The author of a message as JSON."""
    return _AUTHOR % (
        nullable(author.id),
        json_string(author.role),
        nullable(author.avatar),
        nullable(author.display_name),
    )


_before_body, _after_body = _cut(built.text_content("sample"), '"sample"').split("%s")
_LINK = _cut(built.link_content("sample", "sample"), '"sample"', '"sample"')
_FILE = _cut(built.file_content("sample", "sample", "sample"), '"sample"', '"sample"', '"sample"')


def content_text(content: Mapping[str, Any]) -> str:
    """The content of a message as JSON: by a template where it is as its builder makes it."""
    kind, size = content["type"], len(content)
    if kind == "text" and size == 2:
        return f"{_before_body}{json_string(content['body'])}{_after_body}"
    if kind == "link" and size == 3:
        return _LINK % (json_string(content["url"]), nullable(content["link_text"]))
    if kind == "file" and size == 4:
        return _FILE % (
            json_string(content["url"]),
            json_string(content["mime_type"]),
            json_string(content["filename"]),
        )
    return json_text(content)


# The samples: every value stands once, or next after the one before it.
_AT, _CREATED, _UPDATED = 86_400_000, 2 * 86_400_000, 3 * 86_400_000
_CHANNEL = Channel("channel-id", "", "", "messaging", markdown=False, created_at=0, custom=False)
_ABOUT = Conversation("conversation-id", _CHANNEL, "end-user-id", _CREATED, "agent-domain", {"sample": 1})

_MESSAGE = _cut(
    built.conversation_message(
        _ABOUT,
        message_id="message-id",
        author=Author("role"),
        content={"type": "sample"},
        handoff_integration="integration",
        created_at=_CREATED,
        at=_AT,
    ),
    timestamp(_AT),
    "message-id",
    "conversation-id",
    "end-user-id",
    '"integration"',
    channel_text(_CHANNEL),
    member_time(_CREATED),
    author_text(Author("role")),
    '{"type":"sample"}',
    "agent-domain",
).split("%s")
(
    _to_timestamp, _to_id, _to_conversation, _to_end_user, _to_integration, _to_channel, _to_time, _to_author,
    _to_content, _to_domain, _to_end,
) = (piece.replace("%%", "%") for piece in _MESSAGE)  # fmt: skip


class Messages:
    """The messages of one conversation: what they have in common is written once."""

    __slots__ = ("_authors", "_channel", "_conversation", "_end", "about")

    def __init__(self, about: Conversation) -> None:
        self.about = about
        self._conversation = f"{_to_conversation}{about.id}{_to_end_user}{about.end_user_id}{_to_integration}"
        self._channel = f"{_to_channel}{channel_text(about.channel)}{_to_time}"
        self._end = f"{_to_domain}{about.domain}{_to_end}".encode()
        self._authors: dict[Author, bytes] = {}

    def body(
        self,
        message_id: str,
        author: Author,
        content: Mapping[str, Any],
        handoff_integration: str | None,
        created_at: int,
        at: int,
    ) -> bytes:
        """The bytes of a message."""
        created, sent = times(created_at, at)
        integration = "null" if handoff_integration is None else json_string(handoff_integration)
        head = (
            f"{_to_timestamp}{sent}{_to_id}{message_id}{self._conversation}{integration}{self._channel}"
            f"{created}{_to_author}"
        )
        by = self._authors.get(author)
        if by is None:
            by = self._authors[author] = f"{author_text(author)}{_to_content}".encode()
        # Encoded apart: one character beyond ASCII would make all of it wider, and slower.
        return b"".join((head.encode(), by, content_text(content).encode(), self._end))


BEGAN = _cut(
    built.conversation_created(_ABOUT, at=_AT),
    timestamp(_AT),
    "conversation-id",
    "channel-id",
    member_time(_CREATED),
    "end-user-id",
    json_text(_ABOUT.metadata),
    "agent-domain",
)
"""``conversation.created``: timestamp, conversation, channel, time, end user, metadata, domain."""

ENDED = _cut(
    built.conversation_ended(_ABOUT, role="some-role", ended_by="some-id", updated_at=_UPDATED, at=_AT),
    timestamp(_AT),
    "conversation-id",
    "channel-id",
    "end-user-id",
    member_time(_CREATED),
    member_time(_UPDATED),
    '"some-id"',
    "some-role",
    json_text(_ABOUT.metadata),
    "agent-domain",
)
"""``conversation.ended``: timestamp, conversation, channel, end user, times, who, metadata, domain."""

_PROFILE: dict[str, Any] = {
    "external_id": "sample external id",
    "first_name": "sample first name",
    "last_name": "sample last name",
    "display_name": "sample display name",
    "avatar": "sample avatar",
    "email": "sample email",
    "language": "sample language",
    "metadata": {"sample": 1},
    "sunshine_user_id": "sample sunshine id",
}
assert [one.name for one in fields(EndUser)] == ["id", "created_at", "updated_at", *_PROFILE]  # noqa: S101

END_USER = _cut(
    built.end_user_event("name-of-event", EndUser("end-user-id", _CREATED, _UPDATED, **_PROFILE), at=_AT),
    "name-of-event",
    timestamp(_AT),
    "end-user-id",
    *map(json_text, _PROFILE.values()),
    member_time(_CREATED),
    member_time(_UPDATED),
    "end-user-id",
)
"""``end_user.*``: name, timestamp, id, the members of the profile in the order of `EndUser`, times, id."""
