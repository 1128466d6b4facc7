"""ADA108, ADA408 and ADA410: many conversations, long ones, and whole ones from the first event to the last.

Sources: /reference/conversations/getting-started (the course of a conversation; a link follows its end;
control returns after a handoff); /reference/webhooks/overview (times to the millisecond).
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_contract_tests.suites.suite import Suite
from ada_mockserver.events.dialogues import KINDS, library
from ada_mockserver.events.profile import changed
from ada_mockserver.events.scenarios import scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.case import CaseRun, Deliver
    from ada_mockserver.events.profile import Profile

__all__ = ["cases"]

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

CREATED = ("conversation.created",)
CHAT = ("end_user.created", *CREATED, "conversation.message", "conversation.ended")

cases = Suite()


async def _send_all(run: CaseRun, events: Sequence[Payload], label: str) -> None:
    """Deliver events ``TOGETHER`` at a time, in order, for as long as each gets an answer."""
    for start in range(0, len(events), TOGETHER):
        if _silent(run):
            return
        await asyncio.gather(*(run.send(event, label=label) for event in events[start : start + TOGETHER]))


def _silent(run: CaseRun) -> bool:
    return any(delivery.attempt.error is not None for delivery in run.deliveries)


def _message_in(run: CaseRun, conversation: Payload, key: str) -> Payload:
    message = run.event("conversation.message", key)
    ids = {k: conversation["data"][k] for k in ("conversation_id", "end_user_id", "ai_agent_domain")}
    return {**message, "data": {**message["data"], **ids}}


@cases.delivered(
    "delivery:interleaved",
    f"{CONVERSATIONS} conversations on one channel are interleaved",
    deliveries=CONVERSATIONS * (MESSAGES_EACH + 1),
    at_a_time=TOGETHER,
    rule="ADA408",
    of="conversation.message",
    others=CREATED,
)
async def _interleaved(run: CaseRun) -> None:
    """Conversations on one channel, two an end user, that begin and go on in the same milliseconds."""
    created = [run.event("conversation.created", f"{n}") for n in range(CONVERSATIONS)]
    for number, event in enumerate(created):
        event["timestamp"] = created[0]["timestamp"]
        event["data"]["channel_id"] = created[0]["data"]["channel_id"]
        event["data"]["end_user_id"] = created[number // 2 * 2]["data"]["end_user_id"]
    await _send_all(run, created, "one of many conversations")
    messages = [
        _message_in(run, event, f"{n}/{turn}")
        for turn in range(MESSAGES_EACH)
        for n, event in enumerate(created)
    ]
    for number, message in enumerate(messages):
        message["timestamp"] = messages[number // CONVERSATIONS * CONVERSATIONS]["timestamp"]
    await _send_all(run, messages, "a message among many conversations")


@cases.delivered(
    "delivery:long-conversation",
    f"a conversation has {LONG} messages",
    deliveries=LONG + 1,
    at_a_time=TOGETHER,
    rule="ADA408",
    of="conversation.message",
    others=CREATED,
)
async def _long_conversation(run: CaseRun) -> None:
    """One conversation of many messages, some of which say the same, or send a file of the same name."""
    created = run.event("conversation.created")
    await run.send(created, label="the beginning of a long conversation")
    messages = [_message_in(run, created, f"{n}") for n in range(LONG)]
    for message, again in zip(messages[::10], messages[5::10], strict=True):
        message["data"]["content"] = {"type": "text", "body": "ok"}
        again["data"]["content"] = {**PHOTO, "url": f"{PHOTO['url']}/{again['data']['message_id']}"}
    await _send_all(run, messages, f"one of {LONG} messages")


async def _begun_with_two(run: CaseRun) -> tuple[Payload, Payload]:
    """Deliver the beginning of a conversation; two messages of it, to be changed and delivered."""
    created = run.event("conversation.created")
    await run.send(created, label="the beginning of a conversation")
    return _message_in(run, created, "1"), _message_in(run, created, "2")


@cases.delivered(
    "delivery:same-timestamp",
    "two messages of a conversation have one timestamp",
    rule="ADA408",
    of="conversation.message",
    others=CREATED,
)
async def _same_timestamp(run: CaseRun) -> None:
    """Two messages of one conversation in the same millisecond, as where an agent's answer has two parts."""
    first, second = await _begun_with_two(run)
    second["timestamp"], second["data"]["created_at"] = first["timestamp"], first["data"]["created_at"]
    await run.send(first, label="the first message of that millisecond")
    await run.send(second, label="another message of that millisecond")


@cases.delivered(
    "delivery:same-text",
    "the same is said twice in a conversation",
    rule="ADA408",
    of="conversation.message",
    others=CREATED,
)
async def _same_text(run: CaseRun) -> None:
    """One author says the same again in one conversation, in a message with an id and a time of its own."""
    first, second = await _begun_with_two(run)
    first["data"]["content"] = {"type": "text", "body": "yes"}
    shared = {k: first["data"][k] for k in ("author", "handoff_integration", "channel", "content")}
    later = (datetime.fromisoformat(first["timestamp"]) + timedelta(seconds=20)).isoformat(
        timespec="milliseconds"
    )
    again = {**second, "timestamp": later, "data": {**second["data"], **shared, "created_at": later}}
    await run.send(first, label="the first time")
    await run.send(again, label="the same text in another message")


