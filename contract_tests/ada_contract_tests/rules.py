"""The rules: what must hold, why, and what to do about it; each with the documented source.

Codes are stable: ``--select``, ``--ignore`` and reports speak of them. All of it is read from ``rules.toml``.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from ada_mockserver.delivery.http import is_success
from ada_schemas.errors import unknown

__all__ = [
    "EXPECTATIONS",
    "FAMILIES",
    "RULES",
    "Expectation",
    "Rule",
    "Severity",
    "digits",
    "expecting",
    "rule",
    "rule_in_role",
    "rule_page",
    "selected_codes",
    "write_pages",
]

Severity = Literal["error", "warning"]
Expects = Literal["accepted", "refused", "either", "200", "in time", "survived", "handled"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """The verdict on an answer, as data: the judge reads it, and so do reports and the manual.

    ``answer`` is what it must be: ``accepted`` (2xx), ``refused`` (4xx), ``either`` of the two, ``200`` (any
    2xx in a case, exactly 200 in a run), ``in time``, ``survived`` (no 5xx, hang or dropped connection),
    ``handled`` (by the witness). ``handled`` says whether an accepted delivery must have an effect.
    ``tolerates_5xx`` makes a 5xx a warning. ``own_time_limit`` is true where a request without an answer
    breaks the case's own rule.
    """

    answer: Expects
    severity: Severity = "error"
    handled: Literal["must", "may", "never"] = "must"
    tolerates_5xx: bool = False
    own_time_limit: bool = False

    def fits(self, status: int) -> bool:
        """True if an answer of that status is right."""
        accepted, refused = is_success(status), 400 <= status < 500
        match self.answer:
            case "refused":
                return refused
            case "survived":
                return status < 500
            case "in time":
                return True
            case "either":
                return accepted or refused
        return accepted

    @property
    def is_acceptance(self) -> bool:
        """True if the delivery must be accepted, and nothing else will do."""
        return self.answer in ("accepted", "200", "in time")

    @property
    def phrase(self) -> str:
        """The answer that is expected, as findings say it."""
        return {
            "refused": "a refusal (4xx)",
            "survived": "any answer but a 5xx",
            "200": "200",
            "either": "2xx, or a refusal (4xx)",
        }.get(self.answer, "2xx")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    ``family`` is a name of FAMILIES. ``example`` marks cases that are documented examples, which differ from
    the ordinary event in much; ``combines`` marks those whose summary lists several facts. ``expectation`` is
    the verdict on an answer to one of its cases; ``role`` is its part in every run. The texts are for people:
    what Ada documents and where, what breaks in production, how to fix it; ``holds`` is what must hold, where
    what it expects does not say it all.
    """

    code: str
    title: str
    family: str
    expectation: Expectation
    documents: str
    source: str
    breaks: str
    fix: str
    example: bool = False
    combines: bool = False
    role: str = ""
    holds: str = ""

    @property
    def must_hold(self) -> str:
        """What must hold of its cases, in a sentence or two: its own words, else those of what it expects."""
        return self.holds or EXPECTATIONS[self.expectation.answer]


def _read() -> tuple[dict[str, str], dict[str, Rule]]:
    tables = tomllib.loads((files("ada_contract_tests") / "rules.toml").read_text(encoding="utf-8"))
    families, rules = tables.pop("families"), {}
    judging = {field.name for field in fields(Expectation)}
    for code, told in sorted(tables.items()):
        expected = {name: told.pop(name) for name in judging & told.keys()}
        rules[code] = Rule(code=code, expectation=Expectation(told.pop("expects"), **expected), **told)
    return families, rules


EXPECTATIONS = {
    "accepted": "The answer is a 2xx.",
    "refused": "The answer is a 4xx, and the request has no effect.",
    "200": "The answer is exactly 200. Any other 2xx is a warning, since delivery counts it as success; "
    "`--accept 200` makes it an error, `--accept 2xx` silences it.",
    "in time": "The answer comes within 15 seconds (`--timeout`).",
    "survived": "Any answer but a 5xx, no hang, no dropped connection. What breaks this is a warning, since "
    "only the owner of the secret could send it, and never does. Unsigned, it is a forgery: the answer is a "
    "4xx, and another one than a 5xx is an error.",
    "handled": "The witness (`--seen-url`) says that the event was handled, once.",
}

FAMILIES, RULES = _read()
"""Every family by its name, with the codes that it spans (``ADA1xx``); every rule by its code. In order."""


def expecting(code: str, **changes: Any) -> Expectation:
    """The expectation of a rule's cases, with some fields changed for one of them."""
    return replace(RULES[code].expectation, **changes)


def rule_in_role(role: str) -> Rule:
    """The rule that has that role in every run: ``time limit``, ``exact status``, ``lost``, ..."""
    return next(rule for rule in RULES.values() if rule.role == role)


def digits(code: str) -> str:
    """The code of a rule or family without the letters that all begin with, for narrow columns."""
    return code.removeprefix("ADA")


def rule(code: str) -> Rule:
    """The rule of that code; raises UsageError that names the nearest."""
    found = RULES.get(code.upper())
    if found is None:
        raise unknown("rule", code.upper(), RULES, next_step=f"The rules are: {', '.join(RULES)}.")
    return found


def selected_codes(text: str) -> frozenset[str]:
    """The codes that a comma-separated list means; ``ADA1`` and ``ADA1xx`` stand for a family.

    Raises UsageError for an entry that fits no rule.
    """
    codes: set[str] = set()
    for entry in (part.strip().upper() for part in text.split(",")):
        if not entry:
            continue
        prefix = entry.rstrip("X")
        fitting = {code for code in RULES if code == entry or (len(prefix) < 6 and code.startswith(prefix))}
        if not fitting or not prefix.startswith("ADA"):
            rule(entry)
        codes |= fitting
    return frozenset(codes)


def rule_page(found: Rule) -> str:
    """The page of a rule under docs/rules, as Markdown; the same text as ``--explain`` gives."""
    sections = (
        ("What Ada documents", f"{found.documents}\n\nSource: {found.source}."),
        ("What must hold", found.must_hold),
        ("What breaks in production", found.breaks),
        ("How to fix it", found.fix),
        (
            "How to switch it off",
            f"`adakit check TARGET --ignore {found.code}`, or `ada_ignore` with pytest.",
        ),
    )
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections)
    return f"# {found.code}: {found.title}\n\nFamily: {found.family}.\n\n{body}\n"


def write_pages(folder: Path) -> None:
    """Write the page of every rule, and their index below the four lines that it begins with."""
    rows = [f"| [{r.code}]({r.code}.md) | {r.title} | {r.family} |" for r in RULES.values()]
    index = folder / "README.md"
    head = index.read_text(encoding="utf-8").splitlines()[:4]
    index.write_text("\n".join([*head, *rows, ""]), encoding="utf-8")
    for each in RULES.values():
        (folder / f"{each.code}.md").write_text(rule_page(each), encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
