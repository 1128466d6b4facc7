"""The witness: did the consumer really handle what it answered? ADA601 to ADA603.

A status cannot show an event that was acknowledged and dropped. The consumer answers, for what it received
so far, a JSON list with one entry an attempt: ``{"svix_id", "type", "status"}`` (or ``"webhook_id"``), status
one of ``handled`` (the effect was applied), ``ignored``, ``duplicate``, ``rejected``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ada_contract_tests.engine.ignores import Ignores
from ada_contract_tests.engine.lost import Lost, lost_findings, nothing_handled, witness_finding
from ada_contract_tests.engine.walls import is_unavailable
from ada_schemas.contract.profile import SVIX
from ada_schemas.contract.vocabulary import vocabulary
from ada_schemas.errors import DocumentError, TargetError
from ada_schemas.foreign_json import read_entries
from ada_schemas.shown import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Iterable, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.exchange import Delivery
    from ada_contract_tests.findings import Finding
    from ada_contract_tests.targets.base import Target
    from ada_mockserver.clock import Clock
    from ada_schemas.contract.contract import Contract

__all__ = [
    "Seen",
    "Witness",
    "WitnessNotReadyError",
    "asking",
    "entries_seen",
    "unfit",
    "witness_findings",
]

QUIET = 5.0
"""Seconds without a change after which the consumer has settled; Ada's own demo buffers for two."""
BATCH = 35.0
"""The same where it has come to all that was sent up to some moment, and to nothing after it.

What handles a queue in batches, such as a job every half a minute, looks so; a lost event has others
around it.
"""
FEW = 10
"""Messages too few to tell that, unless entries came late before."""
STRAYS = 0.1
"""Entries that may stand behind that moment, for each message without one: requests overtake each other."""
LONGEST_WAIT = 90.0
"""Seconds at most that a consumer that works behind a queue is given, as long as it gets on."""
CUT_SHORT = 5.0
"""Seconds at most after a run that was cut short."""
POLL = 0.1
LATE_POLL = 0.5
TIMEOUT = 15.0
LARGEST = 32 * 1024 * 1024
MOST_TYPES = 100_000
LONGEST_NAME = 100
"""Characters of an event type or a status; of a longer one the beginning is kept."""

ID_NAMES = ("svix_id", "webhook_id")
"""How an entry calls the id of a delivery: as its header."""
AGREED = "It should answer a JSON list with an object {{{}_id, type, status}} for each request."

NAMELESS = frozenset({None})
"""What stands for the id of requests without one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a consumer has seen so far.

    ``counts`` says how often each id (None for requests without one) was seen with each status;
    ``handled_types`` are the event types of which anything was handled; ``settled`` is false while the
    consumer may still be at work. ``others`` is how many entries there are of messages that are not asked
    about, since a consumer that works off a queue of them is at work too.
    """

    counts: dict[str | None, Counter[str]] = field(default_factory=dict)
    handled_types: frozenset[str] = frozenset()
    settled: bool = True
    others: int = 0


@dataclass(slots=True)
class Witness:
    """Knows what the consumer did: ``ask`` answers what it has seen so far of the messages of some ids.

    ``is_named`` is true where a command line can name it, and so repeat what it shows.
    """

    ask: Callable[[Container[str | None]], Awaitable[Seen]]
    clock: Clock
    is_named: bool = True
    _nameless_before: int = 0
    _is_deferred: bool = False

    async def begin(self) -> None:
        """Ask for the first time; raises TargetError where it cannot be used."""
        self._nameless_before = (await self.ask(NAMELESS)).counts.get(None, Counter())["handled"]

    def nameless(self, seen: Seen) -> int:
        """How many requests without an id, which is always sent, were handled since the beginning."""
        return seen.counts.get(None, Counter())["handled"] - self._nameless_before

    async def settled(
        self, wanted: Sequence[str], *, sent: Iterable[str | None] = (), longest: float = LONGEST_WAIT
    ) -> Seen:
        """Ask until every message in ``wanted`` has an entry, or nothing has changed for a while.

        ``wanted`` is in the order in which it was sent; ``sent`` are further messages whose entries are kept.
        ``longest`` is how many seconds that may take at most; what is changing then has not settled.
        """
        started = changed = self.clock.monotonic()
        before, before_there, of_the_run = Seen(), 0, NAMELESS.union(wanted, sent)
        while True:
            seen = await self.ask(of_the_run)
            now = self.clock.monotonic()
            there = [message_id in seen.counts for message_id in wanted]
            self._is_deferred |= now > started and sum(there) > before_there
            before_there = sum(there)
            if all(there):
                return seen
            if seen != before:
                before, changed = seen, now
            quiet = BATCH if self._may_be_a_batch(there) else QUIET
            if now - changed >= quiet or now - started >= longest:
                return replace(seen, settled=now - changed >= quiet)
            await self.clock.sleep(POLL if now - started < 1 else LATE_POLL)

    def _may_be_a_batch(self, there: Sequence[bool]) -> bool:
        """True if what has no entry is what was sent last, by what has one (in the order of sending)."""
        if len(there) < FEW and not self._is_deferred:
            return False
        first = there.index(False)
        strays = sum(there[first:])
        return strays <= STRAYS * (len(there) - first - strays)


