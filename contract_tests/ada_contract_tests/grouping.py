"""Findings grouped by cause: one exception at one line is one cause, whatever values its message holds.

An answer that says nothing but its status shows no cause: such findings are told apart by what varies in
their cases, so that each group has the advice that fits it.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ada_contract_tests.advice import is_explained, subject_of
from ada_contract_tests.rules import FAMILIES, RULES
from ada_contract_tests.suites.fuzzed import is_fuzzed
from ada_contract_tests.tracebacks import members_named
from ada_schemas.contract.paths import apart, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ada_contract_tests.findings import Finding
    from ada_contract_tests.rules import Severity

__all__ = ["Group", "group_findings", "reasons_of"]

MANY_SIDED = frozenset(
    {
        "combination",
        "course of a conversation",
        "example of a page",
        "forms of time, mixed",
        "profile, step by step",
    }
)
"""Kinds of cases that hold much of what others vary one at a time: they fail for a reason of theirs."""

EVERY_FORGERY = frozenset({"unsigned request", "wrong secret"})
"""Kinds of forgeries that nothing but a verification refuses: who accepts both verifies nothing."""

MOST_PARTS = 9
"""Groups of one status; what it may still be about is not told apart."""

_STATUS = re.compile(r"status \d+")
_PLACE = re.compile(r" \([^()\s]+:\d+\)$")
_BESIDE = re.compile(r":? *\[(?:SQL|parameters)\b|: (?:DETAIL|LINE \d+|CONTEXT|HINT)\b")
"""The end of what is said, and the beginning of the values that a database repeats."""

_NUMBER = re.compile(r"[0-9a-f]{8}[0-9a-f-]*|\d+(?:[.,:]\d+)*|\bmsg_\w+")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_NAME = re.compile(r"[\w.$\[\]-]{1,60}")
_EVENT = re.compile(r"\bv1(?:\.\w+)+")
_MODEL = re.compile(r"(?<=validation errors for )\S+?(?=:)")
_NEW_MEMBER = re.compile(r"[\w.:\[\]]*adakit_new_member")


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one cause; ``findings[0]`` explains it best."""

    cause: str
    severity: Severity
    findings: tuple[Finding, ...] = field(default=())


def group_findings(findings: Sequence[Finding]) -> list[Group]:
    """Group findings by cause, errors first, then by how many there are; the simplest first in its group."""
    by_reason: dict[tuple[str, Severity], list[Finding]] = {}
    for finding, reason in zip(findings, reasons_of(findings), strict=True):
        by_reason.setdefault((reason, finding.severity), []).append(finding)
    groups = []
    for (_, severity), found in by_reason.items():
        parts = _told_apart(found)
        for label, part in parts:
            ordered = _simplest_first(part)
            title = ordered[0].cause if len(parts) == 1 else f"{ordered[0].cause} ({label})"
            groups.append(Group(title, severity, ordered))
    return sorted(groups, key=lambda g: (g.severity != "error", -len(g.findings)))


def reasons_of(findings: Iterable[Finding]) -> list[str]:
    """The cause of each finding without the values that it happens to hold: the same for one reason."""
    findings = list(findings)
    names, values = set[str](), set[str]()
    for path, before, after in {change for finding in findings for change in finding.changes}:
        names.update(steps(path))
        values.update(filter(None, (_text(before), _text(after))))
    values -= names
    odd = sorted((v for v in values if len(v) > 3 and not _NAME.fullmatch(v)), key=len, reverse=True)
    return [_reason(finding.cause, values, odd) for finding in findings]


def _text(value: str) -> str:
    """The text that a change shows as JSON; "" for what is none, or was cut."""
    try:
        told = json.loads(value)
    except ValueError:
        return ""
    return told if isinstance(told, str) else ""


def _reason(cause: str, values: set[str], odd: Sequence[str]) -> str:
    place = _PLACE.search(cause)
    status = _STATUS.match(cause)
    if place is None and status is None:
        return cause
    said = _BESIDE.split(cause[status.end() if status else 0 : place.start() if place else None])[0]
    said = re.sub(r"\b1 validation error\b", "1 validation errors", said)
    for value in odd:
        said = said.replace(value, "*")
    said = _QUOTED.sub(lambda m: m[0] if _is_name(m[1] or m[2] or "", values) else "'*'", said)
    for pattern in (_NEW_MEMBER, _MODEL, _EVENT, _NUMBER):
        said = pattern.sub("*", said)
    return f"{status[0] if status else ''}{said}{place[0] if place else ''}"


