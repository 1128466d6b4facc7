"""Known failures: cases that a project leaves out, expects to fail, or knows to fail.

A team takes the kit up on a consumer that is not perfect: ``ada_ignore`` leaves cases out, ``ada_xfail``
runs them and lets them fail, both with a reason; the baseline is a file with the failures of a day.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ada_contract_tests.rules import RULES, selected_codes
from ada_contract_tests.suites.fuzzed import is_area
from ada_contract_tests.suites.handoffs import is_handoff
from ada_contract_tests.suites.registry import all_names, case_named
from ada_schemas.errors import UsageError
from ada_schemas.shown import shown

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from pathlib import Path

    from ada_contract_tests.case import Case
    from ada_contract_tests.findings import Finding
    from ada_schemas.contract.contract import Contract

__all__ = ["Baseline", "Entry", "KnownFailures", "State", "names_of", "read_entries"]

State = Literal["passed", "warned", "failed", "excused", "ignored", "not applicable", "not run"]
"""The end of a case; ``excused`` is a failure that was expected, or is known."""

HEADER = """\
# Failures that are known: with --ada-baseline these cases may fail, for these rules.
# pytest --ada-update-baseline writes this file anew; lines may be taken out by hand.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of ``ada_ignore`` or ``ada_xfail``: rules, case ids or globs over them, and the reason.

    ``strangers`` says of each further name, for which there is no case or rule, what is wrong with it.
    """

    names: tuple[str, ...]
    reason: str = ""
    strangers: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The names as they were given."""
        return ", ".join(self.names)

    @property
    def case_id(self) -> str | None:
        """The id of the case that it is about, where that is exactly one."""
        only = self.names[0] if len(self.names) == 1 else ""
        return only if "/" in only and not set("*?[") & set(only) else None

    def fits(self, case_id: str, *rules: str) -> bool:
        """True if it is about that case, or about one of these rules."""
        return any(
            fnmatch.fnmatchcase(case_id, name) if "/" in name else not selected_codes(name).isdisjoint(rules)
            for name in self.names
        )

    def may_fit(self, families: Container[str]) -> bool:
        """False where nothing of these families can fit it: it has no names, or those of other families."""
        return any(_is_there(name, families) for name in self.names)


ADDED = ("fuzzed", "handoff")
"""The families of which an option adds the cases."""


def _is_there(name: str, families: Container[str]) -> bool:
    """False for a name that is about nothing but a family which an option adds, and did not."""
    if "/" in name:
        own = ["fuzzed"] * is_area(name) + ["handoff"] * is_handoff(name)
    else:
        own = [RULES[code].family for code in selected_codes(name)]
    return any(family not in ADDED or family in families for family in own) or not own


def read_entries(
    lines: Iterable[str],
    *,
    option: str,
    needs_reason: bool = False,
    lenient: bool = False,
    contract: Contract | None = None,
) -> tuple[Entry, ...]:
    """The entries of an option, a line each: ``ADA503, conversation.ended/*: the reason``.

    The names are those of ``contract``, ours if None.

    Raises UsageError for a missing reason, and for a rule, case id or glob that there is none of, unless
    ``lenient``: what stands in a file outlives the version that it was written for.
    """
    entries = []
    for line in lines:
        names, _, reason = (part.strip() for part in re.sub(r":(\s|$)", "\0", line, count=1).partition("\0"))
        known, strangers = [], []
        for name in filter(None, re.split(r"[,\s]+", names)):
            error = _stranger(name, contract)
            if error is None:
                known.append(name)
            elif lenient:
                strangers.append(f"{error.what} {_nearest(error)}Correct the entry, or take it out.")
            else:
                raise error
        entry = Entry(tuple(known), shown(reason), tuple(strangers))
        if known and needs_reason and not reason:
            raise UsageError(
                f"The entry {entry.text!r} of {option} has no reason.",
                next_step=f"Write it behind a colon and a space: {entry.text}: why it may fail",
            )
        if known or strangers:
            entries.append(entry)
    return tuple(entries)


def names_of(entries: Iterable[Entry]) -> str:
    """The names of entries, as a selection takes them."""
    return ",".join(name for entry in entries for name in entry.names)


def _stranger(name: str, contract: Contract | None) -> UsageError | None:
    """What is wrong with a name that fits no case and no rule; None for any other."""
    try:
        if "/" not in name:
            selected_codes(name)
        elif not any(fnmatch.fnmatchcase(known, name) for known in all_names(contract)):
            case_named(name, contract)
    except UsageError as error:
        return error
    return None


