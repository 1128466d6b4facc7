"""The cases: what is sent, with the rule that judges it. Ids are stable; ignore lists freeze them."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ada_contract_tests.rules import RULES, selected_codes
from ada_contract_tests.suites.behaviours import behaviours_of
from ada_contract_tests.suites.dressings import DRESSINGS
from ada_contract_tests.suites.forgeries import FORGERIES
from ada_contract_tests.suites.hostile import BODIES, hostile_values
from ada_mockserver.events.payload import encode
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.paths import ABSENT, get, put
from ada_schemas.errors import UsageError, unknown
from ada_schemas.variation.builder import removing
from ada_schemas.variation.enumeration import ANY, variations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ada_contract_tests.suites.behaviours import Behaviour
    from ada_contract_tests.suites.dressings import Dressing
    from ada_contract_tests.suites.forgeries import Forgery
    from ada_mockserver.events.factory import EventFactory
    from ada_schemas.contract.contract import Contract

__all__ = ["Case", "Selection", "all_cases", "case_named"]

Payload = dict[str, Any]

ENVELOPE = ("type", "timestamp", "data")
"""Documented as optional on most pages, yet always sent, and required by our schemas: a consumer may refuse
an event without them, and one that answers 500 is warned."""


FOREIGN = "Zoë – 謝謝 😀"
WRITTEN = (
    "data.content.body",
    "data.profile.display_name",
    "data.entity_name",
    "data.metadata.note",
    "data.handoff_integration",
)
"""Where events hold what people write, or chose as a name."""


def _same(base: Payload) -> Payload:
    return base


def _in_another_script(base: Payload) -> Payload:
    """The event with text outside of ASCII where it has some."""
    for path in WRITTEN:
        owner = path.rpartition(".")[0]
        if isinstance(get(base, owner), dict) and (
            owner.endswith("metadata") or get(base, path) is not ABSENT
        ):
            changed: Payload = put(base, path, FOREIGN)
            return changed
    return base


@dataclass(frozen=True, slots=True)
class Case:
    """One case: a variant of an event, or a behaviour of its delivery, and the rule that judges it.

    A case differs from an ordinary delivery in one way: ``change`` makes another payload, ``encode`` other
    bytes, ``dressing`` another authentic request, ``forgery`` one that is not authentic, ``behaviour``
    several deliveries. ``refusable`` is true where a 4xx is as good an answer as a 2xx, ``lenient`` where
    what is wrong is a warning.
    """

    id: str
    rule: str
    event: str
    summary: str
    refusable: bool = False
    lenient: bool = False
    change: Callable[[Payload], Payload] = field(default=_same, repr=False, compare=False)
    encode: Callable[[Payload], bytes] = field(default=encode, repr=False, compare=False)
    dressing: Dressing | None = field(default=None, repr=False, compare=False)
    forgery: Forgery | None = field(default=None, repr=False, compare=False)
    behaviour: Behaviour | None = field(default=None, repr=False, compare=False)

    @property
    def handling(self) -> Literal["must", "may", "never"]:
        """Whether an accepted delivery must show an effect: forgeries never, what is not documented may."""
        if self.forgery is not None:
            return "never"
        undocumented = self.rule in ("ADA202", "ADA203") or self.rule.startswith("ADA5")
        return "may" if self.refusable or undocumented else "must"

    @property
    def is_body(self) -> bool:
        """Whether what is particular about it is the body alone, so that sending that once repeats it."""
        return self.forgery is None and self.dressing is None and self.behaviour is None

    @property
    def over_http(self) -> bool:
        """Whether it makes a difference on the wire only, and so does not apply in process."""
        way = self.dressing or self.behaviour
        return way is not None and way.over_http

    def base(self, events: EventFactory, *, again: int = 0) -> Payload:
        """The event that the case starts from: its own conversation, message and end user, others `again`."""
        name = "conversation.created" if self.event == ANY else self.event
        key = f"{self.id}/round {again}" if again else self.id
        base: Payload = events.event(name, key=key)
        return base

    def payload(self, events: EventFactory) -> Payload:
        """The event that it sends, before encoding; the same for the same seed."""
        return self.change(self.base(events))


def _of_event(contract: Contract, event: str) -> Iterator[Case]:
    for found in variations(contract, event):
        yield Case(found.id, found.rule, found.event, found.summary, found.refusable, change=found.apply)
    if event == ANY:
        yield from _hostile_bodies()
        return
    for member in ENVELOPE:
        yield Case(
            f"{event}/absent:{member}",
            "ADA105",
            event,
            f"{member} is absent, although Ada always sends it",
            refusable=True,
            lenient=True,
            change=removing(member),
        )
    for forgery in FORGERIES:
        yield Case(f"{event}/signature:{forgery.name}", forgery.rule, event, forgery.summary, forgery=forgery)
    for dressing in DRESSINGS:
        change = _in_another_script if dressing.foreign else _same
        yield Case(
            f"{event}/{dressing.name}",
            dressing.rule,
            event,
            dressing.summary,
            change=change,
            dressing=dressing,
        )
    yield Case(f"{event}/status:200", "ADA401", event, "every accepted delivery is answered 200")
    yield Case(f"{event}/status:in-time", "ADA402", event, "the answer comes within the time limit")
    for behaviour in behaviours_of(event):
        yield Case(
            f"{event}/{behaviour.name}",
            behaviour.rule,
            event,
            behaviour.summary,
            lenient=behaviour.lenient,
            behaviour=behaviour,
        )
    for label, summary, make in hostile_values(contract.event(event)):
        yield Case(f"{event}/hostile:{label}", "ADA505", event, summary, lenient=True, encode=make)


def _hostile_bodies() -> Iterator[Case]:
    """Bytes that are no event, signed, and once more unsigned."""
    unsigned = FORGERIES[0]
    for body in BODIES:
        yield Case(
            f"any/body:{body.name}", body.rule, ANY, body.summary, lenient=body.lenient, encode=body.encode
        )
        yield Case(
            f"any/body-unsigned:{body.name}",
            body.rule,
            ANY,
            f"{body.summary}, and it is not signed",
            lenient=body.rule == "ADA504",
            encode=body.encode,
            forgery=unsigned,
        )


def all_cases(contract: Contract | None = None) -> tuple[Case, ...]:
    """Every case of a contract, ours if None, by event in documented order; those about no event last."""
    return _cases_of(contract or shipped())


@lru_cache(maxsize=4)
def _cases_of(contract: Contract) -> tuple[Case, ...]:
    return tuple(case for event in (*contract.event_names, ANY) for case in _of_event(contract, event))


def case_named(case_id: str, contract: Contract | None = None) -> Case:
    """The case of that id; raises UsageError that names the nearest."""
    by_id = {case.id: case for case in all_cases(contract)}
    if case_id in by_id:
        return by_id[case_id]
    raise unknown("case", case_id, by_id, next_step="List them with: adakit check --list")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases run.

    ``select`` and ``ignore`` are lists of codes, comma-separated (``ADA1xx`` names a family); ``events``
    are globs over event names, with or without ``v1.``, a leading ``!`` excludes, ``any`` stands for event
    types that are not documented and belongs to an endpoint without a filter; ``cases`` are ids, which
    win over everything else. ``ignore`` also takes case ids, or globs over them.
    """

    select: str = ""
    ignore: str = ""
    events: Sequence[str] = ()
    cases: Sequence[str] = ()

    def codes(self) -> frozenset[str]:
        """The codes of the chosen rules, those that have no cases of their own among them."""
        chosen = selected_codes(self.select) if self.select else frozenset(RULES)
        return chosen - _codes_in(self.ignore)

    def choose(self, contract: Contract | None = None) -> list[Case]:
        """The chosen cases in their order.

        Raises UsageError for a code, glob or id that fits nothing, and when nothing is left.
        """
        if self.cases:
            return [case_named(case_id, contract) for case_id in dict.fromkeys(self.cases)]
        codes = selected_codes(self.select) if self.select else frozenset(RULES)
        ignored_codes, ignored_ids = _codes_in(self.ignore), _ids_in(self.ignore, contract)
        events = _chosen_events(self.events, contract or shipped())
        chosen = [
            case
            for case in all_cases(contract)
            if case.rule in codes - ignored_codes and case.id not in ignored_ids and _about(case, events)
        ]
        if not chosen:
            raise UsageError(
                "No case is left to run.",
                next_step="Loosen --select, --ignore or --events; adakit check --list shows the cases.",
            )
        return chosen


