"""ADA408 and ADA410: many conversations, long ones, and whole ones from the first event to the last.

Sources: /reference/conversations/getting-started (the course of a conversation; a link follows its end;
control returns after a handoff); /reference/webhooks/overview (times to the millisecond).
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.scenarios import scenario

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ada_contract_tests.engine.case_run import Attempt, Stage

__all__ = [
    "CONVERSATIONS",
    "LONG",
    "interleaved",
    "long_conversation",
    "messages_of_mixed_times",
    "same_address",
    "second_handoff",
    "story",
    "updates_of_mixed_times",
]

Payload = dict[str, Any]

FORMS: tuple[Callable[[datetime], str], ...] = (
    lambda at: at.replace(tzinfo=None).isoformat(timespec="milliseconds"),
    lambda at: f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z",
    lambda at: at.isoformat(timespec="microseconds"),
)
"""Forms of a time that the documentation shows, none of which the ordinary events have."""

TOGETHER = 8
"""Deliveries at a time where their order does not matter and their number does."""

CONVERSATIONS = 12
MESSAGES_EACH = 4
PHOTO = {
    "type": "file",
    "url": "https://files.example.com/attachments",
    "mime_type": "image/jpeg",
    "filename": "IMG_0001.jpg",
}
LONG = 110
"""Messages of the long conversation."""


async def _in_turns(stage: Stage, sends: Sequence[Callable[[], Awaitable[Attempt]]]) -> None:
    """Run deliveries ``TOGETHER`` at a time, in order, for as long as each gets an answer."""
    for start in range(0, len(sends), TOGETHER):
        if _silent(stage):
            return
        await asyncio.gather(*(send() for send in sends[start : start + TOGETHER]))


def _silent(stage: Stage) -> bool:
    return any(attempt.answer.error is not None for attempt in stage.attempts)


def _sending(stage: Stage, event: Payload, label: str) -> Callable[[], Awaitable[Attempt]]:
    async def send() -> Attempt:
        return await stage.send(event, label=label)

    return send


def _message_in(stage: Stage, conversation: Payload, key: str) -> Payload:
    message = stage.event("conversation.message", key)
    ids = {k: conversation["data"][k] for k in ("conversation_id", "end_user_id", "ai_agent_domain")}
    return {**message, "data": {**message["data"], **ids}}


async def interleaved(stage: Stage) -> None:
    """Conversations on one channel, two an end user, that begin and go on in the same milliseconds."""
    created = [stage.event("conversation.created", f"{n}") for n in range(CONVERSATIONS)]
    for number, event in enumerate(created):
        event["timestamp"] = created[0]["timestamp"]
        event["data"]["channel_id"] = created[0]["data"]["channel_id"]
        event["data"]["end_user_id"] = created[number // 2 * 2]["data"]["end_user_id"]
    await _in_turns(stage, [_sending(stage, event, "one of many conversations") for event in created])
    messages = [
        _message_in(stage, event, f"{n}/{turn}")
        for turn in range(MESSAGES_EACH)
        for n, event in enumerate(created)
    ]
    for number, message in enumerate(messages):
        message["timestamp"] = messages[number // CONVERSATIONS * CONVERSATIONS]["timestamp"]
    await _in_turns(stage, [_sending(stage, m, "a message among many conversations") for m in messages])


async def long_conversation(stage: Stage) -> None:
    """One conversation of many messages, some of which say the same, or send a file of the same name."""
    created = stage.event("conversation.created")
    await stage.send(created, label="the beginning of a long conversation")
    messages = [_message_in(stage, created, f"{n}") for n in range(LONG)]
    for message, again in zip(messages[::10], messages[5::10], strict=True):
        message["data"]["content"] = {"type": "text", "body": "ok"}
        again["data"]["content"] = {**PHOTO, "url": f"{PHOTO['url']}/{again['data']['message_id']}"}
    await _in_turns(stage, [_sending(stage, m, f"one of {LONG} messages") for m in messages])


async def messages_of_mixed_times(stage: Stage) -> None:
    """The messages of one conversation, each with its times in another documented form."""
    created = stage.event("conversation.created")
    await stage.send(created, label="with an offset")
    for number, text in enumerate(_later(created)):
        message = _message_in(stage, created, f"{number}")
        message["timestamp"] = message["data"]["created_at"] = text
        await stage.send(message, label=f"with the time {text}")


async def updates_of_mixed_times(stage: Stage) -> None:
    """The changes of one end user, each with its times in another documented form."""
    created, updated = stage.event("end_user.created"), stage.event("end_user.updated")
    await stage.send(created, label="with an offset")
    for text, language in zip(_later(created), ("fr", "de", "es"), strict=True):
        profile = {**updated["data"]["profile"], "language": language}
        data = {**updated["data"], "end_user_id": created["data"]["end_user_id"], "profile": profile}
        event = {**updated, "timestamp": text, "data": {**data, "updated_at": text}}
        await stage.send(event, label=f"with the time {text}")


def _later(event: Payload) -> list[str]:
    """Times after an event, a minute apart, one in each form."""
    moment = datetime.fromisoformat(event["timestamp"])
    return [form(moment + timedelta(minutes=number)) for number, form in enumerate(FORMS, 1)]


async def same_address(stage: Stage) -> None:
    """Two end users, one e-mail address and one name: a person who came back, or a family."""
    first, second = stage.event("end_user.created"), stage.event("end_user.created", "second")
    profile = {k: first["data"]["profile"][k] for k in ("email", "display_name", "first_name", "last_name")}
    second["data"]["profile"] |= profile
    await stage.send(first, label="the first end user")
    await stage.send(second, label="another end user of the same e-mail address and name")


async def second_handoff(stage: Stage) -> None:
    """A conversation that is handed off, comes back, and is handed off once more."""
    ended = stage.event("conversation.handoff.ended")
    for number in (1, 2):
        message = _message_in(stage, ended, f"message {number}")
        said = {
            **message["data"],
            "handoff_integration": ended["data"]["handoff_integration"],
            "author": {**message["data"]["author"], "id": None, "role": "human_agent"},
        }
        await stage.send({**message, "data": said}, label=f"a human agent's message, handoff {number}")
        moment = datetime.fromisoformat(ended["timestamp"]) + timedelta(hours=number)
        after = {**ended, "timestamp": moment.isoformat(timespec="milliseconds")}
        await stage.send(after, label=f"the end of handoff {number}")


def story(name: str) -> Callable[[Stage], Awaitable[None]]:
    """Delivers the events of a scenario one after the other."""

    async def run(stage: Stage) -> None:
        told = scenario(name, seed=f"{stage.events.seed}/{stage.case.id}/{stage.round}")
        for number, step in enumerate(told.steps, 1):
            if not _silent(stage):
                kind = step.payload["type"].removeprefix("v1.")
                await stage.send(step.payload, label=f"event {number} of {len(told.steps)}, {kind}")

    return run
