"""What a project says of failures beforehand: the part that needs no pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from ada_contract_tests.handoff import read_handoff
from ada_contract_tests.known_failures import Baseline, KnownFailures, read_entries
from ada_contract_tests.suites.fuzzed import areas
from ada_contract_tests.suites.handoffs import handoff_cases
from ada_contract_tests.suites.registry import case_named
from ada_schemas.contract.contract import shipped

FILE = case_named("conversation.message/union:data.content:file")


@pytest.mark.parametrize(
    ("entry", "rule", "ignored"),
    [
        ("ADA103", "ADA103", True),
        ("conversation.message/union:*", "ADA402", True),
        ("ADA601", "ADA601", True),
        ("ADA6xx", "ADA603", True),
        ("ADA402", "ADA402", False),
        ("ADA601", "ADA103", False),
    ],
)
def test_ignored_findings(entry, rule, ignored):
    """Ignoring a rule leaves out its cases; found elsewhere it is ignored only where it has none of its own."""
    known = KnownFailures(ignored=read_entries([f"{entry}: for a reason"], option="ada_ignore"))
    assert known.ignores(FILE, rule) is ignored


AREA = "conversation.message/fuzz:documented"


def test_what_is_drawn_stays_in_the_baseline(tmp_path):
    """A run that draws nothing keeps the lines about what is drawn, behind those of the cases."""
    known = frozenset({(AREA, "ADA701"), (FILE.id, "ADA103"), ("conversation.message/gone", "ADA103")})
    updated = Baseline(tmp_path / "known", "known", known).updated(
        {"conversation.created/absent:all": ["ADA105"]}
    )
    updated.write()
    assert (tmp_path / "known").read_text(encoding="utf-8").splitlines()[2:] == [
        "conversation.created/absent:all ADA105",
        f"{FILE.id} ADA103",
        f"{AREA} ADA701",
    ]


@pytest.mark.parametrize("name", [AREA, "*/fuzz:hostile", "ADA7xx", "ADA703"])
def test_an_entry_about_what_is_drawn(name):
    """An entry about what is drawn is known, and is useless only where something is drawn."""
    known = KnownFailures(ignored=read_entries([f"{name}: for a reason"], option="ada_ignore"))
    assert known.unused([FILE], []) == []
    sequences = next(
        case for case in areas(shipped(), frozenset({"conversation.ended"})) if case.rule == "ADA704"
    )
    assert known.unused([FILE, sequences], []) == (
        [] if name == "ADA7xx" else [f"ada_ignore: {name} matched nothing; take it out"]
    )


@pytest.mark.parametrize("name", ["handoff/start:again", "handoff/*", "ADA8xx", "ADA803"])
def test_an_entry_about_a_handoff(name):
    """An entry about the start of a handoff is known, and is useless only where handoffs are started."""
    known = KnownFailures(ignored=read_entries([f"{name}: for a reason"], option="ada_ignore"))
    assert known.unused([FILE], []) == []
    handoff = read_handoff("/start", folder=Path())
    assert handoff is not None
    first, again = handoff_cases(handoff)
    assert known.unused([FILE, first, again], []) == []
    useless = [f"ada_ignore: {name} matched nothing; take it out"] if "again" in name or "3" in name else []
    assert known.unused([FILE, first], []) == useless
