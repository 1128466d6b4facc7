"""Node, and the npm packages of the committed lock file, installed once for all workers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.node_tools import node_commands, npm_packages

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = Path(__file__).with_name("npm")


@pytest.fixture(scope="session")
def npm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of ``npm/`` with its packages, shared by the workers of pytest-xdist."""
    return npm_packages(PACKAGES, "interop", tmp_path_factory)


@pytest.fixture(scope="session")
def run_node(npm_folder: Path) -> Callable[[str, Any], Any]:
    """Runs a script of the folder with a JSON value as its input; answers the JSON that it prints."""
    node, _ = node_commands()

    def run(script: str, value: Any) -> Any:
        done = subprocess.run(
            [*node, script],
            cwd=npm_folder,
            input=json.dumps(value),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run
