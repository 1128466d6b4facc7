"""Checks that the page started: each in a thread of its own, watched while it goes on.

A check keeps its thread busy with events, signatures and verdicts: in the mock's event loop it would hold up
deliveries and pages.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ada_contract_tests.engine.check import acheck
from ada_contract_tests.engine.run_events import CaseFinished, RunStopped
from ada_contract_tests.findings import Report
from ada_contract_tests.suites.selection import Selection
from ada_mockserver.clock import new_event_loop
from ada_schemas.errors import AdakitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_contract_tests.engine.check import Options
    from ada_contract_tests.engine.run_events import RunEvent
    from ada_contract_tests.findings import Finding, Result

__all__ = ["CheckRun", "CheckRuns", "State"]

KEPT = 10
"""Runs that are kept, the newest."""

State = Literal["running", "finished", "cancelled", "failed"]

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class CheckRun:
    """One check, or some of its cases carried out again.

    ``seed`` is in ``options``; ``began`` is Unix seconds of the machine. ``results`` grows while it runs;
    ``again`` are the runs of single cases, by their id, the newest last.
    """

    target: str
    options: Options
    notify: Callable[[], None]
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    began: float = field(default_factory=time.time)
    state: State = "running"
    results: list[Result] = field(default_factory=list)
    total: int = 0
    stopped: str = ""
    problem: AdakitError | None = None
    finished: Report | None = None
    again: dict[str, list[CheckRun]] = field(default_factory=dict)
    _cancelled: bool = False
    _since: float = field(default_factory=time.monotonic)
    _loop: asyncio.AbstractEventLoop | None = None
    _task: asyncio.Task[Report] | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread that the end of the process does not wait for."""
        self._thread = threading.Thread(target=self._run, name=f"adakit check {self.id}", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Send nothing more; what was found stays."""
        self._cancelled = True
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    def join(self, timeout: float) -> None:
        """Wait until it is over, for so many seconds at most."""
        if self._thread is not None:
            self._thread.join(timeout)

    def as_it_is(self) -> CheckRun:
        """A copy that stays at this moment: a page is made of it while the run goes on in its thread."""
        return copy(self)

    @property
    def is_running(self) -> bool:
        """True until it is over."""
        return self.state == "running"

    @property
    def report(self) -> Report:
        """The report, as far as the run has come."""
        if self.finished is not None:
            return self.finished
        results = tuple(self.results)
        found = tuple(result.finding for result in results if result.finding is not None)
        return Report(
            self.target,
            self.options.seed or 0,
            results,
            found,
            time.monotonic() - self._since,
            max(self.total, len(results)),
            stopped=self.stopped,
            profile=self.options.known.profile,
        )

    def result_of(self, case_id: str) -> Result | None:
        """The result of a case, or None where it has none yet."""
        return next((result for result in self.report.results if result.case.id == case_id), None)

    def findings_of(self, case_id: str) -> list[Finding]:
        """The findings about a case."""
        return [finding for finding in self.report.findings if finding.case == case_id]

    def repeat(self, case_id: str) -> CheckRun:
        """Carry one case out again, as ``--case ID --seed N`` does."""
        selection = Selection(cases=(case_id,))
        run = CheckRun(self.target, replace(self.options, selection=selection), self.notify)
        self.again[case_id] = [*self.again.get(case_id, []), run][-KEPT:]
        run.start()
        return run

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._check())
        except AdakitError as error:
            self.problem, self.state = error, "failed"
        except Exception:
            _log.exception("The check of %s failed for an unforeseen reason", self.target)
            self.problem = AdakitError("The check failed.", next_step="The server's log has the reason.")
            self.state = "failed"
        self.notify()

    async def _check(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(acheck(self.target, self.options, notify=self._tell))
        if self._cancelled:  # before there was anything to cancel
            self._task.cancel()
        try:
            self.finished = await self._task
        except asyncio.CancelledError:
            self.stopped, self.state = "It was cancelled.", "cancelled"
        else:
            self.state = "finished"

    def _tell(self, event: RunEvent) -> None:
        if isinstance(event, CaseFinished):
            self.results.append(event.result)
            self.total = event.total
        elif isinstance(event, RunStopped):
            self.stopped = event.reason
        self.notify()


class CheckRuns:
    """The last runs, the newest first; one runs at a time."""

    def __init__(self) -> None:
        self._runs: dict[str, CheckRun] = {}

    @property
    def newest_first(self) -> list[CheckRun]:
        """Those that are kept."""
        return [*reversed(self._runs.values())]

    @property
    def running(self) -> CheckRun | None:
        """The one that is not over, be it of a single case, or None."""
        return next((run for run in self._all() if run.is_running), None)

    def find(self, run_id: str) -> CheckRun | None:
        """The run of that id, or None."""
        return self._runs.get(run_id)

    def start(self, target: str, options: Options, notify: Callable[[], None]) -> CheckRun:
        """Begin a check; those that are over are forgotten, the oldest first, where they are too many."""
        run = CheckRun(target, options, notify)
        for old in [run_id for run_id, each in self._runs.items() if not each.is_running][: 1 - KEPT]:
            del self._runs[old]
        self._runs[run.id] = run
        run.start()
        return run

    def _all(self) -> Iterator[CheckRun]:
        for run in self._runs.values():
            yield run
            for again in run.again.values():
                yield from again

    def end(self) -> None:
        """Cancel what runs, and wait a moment for it."""
        going = [run for run in self._all() if run.is_running]
        for run in going:
            run.cancel()
        for run in going:
            run.join(1.0)
