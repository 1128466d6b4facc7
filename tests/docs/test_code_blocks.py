"""The code blocks of the README and of docs/ do what they say.

``console`` blocks: each ``$`` line is run, what follows is its output, ``...`` stands for anything and
``# exit N`` after the command for its exit code. ``sh`` blocks are run for their exit code. A comment
``<!-- file: NAME -->`` before a block writes it to that file. The blocks of a document share a directory and
an environment, in which 127.0.0.1:8000 is a running demo consumer and 127.0.0.1:8787 a running mock Ada.
``pytest`` and ``adakit`` run in forks (support/forks.py).

pytest has the plugins that a reader has. It runs the cases of a few rules, and all of them where the README shows
that it does: where its output says 100 %. packaging/test_examples.py runs all of them with each framework.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
import yaml

from ada_mockserver import MockAda
from ada_mockserver.clock import SteeredClock
from ada_mockserver.events.profile import changed, usual
from ada_mockserver.mock.script import parse_script
from adakit.demo.consumer import Consumer
from providers.documents import OPENAI
from support.actions import run_action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.forks import ForkServer

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
API_KEY = "key-of-the-documentation"
NOT_RUN = (
    "pip install",
    "docker compose",
    "adakit serve",
    "adakit listen",
    "adakit demo",
    "make ",
    "schemathesis ",
    "locust ",
    "python -m ada_mockserver.locust ",
)
"""Beginnings of lines that change the environment or do not end, and so are not run.

The demo ends: packaging/test_installed.py runs it from the wheel. packaging/test_schemathesis.py and
packaging/test_locust.py run what they are named after in an environment that has it. `make` is for a clone, and these are its tests.
"""

PLUGINS = "-p adakit -p pytest_django.plugin -W ignore"
FEW = "ADA101,ADA102,ADA103,ADA104,ADA301,ADA309,ADA401,ADA601"
"""Rules with the cases that the pages name; some are skipped in process, and none takes long."""

CHECK = "adakit check http"
"""The beginning of a line that checks a URL, which is sent those cases too (test_check_url.py has all of them)."""

COMPOSE_KEYS = {"build", "image", "command", "environment", "ports", "volumes", "depends_on", "healthcheck"}
"""What a service in a compose file of the documentation may say."""


@dataclass(frozen=True)
class Block:
    kind: str
    file: str | None
    text: str


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    pattern = r"(?:<!-- file: (?P<file>\S+) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$"
    return [
        Block(m["kind"], m["file"], m["text"]) for m in re.finditer(pattern, text, re.MULTILINE | re.DOTALL)
    ]


class Server(uvicorn.Server):
    """Uvicorn on a free port, in a thread."""

    def run_in_thread(self) -> int:
        threading.Thread(target=self.run, daemon=True).start()
        deadline = time.monotonic() + 20
        while not self.started and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a running demo consumer."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", SECRET)
    server = Server(uvicorn.Config(Consumer(), port=0, log_level="error", lifespan="off"))
    port = server.run_in_thread()
    yield f"127.0.0.1:{port}"
    server.should_exit = True


@pytest.fixture(scope="module")
def mock_ada() -> Iterator[str]:
    """The address of a running mock Ada."""
    with MockAda(api_key=API_KEY, clock=SteeredClock()) as mock:
        yield mock.base_url.removeprefix("http://")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, forks: ForkServer) -> None:
    """The commands that blocks run."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(forks.commands), os.environ["PATH"]]))


