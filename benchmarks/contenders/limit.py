"""The limit: two events, written by hand to be as fast as one writes it in ten minutes.

Ids, times and texts are fresh in every event and all documented members are there, but nobody lives in these
conversations: no end user appears, no turn answers another, a time says nothing about who wrote.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from contenders.timed import drained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["MESSAGES", "bodies", "make", "make_plain"]

MESSAGES = 8
"""Messages of a conversation, here and in whatever else makes these two events."""

TEXTS = [
    "Hi, where is my order?",
    "It should have been here on Monday.",
    "Let me look that up for you.",
    "It left our warehouse yesterday and should arrive tomorrow.",
    "Can I change the delivery address?",
    "Sure, what is the new address?",
    "Thanks, that was quick!",
    "Is there anything else that I can help with?",
]
NAMES = ["Amanda David", "Lonnie Gonzalez", "Ines Moreau", "Jonas Weber"]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = timedelta(milliseconds=200)


def bodies(
    rng: random.Random, dumps: Callable[[Any], bytes], time: Callable[[datetime], Any] | None = None
) -> Iterator[bytes]:
    """The bytes of one event after the other, endlessly; ``dumps`` writes times unless ``time`` does."""
    bits, choice, number = rng.getrandbits, rng.choice, rng.random
    while True:
        conversation_id, end_user_id, channel_id = f"{bits(96):024x}", f"{bits(96):024x}", f"{bits(96):024x}"
        at = START + timedelta(seconds=number() * 10_000_000)
        name = choice(NAMES)
        created = time(at) if time else at
        later = at + LATER
        yield dumps(
            {
                "type": "v1.conversation.created",
                "timestamp": time(later) if time else later,
                "data": {
                    "conversation_id": conversation_id,
                    "channel_id": channel_id,
                    "created_at": created,
                    "end_user_id": end_user_id,
                    "metadata": {"locale": "en-US", "returning": True, "visits": int(number() * 50)},
                    "ai_agent_domain": "acme-home.ada.support",
                },
            }
        )
        for turn in range(MESSAGES):
            at += timedelta(seconds=1 + number() * 30)
            later = at + LATER
            raw = f"{bits(128):032x}"
            by_end_user = turn % 2 == 0
            yield dumps(
                {
                    "type": "v1.conversation.message",
                    "timestamp": time(later) if time else later,
                    "data": {
                        "message_id": f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}",
                        "conversation_id": conversation_id,
                        "end_user_id": end_user_id,
                        "handoff_integration": None,
                        "channel": {
                            "type": "custom",
                            "id": channel_id,
                            "name": "Storefront chat",
                            "description": "The chat of the shop, by way of the Conversations API",
                            "modality": "messaging",
                            "capabilities": {"markdown": True},
                            "metadata": {"region": "emea", "beta": False, "brand_id": 34},
                            "created_at": created,
                        },
                        "created_at": time(at) if time else at,
                        "author": {
                            "id": end_user_id if by_end_user else None,
                            "role": "end_user" if by_end_user else "ai_agent",
                            "avatar": "https://example.com/avatars/one.png",
                            "display_name": name if by_end_user else "Acme Assistant",
                        },
                        "content": {"type": "text", "body": choice(TEXTS)},
                        "ai_agent_domain": "acme-home.ada.support",
                    },
                }
            )


def make() -> Callable[[int], dict[str, Any]]:
    """What is timed, with the times left to orjson, which writes them fastest, but in no documented form."""
    import orjson

    return drained(bodies(random.Random(1), orjson.dumps))


def make_plain() -> Callable[[int], dict[str, Any]]:
    """What is timed, with times to the millisecond, as documented."""
    import orjson

    return drained(
        bodies(random.Random(1), orjson.dumps, partial(datetime.isoformat, timespec="milliseconds"))
    )