def _about(case: Case, events: frozenset[str]) -> bool:
    """Whether a case is about these events alone; hostile bodies are no event, and always belong."""
    if case.event == ANY and case.rule != "ADA203":
        return True
    others = case.behaviour.others if case.behaviour is not None else ()
    return case.event in events and events.issuperset(others)


def _codes_in(text: str) -> frozenset[str]:
    return selected_codes(",".join(part for part in text.split(",") if "/" not in part))


def _ids_in(text: str, contract: Contract | None) -> frozenset[str]:
    ids: set[str] = set()
    for entry in (part.strip() for part in text.split(",") if "/" in part):
        fitting = {case.id for case in all_cases(contract) if fnmatch.fnmatchcase(case.id, entry)}
        if not fitting:
            case_named(entry, contract)
        ids |= fitting
    return frozenset(ids)


def _chosen_events(globs: Sequence[str], contract: Contract) -> frozenset[str]:
    names = contract.event_names
    wanted = [g.strip() for glob in globs for g in glob.split(",") if g.strip()]
    included = [g.removeprefix("v1.") for g in wanted if not g.startswith("!")]
    excluded = [g[1:].removeprefix("v1.") for g in wanted if g.startswith("!")]
    for glob in (*included, *excluded):
        if not fnmatch.filter([*names, ANY], glob):
            raise UsageError(f"No event fits {glob!r}.", next_step=f"The events are: {', '.join(names)}.")
    chosen = [n for n in names if not included or any(fnmatch.fnmatchcase(n, g) for g in included)]
    left = [n for n in chosen if not any(fnmatch.fnmatchcase(n, g) for g in excluded)]
    asked = not included or any(fnmatch.fnmatchcase(ANY, g) for g in included)
    return frozenset((*left, ANY) if asked and ANY not in excluded else left)
