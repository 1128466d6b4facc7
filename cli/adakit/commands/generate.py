"""``adakit generate``."""

from __future__ import annotations

from itertools import chain
from typing import Any

import click

from ada_contract_tests.engine.check import draw_seed
from adakit.options import Whole, use_contract, writing
from adakit.payload_plan import CHOICE, Order

__all__ = ["command", "print_payloads"]


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
    print_payloads(order, output)
    if seed is None:
        click.echo(f"seed {order.seed}", err=True)


def print_payloads(order: Order, output: str | None) -> None:
    """Write the payloads of an order as NDJSON; one alone in a file is JSON."""
    bodies = order.bodies()
    first, second = next(bodies), next(bodies, None)  # whatever is wrong is known before writing
    with writing(output) as file:
        if second is None and len(first) == 1 and output is not None:
            file.write(first[0])  # a file of one event holds no more than the event
        else:
            for told in chain([first], [second] if second else [], bodies):
                file.write(b"\n".join(told) + b"\n")
