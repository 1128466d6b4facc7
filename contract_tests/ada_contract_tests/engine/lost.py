"""ADA601: what was acknowledged and never handled, one finding for each thing that explains it.

An event type of which nothing was handled is one finding. Otherwise what tells the ignored from the handled
is found and named, with the declaration that allows it. What nothing explains is a finding a case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ada_contract_tests.engine.ignored_facts import telling_facts
from ada_contract_tests.engine.ignores import declaration_of
from ada_contract_tests.findings import Finding
from ada_contract_tests.rules import RULES, rule_in_role
from ada_schemas.contract.paths import apart
from ada_schemas.variation.builder import plain

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.ignored_facts import Fact
    from ada_contract_tests.exchange import Delivery
    from ada_contract_tests.rules import Severity
    from ada_schemas.contract.vocabulary import Vocabulary

    Reproduce = Callable[..., tuple[str, ...]]

__all__ = ["LOST", "Lost", "lost_findings", "nothing_handled", "witness_finding"]

LOST = "lost"
"""The role of the rule."""

LEAST = 2
"""Deliveries that a fact explains at least: of a single one its case tells more."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A message that was accepted and not handled; ``counts`` are the witness's entries for it, by status."""

    case: Case
    delivery: Delivery
    counts: Counter[str]

    @property
    def said(self) -> str:
        """The witness's words: ``ignored``, or ``nothing`` without an entry."""
        return ", ".join(f"{n} times {s}" if n > 1 else s for s, n in self.counts.items()) or "nothing"


def lost_findings(
    event: str,
    lost: Sequence[Lost],
    handled: Sequence[tuple[Case, Delivery]],
    *,
    is_handled: bool,
    words: Vocabulary,
    reproduce: Reproduce,
) -> list[Finding]:
    """The findings about the lost messages of one event type.

    ``handled`` are those that were handled in the run; ``is_handled`` is true where any ever was.
    """
    if not is_handled:
        return _of_no_event(event, lost, reproduce)
    payloads = [one.delivery.payload for one in lost]
    facts = telling_facts(words, payloads, [delivery.payload for _, delivery in handled])
    facts = [fact for fact in facts if len(fact.explains) >= LEAST]
    others = {number for number in range(len(lost)) if not any(number in fact.settles for fact in facts)}
    found: list[Finding] = []
    for fact in facts:
        example = lost[_example(fact, facts, lost, used={finding.case for finding in found})]
        found.append(_explained(event, fact, lost, example, reproduce=reproduce, beside=handled[0][0]))
    return [*found, *(_single(lost[n], handled, reproduce) for n in sorted(others))]


def _of_no_event(event: str, lost: Sequence[Lost], reproduce: Reproduce) -> list[Finding]:
    """An event type of which nothing is handled: a warning where it is said to be ignored, else an error.

    Without a word of the witness only an ordinary event beside others speaks for every one.
    """
    ignored = [one for one in lost if one.counts["ignored"]]
    if not ignored and (len(lost) < LEAST or not any(RULES[one.case.rule].example for one in lost)):
        return [_single(one, (), reproduce) for one in lost]
    about = ignored or lost
    finding = replace(
        _single(about[0], (), reproduce),
        event=event,
        severity="warning" if ignored else "error",
        summary=f"every {event} is acknowledged and {_fate(about)}",
        got=_times(about),
        cause=f"every {event} is {'ignored' if ignored else 'lost'}",
        hint=f"{'' if ignored else 'Handle it. '}If that is on purpose, say so: --events '!{event}'.",
    )
    return [finding, *(_single(one, (), reproduce) for one in lost if ignored and one not in ignored)]


def nothing_handled(lost: Sequence[Lost], example: Finding) -> Finding:
    """The finding about a consumer that handles nothing, whatever the event: nobody does that on purpose."""
    return replace(
        example,
        severity="error",
        summary=f"every event of every type is acknowledged and {_fate(lost)}",
        got=_times(lost),
        cause="nothing is handled",
        hint="Handle what the service is for; tell the witness of it as `handled`.",
    )


def _explained(
    event: str, fact: Fact, lost: Sequence[Lost], example: Lost, *, reproduce: Reproduce, beside: Case
) -> Finding:
    about = [lost[number] for number in sorted(fact.explains)]
    return replace(
        _single(example, (), reproduce),
        event=event,
        summary=f"{event} with {fact.phrase} is acknowledged and {_fate(about)}",
        got=_times(about),
        cause=f"{event} with {fact.phrase} is {'ignored' if _is_ignored(about) else 'lost'}",
        reproduce=reproduce(example.case, beside),
        hint="Handle it. If it is ignored on purpose, declare that, with pytest as a line of ada_ignores:\n"
        f"--ignores '{declaration_of(event, fact.path, fact.words)}'",
    )


def _single(one: Lost, handled: Sequence[tuple[Case, Delivery]], reproduce: Reproduce) -> Finding:
    """One message by itself; what is said to be ignored shows only beside something that is handled."""
    got = f"answered {one.delivery.attempt.status}, and the witness says: {one.said}"
    beside = [handled[0][0]] if handled and one.counts["ignored"] else []
    return witness_finding(one.case, LOST, "handled", got, reproduce(one.case, *beside))


def _example(fact: Fact, facts: Sequence[Fact], lost: Sequence[Lost], *, used: set[str]) -> int:
    """The number of the message that shows a fact best: in a case of its own, about that very member."""

    def rank(number: int) -> tuple[bool, int, bool, int]:
        case_id = lost[number].case.id
        parent, path = plain(apart(fact.path)[0]), plain(fact.path)
        named = any(case_id.endswith((f":{path}:{word}", f":{parent}:{word}")) for word in fact.words)
        return case_id in used, sum(number in other.explains for other in facts), not named, number

    return min(fact.explains, key=rank)


def _is_ignored(lost: Sequence[Lost]) -> bool:
    return all(one.counts["ignored"] for one in lost)


def _fate(lost: Sequence[Lost]) -> str:
    return "ignored" if _is_ignored(lost) else "never handled"


def _times(lost: Sequence[Lost]) -> str:
    """The witness's words about several messages: ``ignored, 3 times out of 3``."""
    if _is_ignored(lost):
        said = "ignored"
    else:
        said = f"the witness says {' or '.join(dict.fromkeys(one.said for one in lost))}"
    return f"{said}, {len(lost)} {'time' if len(lost) == 1 else 'times'} out of {len(lost)}"


def witness_finding(
    case: Case,
    role: str,
    expected: str,
    got: str,
    reproduce: tuple[str, ...],
    *,
    severity: Severity = "error",
) -> Finding:
    """The finding of the rule in that role about a case, by itself."""
    code = rule_in_role(role).code
    return Finding(
        rule=code,
        case=case.id,
        event=case.event,
        severity=severity,
        summary=case.summary,
        expected=expected,
        got=got,
        cause=f"{code} {got}",
        reproduce=reproduce,
    )
