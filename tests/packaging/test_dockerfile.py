"""The Dockerfile, read and tried without Docker: what it copies, installs and starts is there and works."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from adakit.cli import group

ROOT = Path(__file__).parents[2]
LINES = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()


def of(instruction):
    """What follows each use of an instruction."""
    return [line.removeprefix(f"{instruction} ") for line in LINES if line.startswith(f"{instruction} ")]


def test_instructions():
    """Every line is an instruction or a comment."""
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {line.split()[0] for line in LINES if line and not line.startswith("#")} <= known


def test_base_and_extras():
    """It builds on a Python that is supported and installs extras that exist."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = {tuple(map(int, re.match(r"python:(\d+)\.(\d+)-slim", line).groups())) for line in of("FROM")}
    least = tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
    assert all(version >= least for version in versions)
    (extras,) = re.search(r"'\.\[(.+)\]'", " ".join(of("RUN"))).groups()
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_context():
    """The context holds all that the build backend reads, and nothing else."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert lines[0] == "*"
    wanted = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in wanted)
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    included = {name.lstrip("/") for name in hatch["targets"]["sdist"]["include"]}
    assert wanted == included | {"pyproject.toml"}


def test_not_root():
    """What runs is not root."""
    assert of("USER") == ["adakit"]
    assert "useradd" in of("RUN")[-1]
    assert LINES.index("USER adakit") < next(i for i, line in enumerate(LINES) if line.startswith("CMD"))


def test_command():
    """What it starts is an option of ``adakit serve`` each, on the port that is exposed and asked for health."""
    assert json.loads(of("ENTRYPOINT")[0]) == ["/opt/adakit/bin/adakit"]
    (command,) = (json.loads(line) for line in of("CMD"))
    assert command[0] == "serve"
    known = CliRunner().invoke(group, ["serve", "--help"]).output
    assert all(re.search(rf"{word}\b", known) for word in command if word.startswith("--"))
    (port,) = of("EXPOSE")
    assert command[command.index("--port") + 1] == port
    health = of("HEALTHCHECK")[0]
    script = json.loads(health.partition("CMD ")[2])[2]
    compile(script, "HEALTHCHECK", "exec")
    assert f"http://127.0.0.1:{port}/_mock/health" in script


@pytest.mark.parametrize("folder", ["/data"])
def test_data(folder):
    """What is kept lies in the volume."""
    assert of("VOLUME") == [folder]
    assert f"sqlite:///{folder}/" in of("CMD")[0]
