"""Shrinking: of the failures of each cause the smallest, sent again with fresh ids until it is sure.

One failure of each cause is shrunk (`engine.reduction`), with nothing else beside it. One that does not fail
again is flaky, and not reported.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from ada_contract_tests.case import CaseRun
from ada_contract_tests.engine.checks import changes_of, judge
from ada_contract_tests.engine.reduction import reduced
from ada_contract_tests.engine.witness import LONGEST_WAIT, witness_findings
from ada_contract_tests.exchange import Exchange
from ada_contract_tests.grouping import reasons_of
from ada_contract_tests.rules import RULES
from ada_contract_tests.suites.edits import FuzzedEvent, FuzzedSequence
from ada_contract_tests.suites.fuzzed import can_be_sent, fuzzed_case, is_of_a_form
from ada_contract_tests.suites.summaries import told
from ada_schemas.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.session import Session
    from ada_contract_tests.findings import Finding
    from ada_contract_tests.suites.edits import Fuzzed

__all__ = ["Shrinking"]

MOST_CAUSES = 8
"""Causes of which a failure is shrunk; one of each further cause is reported as it was drawn."""

MOST_OF_A_CAUSE = 3
"""Failures of one cause that are shrunk, where a smaller one does not explain them."""

CONFIRMATIONS = 2
"""Times that the smallest must fail again, with fresh ids."""

MARKED = 5.0
"""Seconds that a consumer is given to tell the witness of an ordinary event that came after another."""

BEFORE = 9
"""Rounds of a case that the engine may have made before."""

Key = tuple[str, ...]
"""The same for what has one cause."""


@dataclass(slots=True)
class Shrinking:
    """Shrinks failures on a session, as long as there is time: ``is_late`` says when it is up.

    ``smallest`` are those that were found; ``flaky`` is how many did not fail again, ``unshrunk`` of how many
    causes the time did not allow to make a failure smaller.
    """

    session: Session
    is_late: Callable[[], bool]
    smallest: list[tuple[Fuzzed, Finding]] = field(default_factory=list)
    flaky: int = 0
    unshrunk: int = 0
    _rounds: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def shrink(self, failures: Sequence[tuple[Fuzzed, Finding]], before: Sequence[Finding]) -> None:
        """Find the smallest failure of each cause that the findings ``before`` have not shown."""
        known = {(f.severity, _key(f, reason)) for f, reason in _reasoned(before) if _has_place(reason)}
        causes: dict[Key, list[tuple[Fuzzed, Finding]]] = defaultdict(list)
        reasoned = _reasoned([finding for _, finding in failures])
        for (fuzzed, _), (finding, reason) in zip(failures, reasoned, strict=True):
            key = _key(finding, reason)
            if not {("error", key), (finding.severity, key)} & known:
                causes[key].append((fuzzed, finding))
        in_order = sorted(causes.items(), key=lambda cause: min(_order(finding) for _, finding in cause[1]))
        for number, (key, of_a_cause) in enumerate(in_order):
            in_turn = sorted(of_a_cause, key=_size)
            if number < MOST_CAUSES and not self.is_late():
                await self._of_a_cause(key, in_turn, before)
            elif min(_order(finding) for _, finding in of_a_cause)[0]:
                self.unshrunk += 1  # a warning, which the next run may show
            else:
                self.unshrunk += 1
                await self._as_drawn(key, in_turn[0][0])

    async def _as_drawn(self, key: Key, fuzzed: Fuzzed) -> None:
        """Take a failure as it is, if it fails once more: nothing that was seen is lost."""
        finding = await self._failure(fuzzed, key)
        if finding is None:
            self.flaky += 1
        else:
            self.smallest.append((fuzzed, finding))

    async def _of_a_cause(
        self, key: Key, failures: list[tuple[Fuzzed, Finding]], before: Sequence[Finding]
    ) -> None:
        left = failures
        for _ in range(MOST_OF_A_CAUSE):
            if not left or self.is_late():
                break
            fuzzed, _finding = left.pop(0)
            if await self._failure(fuzzed, key) is None:
                self.flaky += 1
                continue
            is_atom = partial(is_of_a_form, fuzzed, self.session.events.contract)
            smallest = await reduced(fuzzed, partial(self._fails, key=key), is_atom=is_atom)
            smallest, key = await self._by_itself(smallest, key)
            finding = await self._confirmed(smallest, key)
            if finding is None:
                self.flaky += 1
                continue
            left = [(other, f) for other, f in left if not _explains(smallest, other)]
            known = (*before, *(found for _, found in self.smallest))
            if not any(_is_same(finding, other) for other in known):
                self.smallest.append((smallest, finding))

    async def _by_itself(self, smallest: Fuzzed, key: Key) -> tuple[Fuzzed, Key]:
        """The event of a sequence of one, or the ordinary event, if it fails by itself, and the key of that.

        The smallest itself where it has more to it.
        """
        if isinstance(smallest, FuzzedSequence):
            if len(smallest.steps) != 1:
                return smallest, key
            event = FuzzedEvent(smallest.steps[0].event, "documented", smallest.steps[0].edits)
        elif smallest.edits:
            return smallest, key
        else:
            event = replace(smallest, mode="documented")
        for finding, reason in _reasoned(await self.findings(event)):
            return event, _key(finding, reason)
        return smallest, key

    async def _fails(self, fuzzed: Fuzzed, *, key: Key) -> bool:
        if self.is_late() or not can_be_sent(fuzzed, self.session.events.contract):
            return False
        return await self._failure(fuzzed, key) is not None

    async def _confirmed(self, fuzzed: Fuzzed, key: Key) -> Finding | None:
        """The finding about the smallest, if it fails as often as it is sent again."""
        finding = None
        for number in range(CONFIRMATIONS):
            finding = await self._failure(fuzzed, key, patient=number > 0)
            if finding is None:
                return None
        return finding

    async def _failure(self, fuzzed: Fuzzed, key: Key, *, patient: bool = False) -> Finding | None:
        """The finding of that cause about an event or a sequence, sent alone with ids that are fresh."""
        for finding, reason in _reasoned(await self.findings(fuzzed, patient=patient)):
            if _key(finding, reason) == key:
                return self._as_repeated(_told_step_by_step(finding, fuzzed), fuzzed)
        return None

    def _as_repeated(self, finding: Finding, fuzzed: Fuzzed) -> Finding:
        """The finding with the changes of the event that its id repeats: here ids are fresh each time."""
        case = fuzzed_case(fuzzed, self.session.events.contract)
        if case.payload is None:
            return finding
        base = CaseRun(case, self.session.sender, self.session.events).event()
        return replace(finding, changes=changes_of(Exchange((), base, case.payload.change(base))))

    async def findings(self, fuzzed: Fuzzed, *, patient: bool = False) -> list[Finding]:
        """What is wrong with the answers to an event or a sequence, or else what the witness says of it."""
        session = self.session
        case = fuzzed_case(fuzzed, session.events.contract)
        self._rounds[case.id] += 1
        run = CaseRun(case, session.sender, session.events, round=self._rounds[case.id] + BEFORE)
        await case.deliver(run)
        if run.exchange.put_off is not None:
            return []
        wrong = judge(case, run.exchange, timeout=session.sender.timeout, reproduce=session.reproduce(case))
        if wrong is not None or session.witness is None:
            return [wrong] if wrong is not None else []
        said = await self._witnessed(case, run, patient=patient)
        return [replace(finding, changes=changes_of(run.exchange)) for finding in said]

    async def _witnessed(self, case: Case, run: CaseRun, *, patient: bool) -> list[Finding]:
        """The findings of the witness about one case.

        An ordinary event is sent after it, and what comes of that says how long to wait; where a verdict is
        to be final, as long as after a whole run.
        """
        session, witness = self.session, self.session.witness
        assert witness is not None  # noqa: S101 - asked for where there is one
        owed = [d.message_id for d in run.deliveries if d.message_id and session.ignores.owed(d)]
        sent = [d.message_id for d in run.deliveries]
        try:
            if patient:
                seen = await witness.settled(owed, sent=sent, longest=LONGEST_WAIT)
            else:
                mark = CaseRun(case, session.sender, session.events, round=run.round + 10_000)
                marked = await mark.send(mark.event(), label="an ordinary event after it")
                wanted = [marked.message_id] if marked.message_id and marked.attempt.accepted else []
                seen = await witness.settled(wanted, sent=sent, longest=MARKED)
                session.sender.ledger.remove(marked)
                seen = replace(seen, settled=True)
        except TargetError:
            return []
        found = witness_findings(
            run.deliveries, seen, {case.id: case}, reproduce=session.reproduce, ignores=session.ignores
        )
        return [finding for finding in found if finding.rule in session.codes]


def _reasoned(findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    return list(zip(findings, reasons_of(findings), strict=True))


def _key(finding: Finding, reason: str) -> Key:
    """The same for findings of one cause: an exception at its place, else what is wrong with which event."""
    if _has_place(reason):
        return ("exception", reason)
    if RULES[finding.rule].family == "handled":
        return (finding.rule, finding.event)
    return (finding.rule, finding.event, finding.got.partition(" ")[0])


def _has_place(reason: str) -> bool:
    return reason.endswith(")") and ":" in reason.rpartition("(")[2]


def _order(finding: Finding) -> tuple[bool, bool, str, str]:
    """Errors first, and before what the witness says, for which it takes longer to be sure."""
    return finding.severity != "error", RULES[finding.rule].family == "handled", finding.rule, finding.event


def _told_step_by_step(finding: Finding, fuzzed: Fuzzed) -> Finding:
    """The finding about a sequence with its deliveries, a line each, in its advice."""
    if not isinstance(fuzzed, FuzzedSequence):
        return finding
    return replace(finding, hint="\n".join(("Follow these deliveries, one after the other:", *told(fuzzed))))


def _size(failure: tuple[Fuzzed, Finding]) -> tuple[bool, bool, str, str, int]:
    """What is shrunk first: errors, within the contract, of little size."""
    return (*_order(failure[1]), len(str(failure[0].as_json())))


def _explains(smallest: Fuzzed, other: Fuzzed) -> bool:
    """True if all that fails in the smallest is in another failure too."""
    if isinstance(smallest, FuzzedEvent) and isinstance(other, FuzzedEvent):
        return {edit.place for edit in smallest.edits} <= {edit.place for edit in other.edits}
    return type(smallest) is type(other)


def _is_same(finding: Finding, known: Finding) -> bool:
    """True if a finding says no more than a known one: the same of the event, with no fewer changes.

    A member that is gone is another change than a new value, which takes others away with it. Exceptions are
    told apart by their places.
    """
    if finding.event != known.event or (finding.severity, known.severity) == ("error", "warning"):
        return False
    by_witness = "handled" in (RULES[finding.rule].family, RULES[known.rule].family)
    if finding.rule != known.rule if by_witness else finding.got != known.got:
        return False
    one, other = reasons_of([finding, known])
    if _has_place(one) and _has_place(other) and one != other:
        return False
    if not known.changes:
        return not finding.changes
    return _places(known) <= _places(finding)


def _places(finding: Finding) -> set[tuple[str, bool]]:
    return {(path, after == "-") for path, _, after in finding.changes}
