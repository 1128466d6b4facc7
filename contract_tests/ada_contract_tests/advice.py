"""Advice: what to do about a finding, by the kind of its case and by the exception where one is known.

All of it is read from ``advice.toml``. Where a kind has no advice of its own it is that of the rule.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ada_contract_tests.rules import RULES, id_header, rules_of
from ada_contract_tests.tracebacks import own_place, raised
from ada_contract_tests.validators import refusals
from ada_schemas.contract.contract import ada_profile
from ada_schemas.contract.paths import apart, steps
from ada_schemas.variation.enumeration import ANY

if TYPE_CHECKING:
    from ada_contract_tests.findings import Finding
    from ada_schemas.contract.profile import Profile

__all__ = ["EVERY_TIME", "Kind", "Subject", "advice_of", "is_explained", "subject_of"]

LONGEST_GROUP = 60
"""Characters of what an exception says that an advice repeats."""

LONGEST_MESSAGE = 4_000
"""Characters of what was said that are looked at."""

MOST_MEMBERS = 2
"""Members that an advice names."""

NO_MEMBER = "a member of the event"
NO_PLACE = "The handler"
REFUSE = ", or refuse the event with 400"

EVERY_TIME = ", every time"
"""The end of what a finding got that stands for all events."""

LOST = "Do handle it, or answer with an error so that it is sent again; after a 2xx the event is lost."


@dataclass(frozen=True, slots=True)
class Kind:
    """What varies in a case, and what to do about it; ``case`` finds it by the end of a case's id."""

    case: str
    name: str
    fact: str = ""
    fix: str = ""
    slow: str = ""
    member: str = ""
    broad: str = ""


@dataclass(frozen=True, slots=True)
class ExceptionAdvice:
    """What to do about an exception: ``said`` finds it in what the endpoint said.

    ``value`` is true where the text that was found must be a value that the case changes; ``kind`` is the one
    kind of cases that it is for, "" for all.
    """

    said: str
    says: str
    value: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a case: its kind, the member that it is about ("" for none), what is particular."""

    kind: Kind
    member: str = ""
    detail: str = ""


@cache
def _tables() -> tuple[tuple[Kind, ...], tuple[ExceptionAdvice, ...]]:
    tables = tomllib.loads((files("ada_contract_tests") / "advice.toml").read_text(encoding="utf-8"))
    kinds = tuple(Kind(**table) for table in tables["kinds"])
    return kinds, tuple(ExceptionAdvice(**table) for table in tables["exceptions"])


@lru_cache(maxsize=4096)
def subject_of(case_id: str) -> Subject:
    """The subject of the case of that id; of a case of an unknown kind its first word is the kind."""
    tail = case_id.partition("/")[2]
    for kind in _tables()[0]:
        found = re.fullmatch(kind.case, tail)
        if found is None:
            continue
        named = found.groupdict()
        member = re.sub(r":\w+", "", named.get("path") or "")
        if not kind.member or re.fullmatch(kind.member, member):
            detail = named.get("raw") or (named.get("detail") or "").replace("-", " ")
            return Subject(kind, member, detail)
    return Subject(Kind(case="", name=tail.partition(":")[0].replace("-", " ")))


def advice_of(finding: Finding, profile: Profile | None = None) -> str:
    """What to do about a finding, in a few sentences; every report prints this.

    ``profile`` is that of the contract, Ada's if none is given. Backticks mark code, but in the hint that a
    finding has itself, which is taken as it is.
    """
    profile = profile or ada_profile()
    speaks_for_itself = finding.hint and ", then " not in finding.got
    sentence = "" if speaks_for_itself else _about_the_exception(finding, profile)
    if finding.hint:
        return f"{finding.hint} {sentence}".rstrip()
    rule, subject = rules_of(profile)[finding.rule], subject_of(finding.case)
    place = _place(finding)
    fact, fix = (_filled(text, finding, profile) for text in (subject.kind.fact, subject.kind.fix))
    if rule.role == "time limit":
        slow = _filled(subject.kind.slow, finding, profile) or rule.fix
        return f"{slow} It waits at {place}." if place else slow
    if rule.role == "lost" and fact:
        return f"{fact}. {LOST}"
    if rule.role and rule.role != "exact status":
        return rule.fix
    if sentence:
        return f"{fact}. {sentence}" if fact else sentence
    is_general = finding.got.endswith(EVERY_TIME)
    known = f"{fact}. {fix}" if fact and fix and not is_general else rule.fix
    return f"{known} It fails at {place}." if place else known


def is_explained(finding: Finding) -> bool:
    """True if what the endpoint said names the cause: an exception, or a member that the case changes."""
    status, _, said = finding.cause.partition(": ")
    if _recognised(f"{status}\n{said}", finding) is not None:
        return True
    leaves = {re.escape(apart(path)[1]) for path, _, _ in finding.changes}
    named = (rf"""['"`]{leaf}['"`](?!\s*:)|\.{leaf}\b""" for leaf in leaves)
    worded = (rf"\b{leaf}\b" for leaf in leaves if "_" in leaf)
    return any(re.search(pattern, said) for pattern in (*named, *worded))


