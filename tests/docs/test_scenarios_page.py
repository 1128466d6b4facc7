"""docs/scenarios.md names what there is: the stories, the distributions, the members and the placeholders."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

from ada_mockserver.events.dialogues import KINDS, library, placeholders
from ada_mockserver.events.profile import Profile
from ada_mockserver.events.scenarios import SCENARIOS
from ada_mockserver.events.written.document import KINDS as STEPS
from ada_mockserver.events.written.document import schema_text

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def rows(heading: str) -> set[str]:
    """The names in code in the tables below a heading."""
    section = PAGE.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    cells = [line for line in section.splitlines() if line.startswith("| ")]
    return set(re.findall(r"`([a-z_.-]+?)(?::[^`]*)?`", "\n".join(cells)))


def test_stories() -> None:
    """Every scenario and every story is listed, and no other."""
    stories = {one.id for kind in KINDS for one in library("en").dialogues[kind]}
    assert rows("## Stories to take") == stories | set(SCENARIOS)


def test_profile() -> None:
    """Every distribution is shown."""
    names = {one.name for one in fields(Profile) if one.init}
    assert (
        set(
            re.findall(
                r"^(\w+): ",
                PAGE.partition("<!-- file: profile.yaml -->")[2].partition("\n```\n")[0],
                re.MULTILINE,
            )
        )
        == names
    )


def test_members() -> None:
    """Every member of the head and every kind of step is explained."""
    head = set(json.loads(schema_text())["properties"]) - {"name", "steps"}
    assert head <= rows("### The head")
    assert set(STEPS) <= rows("### The steps")


def test_placeholders() -> None:
    """Every placeholder is named."""
    section = PAGE.partition("Texts, names of files")[2].partition("\n#")[0]
    assert set(re.findall(r"`\{(\w+)\}`", section)) == set(placeholders("en_US"))
