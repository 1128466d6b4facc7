"""Events that Schemathesis makes, where it is installed: its coverage phase, and its fuzzing.

It reads the contract as the document of one endpoint (`ada_schemas.files.endpoint`). What it makes becomes
edits of an ordinary event, as everything else that is fuzzed, so that a failure is shrunk and told in the
same way. Its package registers a pytest plugin, which is why it is not part of the extra ``fuzz``.
"""

from __future__ import annotations

import random
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ada_contract_tests.suites.edits import Edit, FuzzedEvent
from ada_contract_tests.suites.fuzzed import builder_of
from ada_mockserver.events.factory import EventFactory
from ada_schemas.contract.paths import steps
from ada_schemas.contract.samples import complete
from ada_schemas.contract.shapes import Object, Scalar, Union
from ada_schemas.errors import UsageError
from ada_schemas.files.endpoint import endpoint_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_contract_tests.suites.edits import Mode
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Shape

__all__ = ["is_installed", "made_by_schemathesis"]

PATH = "/webhooks/ada"
FUZZED = 0.1
"""The share that its fuzzing makes; it takes some ten times as long for each as its coverage phase does."""


def is_installed() -> bool:
    """True if Schemathesis can be imported."""
    return find_spec("schemathesis") is not None


def made_by_schemathesis(
    contract: Contract,
    name: str,
    mode: Mode,
    *,
    number: int,
    seed: int,
    examples: Callable[[Any, int, int], list[Any]],
) -> list[FuzzedEvent]:
    """At most so many events of one name; ``examples`` draws a number of values from a strategy by a seed.

    Raises UsageError where Schemathesis cannot be used.
    """
    try:
        bodies = _bodies(contract, name, mode, number, seed, examples)
    except Exception as error:
        raise UsageError(
            f"Schemathesis cannot make events of {name}: {type(error).__name__}: {error}",
            next_step="Install another release of it (adakit[schemathesis] names those that work), or none.",
        ) from error
    builder = builder_of(contract, name)
    base = complete(builder.event.payload, EventFactory(seed=0, contract=contract).event(name))
    told = tuple(steps(builder.event.type_path))
    made = (
        tuple(edit for edit in _edits(builder.event.payload, base, body, ()) if edit.path != told)
        for body in bodies
        if isinstance(body, dict)
    )
    return [FuzzedEvent(name, mode, edits) for edits in made if edits]


def _bodies(
    contract: Contract,
    name: str,
    mode: Mode,
    number: int,
    seed: int,
    examples: Callable[[Any, int, int], list[Any]],
) -> list[Any]:
    import schemathesis  # type: ignore[import-not-found]  # noqa: PLC0415 - slow, and not a dependency
    from schemathesis.config import (  # type: ignore[import-not-found]  # noqa: PLC0415 - as above
        GenerationConfig,
    )

    chosen = (
        schemathesis.GenerationMode.NEGATIVE if mode == "hostile" else schemathesis.GenerationMode.POSITIVE
    )
    document = endpoint_document(contract, path=PATH, events=[contract.event(name)], closed=mode != "forward")
    schema = schemathesis.openapi.from_dict(document)
    operation = schema[PATH]["POST"]
    covering = schema.iter_coverage_cases(
        operation, generation_modes=[chosen], generation_config=GenerationConfig()
    )
    covered = [case.body for case in covering]
    drawn = max(1, round(number * FUZZED))
    some = random.Random(seed).sample(covered, min(len(covered), number - drawn))  # noqa: S311 - no secret
    fuzzed = examples(operation.as_strategy(generation_mode=chosen), drawn, seed)
    return [*some, *(case.body for case in fuzzed)]


def _edits(shape: Shape, base: Any, value: Any, path: tuple[str, ...]) -> Iterator[Edit]:
    """The changes that make a value of what an ordinary event has; ids stay its own."""
    if isinstance(shape, Object) and isinstance(base, dict) and isinstance(value, dict):
        for member in shape.members:
            at = (*path, member.name)
            if member.name not in value:
                yield Edit(at, "remove")
            else:
                yield from _edits(member.shape, base.get(member.name), value[member.name], at)
        known = {member.name for member in shape.members}
        yield from (Edit((*path, key), "put", new) for key, new in value.items() if key not in known)
        return
    if isinstance(shape, Union) and isinstance(value, dict) and isinstance(base, dict):
        branch = shape.branch(value.get(shape.discriminator)) if shape.discriminator else None
        if branch is not None:
            if value.get(shape.discriminator) != base.get(shape.discriminator):
                yield Edit(path, "put", {shape.discriminator: branch.tag})
                base = {}
            yield from _edits(branch.shape, base, value, path)
            return
    is_id = isinstance(shape, Scalar) and (shape.holds == "id" or shape.max_length is not None)
    if path and value != base and not (is_id and isinstance(value, str)):
        yield Edit(path, "put", value)
