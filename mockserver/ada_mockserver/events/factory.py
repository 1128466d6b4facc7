"""Single events: one valid, fully populated payload for a name, a seed and a key.

``EventFactory`` reads no clock and no ambient randomness; see ``events.scenarios`` for whole stories. An
event of Ada's that is not among ``BUILDERS`` is made by sampling, one of another provider's from its
examples.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ada_mockserver.events import payload
from ada_mockserver.events.audit_log import FULLY_POPULATED, draw_change
from ada_mockserver.events.dialogues import Words, library
from ada_mockserver.events.ids import below, between, pick, source, uuid4
from ada_mockserver.events.other_providers import ordinary_event
from ada_mockserver.events.people import HANDOFF_INTEGRATION, draw_cast
from ada_mockserver.events.personas import Personas
from ada_mockserver.events.sampling import as_documented, sampled
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from ada_mockserver.events.payload import Payload
    from ada_mockserver.events.people import Cast, Surface
    from ada_schemas.contract.contract import Contract

__all__ = ["BUILDERS", "EventFactory"]


class EventFactory:
    """Builds the events of a contract; the same arguments give the same bytes on every Python and platform.

    ``seed`` decides everything but the names, which come from the personas of ``locale`` (``de_DE`` or
    ``de-DE``; see ``Personas.load`` for the errors). A seed given as text equals the number it spells.
    ``contract`` is ours if it is None.
    """

    def __init__(self, *, seed: int | str, locale: str = "en_US", contract: Contract | None = None) -> None:
        self.seed = str(seed)
        self.personas = Personas.load(locale)
        self._foreign = None if contract is None or contract is shipped() else contract

    @property
    def contract(self) -> Contract:
        """The contract whose events it builds."""
        return self._foreign or shipped()

    @property
    def locale(self) -> str:
        """The locale of the names, written ``de_DE``."""
        return self.personas.locale

    def cast(self, key: str = "", surface: Surface = "custom") -> Cast:
        """The end user, channel, conversation and agents that the events of ``key`` are about."""
        return draw_cast(self.seed, self.personas, key, surface)

    def event(self, name: str, *, key: str = "", ordinal: int = 0) -> Payload:
        """One payload in which every documented member is present, and not null.

        ``name`` is an event of the contract, as `Contract.event` takes it, else ``UsageError``. The events
        of one ``key`` share their end user and conversation and are in order of time; those of another key
        share neither. ``ordinal`` counts events of one name within a key, from 0: each has an id of its
        own where it has one, and a later time than the one before; up to 300 messages end before the
        conversation does. The calls before have no influence.
        """
        if ordinal < 0:
            raise UsageError(f"The ordinal of an event counts from 0, {ordinal} is below.")
        short = name.removeprefix("v1.")
        build = BUILDERS.get(short)
        if build is None or self._foreign:
            event = self.contract.event(name)
            if not self.contract.is_ada:
                return ordinary_event(event, seed=self.seed, key=key, ordinal=ordinal)
            if build is None or event.type != f"v1.{short}":
                return sampled(event, self.cast(key), seed=self.seed, key=key, ordinal=ordinal)
        rng = source(self.seed, "event", key, short, ordinal)
        return self.as_documented(build(self.cast(key), rng, ordinal))

    def as_documented(self, event: Payload) -> Payload:
        """An event of ours with the members that the contract has."""
        return event if self._foreign is None else as_documented(event, self._foreign)


# How long after the creation of the conversation things happen, in milliseconds of payload time. The n-th
# of several is n whole periods later, and what is drawn at random stays below one period.
_PERIOD = 6_000
_MESSAGE = 20_000
_HANDOFF_ENDED = 1_860_000
_ENDED = 1_980_000
_UPDATED = 2_100_000
_CHANGED = 2_400_000


def _moment(cast: Cast, rng: Random, offset: int, ordinal: int) -> int:
    return cast.conversation.created_at + offset + ordinal * _PERIOD + below(rng, _PERIOD - 1_000)


def _emitted(rng: Random, after: int) -> int:
    """The time of the event: a moment after what it reports."""
    return after + between(rng, 5, 400)


def _end_user_created(cast: Cast, rng: Random, ordinal: int) -> Payload:
    at = _emitted(rng, cast.end_user.created_at) + ordinal * 1_000
    return payload.end_user_event("end_user.created", cast.end_user, at=at)


def _end_user_updated(cast: Cast, rng: Random, ordinal: int) -> Payload:
    at = _moment(cast, rng, _UPDATED, ordinal)
    orders = int(cast.end_user.metadata["orders"]) + ordinal + 1
    user = replace(cast.end_user, updated_at=at, metadata={**cast.end_user.metadata, "orders": orders})
    return payload.end_user_event("end_user.updated", user, at=_emitted(rng, at))


def _conversation_created(cast: Cast, rng: Random, ordinal: int) -> Payload:
    at = _emitted(rng, cast.conversation.created_at) + ordinal * 1_000
    return payload.conversation_created(cast.conversation, at=at)


def _conversation_message(cast: Cast, rng: Random, ordinal: int) -> Payload:
    """A text of the end user during a handoff: the documented message with the fewest nulls."""
    locale = str(cast.end_user.language)
    dialogue = pick(rng, library(locale).of("handoff", handoff=True))
    texts = [turn.text for turn in dialogue.during if turn.by == "end_user" and turn.text]
    words = Words(rng, locale, end_user=cast.persona, agent=cast.agent)
    at = _moment(cast, rng, _MESSAGE, ordinal)
    return payload.conversation_message(
        cast.conversation,
        message_id=uuid4(rng),
        author=cast.authors["end_user"],
        content=payload.text_content(texts[ordinal % len(texts)].format_map(words)),
        handoff_integration=HANDOFF_INTEGRATION,
        created_at=at,
        at=_emitted(rng, at),
    )


def _handoff_ended(cast: Cast, rng: Random, ordinal: int) -> Payload:
    at = _moment(cast, rng, _HANDOFF_ENDED, ordinal)
    return payload.handoff_ended(
        cast.conversation, handoff_integration=HANDOFF_INTEGRATION, at=_emitted(rng, at)
    )


def _conversation_ended(cast: Cast, rng: Random, ordinal: int) -> Payload:
    at = _moment(cast, rng, _ENDED, ordinal)
    return payload.conversation_ended(
        cast.conversation, role="end_user", ended_by=cast.end_user.id, updated_at=at, at=_emitted(rng, at)
    )


def _audit_log_emitted(cast: Cast, rng: Random, ordinal: int) -> Payload:
    at = _moment(cast, rng, _CHANGED, ordinal)
    change = draw_change(rng, FULLY_POPULATED, actor=cast.agent, actor_id=cast.agent_id, at=at)
    return payload.audit_log_emitted(change, at=_emitted(rng, at))


BUILDERS: dict[str, Callable[[Cast, Random, int], Payload]] = {
    "end_user.created": _end_user_created,
    "end_user.updated": _end_user_updated,
    "conversation.created": _conversation_created,
    "conversation.message": _conversation_message,
    "conversation.handoff.ended": _handoff_ended,
    "conversation.ended": _conversation_ended,
    "audit_log.emitted": _audit_log_emitted,
}
"""The events that are told in full, in the order of a conversation; any other is sampled."""
