"""The rules: what must hold, why, and what to do about it; each with the documented source.

Codes are stable: ``--select``, ``--ignore`` and reports speak of them. All of it is read from ``rules.toml``.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from ada_schemas.errors import UsageError

__all__ = ["EXPECTATIONS", "FAMILIES", "RULES", "Rule", "digits", "rule", "rule_page", "selected_codes"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    ``family`` is a name of FAMILIES. ``example`` marks cases that are documented examples, which differ from
    the ordinary event in much; ``combines`` marks those whose summary lists several facts. ``expects`` says
    what a consumer's answer must be: ``accepted`` (2xx), ``refused`` (4xx), ``200``, ``in time``,
    ``survived`` (no 5xx, hang or dropped connection), ``handled`` (by the witness); the texts are for people:
    what Ada documents and where, what breaks in production, how to fix it.
    """

    code: str
    title: str
    family: str
    expects: Literal["accepted", "refused", "200", "in time", "survived", "handled"]
    documents: str
    source: str
    breaks: str
    fix: str
    example: bool = False
    combines: bool = False


def _read() -> tuple[dict[str, str], dict[str, Rule]]:
    tables = tomllib.loads((files("ada_contract_tests") / "rules.toml").read_text(encoding="utf-8"))
    families = tables.pop("families")
    return families, {code: Rule(code=code, **fields) for code, fields in sorted(tables.items())}


EXPECTATIONS = {
    "accepted": "The answer is a 2xx.",
    "refused": "The answer is a 4xx, and the request has no effect.",
    "200": "The answer is exactly 200. Any other 2xx is a warning, since delivery counts it as success; "
    "`--accept 200` makes it an error, `--accept 2xx` silences it.",
    "in time": "The answer comes within 15 seconds (`--timeout`).",
    "survived": "Any answer but a 5xx, no hang, no dropped connection. A 5xx is a warning where the official "
    "libraries raise it (the endpoint answers 5xx to a malformed signature too), for the body `null`, and to "
    "what ADA504 and ADA505 send.",
    "handled": "The witness (`--seen-url`) says that the event was handled, once.",
}

FAMILIES, RULES = _read()
"""Every family by its name, with the codes that it spans (``ADA1xx``); every rule by its code. In order."""


def digits(code: str) -> str:
    """The code of a rule or family without the letters that all begin with, for narrow columns."""
    return code.removeprefix("ADA")


def rule(code: str) -> Rule:
    """The rule of that code; raises UsageError that names the nearest."""
    found = RULES.get(code.upper())
    if found is None:
        close = difflib.get_close_matches(code.upper(), RULES, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise UsageError(f"There is no rule {code!r}.", next_step=f"{hint}The rules are: {', '.join(RULES)}.")
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
        ("What must hold", EXPECTATIONS[found.expects]),
        ("What breaks in production", found.breaks),
        ("How to fix it", found.fix),
        (
            "How to switch it off",
            f"`adakit check TARGET --ignore {found.code}`, or `ada_ignore` with pytest.",
        ),
    )
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections)
    return f"# {found.code}: {found.title}\n\nFamily: {found.family}.\n\n{body}\n"
