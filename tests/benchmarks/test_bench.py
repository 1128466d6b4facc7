"""The harness of the benchmarks measures in turns, names what it leaves out, and writes what it measured."""

from __future__ import annotations

import importlib
import json
import random
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from ada_schemas import validate

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

STUB = """
import json, sys
name, log, rate = sys.argv[1:]
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    with open(log, "a") as file:
        file.write(name)
    print(json.dumps({"count": int(line), "seconds": int(line) / float(rate), "p50": 2}), flush=True)
"""


@pytest.fixture
def benchmark_module(monkeypatch):
    """Imports a module of benchmarks/, as its scripts import each other."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(BENCHMARKS) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


def test_measured_in_turns(benchmark_module, tmp_path):
    """Contenders take turns whose order alternates; one that fails is left out with its last words."""
    measuring = benchmark_module("measuring")
    log = tmp_path / "log"

    def stub(name, rate):
        return measuring.Contender(name, [sys.executable, "-c", STUB, name, log, rate])

    dying = measuring.Contender("c", [sys.executable, "-c", "raise SystemExit('no such thing')"])
    absent = measuring.Contender("d", [tmp_path / "absent"])
    contenders = [stub("a", "1000"), dying, stub("b", "500"), absent]
    results, left_out = measuring.measured(contenders, rounds=3, seconds=4.0)
    assert left_out == ["c: no such thing", f"d: {tmp_path / 'absent'} is missing"]
    assert log.read_text()[-6:] == "abbaab"
    assert [(result.name, result.rates) for result in results] == [("a", [1000.0] * 3), ("b", [500.0] * 3)]
    assert results[0].said == {"p50": [2, 2, 2]}


def test_amount(benchmark_module, tmp_path):
    """The count of a round is that which takes the seconds of a round; who is told seconds gets these."""
    measuring = benchmark_module("measuring")
    command = [sys.executable, "-c", STUB, "a", tmp_path / "log", "1000"]
    for by_time, amount in ((False, 4000), (True, 4)):
        process = measuring._Process(measuring.Contender("a", command, by_time=by_time))
        try:
            assert process.amount(4.0) == amount
        finally:
            process.end()


def test_table(benchmark_module):
    """A ratio is the median of the rounds' ratios, its spread the smallest and the largest of them."""
    measuring = benchmark_module("measuring")
    part = measuring.Part("Speed", "A sentence.", ["", "events/s", "of a", "spread", "p50"])
    part.left_out = ["c: is missing", "d: is missing"]
    first = measuring.Measured("a", [1000.0, 2000.0, 4000.0], {"p50": [1.0, 3.0, 2.0]})
    other = measuring.Measured("b", [500.0, 500.0, 4000.0])
    measuring.rated(part, [first, other], "a", "p50")
    assert measuring.told(part).splitlines() == [
        "## Speed",
        "",
        "A sentence.",
        "",
        "|  | events/s | of a | spread | p50 |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| a | 2,000 | 1.00 |  | 2.0 |",
        "| b | 500 | 0.50 | 0.25 to 1.00 | - |",
        "",
        "Left out: c: is missing; d: is missing.",
    ]


def test_table_without_reference(benchmark_module):
    """Without the one that the others are compared with there are no ratios."""
    measuring = benchmark_module("measuring")
    part = measuring.Part("Speed", "", ["", "events/s", "of a", "spread"])
    measuring.rated(part, [measuring.Measured("b", [12.5])], "a")
    assert part.rows == [["b", "12", "-", ""]]


def test_written_by_hand(benchmark_module):
    """What is written by hand makes events as Ada documents them, each with ids of its own."""
    limit, by_hand = benchmark_module("contenders.limit"), benchmark_module("contenders.by_hand")

    def dumps(value):
        return json.dumps(value, default=lambda moment: moment.isoformat()).encode()

    provider = by_hand.faker_provider(1)
    for bodies in (
        limit.bodies(random.Random(1), dumps),
        by_hand.bodies(random.Random(1), provider, dumps),
    ):
        events = [json.loads(body) for body in islice(bodies, 2 * (limit.MESSAGES + 1))]
        assert [violation for event in events for violation in validate(event, closed=True)] == []
        kinds = ["v1.conversation.created", *["v1.conversation.message"] * limit.MESSAGES] * 2
        assert [event["type"] for event in events] == kinds
        assert len({event["data"].get("message_id") for event in events}) == 2 * limit.MESSAGES + 1
        assert len({event["data"]["conversation_id"] for event in events}) == 2


def test_transcript(benchmark_module):
    """A transcript shows when, where, who and what, and a dash for what is not there."""
    realism = benchmark_module("realism")
    message = {
        "channel": {"name": "Chat", "modality": "messaging"},
        "author": {"role": "human_agent", "display_name": "Ines"},
        "handoff_integration": "zendesk",
        "content": {"type": "link", "url": "https://x.example", "link_text": None},
    }
    events = [
        {"type": "v1.conversation.created", "timestamp": "T1", "data": {"end_user_id": "u1"}},
        {"type": "v1.conversation.message", "timestamp": "T2", "data": message},
        {"type": "v1.conversation.message", "data": {}},
        {"type": "v1.conversation.ended", "timestamp": "T3", "data": {"ended_by": {"role": "system"}}},
    ]
    assert [re.sub(" +", " ", line) for line in realism.transcript(events).splitlines()] == [
        "T1 begins, end user u1, no metadata",
        "T2 Chat, messaging [zendesk] | Ines (human_agent): <-: https://x.example>",
        "- -, - | - (-): -",
        "T3 ended by system",
    ]


def test_realism_page(benchmark_module):
    """docs/realism.md shows the conversations that are generated today."""
    realism = benchmark_module("realism")
    page = realism.PAGE.read_text(encoding="utf-8")
    for events in islice(realism.conversations(), realism.CONVERSATIONS):
        assert realism.transcript(events) in page


def test_quick_run(tmp_path):
    """A quick run writes the page, with the peers that are not there named."""
    page = tmp_path / "RESULTS.md"
    command = [sys.executable, BENCHMARKS / "bench.py", "--quick", "--peers", tmp_path / "python"]
    done = subprocess.run(
        [*command, "--output", page, "signing", "memory"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert "**A quick run: its figures mean nothing.**" in text
    assert "| Python of the peers | not there |" in text
    assert re.search(r"^\| `ada_mockserver\.sign` \| [0-9,]+ \| - \|  \|$", text, re.MULTILINE)
    missing = f"{tmp_path / 'python'} is missing"
    assert text.count(f"Left out: svix: {missing}; standardwebhooks: {missing}.") == 2
    rows = re.findall(r"^\| ([0-9,]+) \| [0-9]+ \| [0-9.]+ \|$", text, re.MULTILINE)
    assert [100 < int(row) < 900 for row in rows] == [True, True]


def test_lock_file():
    """The npm packages are those of a lock file that names versions, and no place to fetch them from."""
    lock = json.loads((BENCHMARKS / "node" / "package-lock.json").read_text(encoding="utf-8"))
    named = json.loads((BENCHMARKS / "node" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in named} == named
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
