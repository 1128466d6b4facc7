"""Findings that are warnings: the case passes, and the run says how many there are."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

CASE = "any/body:invalid-utf-8:string"
SUMMARY = "adakit: 1 warning (ADA503 1): -rP shows them, --ada-strict fails on them"


@pytest.fixture
def careless(project):
    """A consumer that answers 500 to a body that is not UTF-8, as the textbook one does."""
    project.add("plain_shop.py", ("(ValueError, RecursionError)", "RecursionError"))
    project.configure("plain_shop:app", ada_select=["ADA503"])
    return project


def test_passes(careless):
    """A case with a warning passes, also where Python's warnings are errors, and the summary counts it."""
    run = careless.run("-W", "error", f"pyproject.toml::{CASE}")
    assert run.outcomes == {f"pyproject.toml::{CASE}": "PASSED"}
    assert SUMMARY in run.lines
    assert run.code == 0


def test_shown(careless):
    """``-rP`` shows a warning as a failure is shown, and a JUnit report has it as a property."""
    run = careless.run("-rP", "--junitxml=report.xml", f"pyproject.toml::{CASE}")
    start = next(n for n, line in enumerate(run.lines) if " Captured adakit warning call " in line)
    assert "expected a refusal (4xx), got 500 (UnicodeDecodeError: " in run.lines[start + 1]
    assert run.lines[start + 2] == "  rule       ADA503 invalid UTF-8"
    assert f"  repeat     pytest pyproject.toml::{CASE} --ada-seed {run.seed}" in run.lines
    suite = ElementTree.parse(careless.path / "report.xml").getroot()[0]  # noqa: S314 - written by this test
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert properties["ada_warning"] == "ADA503"


def test_distributed(careless):
    """Warnings that workers of pytest-xdist met are counted too."""
    run = careless.run("-n", "1", "-k", "invalid-utf-8:string and not unsigned", plugins=("xdist",))
    assert run.outcomes == {f"pyproject.toml::{CASE}": "PASSED"}
    assert SUMMARY in run.lines


@pytest.mark.parametrize("given", ["option", "file"])
def test_strict(careless, given):
    """With ada_strict a warning fails, and the line to repeat it fails too."""
    if given == "file":
        careless.configure("plain_shop:app", ada_strict="true")
    run = careless.run(*(["--ada-strict"] if given == "option" else []), f"pyproject.toml::{CASE}")
    assert run.outcomes == {f"pyproject.toml::{CASE}": "FAILED"}
    assert "adakit: 1 warning" not in run.text
    end = " --ada-strict" if given == "option" else ""
    repeat = f"  repeat     pytest pyproject.toml::{CASE} --ada-seed {run.seed}{end}"
    assert repeat in run.failure(CASE)


def test_none(plain):
    """Without warnings nothing is said of them."""
    run = plain.run("--ada-select", "ADA503")
    assert run.code == 0
    assert "warning" not in run.text
