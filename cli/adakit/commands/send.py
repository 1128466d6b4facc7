"""``adakit send``."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import partial, wraps
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ada_contract_tests.engine.check import draw_seed
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.load import Load
from ada_schemas.contract.paths import ABSENT, get
from ada_schemas.errors import UsageError
from adakit.deliveries import delivering, show_delivery
from adakit.load.run import end, run_load
from adakit.load.sources import Ready, lines_of, prepared, ready, rounds
from adakit.options import POSITIVE, Whole, read_bytes, together, use_contract, write_bytes
from adakit.payload_plan import CHOICE, Order, Planned

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.endpoint import Endpoint
    from ada_mockserver.events.story import Step
    from ada_schemas.contract.contract import Contract

__all__ = ["ENDLESS", "SHOWN", "LoadOptions", "command", "loading", "send_payloads"]

SHOWN = 40
"""So many deliveries are shown one by one; more are counted."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How much is sent at a time, how fast, how long, how often it is tried, and how it is summed up."""

    rate: float | None
    concurrency: int
    duration: float | None
    attempts: int
    page: Path | None
    as_json: bool


def loading(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of a load, which it gets as ``load``, a `LoadOptions`."""

    @wraps(command)
    def with_load(
        *,
        rate: float | None,
        concurrency: int,
        duration: float | None,
        attempts: int,
        reports: tuple[str, ...],
        as_json: bool,
        **others: Any,
    ) -> None:
        load = LoadOptions(rate, concurrency, duration, attempts, _page(reports), as_json)
        command(load=load, **others)

    return together(
        click.option("--concurrency", type=Whole(1), default=1, show_default=True),
        click.option("--duration", type=POSITIVE, metavar="SECONDS", help="Send for so long."),
        click.option(
            "--attempts",
            type=Whole(1),
            default=1,
            show_default=True,
            help="How often a delivery is tried at most.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the sum as JSON."),
        click.option(
            "--report", "reports", multiple=True, metavar="html=FILE", help="Also write a page with charts."
        ),
    )(with_load)


ENDLESS = 10**9
"""A count that no duration reaches."""


@click.command("send")
@click.argument("name", metavar="EVENT|SCENARIO", required=False)
@delivering
@click.option("-n", "--count", type=Whole(1), help="How many, or how often.  [default: 1]")
@loading
@click.option("--payload", metavar="FILE", help="Send these bytes, or these lines of JSON, as they are.")
@CHOICE
def command(
    *,
    name: str | None,
    endpoint: Endpoint,
    count: int | None,
    load: LoadOptions,
    seed: int | None,
    payload: str | None,
    contract: str | None,
    **chosen: Any,
) -> None:
    """Send signed events to an endpoint; each delivery is tried once, unless --attempts says more.

    Exit code 0 when all were answered 2xx, 1 when one was not, 3 when nothing was listening. A file given
    with --payload is sent byte for byte; each line of its own where it is NDJSON, as `adakit generate`
    prints it.

    A load test: adakit send handoff --rate 200 --concurrency 50 --duration 60 --to URL. Events of one
    conversation stay in their order. Latency counts from when a delivery was due at the rate.
    """
    found = use_contract(contract)
    chosen_seed = draw_seed() if seed is None else seed
    endless = load.duration is not None and count is None
    shown = not endless and (count or 1) <= SHOWN
    if payload is not None:
        if name is not None or any(chosen[k] for k in ("case", "assignments", "removals")):
            raise UsageError(
                "--payload sends a file as it is; it goes with no event, --case, --set or --unset."
            )
        lines = lines_of(read_bytes(payload))
        items = rounds(lines, None if endless else count or 1)
        few = shown and len(lines) * (count or 1) <= SHOWN
        send_payloads(endpoint, items, load, what=payload, seed=None, shown=few)
    elif name is None:
        raise UsageError(
            "Nothing to send.", next_step="Name an event or a scenario, or a file with --payload."
        )
    else:
        order = Order(name, found, seed=chosen_seed, count=ENDLESS if endless else count or 1, **chosen)
        endpoint = replace(endpoint, further=found.profile.further_headers(order.event_type))
        if seed is None:
            click.echo(f"seed {order.seed}", err=True)
        send_payloads(endpoint, order, load, what=name, seed=chosen_seed, shown=shown)


def send_payloads(
    endpoint: Endpoint,
    source: Order | Iterator[Ready],
    options: LoadOptions,
    *,
    what: str,
    seed: int | None,
    shown: bool,
) -> None:
    """Send payloads and print the sum, if ``shown`` a line about each; exits as the command does."""
    items: Iterator[Any]
    if not isinstance(source, Order):
        items = source
    elif shown:
        items = source.payloads()
    else:
        # At a rate there is time to make events between deliveries.
        items = ready(source) if options.rate else prepared(ready(source))
    load = Load(
        endpoint,
        SystemClock(),
        random.SystemRandom(),
        concurrency=options.concurrency,
        rate=options.rate,
        duration=options.duration,
        attempts=options.attempts,
    )
    contract = source.contract if isinstance(source, Order) else None
    done = partial(_show, contract=contract) if shown and not options.as_json else None
    summary = run_load(
        load, items, what=what, seed=seed, follow=not shown, body=attrgetter("body"), key=_key, done=done
    )
    if options.page is not None:
        from adakit.load.html import render  # noqa: PLC0415 - for --report alone

        write_bytes(options.page, render(summary).encode(errors="backslashreplace"))
    end(summary, detailed=not shown, as_json=options.as_json)


def _page(reports: tuple[str, ...]) -> Path | None:
    """The file of ``html=FILE``, the one report that there is; raises UsageError for others."""
    page = None
    for entry in reports:
        form, equals, file = entry.partition("=")
        if form != "html" or not equals or not file:
            raise UsageError(f"{entry!r} is no report.", next_step="Write it as html=FILE.")
        page = Path(file)
        if not page.absolute().parent.is_dir():
            raise UsageError(f"{file} cannot be written: its directory does not exist.")
        if page.is_dir():
            raise UsageError(f"{file} cannot be written: it is a directory.")
    return page


def _key(item: Planned | Step | Ready) -> Hashable:
    return item.key if isinstance(item, Ready) else item.about or None


def _show(item: Planned | Step | Ready, attempt: Attempt, *, contract: Contract | None) -> None:
    if isinstance(item, Ready) or contract is None:
        show_delivery(f"{len(item.body)} bytes", "", attempt)
        return
    place = contract.profile.type_path
    said = get(item.payload, place) if place else contract.profile.provider
    show_delivery("(no type)" if said is ABSENT else str(said), item.narration, attempt)
