"""Texts from outside: whatever way one comes in by, no report prints it raw or at its full length."""

from __future__ import annotations

import asyncio
import io
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from ada_contract_tests.engine.check import Options, run_cases
from ada_contract_tests.engine.witness import Witness, asking, unfit
from ada_contract_tests.findings import Finding, Report, Result
from ada_contract_tests.pytest.session_run import RunRecord
from ada_contract_tests.reports import RENDERERS
from ada_contract_tests.reports.plain import finding_text
from ada_contract_tests.reports.terminal import print_report
from ada_contract_tests.suites.registry import case_named
from ada_contract_tests.targets.open import Secret, application_target
from ada_mockserver.clock import SystemClock
from ada_schemas.shown import shown, shown_lines
from support.fake_targets import ENDED, SECRET, FakeTarget, answer, cases_of, examples, run, silence
from support.sample_reports import with_text
from support.witnessed_consumer import Consumer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_mockserver.delivery.attempt import Attempt

RAW = "\x1b\x07\x9b\x7f\u200f\u202e\u2028\u2066"
MARK = f"{RAW[0]}]0;mark{RAW[1:]}" + "A" * 5_000_000
"""A title for the terminal, an order to it, turns of direction, a line's end, and five megabytes."""

CASE = f"{ENDED}/example:documented"
ALL_CODES = frozenset({"ADA601", "ADA602", "ADA603"})


def answering(attempt: Attempt) -> Report:
    """The report about a consumer that answers each event but the ordinary ones like that."""
    target = FakeTarget(lambda sent: attempt if sent.mark == "a" else answer(200))
    return run(target, [*examples(ENDED), *cases_of(ENDED, "a")])


def named_so() -> Report:
    return run(FakeTarget(lambda _: answer(500), name=MARK), examples(ENDED))


def witnessed(status: str) -> Report:
    consumer = Consumer(lambda sent, _: (200, status if sent.mark == "a" else "handled"))
    witness = Witness(consumer.ask, consumer.target.clock)
    return run(consumer.target, [*examples(ENDED), *cases_of(ENDED, "a")], witness=witness, codes=ALL_CODES)


def with_a_witness_that_answers(attempt: Attempt) -> Report:
    """The report of a run whose witness answers like that once it matters."""
    consumer = Consumer(lambda _sent, _known: (200, "handled"))
    ask = asking(FakeTarget(lambda _: attempt, name=MARK), None)  # type: ignore[arg-type]  # as much of a target as it takes

    async def asked(only: Any) -> Any:
        return await (ask if consumer.target.sent else consumer.ask)(only)

    witness = Witness(asked, consumer.target.clock)
    return run(consumer.target, examples(ENDED), witness=witness, codes=ALL_CODES)


def raising_in_process(interface: str) -> Report:
    def wsgi(environ: Any, start_response: Any) -> Any:
        raise ValueError(MARK)

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            raise ValueError(MARK) from RuntimeError(f"\n{MARK}\n" * 2)

    async def main() -> Report:
        clock, app = SystemClock(), wsgi if interface == "wsgi" else asgi
        target = application_target(app, interface, name=MARK, path="/", clock=clock)
        await target.start()
        try:
            options, secret = Options(seed=1), Secret(SECRET, given=True)
            return await run_cases([case_named(CASE)], target, secret, options, clock=clock, target="app:app")
        finally:
            await target.stop()

    return asyncio.run(main())


ENTRANCES: dict[str, Callable[[], Report]] = {
    "an answer": lambda: answering(answer(500, MARK.encode())),
    "a page": lambda: answering(answer(500, f"<html>{MARK}".encode())),
    "a header": lambda: answering(answer(307, location=MARK)),
    "an error": lambda: answering(silence("dropped", MARK, MARK)),
    "a traceback": lambda: answering(answer(500, traceback=f'Traceback:\n  File "a", line 1\n{MARK}')),
    "the name of an application": named_so,
    "the status of a witness": lambda: witnessed(MARK),
    "the answer of a witness": lambda: with_a_witness_that_answers(answer(200, MARK.encode())),
    "the error of a witness": lambda: with_a_witness_that_answers(silence("dropped", MARK)),
    "an exception of WSGI": lambda: raising_in_process("wsgi"),
    "an exception of ASGI": lambda: raising_in_process("asgi"),
    "every field": lambda: with_text(MARK),
}


def on_a_terminal(report: Report) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_report(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO


def as_pytest_shows(report: Report) -> str:
    record = RunRecord.of(report, in_process=True)
    cases = record.cases.values()
    texts = [text for c in cases for text in (c.note, *map(finding_text, c.findings))]
    return "\n".join([*texts, *record.notes])


WAYS_OUT = {**RENDERERS, "terminal": on_a_terminal, "pytest": as_pytest_shows}


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_no_report_prints_it_raw(entrance: str) -> None:
    """A marked text of five megabytes is spelled out and cut, whichever way it comes in and goes out."""
    report = ENTRANCES[entrance]()
    seen = ""
    for name, render in WAYS_OUT.items():
        text = render(report)
        assert set(RAW) & set(text) == set(), name
        assert len(text) < 400_000, name
        seen += text
    assert "mark" in seen, "the text is in none of the reports: this entrance tests nothing"


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_a_traceback_is_kept_in_bounds(interface: str) -> None:
    """An exception of five megabytes is not kept for every case of a run."""
    (result,) = raising_in_process(interface).results
    assert result.attempt is not None
    assert "mark" in str(result.attempt.traceback)
    assert len(str(result.attempt.traceback)) <= 65_536


def test_every_text_of_a_report() -> None:
    """Each text that a finding, a result or a report has, passes the one function: a new one as well."""
    report = with_text(MARK)
    multi_line = {"traceback", "hint", "stopped"}
    values: list[Any] = [report, *report.findings, *report.results]
    for value in values:
        assert isinstance(value, Finding | Result | Report)
        for field in fields(value):
            held = getattr(value, field.name)
            if field.name in ("changes", "reproduce", "notes"):
                texts = [text for each in held for text in (each if isinstance(each, tuple) else (each,))]
            else:
                texts = [held] if isinstance(held, str) else []
            for text in texts:
                show = shown_lines if field.name in multi_line else shown
                assert text == show(text, 16_000), field.name
                assert len(text) <= 16_000, field.name


def test_the_error_of_a_run() -> None:
    """What keeps a run from being made is as safe, also for the items of other workers."""
    for error in (unfit(MARK, MARK), ValueError(MARK)):
        failed = RunRecord.of_failure(error).failed
        assert set(RAW) & set(failed) == set()
        assert len(failed) <= 2_100


def test_commands_stay_whole() -> None:
    """A command that repeats a finding is copied: it is not cut where a text would be."""
    command = f"curl -H 'a: {'x' * 4_000}' http://127.0.0.1/"
    (error, *_) = with_text("a").findings
    assert replace(error, reproduce=(command,)).reproduce == (command,)
