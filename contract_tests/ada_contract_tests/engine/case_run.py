"""Carrying a case out: what was sent, and what came back."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ada_contract_tests.targets.base import ConnectedTarget
from ada_mockserver.delivery.attempt import delivery_headers
from ada_mockserver.delivery.signing import authentic_headers, new_message_id
from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Sequence

    from ada_contract_tests.suites.registry import Case
    from ada_contract_tests.targets.base import Answer, Target
    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.http import Headers
    from ada_mockserver.events.factory import EventFactory

__all__ = ["LATER", "Attempt", "Courier", "Stage", "Trial", "finish", "perform"]


__all__ = ["LATER", "Attempt", "Courier", "Stage", "Trial", "perform", "sealed", "signed"]

LATER = (409, 425, 429, 503)
"""Statuses with which a consumer asks for a redelivery; Ada retries, so one is made before judging."""

REDELIVERY_DELAY = 0.25
"""Seconds before that redelivery, where no Retry-After asks for more."""

SLOWING = 0.5
"""Seconds within which answers that ask to slow down count as one."""

LONGEST_PAUSE = 5.0
"""Seconds at most that a Retry-After makes a run wait."""

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was made for a case.

    ``message_id`` is the svix-id on the wire, None if it had none; ``authentic`` is false for forgeries;
    ``final`` is false where the same message was delivered again afterwards; ``label`` says which of the
    case's deliveries it was; ``stale`` is true for what comes too late to have an effect, which a consumer
    may ignore.
    """

    case: str
    event: str
    message_id: str | None
    answer: Answer
    authentic: bool = True
    final: bool = True
    label: str = ""
    stale: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the answer was a 2xx."""
        response = self.answer.response
        return response is not None and 200 <= response.status < 300


@dataclass(frozen=True, slots=True)
class Trial:
    """A case that was carried out: every attempt, and the payload that is particular about it.

    ``library_raises`` is true where the consumer falls over a malformed signature too, as the official
    libraries do: what it answers to a body that is no event may be theirs as well.
    """

    attempts: tuple[Attempt, ...]
    base: Payload
    payload: Payload
    library_raises: bool = False

    @property
    def last(self) -> Attempt:
        """The attempt that the case ended with."""
        return self.attempts[-1]

    @property
    def unanswered(self) -> Attempt | None:
        """An attempt that got no answer and was not repeated, or None."""
        return next((a for a in self.attempts if a.final and a.answer.error is not None), None)


@dataclass(slots=True)
class Courier:
    """Makes attempts at one target, and keeps what was sent.

    ``secret`` is None for a consumer that verifies nothing; ``timeout`` is in seconds; ``rng`` draws
    message ids, which are fresh for every delivery; ``headers`` are sent beside the usual ones; ``limit`` is
    how many requests may go at a time once the consumer asked to slow down, None before.
    """

    target: Target
    secret: str | None
    timeout: float
    clock: Clock
    rng: random.Random
    headers: Headers = ()
    ledger: list[Attempt] = field(default_factory=list)
    limit: int | None = None
    _active: int = 0
    _slowed_at: float = float("-inf")
    _turn: asyncio.Condition = field(default_factory=asyncio.Condition)

    def new_id(self) -> str:
        """A message id that was never used."""
        return new_message_id(self.rng)

    def now(self) -> int:
        """Unix time in seconds."""
        return int(self.clock.now())

    def signed(self, body: bytes, message_id: str, timestamp: int) -> Headers:
        """The signature headers of an authentic delivery; without a secret, its id and timestamp alone."""
        return signed(self.secret, message_id=message_id, timestamp=timestamp, body=body)

    async def request(self, signature: Headers, body: bytes, *, extra: Headers = ()) -> Answer:
        """One request; after the consumer asked to slow down, fewer at a time."""
        headers = delivery_headers(signature, (*self.headers, *extra))
        async with self._a_turn():
            return await self.target.request(headers, body, timeout=self.timeout)

    async def requests_in_turn(self, requests: Sequence[tuple[Headers, bytes]]) -> list[tuple[Answer, bool]]:
        """Requests (signature headers, body) over one connection; see `ConnectedTarget.requests_in_turn`."""
        assert isinstance(self.target, ConnectedTarget)  # noqa: S101 - such cases do not run in process
        made = [(delivery_headers(signature, self.headers), body) for signature, body in requests]
        async with self._a_turn():
            return await self.target.requests_in_turn(made, timeout=self.timeout)

    @asynccontextmanager
    async def _a_turn(self) -> AsyncIterator[None]:
        async with self._turn:
            await self._turn.wait_for(lambda: self.limit is None or self._active < self.limit)
            self._active += 1
        try:
            yield
        finally:
            async with self._turn:
                self._active -= 1
                self._turn.notify_all()

    async def pause(self, answer: Answer) -> None:
        """Wait as long as an answer asks for; after a Retry-After, half as many requests go at a time."""
        wanted = answer.response.header("retry-after") if answer.response else None
        now = self.clock.monotonic()
        if wanted is not None and now - self._slowed_at > SLOWING:
            self._slowed_at = now
            self.limit = max(1, (self.limit or max(2, self._active + 1)) // 2)
        seconds = float(wanted) if wanted and wanted.isdigit() else REDELIVERY_DELAY
        await self.clock.sleep(min(seconds, LONGEST_PAUSE))


@dataclass(slots=True)
class Stage:
    """What a behaviour works with: deliveries of one case, recorded as they are made."""

    case: Case
    courier: Courier
    events: EventFactory
    attempts: list[Attempt] = field(default_factory=list)
    round: int = 0

    def event(self, name: str, key: str = "") -> Payload:
        """An event of that name, particular to this case, the round and the key."""
        parts = (self.case.id, key, f"round {self.round}" if self.round else "")
        payload: Payload = self.events.event(name, key="/".join(part for part in parts if part))
        return payload

    async def send(
        self,
        payload: Payload | bytes,
        *,
        message_id: str | None = None,
        timestamp: int | None = None,
        label: str = "",
        again: bool = True,
        stale: bool = False,
    ) -> Attempt:
        """Deliver authentically; once more where the consumer asks for it (unless not ``again``)."""
        chosen = message_id or self.courier.new_id()
        attempt = await self._once(payload, chosen, timestamp, label, stale=stale)
        if again and asks_for_redelivery(attempt.answer):
            return await self.redeliver(attempt, payload)
        return attempt

    async def redeliver(self, attempt: Attempt, payload: Payload | bytes, *, pause: bool = True) -> Attempt:
        """Deliver the same message again, as Ada does after a failure; later, unless not to ``pause``."""
        assert attempt.message_id is not None  # noqa: S101 - authentic deliveries have one
        self.supersede(attempt)
        if pause:
            await self.courier.pause(attempt.answer)
        label = f"{attempt.label} (redelivered)".lstrip()
        return await self._once(payload, attempt.message_id, None, label, stale=attempt.stale)

    async def redeliver_wanted(self, attempts: Sequence[tuple[Attempt, Payload]]) -> None:
        """Deliver again, after one pause and one after the other, what the consumer asked to have again."""
        wanted = [(a, payload) for a, payload in attempts if asks_for_redelivery(a.answer)]
        for number, (attempt, payload) in enumerate(wanted):
            await self.redeliver(attempt, payload, pause=number == 0)

    def supersede(self, attempt: Attempt) -> None:
        """Mark an attempt as followed by another one of the same message."""
        for record in (self.attempts, self.courier.ledger):
            record[record.index(attempt)] = replace(attempt, final=False)

    async def _once(
        self,
        payload: Payload | bytes,
        message_id: str,
        timestamp: int | None,
        label: str,
        *,
        stale: bool,
    ) -> Attempt:
        body = payload if isinstance(payload, bytes) else encode(payload)
        stamp = self.courier.now() if timestamp is None else timestamp
        kind = str(payload.get("type", "")).removeprefix("v1.") if isinstance(payload, dict) else ""
        answer = await self.courier.request(self.courier.signed(body, message_id, stamp), body)
        return self.record(
            Attempt(self.case.id, kind or self.case.event, message_id, answer, label=label, stale=stale)
        )

    def record(self, attempt: Attempt) -> Attempt:
        """Keep an attempt for judging and for the witness."""
        self.attempts.append(attempt)
        self.courier.ledger.append(attempt)
        return attempt

    def record_unauthentic(
        self, answer: Answer, *, message_id: str | None = None, label: str, judged: bool = False
    ) -> None:
        """Keep a request that is not authentic; its answer counts where it is ``judged`` by this case."""
        case = self.case
        self.record(
            Attempt(case.id, case.event, message_id, answer, authentic=False, final=judged, label=label)
        )


def signed(secret: str | None, *, message_id: str, timestamp: int, body: bytes) -> Headers:
    """The signature headers of an authentic delivery; without a secret, its id and timestamp alone."""
    secrets = [] if secret is None else [secret]
    return authentic_headers(secrets, message_id=message_id, timestamp=timestamp, body=body)


def asks_for_redelivery(answer: Answer) -> bool:
    """Whether an answer means: not now, deliver again."""
    return answer.response is not None and answer.response.status in LATER


async def perform(
    case: Case,
    courier: Courier,
    events: EventFactory,
    *,
    earlier: Trial | None = None,
    postponed: list[Stage] | None = None,
) -> Trial:
    """Carry a case out; never raises for what the consumer does.

    ``earlier`` is a trial of the same case that got no answer: it begins anew with other events, since a
    consumer that goes on working after the time limit would tell a repetition from a new event. What a
    behaviour keeps for the end is left to the caller where there is a list ``postponed``: `finish` does it.
    """
    stage = Stage(case, courier, events, round=0 if earlier is None else 1)
    for attempt in earlier.attempts if earlier is not None else ():
        courier.ledger[courier.ledger.index(attempt)] = replace(attempt, final=False)
    base = case.base(events, again=stage.round)
    if case.behaviour is not None:
        await case.behaviour.run(stage)
        if postponed is None:
            return await finish(stage)
        if case.behaviour.finish is not None:
            postponed.append(stage)
        return Trial(tuple(stage.attempts), base, base)
    payload = case.change(base)
    body = case.encode(payload)
    attempt = await _sealed(stage, body)
    if case.forgery is None and asks_for_redelivery(attempt.answer):
        stage.supersede(attempt)
        await courier.pause(attempt.answer)
        await _sealed(stage, body, message_id=attempt.message_id)
    raises = _fell(attempt) and case.forgery is None and await _falls_over_a_signature(stage, base)
    return Trial(tuple(stage.attempts), base, payload, raises)


def _fell(attempt: Attempt) -> bool:
    return attempt.answer.response is not None and attempt.answer.response.status >= 500


async def _falls_over_a_signature(stage: Stage, base: Payload) -> bool:
    """Whether the consumer answers 5xx to a signature without comma; asked for bodies that are no event."""
    courier, body = stage.courier, encode(base)
    if courier.secret is None or stage.case.rule not in ("ADA501", "ADA502"):
        return False
    signed = courier.signed(body, courier.new_id(), courier.now())
    answer = await courier.request(tuple((name, value.replace(",", "")) for name, value in signed), body)
    return answer.response is not None and answer.response.status >= 500


async def finish(stage: Stage) -> Trial:
    """Make the deliveries that a behaviour keeps for the end; the whole trial."""
    behaviour = stage.case.behaviour
    if behaviour is not None and behaviour.finish is not None and stage.attempts[-1].accepted:
        await behaviour.finish(stage)
    base = stage.case.base(stage.events, again=stage.round)
    return Trial(tuple(stage.attempts), base, base)


def sealed(
    case: Case, secret: str | None, *, message_id: str, timestamp: int, body: bytes, rng: random.Random
) -> tuple[Headers, bytes]:
    """The headers that a case adds to a delivery, and its bytes: signed, dressed or forged."""
    if case.forgery is not None and secret is not None:
        return case.forgery.apply(secret, message_id=message_id, timestamp=timestamp, body=body, rng=rng)
    if case.dressing is not None:
        return case.dressing.apply(secret, message_id=message_id, timestamp=timestamp, body=body, rng=rng)
    return signed(secret, message_id=message_id, timestamp=timestamp, body=body), body


async def _sealed(stage: Stage, body: bytes, *, message_id: str | None = None) -> Attempt:
    """One delivery in the case's own way: plain, dressed or forged."""
    case, courier = stage.case, stage.courier
    headers, body = sealed(
        case,
        courier.secret,
        message_id=message_id or courier.new_id(),
        timestamp=courier.now(),
        body=body,
        rng=courier.rng,
    )
    signature, extra = ((), headers) if case.dressing is not None else (headers, ())
    answer = await courier.request(signature, body, extra=extra)
    on_wire = next((v for n, v in headers if n.lower() == "svix-id"), None)
    authentic = case.forgery is None
    return stage.record(Attempt(case.id, case.event, on_wire or None, answer, authentic=authentic))