def _about_the_exception(finding: Finding, profile: Profile) -> str:
    """The sentence about the exception that a finding shows, or "".

    What is raised over a signature, or over a body that is no event, is about no member: it has none.
    """
    if RULES[finding.rule].family == "authentic" or finding.event == ANY:
        return ""
    for text in raised(finding.traceback) if finding.traceback else [unescape(finding.excerpt)]:
        found = _recognised(f"status {finding.got}\n{text[:LONGEST_MESSAGE]}", finding)
        if found is not None:
            entry, match = found
            return _filled(entry.says, finding, profile, match)
    return ""


def _recognised(said: str, finding: Finding) -> tuple[ExceptionAdvice, re.Match[str]] | None:
    text = "\n".join([*refusals(said), said])
    kind = subject_of(finding.case).kind.name
    for entry in _tables()[1]:
        if entry.kind not in ("", kind):
            continue
        match = re.search(entry.said, text, flags=re.MULTILINE)
        if match is not None and (not entry.value or _is_changed(match["value"], finding)):
            return entry, match
    return None


def _is_changed(value: str, finding: Finding) -> bool:
    """True if that text is a value that the case puts in place of another, and no name of a member."""
    names = {part for path, _, _ in finding.changes for part in steps(path)}
    return value not in names and any(f'"{value}"' == after for _, _, after in finding.changes)


def _filled(text: str, finding: Finding, profile: Profile, match: re.Match[str] | None = None) -> str:
    """The text of a table about this very finding."""
    subject = subject_of(finding.case)
    groups = match.groupdict() if match is not None else {}
    member = _path(_named(groups, "member"), subject.member, finding)
    leaf = _named(groups, "leaf") or apart(member)[1]
    place = _place(finding)
    values = {
        "member": member,
        "leaf": leaf,
        "column": _named(groups, "column"),
        "missing": "` or `".join(_missing(finding)[:MOST_MEMBERS]) or member,
        "member_or_payload": f"`{subject.member}`" if subject.member else "The event",
        "event": finding.event,
        "detail": subject.detail,
        "value": f"'{_quotable(groups.get('value'))}'",
        "at": place or NO_PLACE,
        "at_place": place or "the endpoint",
        "prefix": profile.prefix,
        "id": id_header(profile),
        "or_refuse": REFUSE if "refusal" in finding.expected else "",
    }
    numbered = [text, *map(_quotable, match.groups())] if match else []
    if not member:
        text = text.replace("`{member}`", NO_MEMBER).replace("`{leaf}`", NO_MEMBER)
    if not values["missing"]:
        text = text.replace("`{missing}`", NO_MEMBER)
    filled = re.sub(r" \(\)", "", text.format(*numbered, **values))
    return filled[:1].upper() + filled[1:] if not place or not filled.startswith(place) else filled


def _missing(finding: Finding) -> list[str]:
    """The members that the case makes null or absent; its own alone where it is one of them."""
    gone = [path for path, _, after in finding.changes if after in ("null", "-")]
    own = subject_of(finding.case).member
    return [own] if own in gone else gone


_PLACES = (
    re.compile(r"Exception Location: (?P<file>\S+), line (?P<line>\d+)"),
    re.compile(r"(?P<file>/[\w./-]+\.(?:[cm]?[jt]s|rb|php|py)):(?P<line>\d+)"),
)
"""Where pages for developers and stacks of other languages name the line that raised."""


def _place(finding: Finding) -> str:
    """The user's line that raised, as ``file:line``, where the traceback or the answer tells; else ""."""
    if finding.traceback:
        return own_place(finding.traceback)
    for pattern in _PLACES:
        for found in pattern.finditer(finding.excerpt):
            if not re.search(r"/(?:node_modules|site-packages|vendor|gems)/", found["file"]):
                return f"{found['file'].rpartition('/')[2]}:{found['line']}"
    return ""


def _named(groups: dict[str, Any], name: str) -> str:
    """The text of the group of that name, or of the one of its further names that took part."""
    found = (text for key, text in groups.items() if text and key.partition("_")[0] == name)
    return _quotable(next(found, ""))


def _quotable(said: str | None) -> str:
    """What an exception says, as a part of our own words: not long, and without marks of code."""
    return (said or "").replace("`", "'")[:LONGEST_GROUP]


def _path(said: str, member: str, finding: Finding) -> str:
    """The whole path of a member that an exception names; the case's own member where it names none."""
    if not said:
        changed = [path for path, _, _ in finding.changes]
        return member or (changed[0] if len(changed) == 1 else "")
    changed = [member, *(path for path, _, _ in finding.changes)]
    paths = [*changed, *(apart(path)[0] for path in changed)]
    ends = re.sub(r"^body\.|\[\d+\]", "", said)
    return next((p for p in paths if p == ends or p.endswith(f".{ends}")), ends)
