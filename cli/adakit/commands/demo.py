"""``adakit demo``: the whole kit on one screen after the other, with nothing to set up."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ada_contract_tests.engine.check import Options, acheck, draw_seed
from ada_contract_tests.reports.terminal import print_report
from ada_contract_tests.targets.open import open_target
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.attempt import delivery_headers
from ada_mockserver.delivery.sender import TIME_LIMIT
from ada_mockserver.delivery.signing import authentic_headers, generate_secret, new_message_id
from ada_mockserver.events.payload import encode
from ada_mockserver.events.scenarios import scenario
from ada_schemas.contract.contract import ada_profile
from ada_schemas.errors import MissingExtraError
from adakit.console import open_console
from adakit.demo.consumer import PATH, SEEN_PATH
from adakit.options import Whole

if TYPE_CHECKING:
    from rich.console import Console

    from ada_contract_tests.findings import Report

__all__ = ["command"]

GOOD = "adakit.demo.consumer:app"
BUGGY = "adakit.demo.buggy:app"
PLANTED = "KeyError: 'body'"
"""The one cause that the check must find in the buggy consumer."""


@click.command("demo")
@click.option("--seed", type=Whole(0), help="Repeat what this seed gave; drawn if not given.")
def command(seed: int | None) -> None:
    """See the whole kit at work on a small consumer, in seconds, without an Ada account.

    Exit code 0 when the good consumer passes and exactly the planted bug is found in the other.
    """
    chosen = draw_seed() if seed is None else seed
    console = open_console()
    os.environ[ada_profile().secret_variable] = generate_secret(random.SystemRandom())
    delivered = asyncio.run(_conversation(chosen, console))
    good = _checked(console, "2. The contract check: every documented variant against it", GOOD, chosen)
    buggy = _checked(
        console, "3. The same check with a planted bug: every message is taken for text", BUGGY, chosen
    )
    outage = _outage(console)
    found = bool(buggy.errors) and all(f.cause.startswith(PLANTED) for f in buggy.findings)
    console.print()
    if delivered and good.ok and found and outage:
        console.print(
            "[bold green]The good consumer passes; exactly the planted bug was found in the other.[/]"
        )
        console.print(
            "Now yours:  [bold]adakit check http://127.0.0.1:8000/your/webhook --secret whsec_...[/]"
        )
        console.print("       or:  [bold]adakit check yourapp.main:app --path /your/webhook[/]")
        return
    console.print("[bold red]The demo did not go as it should; this is a bug in adakit.[/]")
    raise SystemExit(1)


async def _conversation(seed: int, console: Console) -> bool:
    """Send a whole conversation to the good consumer, and show it; true when all of it was taken."""
    from adakit.demo.consumer import app  # noqa: PLC0415 - the consumer is loaded once the secret is set

    clock = SystemClock()
    rng = random.SystemRandom()
    console.rule("1. A conversation with a handoff, as Ada sends it, signed", align="left", style="dim")
    target = open_target(GOOD, path=PATH, clock=clock, search_path=(Path.cwd(),))
    await target.start()
    accepted = 0
    steps = scenario("handoff", seed=seed).steps
    for step in steps:
        body = encode(step.payload)
        signature = authentic_headers(
            [os.environ[ada_profile().secret_variable]],
            message_id=new_message_id(rng),
            timestamp=int(clock.now()),
            body=body,
        )
        before = len(app.inbox)
        answer = await target.request(delivery_headers(signature), body, timeout=TIME_LIMIT)
        status = answer.response.status if answer.response else 0
        accepted += status == 200
        said = app.inbox[-1] if len(app.inbox) > before else ""
        kind = str(step.payload["type"]).removeprefix("v1.")
        console.print(f"  [green]{status}[/] [bold]{kind:<27}[/] ", end="")
        console.print(
            said or step.narration,
            style="" if said else "dim",
            markup=False,
            overflow="ellipsis",
            no_wrap=True,
        )
    await target.stop()
    console.print(f"\n  {accepted} of {len(steps)} events accepted.")
    return accepted == len(steps)


def _outage(console: Console) -> bool:
    """Show the mock Ada, where the extra is installed; true when it did as it should, or is not there."""
    from adakit.demo.consumer import Consumer  # noqa: PLC0415 - once the secret is set
    from adakit.demo.outage import show_outage  # noqa: PLC0415 - likewise

    console.print()
    console.rule("4. The mock Ada: its API, its webhooks, its retries", align="left", style="dim")
    try:
        return show_outage(console, Consumer(), os.environ[ada_profile().secret_variable])
    except MissingExtraError as error:
        console.print(f"  {error.what} {error.next_step}", markup=False)
        return True


def _checked(console: Console, title: str, target: str, seed: int) -> Report:
    console.print()
    console.rule(title, align="left", style="dim")
    console.print(f"  $ adakit check {target} --path {PATH} --seen-url {SEEN_PATH}\n", style="dim")
    report = asyncio.run(acheck(target, Options(path=PATH, seed=seed, seen_url=SEEN_PATH)))
    print_report(report, console)
    return report
