"""A load as a command runs it: followed on standard error, broken off by Ctrl-C, its exit code."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ada_mockserver.clock import new_event_loop
from ada_mockserver.delivery.load_report import LoadReport
from ada_mockserver.delivery.punctual import punctual_event_loop
from ada_schemas.errors import TargetError
from adakit.load.summary import Summary
from adakit.load.text import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from ada_mockserver.delivery.load import Load

__all__ = ["end", "run_load"]

_EVERY = 5.0
"""Seconds between the lines that follow a load where there is no terminal."""
_MOMENT = 0.25
"""Seconds between the changes of the line on a terminal."""


def run_load(
    load: Load, items: Any, *, what: str, seed: int | None = None, follow: bool = False, **options: Any
) -> Summary:
    """Run a load until it is over or Ctrl-C ends it; with ``follow`` it is shown meanwhile."""
    report, interrupted = LoadReport(), False
    running = load.deliver(items, report=report, **options)
    try:
        factory = new_event_loop if load.rate is None else punctual_event_loop
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(_followed(running, report, load.duration) if follow else running)
    except KeyboardInterrupt:
        interrupted = True
    return Summary(load, report, what, seed, interrupted)


def end(summary: Summary, *, detailed: bool = False, as_json: bool = False) -> NoReturn:
    """Print the sum and end the command with the code that it means.

    Raises `TargetError` when nothing was there.
    """
    if as_json:
        from adakit.load.json import render  # noqa: PLC0415 - for --json alone

        click.echo(render(summary), nl=False)
    error = summary.report.first_error
    if summary.unreached and error is not None:
        step = error.next_step or "Is the service running, and the URL right?"
        raise TargetError(error.what, usage=False, next_step=step)
    if not as_json:
        click.echo(describe(summary.report, summary.load.endpoint.url, detailed=detailed))
    raise SystemExit(summary.exit_code)


async def _followed(
    running: Coroutine[Any, Any, LoadReport], report: LoadReport, duration: float | None
) -> None:
    started = time.monotonic()
    with _display(report, duration) as (show, every):

        async def follow() -> None:
            while True:
                await asyncio.sleep(every)
                show(time.monotonic() - started)

        following = asyncio.create_task(follow())
        try:
            await running
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following


@contextlib.contextmanager
def _display(report: LoadReport, duration: float | None) -> Iterator[tuple[Callable[[float], None], float]]:
    """What shows the state of a load, and the seconds after which it is to be called again."""
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - a few deliveries need none

    from adakit.console import open_console  # noqa: PLC0415 - likewise

    console = open_console(stderr=True)
    before = [0.0, 0]

    def state(seconds: float) -> str:
        since, ended = seconds - before[0], report.ended - before[1]
        before[:] = [seconds, report.ended]
        failed = f", {report.failed} failed" if report.failed else ""
        tail = f", 99 % within {report.latency.quantile(0.99) * 1000:.1f} ms" if report.ended else ""
        return f"{report.delivered} delivered{failed}, {ended / max(since, 1e-9):.0f}/s{tail}"

    if not console.is_terminal:
        yield lambda seconds: click.echo(f"{seconds:4.0f} s  {state(seconds)}", err=True), _EVERY
        return
    with Progress(BarColumn(), TextColumn("{task.description}"), console=console, transient=True) as bar:
        task = bar.add_task("", total=duration)
        yield lambda seconds: bar.update(task, completed=seconds, description=state(seconds)), _MOMENT
