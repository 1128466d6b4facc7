"""The machine and the versions that the results hold for."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["OURS", "PEERS", "described"]

OURS = ("adakit", "aiohttp", "httptools", "jsonschema", "jsonschema_rs", "pytest", "uvicorn")
PEERS = (
    "aiohttp", "faker", "fastjsonschema", "httpx", "hypothesis", "jsf", "mimesis", "orjson", "polyfactory",
    "schemathesis", "standardwebhooks", "svix",
)  # fmt: skip
NODE = Path(__file__).parent / "node"

_VERSIONS = """
import json, platform, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps([platform.python_version(), found]))
"""


def described(peers: Path, nginx: str | None) -> list[tuple[str, str]]:
    """Name and value of each fact about the machine and what runs on it."""
    return [
        ("Processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("System", f"{platform.system()} {platform.release()} ({platform.machine()})"),
        ("Python", _python(Path(sys.executable), OURS)),
        ("Python of the peers", _python(peers, PEERS)),
        ("Node", _node()),
        ("nginx", _said(nginx, "-v")),
        ("wrk", _said(shutil.which("wrk"), "-v")),
    ]


def _processor() -> str:
    """The model of the processor, where the system says it."""
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    found = re.search(r"^model name\s*: (.+)$", said, re.MULTILINE)
    return " ".join(found[1].split()) if found else platform.machine()


def _python(interpreter: Path, packages: Sequence[str]) -> str:
    if not interpreter.exists():
        return "not there"
    command = [interpreter, "-c", _VERSIONS, *packages]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    version, found = json.loads(said)
    return ", ".join([version, *(f"{name} {number}" for name, number in found.items())])


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        return "not there"
    wanted = json.loads((NODE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return ", ".join([_said(node, "--version"), *(f"{name} {version}" for name, version in wanted.items())])


def _said(program: str | None, option: str) -> str:
    """The version in what a program says of itself."""
    if program is None:
        return "not there"
    done = subprocess.run([program, option], check=False, capture_output=True, text=True)
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else "there"
