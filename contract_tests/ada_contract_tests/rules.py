"""The rules: what must hold, why, and what to do about it; each with the documented source.

Codes are stable: ``--select``, ``--ignore`` and reports speak of them. All of it is read from ``rules.toml``.
`rules_of` gives their texts for the provider of a contract; what is expected is the same for all.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ada_mockserver.delivery.http import is_success
from ada_schemas.contract.contract import ada_profile
from ada_schemas.contract.profile import SVIX
from ada_schemas.errors import unknown

if TYPE_CHECKING:
    from ada_schemas.contract.profile import Profile

__all__ = [
    "EXPECTATIONS",
    "FAMILIES",
    "RULES",
    "Expectation",
    "Rule",
    "Severity",
    "digits",
    "expecting",
    "id_header",
    "rule",
    "rule_in_role",
    "rule_page",
    "rules_of",
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
    what is documented and where, what breaks in production, how to fix it; ``must_hold`` is a sentence or two
    about what must hold of its cases, ``phrase`` the same in a finding where the expectation does not say it.
    """

    code: str
    title: str
    family: str
    expectation: Expectation
    documents: str
    source: str
    breaks: str
    fix: str
    must_hold: str
    example: bool = False
    combines: bool = False
    role: str = ""
    phrase: str = ""


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("ada_contract_tests") / "rules.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def rules_of(profile: Profile) -> dict[str, Rule]:
    """Every rule by its code, in order, in words that are true of that provider."""
    tables = sorted((code, table) for code, table in _tables().items() if code != "families")
    return {code: _rule_of(code, dict(table), profile) for code, table in tables}


def _rule_of(code: str, told: dict[str, Any], profile: Profile) -> Rule:
    judging = {field.name for field in fields(Expectation)}
    expectation = Expectation(told.pop("expects"), **{name: told.pop(name) for name in judging & told.keys()})
    general = told.pop("general", {})
    if profile.namespace != ada_profile().namespace:
        told |= {"source": _beside_adas(told["source"], profile)} | general
    must_hold = told.pop("holds", EXPECTATIONS[expectation.answer])
    texts: dict[str, Any] = {
        name: _filled(text, profile) if isinstance(text, str) else text
        for name, text in (told | {"must_hold": must_hold}).items()
    }
    return Rule(code=code, expectation=expectation, **texts)


def _filled(text: str, profile: Profile) -> str:
    values = {
        "prefix": profile.prefix,
        "id": id_header(profile),
        "timeout": f"{profile.timeout:g}",
        "tolerance": f"{profile.tolerance:g}",
    }
    return re.sub(r"\{(prefix|id|timeout|tolerance)\}", lambda slot: values[slot[1]], text)


def id_header(profile: Profile) -> str:
    """The header that holds the id of a delivery, or a word for the id where none of a signature does."""
    return f"{profile.prefix}-id" if profile.families else "id"


def _beside_adas(source: str, profile: Profile) -> str:
    """What a source names beside Ada's documentation: an RFC, the specification of the signature."""
    named = [part for part in source.split("; ") if not part.startswith("docs.ada.cx")]
    if SVIX not in profile.families:
        named = [STANDARD_WEBHOOKS if part.startswith("docs.svix.com") else part for part in named]
    return "; ".join(named) or profile.documentation or "the OpenAPI document of the contract"


EXPECTATIONS = {
    "accepted": "The answer is a 2xx.",
    "refused": "The answer is a 4xx, and the request has no effect.",
    "200": "The answer is exactly 200. Any other 2xx is a warning, since delivery counts it as success; "
    "`--accept 200` makes it an error, `--accept 2xx` silences it.",
    "in time": "The answer comes within {timeout} seconds (`--timeout`).",
    "survived": "Any answer but a 5xx, no hang, no dropped connection. What breaks this is a warning, since "
    "only the owner of the secret could send it, and never does. Unsigned, it is a forgery: the answer is a "
    "4xx, and another one than a 5xx is an error.",
    "handled": "The witness (`--seen-url`) says that the event was handled, once.",
}

STANDARD_WEBHOOKS = "the specification of Standard Webhooks"

FAMILIES: dict[str, str] = _tables()["families"]
"""Every family by its name, with the codes that it spans (``ADA1xx``), in order."""

RULES = rules_of(ada_profile())
"""Every rule by its code, in order, in Ada's words."""


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
