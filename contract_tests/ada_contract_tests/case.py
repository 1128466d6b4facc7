"""A case: its id, its rule, and `Case.deliver`, which makes its deliveries on a `CaseRun`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from ada_contract_tests.exchange import Delivery, Exchange
from ada_contract_tests.pacing import POLITE, asks_for_redelivery, is_limit
from ada_contract_tests.rules import RULES, Expectation, expecting
from ada_mockserver.delivery.signing import FAMILIES, authentic_headers
from ada_mockserver.events.payload import encode
from ada_schemas.contract.paths import ABSENT, get
from ada_schemas.contract.profile import filled
from ada_schemas.shown import shown

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Sequence

    from ada_contract_tests.pacing import PacedSender
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.http import Headers
    from ada_mockserver.events.factory import EventFactory

    Deliver = Callable[["CaseRun"], Awaitable[object]]

    Seal = Callable[["Unsealed"], tuple[Headers, bytes]]
    """Makes the headers beside, or in place of, the usual ones, and the body: signed, or forged."""

__all__ = ["FORGED", "BodyVariant", "Case", "CaseRun", "Unsealed", "case", "same", "signed"]

T = TypeVar("T")
Payload = dict[str, Any]
Need = Literal["http", "target"]

FORGED = Expectation("refused", handled="never")
"""The verdict on a forgery, whatever its case is about."""


class Unsealed(NamedTuple):
    """A request before a seal; without ``secrets`` it is not signed, ``rng`` draws what a seal makes up.

    ``families`` is what the names of its signature headers begin with.
    """

    secrets: Sequence[str]
    message_id: str
    timestamp: int
    body: bytes
    rng: random.Random
    families: tuple[str, ...] = FAMILIES


def signed(request: Unsealed) -> tuple[Headers, bytes]:
    """The seal of an ordinary delivery."""
    headers = authentic_headers(
        request.secrets,
        message_id=request.message_id,
        timestamp=request.timestamp,
        body=request.body,
        families=request.families,
    )
    return headers, request.body


def same(value: T) -> T:
    """The value as it is: the change that changes nothing."""
    return value


@dataclass(frozen=True, slots=True)
class BodyVariant:
    """The one body that a case is about: sent once, signed as usual, it repeats the case.

    ``change`` makes the payload of an ordinary event, ``encode`` its bytes, which for hostile input are no
    event any more.
    """

    change: Callable[[Payload], Payload] = same
    encode: Callable[[Payload], bytes] = encode


@dataclass(frozen=True, slots=True)
class Case:
    """One case: deliveries that differ from ordinary ones in one way, and the rule that judges them.

    ``event`` is the event that it is about, ``any`` for none that is documented; ``base_event`` is the
    documented one that it starts from. ``payload`` is there where it is one body. ``needs`` holds ``http``
    where it makes a difference over HTTP only, and ``target`` where it takes more than a single request that
    any client could send. ``others`` are further event types that it delivers: it is left out for an endpoint
    that does not want them. ``deliveries`` is about how many it makes, ``at_a_time`` how many of them
    together; one ``at_the_end`` makes its last when all other cases are through.
    """

    id: str
    rule: str
    event: str
    base_event: str
    summary: str
    expect: Expectation
    deliver: Deliver = field(repr=False, compare=False)
    payload: BodyVariant | None = field(default=None, repr=False, compare=False)
    needs: frozenset[Need] = frozenset()
    others: tuple[str, ...] = ()
    deliveries: int = 1
    at_a_time: int = 1
    at_the_end: bool = False

    def __post_init__(self) -> None:
        for name in ("id", "event", "summary"):  # with --contract they hold the keys of a document
            object.__setattr__(self, name, shown(getattr(self, name)))

    @property
    def is_about_signing(self) -> bool:
        """True if it makes no difference to a consumer that verifies nothing."""
        return self.expect.handled == "never" or RULES[self.rule].family == "authentic"

    def applies_to(self, *, in_process: bool) -> bool:
        """True if the case makes a difference to such a target."""
        return not (in_process and "http" in self.needs)


def case(
    case_id: str,
    rule: str,
    event: str,
    summary: str,
    *,
    deliver: Deliver | None = None,
    payload: BodyVariant | None = None,
    needs: Sequence[Need] = (),
    others: tuple[str, ...] = (),
    expect: Expectation | None = None,
    base_event: str = "",
    deliveries: int = 1,
    at_a_time: int = 1,
    at_the_end: bool = False,
) -> Case:
    """Make a case; ``expect`` and ``base_event`` stand where they differ from its rule's and its event.

    Without ``deliver`` its ``payload`` is sent once, or the ordinary event where there is none either.
    """
    variant = payload or BodyVariant()
    return Case(
        case_id,
        rule,
        event,
        base_event or event,
        summary,
        expect or expecting(rule),
        deliver or (lambda run: run.send_variant(variant)),
        payload,
        frozenset(needs),
        others,
        deliveries,
        at_a_time,
        at_the_end,
    )


@dataclass(slots=True)
class CaseRun:
    """One run of a case: makes its deliveries, and records them for judging and for the witness.

    ``round`` is above 0 where the case was carried out before: its events are others then, since a consumer
    that goes on working after the time limit would tell a repetition from a new event.
    """

    case: Case
    sender: PacedSender
    events: EventFactory
    round: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    at_end: Callable[[CaseRun], Awaitable[None]] | None = None
    """Further deliveries, which belong at the end of the run of all cases."""
    _base: Payload = field(default_factory=dict)
    _payload: Payload = field(default_factory=dict)

    def event(self, name: str = "", key: str = "") -> Payload:
        """An event of that name, the case's own if none is given, particular to this case, round and key."""
        parts = (self.case.id, key, f"round {self.round}" if self.round else "")
        payload: Payload = self.events.event(
            name or self.case.base_event, key="/".join(part for part in parts if part)
        )
        return payload

    async def send_variant(
        self, variant: BodyVariant, *, seal: Seal = signed, authentic: bool = True
    ) -> None:
        """Send the case's own payload, once more where the consumer asks for it."""
        self._base = self.event()
        self._payload = variant.change(self._base)
        body = variant.encode(self._payload)
        sent = await self._once(body, self.sender.new_id(), seal=seal, authentic=authentic)
        if asks_for_redelivery(sent.attempt) if authentic else is_limit(sent.attempt):
            await self._again(sent, body, seal=seal)

    async def send(
        self,
        payload: Payload | bytes,
        *,
        message_id: str | None = None,
        timestamp: int | None = None,
        label: str = "",
        again: bool = True,
        stale: bool = False,
    ) -> Delivery:
        """Deliver authentically; once more where the consumer asks for it (unless not ``again``)."""
        chosen = message_id or self.sender.new_id()
        sent = await self._once(payload, chosen, timestamp=timestamp, label=label, stale=stale)
        if again and asks_for_redelivery(sent.attempt):
            return await self._again(sent, payload)
        return sent

    async def together(
        self, deliveries: Sequence[tuple[Payload, str]], *, timestamp: int | None = None, label: str
    ) -> list[Delivery]:
        """Deliver payloads under ids so that they arrive in one moment; again what is asked for."""
        requests = [self._sealed(payload, signed, chosen, timestamp) for payload, chosen in deliveries]
        attempts = await self.sender.requests_together(requests)
        sent = [
            self._record(attempt, chosen, event=self._name_of(payload), label=label, sent=payload)
            for attempt, (payload, chosen) in zip(attempts, deliveries, strict=True)
        ]
        payloads = (payload for payload, _ in deliveries)
        await self.redeliver_wanted(list(zip(sent, payloads, strict=True)))
        return sent

    async def probe(self, *, seal: Seal = signed, path: str | None = None) -> Attempt:
        """Send an ordinary event that is no delivery of the case and judged nowhere; at another ``path``."""
        headers, body = self._sealed(self.event(), seal, self.sender.new_id())
        return await self.sender.request(headers, body, path=path)

    def record_call(
        self, attempt: Attempt, expect: Expectation, *, label: str = "", hint: str = "", sent: bytes = b""
    ) -> Delivery:
        """Record a request that is no delivery of an event, with the verdict that it is held against."""
        delivery = Delivery(self.case.id, self.case.event, attempt, expect, label=label, hint=hint, sent=sent)
        self.deliveries.append(delivery)
        return delivery

    async def redeliver_wanted(self, sent: Sequence[tuple[Delivery, Payload]]) -> None:
        """Deliver again, after one pause and one after the other, what the consumer asked to have again."""
        wanted = [(d, payload) for d, payload in sent if asks_for_redelivery(d.attempt)]
        for number, (delivery, payload) in enumerate(wanted):
            again = await self._again(delivery, payload, pause=number == 0)
            if is_limit(again.attempt):
                return

    async def forge(
        self, payload: Payload, *, seal: Seal, message_id: str, label: str, judged: bool = False
    ) -> Delivery:
        """Send a forgery beside the case's true events; its answer counts where it is ``judged`` here."""
        return await self._once(
            payload, message_id, seal=seal, authentic=False, label=label, final=judged, event=self.case.event
        )

    async def in_turn(
        self, first: tuple[Payload | bytes, Seal], then: Payload, *, labels: tuple[str, str]
    ) -> None:
        """Deliver ``then`` over the connection that a request before it has used; ``labels`` are for the two.

        The second label says which connection it was.
        """
        message_id = self.sender.new_id()
        requests = [
            self._sealed(first[0], first[1], self.sender.new_id()),
            self._sealed(then, signed, message_id),
        ]
        (before, _), (attempt, reused) = await self.sender.requests_in_turn(requests)
        self._record(before, None, authentic=False, final=False, label=labels[0])
        where = "over the same connection" if reused else "over a new connection"
        sent = self._record(attempt, message_id, label=f"{labels[1]}, {where}", sent=then)
        await self.redeliver_wanted([(sent, then)])

    async def finish(self) -> None:
        """Make the deliveries that belong at the end, if the case has been accepted so far."""
        if self.at_end is not None and self.deliveries[-1].attempt.accepted:
            at_end, self.at_end = self.at_end, None
            await at_end(self)

    @property
    def exchange(self) -> Exchange:
        """The deliveries that were made so far."""
        return Exchange(tuple(self.deliveries), self._base, self._payload)

    async def _again(
        self, sent: Delivery, payload: Payload | bytes, *, seal: Seal = signed, pause: bool = True
    ) -> Delivery:
        """Deliver the same message again, as senders do after a failure.

        Where each answer asks to wait for a moment, that is done some times, and not where it asks for long.
        """
        label = f"{sent.label} (redelivered)" if sent.label else ""
        for number in range(POLITE):
            if not self.sender.will_wait_for(sent.attempt, again=number > 0):
                break
            sent.final = False
            if pause or number:
                await self.sender.pause(sent.attempt)
            sent = await self._once(
                payload,
                sent.message_id or self.sender.new_id(),
                seal=seal,
                label=label,
                stale=sent.stale,
                authentic=sent.authentic,
            )
            if not is_limit(sent.attempt):
                break
        return sent

    async def _once(
        self,
        payload: Payload | bytes,
        message_id: str,
        *,
        seal: Seal = signed,
        timestamp: int | None = None,
        event: str = "",
        **record: Any,
    ) -> Delivery:
        headers, body = self._sealed(payload, seal, message_id, timestamp)
        attempt = await self.sender.request(headers, body)
        return self._record(
            attempt,
            self._id_on_wire(headers, message_id),
            event=event or self._name_of(payload),
            sent=payload,
            **record,
        )

    def _sealed(
        self, payload: Payload | bytes, seal: Seal, message_id: str, timestamp: int | None = None
    ) -> tuple[Headers, bytes]:
        stamp = self.sender.now() if timestamp is None else timestamp
        body = payload if isinstance(payload, bytes) else encode(payload)
        profile = self.events.contract.profile
        request = Unsealed(self.sender.secrets, message_id, stamp, body, self.sender.rng, profile.families)
        headers, sealed = seal(request)
        further = profile.further_headers(self._type_of(payload))
        return (*filled(further, message_id=message_id, timestamp=stamp), *headers), sealed

    def _id_on_wire(self, headers: Headers, message_id: str) -> str | None:
        """The id by which the consumer knows the delivery; None where no header has it."""
        ids = {name.lower(): value for name, value in reversed(headers)}
        profile = self.events.contract.profile
        if profile.families:
            return next((found for family in profile.families if (found := ids.get(f"{family}-id"))), None)
        return message_id if any("{id}" in text for _, text in profile.headers) else None

    def _name_of(self, payload: Payload | bytes) -> str:
        """The short name of the event that a payload is; "" where it does not say it."""
        return self.events.contract.name_in(payload) if isinstance(payload, dict) else ""

    def _type_of(self, payload: Payload | bytes) -> str:
        """The event type on the wire: as the payload says it, else that of the case."""
        contract = self.events.contract
        said = get(payload, contract.profile.type_path) if contract.profile.type_path else ABSENT
        return said if isinstance(said, str) else contract.event(self.case.base_event).type

    def _record(
        self,
        attempt: Attempt,
        message_id: str | None,
        *,
        event: str = "",
        authentic: bool = True,
        **record: Any,
    ) -> Delivery:
        own = self.case.expect
        expect = own if authentic or own.handled == "never" else FORGED
        delivery = Delivery(
            self.case.id,
            event or self.case.event,
            replace(attempt, message_id=message_id),
            expect,
            authentic=authentic,
            **record,
        )
        self.deliveries.append(delivery)
        self.sender.ledger.append(delivery)
        return delivery
