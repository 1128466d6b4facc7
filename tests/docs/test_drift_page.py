"""The weekly job of docs/drift.md: its steps are run, with an issue tracker that only remembers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION
from ada_schemas.contract.yaml_reader import parse_yaml
from support.drift.edits import EDITS

PAGE = Path(__file__).parents[2] / "docs" / "drift.md"
TRACKER = """#!/bin/sh
echo "$@" >> "$TRACKED"
case "$1 $2" in
  "issue list") printf "%s" "$OPEN_ISSUE" ;;
esac
"""


def job() -> dict[str, Any]:
    text = re.search(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert text is not None
    loaded: dict[str, Any] = yaml.safe_load(text[1])["jobs"]["drift"]
    return loaded


@pytest.fixture
def step(tmp_path: Path):
    """Runs a step of the job by its name, as GitHub does; answers its exit code."""
    tracker = tmp_path / "bin" / "gh"
    tracker.parent.mkdir()
    tracker.write_text(TRACKER, encoding="utf-8")
    tracker.chmod(0o755)

    def run(name: str, **variables: str) -> int:
        (found,) = [each for each in job()["steps"] if each.get("name") == name]
        environment = {
            **os.environ,
            "PATH": f"{tracker.parent}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "TRACKED": str(tmp_path / "tracked"),
            "OPEN_ISSUE": "",
            **variables,
        }
        command = ["bash", "-e", "-c", found["run"]]
        return subprocess.run(command, cwd=tmp_path, env=environment, check=False).returncode

    return run


def document(folder: Path, *names: str) -> str:
    made: Any = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")
    for name in names:
        next(edit for edit in EDITS if edit.id == name).make(made)
    (folder / "document.yaml").write_text(json.dumps(made), encoding="utf-8")
    return str(folder / "document.yaml")


def test_nothing_has_moved(step, tmp_path: Path) -> None:
    """Without a change the job goes on to say so, and opens nothing."""
    assert step("Compare", ADA_DOCUMENT=document(tmp_path)) == 0
    assert (tmp_path / "output").read_text(encoding="utf-8") == "moved=0\n"
    assert "no change" in (tmp_path / "summary").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("open_issue", "done"), [("", "issue create"), ("7", "issue comment 7 --body-file drift.md")]
)
def test_the_document_has_moved(step, tmp_path: Path, open_issue: str, done: str) -> None:
    """A change opens an issue with the report, or comments on the one that is open."""
    assert step("Compare", ADA_DOCUMENT=document(tmp_path, "a new enum value")) == 0
    assert (tmp_path / "output").read_text(encoding="utf-8") == "moved=1\n"
    assert "new value supervisor" in (tmp_path / "drift.md").read_text(encoding="utf-8")
    (alarm,) = [each for each in job()["steps"] if each.get("name") == "Open the alarm"]
    assert alarm["if"] == "steps.compare.outputs.moved == '1'"
    assert step("Open the alarm", OPEN_ISSUE=open_issue) == 0
    assert done in (tmp_path / "tracked").read_text(encoding="utf-8")


def test_a_document_that_cannot_be_read_fails_the_job(step, tmp_path: Path) -> None:
    """A page in place of the document is no quiet success."""
    (tmp_path / "page.html").write_text("<!doctype html>", encoding="utf-8")
    assert step("Compare", ADA_DOCUMENT=str(tmp_path / "page.html")) == 2