def _is_name(quoted: str, values: set[str]) -> bool:
    """True if what is quoted is the name of something, and no value of a payload."""
    return quoted not in values and _NAME.fullmatch(quoted) is not None


def _told_apart(findings: list[Finding]) -> list[tuple[str, list[Finding]]]:
    """The findings of one reason as parts of one kind, member or fact each, with its name.

    They stay together where an exception or the answer says what the cause is.
    """
    cause = findings[0].cause
    if cause.startswith("forged request answered"):
        kinds = {subject_of(finding.case).kind.name for finding in findings}
        if kinds >= EVERY_FORGERY:
            return [("", findings)]
    elif not re.match(r"status \d+", cause) or any(map(is_explained, findings)):
        return [("", findings)]
    parts = _covered(findings)
    sided = [part for _, part in parts if all(_is_many_sided(finding) for finding in part)]
    rest = [(label, part) for label, part in parts if part not in sided]
    for part in sided:
        if rest:
            max(rest, key=lambda each: len(each[1]))[1].extend(part)
    return rest or parts


def _is_many_sided(finding: Finding) -> bool:
    return subject_of(finding.case).kind.name in MANY_SIDED


def _covered(findings: list[Finding]) -> list[tuple[str, list[Finding]]]:
    """The findings divided among the fewest explanations, the one that explains most first."""
    left, parts = list(findings), []
    ordinary = {f.event for f in left if RULES[f.rule].example and not f.changes}
    if ordinary:
        parts.append(("the ordinary event", [f for f in left if f.event in ordinary]))
        left = [f for f in left if f.event not in ordinary]
    facts = {fact: f.summary for f in left if (fact := _fact(f)) is not None}
    while left:
        explained: dict[tuple[int, str], list[Finding]] = defaultdict(list)
        for finding in left:
            for label in _labels(finding, facts):
                explained[label].append(finding)
        best = max(explained, key=lambda label: (len(explained[label]), -label[0]))
        parts.append((best[1], explained[best]))
        taken = {id(finding) for finding in explained[best]}
        left = [finding for finding in left if id(finding) not in taken]
    others = [finding for _, part in parts[MOST_PARTS:] for finding in part]
    return [*parts[:MOST_PARTS], *([("other cases", others)] if others else [])]


Change = tuple[str, str]
"""A member's path and its value, as JSON; ``-`` for absent."""


def _fact(finding: Finding) -> Change | None:
    """The one change that a case is about, where others may have it too."""
    member, kind = subject_of(finding.case).member, subject_of(finding.case).kind.name
    places = (f"{member}.type",) if kind == "type of an object" else (member,)
    return next(((path, after) for path, _, after in finding.changes if path in places), None)


def _labels(finding: Finding, facts: dict[Change, str]) -> Iterable[tuple[int, str]]:
    """The names of what may explain a finding: a fact that a case is about, its kind, what kinds have in
    common, its member. A fuzzed event has been made as small as it gets: nothing but itself explains it.

    Of those that explain as much the one with the lowest number is the best.
    """
    subject = subject_of(finding.case)
    changed = {(path, after) for path, _, after in finding.changes}
    yield from ((0, facts[fact]) for fact in facts.keys() & changed)
    yield 1, finding.summary if is_fuzzed(finding.case) else subject.kind.name
    if subject.kind.broad:
        yield 2, subject.kind.broad
    if subject.member:
        yield 3, subject.member


def _simplest_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of a group, the best explanation first: lowest family, smallest difference.

    Before all comes an ordinary event, then what differs in nothing but the member that the cause names, then
    what is about a fact that half of the group share. A documented example differs in much, and comes last.
    """
    shared = Counter((path, after) for f in findings for path, _, after in f.changes)
    facts = {fact for finding in findings if (fact := _fact(finding)) is not None}
    most = max((shared[fact] for fact in facts), default=0)
    named = members_named(findings[0].cause)

    def rank(finding: Finding) -> tuple[int, bool, bool, bool, bool, bool, str, int, int]:
        rule, paths = RULES[finding.rule], [path for path, _, _ in finding.changes]
        size = sum(len(after) for _, _, after in finding.changes)
        is_it = len(paths) == 1 and apart(paths[0])[1] in named
        fact = _fact(finding)
        is_shared = fact is not None and shared[fact] == most >= max(2, len(findings) / 2)
        return (
            list(FAMILIES).index(rule.family),
            rule.example and bool(paths),
            _is_many_sided(finding),
            not (rule.example and not paths),
            not is_it,
            not is_shared,
            finding.rule,
            len(paths),
            size,
        )

    return tuple(sorted(findings, key=rank))
