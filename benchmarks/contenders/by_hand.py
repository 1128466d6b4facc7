"""The same two events, filled by the providers of Faker and of mimesis, and written by orjson.

``Provider`` says what is asked of either; what neither makes quicker than Python does, such as a choice of
two roles, is left to Python.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from contenders.limit import MESSAGES
from contenders.timed import drained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Provider", "bodies", "faker_provider", "make_faker", "make_mimesis"]


class Provider(NamedTuple):
    """What a library of fake data is asked for."""

    object_id: Callable[[], str]
    message_id: Callable[[], str]
    moment: Callable[[], datetime]
    name: Callable[[], str]
    avatar: Callable[[], str]
    sentence: Callable[[], str]
    word: Callable[[], str]
    host: Callable[[], str]
    locale: Callable[[], str]


def bodies(rng: random.Random, provider: Provider, dumps: Callable[[Any], bytes]) -> Iterator[bytes]:
    """The bytes of one event after the other, endlessly; each event is filled anew."""
    while True:
        conversation_id, end_user_id, channel_id = (provider.object_id() for _ in range(3))
        at = provider.moment()
        created = at.isoformat()
        yield dumps(
            {
                "type": "v1.conversation.created",
                "timestamp": created,
                "data": {
                    "conversation_id": conversation_id,
                    "channel_id": channel_id,
                    "created_at": created,
                    "end_user_id": end_user_id,
                    "metadata": {"locale": provider.locale(), "returning": True, "visits": rng.randrange(50)},
                    "ai_agent_domain": provider.host(),
                },
            }
        )
        for turn in range(MESSAGES):
            at += timedelta(seconds=1 + rng.random() * 30)
            by_end_user = turn % 2 == 0
            yield dumps(
                {
                    "type": "v1.conversation.message",
                    "timestamp": at.isoformat(),
                    "data": {
                        "message_id": provider.message_id(),
                        "conversation_id": conversation_id,
                        "end_user_id": end_user_id,
                        "handoff_integration": None,
                        "channel": {
                            "type": "custom",
                            "id": channel_id,
                            "name": provider.word(),
                            "description": provider.sentence(),
                            "modality": "messaging",
                            "capabilities": {"markdown": True},
                            "metadata": {"region": provider.word(), "beta": False, "brand_id": 34},
                            "created_at": created,
                        },
                        "created_at": at.isoformat(),
                        "author": {
                            "id": end_user_id if by_end_user else None,
                            "role": "end_user" if by_end_user else "ai_agent",
                            "avatar": provider.avatar(),
                            "display_name": provider.name(),
                        },
                        "content": {"type": "text", "body": provider.sentence()},
                        "ai_agent_domain": provider.host(),
                    },
                }
            )


def faker_provider(seed: int) -> Provider:
    """Faker, in the one locale that is its quickest."""
    from faker import Faker

    fake = Faker("en_US")
    fake.seed_instance(seed)
    return Provider(
        object_id=lambda: fake.hexify("^" * 24),
        message_id=fake.uuid4,
        moment=lambda: fake.date_time_this_year(tzinfo=UTC),
        name=fake.name,
        avatar=fake.image_url,
        sentence=fake.sentence,
        word=fake.word,
        host=fake.domain_name,
        locale=fake.locale,
    )


def mimesis_provider(seed: int) -> Provider:
    """mimesis, likewise."""
    from mimesis import Generic, Locale

    generic = Generic(Locale.EN, seed=seed)
    return Provider(
        object_id=lambda: generic.cryptographic.token_hex(12),
        message_id=generic.cryptographic.uuid,
        moment=lambda: generic.datetime.datetime(start=2026, end=2026).replace(tzinfo=UTC),
        name=generic.person.full_name,
        avatar=generic.internet.url,
        sentence=generic.text.sentence,
        word=generic.text.word,
        host=generic.internet.hostname,
        locale=generic.code.locale_code,
    )


def make_faker() -> Callable[[int], dict[str, Any]]:
    """What is timed of Faker."""
    import orjson

    return drained(bodies(random.Random(1), faker_provider(1), orjson.dumps))


def make_mimesis() -> Callable[[int], dict[str, Any]]:
    """What is timed of mimesis."""
    import orjson

    return drained(bodies(random.Random(1), mimesis_provider(1), orjson.dumps))
