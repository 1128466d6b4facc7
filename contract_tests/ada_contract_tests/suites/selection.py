"""The selection of cases: by rule, event, or id."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_contract_tests.rules import RULES, selected_codes
from ada_contract_tests.suites.fuzzed import areas, is_area
from ada_contract_tests.suites.handoffs import handoff_cases
from ada_contract_tests.suites.registry import all_cases, all_names, case_named
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import UsageError, did_you_mean, unknown
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.handoff import Handoff
    from ada_schemas.contract.contract import Contract

__all__ = ["Selection", "chosen_events"]

NEEDED = {
    "fuzzed": "ADA7xx are for what is drawn: add --fuzz N.",
    "handoff": "ADA8xx are for the start of a handoff: add --handoff-path PATH.",
}
"""The option without which there is no case of a family."""


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

    @property
    def fuzzes(self) -> bool:
        """True if rules are chosen that are about what is drawn."""
        return any(RULES[code].family == "fuzzed" for code in self.codes())

    def choose(
        self, contract: Contract | None = None, *, fuzzed: bool = False, handoff: Handoff | None = None
    ) -> list[Case]:
        """The chosen cases in their order; areas that are ``fuzzed`` come last, and a ``handoff``.

        Raises UsageError for a code, glob or id that fits nothing, and when nothing is left.
        """
        if self.cases:
            started = {case.id: case for case in (handoff_cases(handoff) if handoff else [])}
            return [
                started.get(case_id) or self._named(case_id, contract, fuzzed=fuzzed)
                for case_id in dict.fromkeys(self.cases)
            ]
        codes, ignored_ids = self.codes(), _ids_in(self.ignore, contract)
        events = chosen_events(self.events, contract or shipped())
        chosen = [
            case
            for case in all_cases(contract)
            if case.rule in codes and case.id not in ignored_ids and _about(case, events)
        ]
        added = areas(contract or shipped(), events) if fuzzed else []
        added += handoff_cases(handoff) if handoff is not None else []
        chosen += [case for case in added if case.rule in codes and case.id not in ignored_ids]
        if not chosen:
            step = "Loosen --select, --ignore or --events; adakit check --list shows the cases."
            only = " ".join({RULES[code].family for code in codes})
            needed = NEEDED if (contract or shipped()).is_ada or only != "handoff" else {}
            raise UsageError("No case is left to run.", next_step=needed.get(only, step))
        return chosen

    def _named(self, case_id: str, contract: Contract | None, *, fuzzed: bool) -> Case:
        if not is_area(case_id):
            return case_named(case_id, contract)
        known = {
            case.id: case
            for case in areas(contract or shipped(), frozenset((contract or shipped()).event_names))
        }
        if case_id not in known:
            raise unknown("case", case_id, known, next_step="List them with: adakit check --fuzz 1 --list")
        if not fuzzed:
            raise UsageError(
                f"The case {case_id} stands for events that are drawn.", next_step="Add --fuzz N."
            )
        return known[case_id]


def _about(case: Case, events: frozenset[str]) -> bool:
    """True if a case is about these events alone; hostile bodies are no event, and always belong."""
    if case.event == ANY and case.rule != "ADA203":
        return True
    return case.event in events and events.issuperset(case.others)


def _codes_in(text: str) -> frozenset[str]:
    return selected_codes(",".join(part for part in text.split(",") if "/" not in part))


def _ids_in(text: str, contract: Contract | None) -> frozenset[str]:
    ids: set[str] = set()
    for entry in (part.strip() for part in text.split(",") if "/" in part):
        fitting = {name for name in all_names(contract) if fnmatch.fnmatchcase(name, entry)}
        if not fitting:
            case_named(entry, contract)
        ids |= fitting
    return frozenset(ids)


def chosen_events(globs: Sequence[str], contract: Contract) -> frozenset[str]:
    """The event types, ``any`` among them, that globs choose; raises UsageError for one that fits nothing."""
    names = contract.event_names
    wanted = [g.strip() for glob in globs for g in glob.split(",") if g.strip()]
    included = [g.removeprefix("v1.") for g in wanted if not g.startswith("!")]
    excluded = [g[1:].removeprefix("v1.") for g in wanted if g.startswith("!")]
    for glob in (*included, *excluded):
        if not fnmatch.filter([*names, ANY], glob):
            steps = (did_you_mean(glob, names), f"The events are: {', '.join(names)}.")
            raise UsageError(f"No event fits {glob!r}.", next_step=" ".join(filter(None, steps)))
    chosen = [n for n in names if not included or any(fnmatch.fnmatchcase(n, g) for g in included)]
    left = [n for n in chosen if not any(fnmatch.fnmatchcase(n, g) for g in excluded)]
    asked = not included or any(fnmatch.fnmatchcase(ANY, g) for g in included)
    return frozenset((*left, ANY) if asked and ANY not in excluded else left)
