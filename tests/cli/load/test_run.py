"""Loads that ``adakit send`` runs: their sum as text and as JSON, Ctrl-C, what is shown meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import threading
from types import SimpleNamespace

import pytest

from adakit.load import run
from adakit.load.run import run_load
from support.command_line import SECRET, CommandLine
from support.raw_server import closed_port


@pytest.fixture
def send(monkeypatch, capsys, tmp_path, endpoint):
    adakit = CommandLine(monkeypatch, capsys, tmp_path)

    def sending(*arguments):
        return adakit("send", "--to", endpoint.url, "--secret", SECRET, "--seed", 5, *arguments)

    return sending


TIME = r"[\d.]+ (?:ms|s)"
PERCENTILES = f"p50 {TIME}  p90 {TIME}  p99 {TIME}  p99\\.9 {TIME}  max {TIME}"


def test_the_sum(send, endpoint):
    """A load is summed up in a few lines: throughput, rate, percentiles, answers, traffic."""
    outcome = send("conversation.message", "-n", 60, "--rate", 2000, "--concurrency", 3)
    assert outcome.code == 0
    size = sum(len(body) for _, body in endpoint.requests)
    expected = (
        rf"60 of 60 delivered to {re.escape(endpoint.url)}, \d+/s in [\d.]+ s\n"
        r"rate       [\d.]+/s begun, 2000/s asked for\n"
        f"latency    {PERCENTILES}\n"
        f"service    {PERCENTILES}\n"
        r"answers    200: 60\n"
        r"traffic    [\d.]+ kB sent, [\d.]+ kB received, [123] connections?\n"
    )
    assert re.fullmatch(expected, outcome.out)
    assert size > 0


def test_json(send, endpoint):
    """With --json the sum is one object on standard output, and nothing else is."""
    endpoint.outcome = 500
    outcome = send("conversation.message", "-n", 2, "--json", "--attempts", 2)
    assert (outcome.code, outcome.err) == (1, "")
    value = json.loads(outcome.out)
    assert value.pop("seconds") > 0
    assert value.pop("per_second").keys() == {"asked", "begun", "ended"}
    assert value["bytes"].pop("received") > 0
    sent = sum(len(body) for _, body in endpoint.requests)
    assert value["bytes"].pop("sent") > sent
    latency = value.pop("latency")
    assert list(latency) == ["count", "mean", "p50", "p90", "p99", "p99.9", "max"]
    assert latency == value.pop("service")
    intervals = value.pop("intervals")
    assert sum(interval["failed"] for interval in intervals) == 2
    assert value == {
        "url": endpoint.url,
        "what": "conversation.message",
        "seed": 5,
        "ok": False,
        "exit_code": 1,
        "interrupted": False,
        "options": {"concurrency": 1, "rate": None, "duration": None, "attempts": 2, "timeout": 15.0},
        "deliveries": {"ended": 2, "accepted": 0, "failed": 2, "unfinished": 0, "repeated": 2},
        "requests": {"attempts": 4, "resent": 0},
        "statuses": {"500": 2},
        "errors": {},
        "first_error": None,
        "connections": 1,
        "bytes": {},
    }


def test_json_of_nothing(send, monkeypatch, endpoint):
    """Where nothing was there, the object says so too."""
    with closed_port() as port:
        monkeypatch.setattr(endpoint, "url", f"http://127.0.0.1:{port}/")
        outcome = send("conversation.message", "--json")
    value = json.loads(outcome.out)
    assert (outcome.code, value["exit_code"], value["errors"], value["latency"]) == (
        *(3, 3, {"refused": 1}, {"count": 0}),
    )
    refused = rf"127\.0\.0\.1:{port} refused the connection \(after \d\.\d\d s\)\."
    assert re.fullmatch(refused, value["first_error"])


def test_further_attempts(send, endpoint):
    """Deliveries that took more than one attempt are told."""
    endpoint.outcome = 503
    outcome = send("conversation.message", "--attempts", 2)
    assert outcome.code == 1
    assert outcome.out.splitlines()[1:] == [
        f"0 of 1 delivered to {endpoint.url}",
        "1 delivery was tried more than once",
    ]
    assert len(endpoint.requests) == 2


def test_a_file_again_and_again(send, endpoint, tmp_path):
    """A file that is sent many times is many conversations: its events stay in order within each round."""
    lines = [json.dumps({"data": {"conversation_id": "c"}, "n": n}).encode() for n in range(3)]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines))
    outcome = send("--payload", "a.ndjson", "-n", 20, "--concurrency", 4)
    assert outcome.code == 0
    assert sorted(body for _, body in endpoint.requests) == sorted(lines * 20)


@pytest.mark.parametrize(
    ("report", "error"),
    [
        ("junit=x", "'junit=x' is no report.\n  Write it as html=FILE.\n"),
        ("html", "'html' is no report.\n  Write it as html=FILE.\n"),
        ("html=", "'html=' is no report.\n  Write it as html=FILE.\n"),
        ("html=no/a.html", "no/a.html cannot be written: its directory does not exist.\n"),
        ("html=.", ". cannot be written: it is a directory.\n"),
    ],
)
def test_reports_that_are_none(send, endpoint, report, error):
    """A report that cannot be written is refused before anything is sent."""
    outcome = send("conversation.message", "--report", report)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"adakit: {error}")
    assert endpoint.requests == []


def test_interrupted(endpoint, capsys, monkeypatch, tmp_path, request):
    """Ctrl-C ends a load; what was delivered so far is summed up, and the exit code is 130."""
    adakit = CommandLine(monkeypatch, capsys, tmp_path)
    monkeypatch.setattr("adakit.load.sources.AHEAD", 100_000)  # bytes, so that it begins at once
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # what a shell starts behind it ignores it
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    once = threading.Lock()

    class Requests(list):
        def append(self, request):
            super().append(request)
            if len(self) >= 50 and once.acquire(blocking=False):  # several threads append
                os.kill(os.getpid(), signal.SIGINT)

    endpoint.requests = Requests()
    arguments = ("conversation.message", "--duration", 60, "--secret", SECRET, "--seed", 5)
    outcome = adakit("send", "--to", endpoint.url, *arguments)
    assert outcome.code == 130
    first, *others = outcome.out.splitlines()
    delivered, ended = map(int, re.match(r"(\d+) of (\d+) delivered to ", first).groups())
    assert delivered == ended >= 49
    assert "1 delivery was under way and may have arrived" in others


def test_followed_without_a_terminal(monkeypatch):
    """Where there is no terminal, a line every few seconds says how far it is."""
    lines = []
    monkeypatch.setattr("adakit.load.run._EVERY", 0.001)
    monkeypatch.setattr(run, "click", SimpleNamespace(echo=lambda line, err: lines.append((line, err))))

    class Loading:
        duration = rate = None

        async def deliver(self, items, *, report):
            while not lines:  # noqa: ASYNC110 - what is shown tells nobody
                await asyncio.sleep(0)
            report.add_answer(200, 0.005, 0.005, 0.1)
            report.add_answer(500, 0.005, 0.005, 0.1)
            before = len(lines)
            while len(lines) == before:  # noqa: ASYNC110 - what is shown tells nobody
                await asyncio.sleep(0)
            return report

    summary = run_load(Loading(), [], what="x", follow=True)
    assert (summary.exit_code, summary.report.ended) == (1, 2)
    assert lines[0] == ("   0 s  0 delivered, 0/s", True)
    assert re.fullmatch(r"   0 s  1 delivered, 1 failed, \d+/s, 99 % within 5\.0 ms", lines[-1][0])


def test_followed_on_a_terminal(monkeypatch, capsys):
    """On a terminal one line changes, and is gone in the end."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("adakit.load.run._MOMENT", 0.001)

    class Loading:
        duration, rate = 60.0, None

        async def deliver(self, items, *, report):
            report.add_answer(200, 0.005, 0.005, 0.1)
            while "1 delivered" not in capsys.readouterr().err:  # noqa: ASYNC110 - what is shown tells nobody
                await asyncio.sleep(0)
            return report

    assert run_load(Loading(), [], what="x", follow=True).exit_code == 0