def asking(
    target: Target, path: str | None, prefix: str = SVIX
) -> Callable[[Container[str | None]], Awaitable[Seen]]:
    """A witness over HTTP, or a path of an application in process; ``path`` None is the target's own address.

    What it returns raises TargetError when the answer is not as it should be; ``prefix`` is what the names of
    the signature headers begin with.
    """
    name = path or target.name

    async def ask(only: Container[str | None]) -> Seen:
        attempt = await target.request((), b"", timeout=TIMEOUT, method="GET", path=path, keep=LARGEST)
        if attempt.error is not None:
            if attempt.error.kind == "refused":
                raise WitnessNotReadyError(name, attempt.error.what, prefix, step=attempt.error.next_step)
            raise unfit(name, attempt.error.what, prefix)
        assert attempt.response is not None  # noqa: S101 - an answer without error has a response
        if is_unavailable(attempt.response.status):
            raise WitnessNotReadyError(name, f"it answers {attempt.response.status}", prefix)
        if attempt.response.status != 200:
            raise unfit(name, f"it answers {attempt.response.status}", prefix)
        if attempt.response.truncated:
            raise unfit(name, "its answer is larger than can be read", prefix)
        try:
            return entries_seen(read_entries(attempt.response.body, name=name), only)
        except (DocumentError, TypeError, KeyError) as error:
            form = f"{{{prefix}_id, type, status}}"
            raise unfit(name, f"it does not answer a JSON list of {form}", prefix) from error

    return ask


def entries_seen(entries: Iterable[Mapping[str, Any]], only: Container[str | None] | None = None) -> Seen:
    """The entries of a witness, counted, if given only those of some messages.

    Raises KeyError or TypeError for an entry that is none, or for what is no list of them.
    """
    if isinstance(entries, Mapping):
        raise TypeError("an object in place of a list")
    counts: dict[str | None, Counter[str]] = defaultdict(Counter)
    handled, others = set[str](), 0
    for entry in entries:
        message_id, status = _id_of(entry), entry["status"]
        if not isinstance(status, str):
            raise TypeError("a status that is no text")
        if status == "handled" and len(handled) < MOST_TYPES:
            handled.add(str(entry.get("type"))[:LONGEST_NAME])  # of hostile input, it may be anything
        if only is None or message_id in only:
            counts[message_id][shown(status, LONGEST_NAME)] += 1
        else:
            others += 1
    return Seen(dict(counts), frozenset(handled), others=others)


def _id_of(entry: Mapping[str, Any]) -> Any:
    """The id of an entry, under the name of either family of headers; raises KeyError for one without."""
    return entry[next((name for name in ID_NAMES if name in entry), ID_NAMES[0])]


def unfit(name: str, reason: str, prefix: str = SVIX) -> TargetError:
    """The error of a witness that cannot be used for a reason."""
    return TargetError(_unusable(name, reason), usage=False, next_step=AGREED.format(prefix))


class WitnessNotReadyError(TargetError):
    """A witness that takes no connection, or is not available: the service may still be starting."""

    def __init__(self, name: str, reason: str, prefix: str = SVIX, *, step: str | None = None) -> None:
        super().__init__(_unusable(name, reason), usage=False, next_step=step or AGREED.format(prefix))
        self.refused = step is not None


def _unusable(name: str, reason: str) -> str:
    return f"The witness {name} cannot be used: {reason.removesuffix('.')}."


