"""The report as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from ada_contract_tests.reports import RENDERERS
from support.sample_reports import ENDED, EVENT, FILE, FIXED, TRACEBACK


def test_json():
    """The JSON report holds the target, the outcome, a summary, the findings and every case."""
    value = json.loads(RENDERERS["json"](FIXED))
    assert {k: v for k, v in value.items() if k not in ("findings", "cases")} == {
        "target": "app:app",
        "seed": 7,
        "ok": False,
        "exit_code": 1,
        "seconds": 1.25,
        "stopped": "Stopped after 90 s: the endpoint leaves requests without an answer.",
        "budget": None,
        "not_tried": {},
        "notes": ["The consumer asked to slow down."],
        "summary": {
            "cases": 20,
            "selected": 11,
            "passed": 6,
            "failed": 3,
            "not_run": 1,
            "not_applicable": 1,
            "coverage": 0.4737,
            "errors": 3,
            "warnings": 2,
        },
    }


def test_findings_as_json():
    """A finding has its members by name; those that are empty are left out."""
    value = json.loads(RENDERERS["json"](FIXED))
    assert value["findings"][0] == {
        "rule": "ADA103",
        "case": f"{EVENT}/union:file",
        "event": EVENT,
        "severity": "error",
        "summary": "union:file is there",
        "expected": "2xx",
        "got": "500",
        "cause": "KeyError: 'body' (handlers.py:42)",
        "changes": [
            {"path": "data.content.type", "before": '"text"', "after": '"file"'},
            {"path": "data.content.body", "before": '"Hello"', "after": "-"},
            {"path": "data.content.filename", "before": "-", "after": '"a.pdf"'},
        ],
        "excerpt": FILE.excerpt,
        "traceback": TRACEBACK,
        "reproduce": [f"adakit check app:app --case {EVENT}/union:file --seed 7"],
        "fix": "handlers.py:42 reads `body` as if it were always there: read it with a default (`.get('body')`).",
    }
    assert value["findings"][2]["hint"] == "Look at the queue."
    assert "traceback" not in value["findings"][2]


def test_cases_as_json():
    """Every case has its outcome and, where there is one, its status, its error or its note."""
    cases = {
        (c["event"], c["id"].partition("/")[2]): c for c in json.loads(RENDERERS["json"](FIXED))["cases"]
    }
    assert cases[ENDED, "example"] == {
        "id": f"{ENDED}/example",
        "rule": "ADA101",
        "event": ENDED,
        "outcome": "passed",
        "status": 204,
        "seconds": 0.01,
    }
    assert cases[EVENT, "enum:slow"] == {
        "id": f"{EVENT}/enum:slow",
        "rule": "ADA102",
        "event": EVENT,
        "outcome": "failed",
        "status": None,
        "seconds": None,
        "error": "h:1 said nothing.",
    }
    assert cases[ENDED, "status:200"]["note"] == "not sent: the endpoint hangs"
    assert cases[ENDED, "headers:upper"]["outcome"] == "not applicable"


def test_json_is_utf_8():
    """Characters stand for themselves, and the text ends with a newline."""
    text = RENDERERS["json"](replace(FIXED, target="app:é"))
    assert '"target": "app:é"' in text
    assert text.endswith("}\n")