@cases.delivered(
    "delivery:mixed-times",
    "the messages of a conversation have their times in several forms",
    deliveries=len(FORMS) + 1,
    rule="ADA108",
    of="conversation.message",
    others=CREATED,
)
async def _messages_of_mixed_times(run: CaseRun) -> None:
    """The messages of one conversation, each with its times in another documented form."""
    created = run.event("conversation.created")
    await run.send(created, label="with an offset")
    for number, text in enumerate(_later(created)):
        message = _message_in(run, created, f"{number}")
        message["timestamp"] = message["data"]["created_at"] = text
        await run.send(message, label=f"with the time {text}")


@cases.delivered(
    "delivery:mixed-times",
    "the updates of an end user have their times in several forms",
    deliveries=len(FORMS) + 1,
    rule="ADA108",
    of="end_user.updated",
    others=("end_user.created",),
)
async def _updates_of_mixed_times(run: CaseRun) -> None:
    """The changes of one end user, each with its times in another documented form."""
    created, updated = run.event("end_user.created"), run.event("end_user.updated")
    await run.send(created, label="with an offset")
    for text, language in zip(_later(created), ("fr", "de", "es"), strict=True):
        profile = {**updated["data"]["profile"], "language": language}
        data = {**updated["data"], "end_user_id": created["data"]["end_user_id"], "profile": profile}
        event = {**updated, "timestamp": text, "data": {**data, "updated_at": text}}
        await run.send(event, label=f"with the time {text}")


def _later(event: Payload) -> list[str]:
    """Times after an event, a minute apart, one in each form."""
    moment = datetime.fromisoformat(event["timestamp"])
    return [form(moment + timedelta(minutes=number)) for number, form in enumerate(FORMS, 1)]


@cases.delivered(
    "delivery:same-address",
    "two end users have one e-mail address and one name",
    rule="ADA408",
    of="end_user.created",
)
async def _same_address(run: CaseRun) -> None:
    """Two end users, one e-mail address and one name: a person who came back, or a family."""
    first, second = run.event("end_user.created"), run.event("end_user.created", "second")
    profile = {k: first["data"]["profile"][k] for k in ("email", "display_name", "first_name", "last_name")}
    second["data"]["profile"] |= profile
    await run.send(first, label="the first end user")
    await run.send(second, label="another end user of the same e-mail address and name")


@lru_cache(maxsize=1)
def _plain() -> Profile:
    """Stories of which the types of their events are known beforehand: in none is anything learnt."""
    learning = {one.id for kind in KINDS for one in library("en").dialogues[kind] if one.learnt}
    return changed(
        {
            "channels": {"custom": 1},
            "endings": {"end_user": 1},
            "handoff": 0,
            "stories": dict.fromkeys(learning, 0),
            "survey": 1,
        },
        name="whole stories",
    )


def _story(name: str) -> Deliver:
    """Delivers the events of a scenario one after the other."""

    async def deliver(run: CaseRun) -> None:
        seed = f"{run.events.seed}/{run.case.id}/{run.round}"
        told = scenario(name, seed=seed, profile=_plain())
        for number, step in enumerate(told.steps, 1):
            if not _silent(run):
                kind = step.payload["type"].removeprefix("v1.")
                await run.send(step.payload, label=f"event {number} of {len(told.steps)}, {kind}")

    return deliver


STORIES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    (
        "conversation.created",
        "chat",
        "conversation",
        "a chat from its beginning to its end, and a link after it",
        CHAT,
    ),
    ("conversation.created", "call", "voice", "a call as a whole", CHAT),
    ("conversation.created", "e-mail", "email", "an exchange of e-mails as a whole", CHAT),
    (
        "conversation.handoff.ended",
        "handoff",
        "handoff",
        "a chat that is handed to a human agent and back",
        CHAT,
    ),
    ("end_user.updated", "profile", "profile", "a profile is filled in, step by step", ("end_user.created",)),
    ("audit_log.emitted", "day", "audit", "a working week of configuration changes", ()),
)
"""Whole scenarios: the event, the end of the id, the scenario, the summary, and the other events in it."""

for of, name, told, summary, others in STORIES:
    cases.add(
        f"delivery:whole-{name}",
        summary,
        rule="ADA410",
        of=of,
        others=others,
        deliver=_story(told),
        deliveries=12,
    )


@cases.delivered(
    "delivery:second-handoff",
    "a conversation is handed off twice",
    deliveries=4,
    rule="ADA410",
    of="conversation.handoff.ended",
    others=("conversation.message",),
)
async def _second_handoff(run: CaseRun) -> None:
    """A conversation that is handed off, comes back, and is handed off once more."""
    ended = run.event("conversation.handoff.ended")
    for number in (1, 2):
        message = _message_in(run, ended, f"message {number}")
        said = {
            **message["data"],
            "handoff_integration": ended["data"]["handoff_integration"],
            "author": {**message["data"]["author"], "id": None, "role": "human_agent"},
        }
        await run.send({**message, "data": said}, label=f"a human agent's message, handoff {number}")
        moment = datetime.fromisoformat(ended["timestamp"]) + timedelta(hours=number)
        after = {**ended, "timestamp": moment.isoformat(timespec="milliseconds")}
        await run.send(after, label=f"the end of handoff {number}")
