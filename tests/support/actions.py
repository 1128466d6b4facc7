"""Runs the ``run`` steps of a GitHub workflow or action, as far as that can be done without GitHub."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def run_action(
    inputs: dict[str, str], folder: Path, *, install: bool = False, pass_fds: tuple[int, ...] = ()
) -> tuple[int, str]:
    """Run the steps of action.yml with these inputs: the exit code of the last, and what all printed.

    The summary page is ``summary.md``, the outputs are ``output.txt`` in the folder. Without ``install``
    the first step is left out, and this environment stands in for the one that it makes.
    """
    unknown = set(inputs) - set(ACTION["inputs"])
    assert not unknown, f"the action has no input {unknown}"
    values = {name: inputs.get(name, spec.get("default", "")) for name, spec in ACTION["inputs"].items()}
    missing = [name for name, spec in ACTION["inputs"].items() if spec.get("required") and not values[name]]
    assert not missing, f"the action needs the input {missing}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ADA_", "PYTHON"))},
        "PIP_COMPILE": "0",
        "RUNNER_TEMP": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_OUTPUT": str(folder / "output.txt"),
    }
    steps = ACTION["runs"]["steps"]
    if not install:
        steps = steps[1:]
        (folder / "adakit" / "bin").mkdir(parents=True)
        (folder / "adakit" / "bin" / "adakit").symlink_to(Path(sys.executable).parent / "adakit")
    said = ""
    for step in steps:
        own = {name: _filled(text, values) for name, text in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env=environment | own,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            pass_fds=pass_fds,
        )
        said += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, said
    return 0, said


def _filled(text: str, inputs: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] == "github.action_path":
            return str(ROOT)
        return str(inputs[match[1].removeprefix("inputs.")])

    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", value, text)
