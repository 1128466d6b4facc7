"""One engine, one verdict: the command and pytest find the same, in process and over HTTP, with any ``-n``."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
import yaml  # noqa: F401 - pytester forgets what a test imports, and this cannot be imported twice

import ada_contract_tests.fuzz.draw  # noqa: F401 - here, since no C extension can be imported twice
from support.command_line import SECRET, CommandLine

sys.path.append(str(Path(__file__).parent / "apps"))

# Findings as the reports bring them to the process that prints, and a witness that settles at once.
RECORDER = """
import json
import os
import pathlib

from ada_contract_tests.engine import witness

witness.QUIET = 0.2

def pytest_runtest_logreport(report):
    told = getattr(report, "ada_outcome", None)
    if told is not None and "PYTEST_XDIST_WORKER" not in os.environ:
        with pathlib.Path("found.jsonl").open("a") as file:
            for finding in told["findings"]:
                file.write(json.dumps([finding["case"], finding["rule"], finding["severity"]]) + "\\n")
"""
EVENTS = "conversation.message"
BOTH = ("events", "conversation.created,conversation.message")
FEW = "ADA101,ADA103,ADA104,ADA301,ADA401,ADA402,ADA403,ADA6xx"


@dataclass(frozen=True)
class Judged:
    """A consumer and the options with which it is checked; ``found`` are the rules that it breaks."""

    fault: str
    found: frozenset[str]
    code: int = 1
    witness: bool = True
    options: tuple[tuple[str, str], ...] = ()
    case: str = ""

    @property
    def name(self) -> str:
        return f"{self.fault}, one case" if self.case else self.fault


def judged(fault: str, *found: str, **options) -> Judged:
    return Judged(fault, frozenset(found), **options)


NULL = "conversation.message/null:data.author.id"
DRAWN = ("fuzz", "12")
HANDOFF = (("handoff-path", "/webhooks/start-handoff"), ("select", "ADA101,ADA6xx,ADA8xx"))
QUICK = (("timeout", "0.2"),)
CONSUMERS = [
    judged("none", code=0),
    judged("202 to nulls", "ADA401", options=(("accept", "200"),)),
    judged("202 to nulls", "ADA401", code=0, options=(("select", FEW),), witness=False),
    judged("always 204", "ADA401", options=(("accept", "200"),)),
    judged("always 204", code=0, options=(("accept", "2xx"),)),
    judged("handles what it refuses", "ADA602"),
    judged("drops one of 50", code=0, options=(BOTH,)),
    judged("always 500", "ADA101"),
    judged("always 500", "ADA104", case=NULL),
    judged("always 404", "ADA101"),
    judged("other secret", "ADA101"),
    judged("always hangs", "ADA402", options=QUICK, witness=False),
    judged("hangs on messages", "ADA402", options=(*QUICK, BOTH), witness=False),
    judged("slow with links", "ADA402", options=QUICK, witness=False),
    judged("never verifies", "ADA301", "ADA602"),
    judged("KeyError", "ADA105", options=(("select", "ADA101,ADA105"), BOTH)),
    judged("loses files", "ADA601"),
    judged("forgets files", "ADA601"),
    judged("ignores messages", "ADA601", code=0),
    judged("ignores messages", "ADA601", options=(("strict", ""),)),
    judged("ignores end users", "ADA601"),
    judged("ignores end users", code=0, options=(("ignores", f"{EVENTS}:data.author.role=end_user"),)),
    judged("handles again", "ADA603"),
    judged("forgets", "ADA603", options=(BOTH,)),
    judged("batches of two", "ADA601"),
    judged("stumbles over long texts", "ADA701", options=(("select", "ADA701"), DRAWN), witness=False),
    judged("loses long texts", "ADA601", options=(("select", "ADA701,ADA601"), DRAWN)),
    judged("second handoff", "ADA803", options=(*HANDOFF, BOTH)),
    judged("no handoff", "ADA801", code=0, options=HANDOFF, witness=False),
    judged("202, and its witness ends", "ADA401", options=(("select", "ADA401"),)),
]
FIRST = {consumer.fault: consumer for consumer in reversed(CONSUMERS)}
DISTRIBUTED = [
    consumer
    for consumer in CONSUMERS
    if (consumer.case or consumer is FIRST[consumer.fault]) and consumer.fault != "loses long texts"
]
"""Those that run with ``-n 2`` too: each fault once, of the drawn ones one, and the one case; workers take a second."""

HTTP = (
    "none",
    "drops one of 50",
    "hangs on messages",
    "KeyError",
    "second handoff",
    "stumbles over long texts",
)
OVER_HTTP = [consumer for consumer in CONSUMERS if consumer.fault in HTTP or consumer.case]


@pytest.fixture
def command(monkeypatch, capsys, tmp_path) -> CommandLine:
    # The module that the command imports: pytester forgets what a test before has imported.
    monkeypatch.setattr(import_module("ada_contract_tests.engine.witness"), "QUIET", 0.2)
    return CommandLine(monkeypatch, capsys, tmp_path)


def settings(consumer: Judged) -> dict[str, str]:
    return {"select": FEW, "events": EVENTS, "seed": "7", **dict(consumer.options)}


def by_command(
    command: CommandLine, consumer: Judged, target: str, *more: str
) -> tuple[set[tuple[str, ...]], int]:
    """The findings of ``adakit check``, and its exit code."""
    options = [part for name, value in settings(consumer).items() for part in (f"--{name}", value) if part]
    chosen = ["--case", consumer.case] if consumer.case else options
    report = command.folder / "report.json"
    done = command("check", target, *chosen, *more, "--report", f"json={report}", JUDGED=consumer.fault)
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    return {(f["case"], f["rule"], f["severity"]) for f in findings}, done.code


def by_pytest(project, consumer: Judged, target: str, *more: str) -> tuple[set[tuple[str, ...]], int]:
    """The findings that the items report, and pytest's exit code."""
    options = [
        part for name, value in settings(consumer).items() for part in (f"--ada-{name}", value) if part
    ]
    project.write("conftest.py", RECORDER)
    (project.path / "found.jsonl").unlink(missing_ok=True)
    chosen = [f"pyproject.toml::{consumer.case}"] if consumer.case else options
    run = project.run(*chosen, "--ada-target", target, *more, plugins=("xdist",))
    found = project.path / "found.jsonl"
    lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    assert len(lines) == len(set(lines)), "a finding belongs to one item"
    return {tuple(json.loads(line)) for line in lines}, run.code


