"""``adakit generate``."""

from __future__ import annotations

from typing import Any

import click

from ada_contract_tests.engine.check import draw_seed
from adakit.options import Whole, use_contract, writing
from adakit.payload_plan import CHOICE, Order

__all__ = ["command"]


@click.command("generate")
@click.argument("name", metavar="EVENT|SCENARIO")
@click.option("-n", "--count", type=Whole(1), default=1, help="How many, or how often.")
@click.option("-o", "--output", metavar="FILE", help="Write to a file in place of standard output.")
@CHOICE
def command(name: str, seed: int | None, output: str | None, contract: str | None, **chosen: Any) -> None:
    """Print realistic events as NDJSON, exactly the bytes that `adakit send` would send.

    EVENT is an event type, with or without v1.; SCENARIO a whole story, such as conversation or handoff.
    """
    drawn = draw_seed() if seed is None else seed
    order = Order(name, use_contract(contract), seed=drawn, **chosen)
    bodies = (planned.body for planned in order.payloads())
    first = next(bodies)  # what is wrong with the order is known before anything is written
    second = next(bodies, None)
    with writing(output) as file:
        file.write(first if second is None and output is not None else first + b"\n")
        if second is not None:
            file.write(second + b"\n")
        for body in bodies:
            file.write(body + b"\n")
    if seed is None:
        click.echo(f"seed {order.seed}", err=True)