def witness_findings(
    ledger: Sequence[Delivery],
    seen: Seen,
    cases: Mapping[str, Case],
    *,
    reproduce: Callable[..., tuple[str, ...]],
    nameless: int = 0,
    ignores: Ignores | None = None,
) -> list[Finding]:
    """The findings of the witness against the answers that were given.

    ``nameless`` is how many requests without an id were handled: forgeries of one case or another that left
    it out. A message without an entry is held against nobody while the consumer has not settled.
    """
    ignores = ignores or Ignores()
    messages: dict[tuple[str, str | None], list[Delivery]] = defaultdict(list)
    for delivery in ledger:
        messages[delivery.case, delivery.message_id].append(delivery)
    found: list[Finding] = []
    lost: dict[str, list[Lost]] = defaultdict(list)
    handled: dict[str, list[tuple[Case, Delivery]]] = defaultdict(list)
    for (case_id, message_id), deliveries in messages.items():
        case, counts = cases[case_id], seen.counts.get(message_id, Counter())
        authentic = [d for d in deliveries if d.authentic]
        last = (authentic or deliveries)[-1]
        if counts["handled"] and authentic and _is_of_its_event(last, ignores.known):
            handled[last.event].append((case, last))
        if _is_lost(last, counts, ignores):
            if counts or seen.settled:
                lost[last.event].append(Lost(case, last, counts))
        elif wrong := _mismatch(deliveries, authentic, counts):
            role, expected, got = wrong
            severity = deliveries[-1].expect.severity
            found.append(witness_finding(case, role, expected, got, reproduce(case), severity=severity))
    forged = _without_id(ledger, nameless)
    if forged is not None:
        header = f"{ignores.known.profile.prefix}-id"
        got = f"{nameless} requests without {header} were handled"
        got = got if nameless > 1 else f"1 request without {header} was handled"
        case, severity = cases[forged.case], forged.expect.severity
        found.append(witness_finding(case, EFFECT, "not handled", got, reproduce(case), severity=severity))
    of_the_lost = [
        finding
        for event, messages_lost in lost.items()
        for finding in lost_findings(
            event,
            messages_lost,
            handled[event],
            is_handled=bool(handled[event]) or ignores.known.event(event).type in seen.handled_types,
            words=vocabulary(ignores.known, event),
            reproduce=reproduce,
        )
    ]
    if not seen.handled_types and lost.keys() >= set(ignores.known.event_names):
        of_the_lost = [nothing_handled([one for each in lost.values() for one in each], of_the_lost[0])]
    found += of_the_lost
    return _one_a_case(found)


def _is_of_its_event(delivery: Delivery, contract: Contract) -> bool:
    """False for a delivery whose payload says that it is another event."""
    return not contract.profile.type_path or contract.name_in(delivery.payload) == delivery.event


EFFECT, REPEATED = "refused yet handled", "repeated"
"""The roles of the other rules that the witness is for."""


def _is_lost(last: Delivery, counts: Counter[str], ignores: Ignores) -> bool:
    return not counts["handled"] and ignores.owed(last)


def _without_id(ledger: Sequence[Delivery], nameless: int) -> Delivery | None:
    """The forgery that stands for ``nameless`` handled requests without an id, None where there is none.

    One whose empty id is signed stands for them as long as such ones were accepted as often.
    """
    if nameless <= 0:
        return None
    forged = [d for d in ledger if not d.authentic and d.message_id is None]
    of_the_owner = [d for d in forged if d.expect.severity == "warning" and d.attempt.accepted]
    if len(of_the_owner) >= nameless:
        return of_the_owner[0]
    return next((d for d in forged if d.expect.severity == "error"), None)


def _mismatch(
    deliveries: list[Delivery], authentic: list[Delivery], counts: Counter[str]
) -> tuple[str, str, str] | None:
    """(role of the rule, expected, got) of a message that has an effect and should not, else None."""
    times = counts["handled"]
    if not authentic:
        if times and deliveries[-1].message_id is not None:
            return EFFECT, "not handled", "handled: a forged request took effect"
        return None
    status = authentic[-1].attempt.status
    if status is None:
        return None
    if times > 1:
        return REPEATED, "handled once", f"handled {times} times"
    if times and not any(d.attempt.accepted for d in authentic):
        return EFFECT, "an answer of 2xx to what is handled", f"handled, although answered {status}"
    return None


def _one_a_case(findings: list[Finding]) -> list[Finding]:
    """The first finding of each cause and case: one of fifty messages of a burst stands for all."""
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.cause, finding.case), finding)
    return list(first.values())