@pytest.mark.parametrize(
    "consumer", CONSUMERS, ids=lambda consumer: f"{consumer.name}-{dict(consumer.options)}"
)
def test_in_process(project, monkeypatch, command, consumer):
    """The same consumer gets the same findings and the same verdict, whoever asks."""
    project.add("judged.py")
    project.configure(None)
    monkeypatch.setenv("JUDGED", consumer.fault)
    monkeypatch.syspath_prepend(project.path)
    target, path = "judged:create_app()", "/webhooks/ada"
    witness = ["/_seen"] if consumer.witness else []
    expected = by_command(
        command, consumer, target, "--path", path, *(p for w in witness for p in ("--seen-url", w))
    )
    assert {rule for _, rule, _ in expected[0]} == consumer.found
    assert expected[1] == consumer.code
    seen = [part for w in witness for part in ("--ada-seen-url", w)]
    assert by_pytest(project, consumer, target, *seen) == expected
    if consumer in DISTRIBUTED:
        assert by_pytest(project, consumer, target, *seen, "-n", "2") == expected


@contextlib.contextmanager
def served(consumer: Judged):
    """The URL of the consumer, as a server of its own for as long as it is asked."""
    from judged import create_server

    release = threading.Event()
    server = create_server(consumer.fault, SECRET, release)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks/ada"
    finally:
        release.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.mark.parametrize(
    "consumer", OVER_HTTP, ids=lambda consumer: f"{consumer.name}-{dict(consumer.options)}"
)
def test_over_http(project, monkeypatch, command, consumer):
    """Over HTTP it is the same, with several deliveries at a time."""
    project.configure(None, ada_path=None)
    with served(consumer) as url:
        expected = by_command(command, consumer, url, "--secret", SECRET)
    assert {rule for _, rule, _ in expected[0]} == consumer.found
    assert expected[1] == consumer.code
    distributed = consumer.fault in ("none", "drops one of 50")
    for more in [(), ("-n", "2")][: 1 + distributed]:
        with served(consumer) as url:
            assert by_pytest(project, consumer, url, "--ada-secret", SECRET, *more) == expected
