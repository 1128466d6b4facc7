"""The same two events, made from models or from our schema files.

What these make obeys the schema of one event at a time: ids are any texts, and no two events belong together.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contenders import models
from contenders.limit import MESSAGES
from contenders.timed import drained

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["make_jsf", "make_polyfactory", "make_schemathesis"]

TURNS = ("conversation.created", *["conversation.message"] * MESSAGES)
"""The events in the proportion in which those that are written by hand come."""

Run = "Callable[[int], dict[str, Any]]"


def make_polyfactory() -> Run:
    """What is timed of polyfactory: data classes, which orjson writes as they are."""
    import orjson
    from polyfactory.factories import DataclassFactory

    # A factory that is there already is taken for the nested models too, and not made anew for each event.
    for model in models.NESTED:
        DataclassFactory.create_factory(model, __set_as_default_factory_for_type__=True)
    factories = [DataclassFactory.create_factory(model) for model in models.EVENTS]
    factories[0].seed_random(1)
    builders = dict(zip(TURNS[:2], (factory.build for factory in factories), strict=True))

    def bodies() -> Iterator[bytes]:
        while True:
            for name in TURNS:
                yield orjson.dumps(builders[name]())

    return drained(bodies())


def _schemas(folder: str) -> dict[str, Any]:
    return {name: json.loads(Path(folder, f"{name}.schema.json").read_bytes()) for name in TURNS[:2]}


def make_jsf(folder: str) -> Run:
    """What is timed of jsf."""
    import orjson
    from jsf import JSF

    makers = {name: JSF(schema).generate for name, schema in _schemas(folder).items()}

    def bodies() -> Iterator[bytes]:
        while True:
            for name in TURNS:
                yield orjson.dumps(makers[name]())

    return drained(bodies())


def make_schemathesis(document: str) -> Run:
    """What is timed of Schemathesis' generation: bodies of the OpenAPI document in a file, valid ones.

    Hypothesis calls a test with each, and that test writes it.
    """
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings

    schema = schemathesis.openapi.from_dict(json.loads(Path(document).read_bytes()))
    strategies = {name: schema[f"/{name}"]["POST"].as_strategy() for name in TURNS[:2]}

    def generated(name: str, count: int) -> int:
        made = 0

        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategies[name])
        def writes(case: Any) -> None:
            nonlocal made
            json.dumps(case.body).encode()  # orjson refuses numbers that these events may hold
            made += 1

        writes()
        return made

    def run(count: int) -> dict[str, Any]:
        each = max(1, count // len(TURNS))
        start = time.perf_counter()
        made = generated(TURNS[0], each) + generated(TURNS[1], each * MESSAGES)
        return {"count": made, "seconds": time.perf_counter() - start}

    return run
