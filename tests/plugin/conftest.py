"""Scratch projects in which pytest runs as a user runs it: in a process of its own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.forks import ForkServer

APPS = Path(__file__).parent / "apps"

GENTLE = 'data.get("metadata") or {}'
BUGGY = 'data["metadata"]'


class Project:
    """A folder with a consumer in it, and the runs of pytest there."""

    def __init__(self, pytester: pytest.Pytester, forks: ForkServer) -> None:
        self.pytester = pytester
        self.forks = forks
        self.path = pytester.path

    def add(self, name: str, *changes: tuple[str, str]) -> None:
        """Copy a file or folder of apps/; each change replaces a text that stands in it once."""
        if (APPS / name).is_dir():
            shutil.copytree(APPS / name, self.path / name, ignore=shutil.ignore_patterns("__pycache__"))
            return
        text = (APPS / name).read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (self.path / name).write_text(text, encoding="utf-8")

    def add_buggy(self, name: str) -> None:
        """Copy a file of apps/ with the planted bug: it takes the metadata of a conversation for granted."""
        self.add(name, (GENTLE, BUGGY))

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def configure(self, target: str | None, **more: object) -> None:
        """Write pyproject.toml with ``ada_target``, ``ada_path`` and what else is given."""
        options: dict[str, object] = {"ada_path": "/webhooks/ada", **more}
        if target is not None:
            options["ada_target"] = target
        lines = [f"{name} = {value!r}" for name, value in options.items() if value is not None]
        self.write("pyproject.toml", "\n".join(["[tool.pytest.ini_options]", *lines, ""]))

    def run(self, *args: str, plugins: tuple[str, ...] = (), folder: str = ".") -> Run:
        """Run pytest with adakit's plugin and those named, and no other that happens to be installed."""
        named = [part for plugin in ("adakit", *plugins) for part in ("-p", plugin)]
        where = self.path / folder
        said = [self.path / "stdout", self.path / "stderr"]
        arguments = (f"--basetemp={self.path}/runpytest", "-v", *named, *args)
        code = self.forks.pytest(*arguments, folder=where, output=said[0], errors=said[1], timeout=300)
        run = Run(code, *(file.read_text(encoding="utf-8") for file in said))
        sys.stdout.write(f"{shlex.join(arguments)}\n{run.text}\n{run.errors}")  # shown if the test fails
        return run


class Run:
    """What a run of pytest said: the exit code, the output, and the outcome of every test."""

    def __init__(self, code: int, text: str, errors: str) -> None:
        self.code = code
        self.text = text.removesuffix("\n")
        self.lines = self.text.splitlines()
        self.errors = errors

    @property
    def outcomes(self) -> dict[str, str]:
        """Node id -> outcome, in the order in which they ran; also under pytest-xdist."""
        found = {}
        for line in self.lines:
            if match := re.match(r"(\S+::\S+) (PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS)\b", line):
                found[match[1]] = match[2]
            elif match := re.match(
                r"\[gw\d+\] \[ *\d+%\] (PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS) (\S+::\S+)", line
            ):
                found[match[2]] = match[1]
        return found

    def cases(self, outcome: str | None = None) -> list[str]:
        """The ids of the cases, without the file; those with that outcome."""
        return [
            node_id.partition("::")[2]
            for node_id, found in self.outcomes.items()
            if node_id.startswith("pyproject.toml::") and outcome in (None, found)
        ]

    @property
    def seed(self) -> str:
        """The seed that the summary names."""
        return re.search(r"^adakit: .*repeat with --ada-seed (\d+)$", self.text, re.MULTILINE)[1]

    def failure(self, case: str) -> list[str]:
        """The lines that the report of a failed case consists of."""
        start = next(
            n for n, line in enumerate(self.lines) if re.fullmatch(rf"_+ case {re.escape(case)} _+", line)
        )
        end = next(
            n
            for n, line in enumerate(self.lines[start + 1 :], start + 1)
            if re.match(r"_+ case \S+ _+$|-+ Captured |adakit: |=+ ", line) and n > start + 1
        )
        return self.lines[start + 1 : end]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, forks: ForkServer) -> Project:
    """An empty project; nothing of the run around it reaches the runs in it."""
    for name in os.environ:
        if name.startswith(("PYTEST_XDIST", "ADA_", "DJANGO_")) or name in (
            "CI",
            "BUILD_NUMBER",
        ):  # pytest prints more there
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return Project(pytester, forks)


@pytest.fixture
def plain(project: Project) -> Project:
    """A project with a consumer that is quick to import and without fault."""
    project.add("plain_shop.py")
    project.configure("plain_shop:app")
    return project


@pytest.fixture
def buggy(project: Project) -> Project:
    """The same with the planted bug."""
    project.add_buggy("plain_shop.py")
    project.configure("plain_shop:app")
    return project