def _nearest(error: UsageError) -> str:
    """The question of an error that names what was meant, else nothing."""
    found = re.match(r"Did you mean .+?\? ", error.next_step)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The failures that are known: pairs of a case id and the rule that it breaks."""

    path: Path
    name: str
    known: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def read(cls, path: Path, *, name: str, updating: bool = False) -> Baseline:
        """Read the file; when ``updating`` it may be missing. Raises UsageError for what is no baseline."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            if updating:
                return cls(path, name)
            raise UsageError(
                f"There is no baseline {name}.", next_step="Write it with: pytest --ada-update-baseline"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The baseline {name} cannot be read: {error}.") from error
        known = set()
        for number, line in enumerate(lines, 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            if len(words) != 2 or "/" not in words[0] or not re.fullmatch(r"ADA\d{3}", words[1]):
                raise UsageError(
                    f"{name}:{number} is no line of a baseline: {line.strip()[:80]!r}.",
                    next_step="A line is a case and a rule: conversation.ended/null:data.ended_by.id ADA104",
                )
            known.add((words[0], words[1]))
        return cls(path, name, frozenset(known))

    def updated(self, failures: Mapping[str, Sequence[str]]) -> Baseline:
        """The baseline after cases were run: case id -> the rules that it breaks, none for one that passed.

        Cases that were not run keep their lines, as long as there are such cases.
        """
        existing = all_names()
        kept = {pair for pair in self.known if pair[0] in existing and pair[0] not in failures}
        new = {(case_id, rule) for case_id, rules in failures.items() for rule in rules}
        return Baseline(self.path, self.name, frozenset(kept | new))

    def write(self) -> None:
        """Write the file, in the order of the cases, so that a change of it can be read."""
        order = all_names()
        pairs = sorted(self.known, key=lambda pair: (order.get(pair[0], len(order)), pair))
        text = HEADER + "".join(f"{case_id} {rule}\n" for case_id, rule in pairs)
        self.path.write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class KnownFailures:
    """All that is said beforehand; ``updating`` takes every failure into the baseline.

    ``is_file`` tells whether ``ignored`` stands in the configuration file, where a reason belongs to it.
    """

    ignored: tuple[Entry, ...] = ()
    xfailed: tuple[Entry, ...] = ()
    baseline: Baseline | None = None
    updating: bool = False
    strict: bool = False
    is_file: bool = True

    def ignores(self, case: Case, rule: str) -> bool:
        """True if a finding of that rule is ignored, as the command leaves it out.

        The rules of the witness have no cases of their own: what they find in others is ignored with them.
        Any other rule is ignored by leaving out its cases; what it finds elsewhere stays.
        """
        is_own = rule == case.rule or RULES[rule].expectation.answer == "handled"
        return any(entry.fits(case.id, *([rule] if is_own else [])) for entry in self.ignored)

    def xfail_of(self, case_id: str) -> Entry | None:
        """The entry that names this case alone: if it passes, pytest says so."""
        return next((entry for entry in self.xfailed if entry.case_id == case_id), None)

    def expects(self, case_id: str, *rules: str) -> bool:
        """True if ``ada_xfail`` lets the case fail; ``rules`` are the broken one and the case's own."""
        return any(entry.fits(case_id, *rules) for entry in self.xfailed)

    def verdict(self, case: Case, finding: Finding) -> tuple[State, str]:
        """What a finding does to its case, and why it may fail where it may."""
        if self.ignores(case, finding.rule):
            return "ignored", ""
        if finding.severity == "warning" and not self.strict:
            return "warned", ""
        for entry in self.xfailed:
            if entry.fits(case.id, finding.rule, case.rule):
                return "excused", entry.reason
        if self.baseline is not None and self.updating:
            return "excused", f"written to {self.baseline.name}"
        if self.baseline is not None and (case.id, finding.rule) in self.baseline.known:
            return "excused", f"known: {self.baseline.name}"
        return "failed", ""

    def notes(self) -> list[str]:
        """What is wrong with the entries themselves, whatever ran, as sentences."""
        said = [
            f"{option}: {stranger}"
            for option, entries in (("ada_ignore", self.ignored), ("ada_xfail", self.xfailed))
            for entry in entries
            for stranger in entry.strangers
        ]
        silent = [entry.text for entry in self.ignored if entry.names and not entry.reason]
        if silent and self.is_file:
            more = f" and {len(silent) - 1} more" if len(silent) > 1 else ""
            said.append(f"ada_ignore: {silent[0]}{more} without a reason; write it behind ': '")
        return said

    def unused(self, cases: Sequence[Case], found: Sequence[tuple[str, str]]) -> list[str]:
        """The entries that did nothing, as sentences, once every case ran.

        ``cases`` are those that would run if nothing were ignored; ``found`` are the findings, as pairs of a
        case id and a rule.
        """
        rules = {case.id: case.rule for case in cases}
        families = {RULES[rule].family for rule in rules.values()}
        ignorable = [*rules.items(), *found]
        failures = [(case_id, rule, rules.get(case_id, "")) for case_id, rule in found]
        said = [
            f"ada_ignore: {entry.text} matched nothing; take it out"
            for entry in self.ignored
            if entry.may_fit(families) and not any(entry.fits(*each) for each in ignorable)
        ]
        return said + [
            f"ada_xfail: {entry.text} matched no failure; take it out"
            for entry in self.xfailed
            if entry.may_fit(families) and not any(entry.fits(*each) for each in failures)
        ]