def run(command: str, folder: Path, *, everything: bool = False) -> tuple[int, str]:
    environment = {
        **os.environ,
        "ADA_WEBHOOK_SECRET": SECRET,
        "ADA_API_KEY": API_KEY,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": PLUGINS if everything else f"{PLUGINS} --ada-select {FEW}",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def matches(expected: str, output: str) -> bool:
    """Whether an output is as expected.

    ``...`` alone on a line stands for any lines, elsewhere for any text; several spaces for any number.
    """
    pattern = ""
    for line in expected.strip().splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            text = re.sub(r"(?:\\ ){2,}", r"\\s+", re.escape(line.rstrip()))
            pattern += text.replace(r"\.\.\.", ".*") + r"[ \t]*\n"
    return re.fullmatch(pattern, output.rstrip() + "\n") is not None


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_code_blocks_do_what_they_say(document: Path, tmp_path: Path, consumer: str, mock_ada: str) -> None:
    """Every command exits as it should and prints what is shown; every Python block runs."""
    ran = 0
    if document.name == "other-providers.md":
        shutil.copy(OPENAI.installed(), tmp_path / "openai.yaml")
    for block in blocks(document):
        text = block.text.replace("127.0.0.1:8000", consumer).replace("127.0.0.1:8787", mock_ada)
        if block.file:
            (tmp_path / block.file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.file).write_text(text, encoding="utf-8")
        if block.kind == "yaml" and block.file != "ada-drift.yml":  # that one has the docs and gh to talk to
            check_yaml(block.file, yaml.safe_load(text), tmp_path)
        elif block.file or block.kind == "text":  # a text is there to be read
            pass
        elif block.kind == "python":
            code, output = run(f"{sys.executable} -W error - <<'END'\n{text}\nEND", tmp_path)
            assert code == 0, output
        elif block.kind == "sh":
            lines = [line for line in text.splitlines() if line and not line.startswith(NOT_RUN)]
            lines = [f"{line} --select {FEW}" if line.startswith(CHECK) else line for line in lines]
            code, output = run("set -e\n" + "\n".join(lines), tmp_path)
            assert code == 0, output
        elif block.kind == "console":
            check_console(text, tmp_path, everything=document.name == "README.md")
        else:
            raise AssertionError(f"a block of an unknown kind: {block.kind}")
        ran += 1
    assert ran > 0


def check_yaml(file: str | None, content: dict[str, Any], folder: Path) -> None:
    """Run what CI would run, beside the steps of others and the installation."""
    if "services" in content:  # compose, whose engine is not here
        for service in content["services"].values():
            assert set(service) <= COMPOSE_KEYS
        return
    if "steps" in content:  # the console blocks run it
        return
    if file == "profile.yaml":
        assert changed(content, name=file) != usual()
        return
    if file == "handoff.yaml":
        assert list(parse_script(content).called.values()) == [content["handoffs"]["custom-handoff"]["url"]]
        return
    if file == "script.yaml":
        assert parse_script(content).greeting == content["greeting"]
        return
    scripts, actions = [], []
    for job in content.get("jobs", {}).values():
        assert content["on"] if "on" in content else content[True]  # YAML 1.1 reads `on` as true
        scripts += [step["run"] for step in job["steps"] if "run" in step]
        used = [step for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"[\w-]+(/[\w-]+){1,2}@v[\d.]+", step["uses"]) for step in used)
        actions += [step.get("with", {}) for step in used if step["uses"].startswith("OWNER/adakit@")]
    if file is not None and "gitlab" in file:
        scripts += content["contract"]["script"]
        assert content["contract"]["artifacts"]["reports"] == {"junit": "report.xml"}
    for script in scripts:
        if not script.startswith(NOT_RUN):
            code, output = run(f"set -e\n{script}", folder)
            assert code == 0, f"{script}\n{output}"
            assert (folder / "report.xml").exists()
    for inputs in actions:  # the demo consumer runs already, and has its secret
        given = {name: value for name, value in inputs.items() if name != "start"}
        few = {"secret": SECRET, "options": f"{given['options']} --select {FEW}"}
        code, output = run_action(given | few, folder)
        assert code == 0, output
    assert scripts or actions


def check_console(text: str, folder: Path, *, everything: bool) -> None:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        command, _, wanted = command.partition("   # exit ")
        if not everything:
            expected = expected.replace("100 %", "... %")
        code, output = run(command, folder, everything="100 %" in expected)
        assert code == int(wanted or 0), f"{command}\n{output}"
        if expected.strip():
            assert matches(expected, output), f"{command}\nexpected:\n{expected}\ngot:\n{output}"


def test_a_wrong_output_is_noticed() -> None:
    """The comparison itself can fail."""
    assert matches("one\n...\nfour", "one\ntwo\nthree\nfour\n")
    assert matches("it took ... s", "it took 1.5 s\n")
    assert not matches("one\nthree", "one\ntwo\nthree\n")
    assert not matches("one", "one\ntwo\n")


def test_the_readme_fits_on_two_screens() -> None:
    """A promise, an installation, an example of each use, the limits, and no more."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 110
