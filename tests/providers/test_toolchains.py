"""The files that are generated from other providers' documents, in the hands of other people's tools."""

from __future__ import annotations

import json
import re
import typing
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ada_mockserver import EventFactory
from ada_schemas.files.write import render, write
from providers.documents import FOR_TOOLS
from support.toolchains import (
    check_jsonschema,
    complaints,
    examples_and_cases,
    load_module,
    openapi_complaints,
    pydantic_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ada_schemas.contract.contract import Contract
    from providers.documents import Document
    from support.toolchains import Node


class Generated(typing.NamedTuple):
    """A contract, the directory made of it, and an ordinary event of each type by the file of its schema."""

    contract: Contract
    directory: Path
    events: dict[str, Any]


@pytest.fixture(scope="module")
def generated_of(
    contract_of: Callable[[Document], Contract], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Document], Generated]:
    """Gives the directory of a provider's document, with the cases."""

    @cache
    def generate(document: Document) -> Generated:
        contract = contract_of(document)
        directory = tmp_path_factory.mktemp(document.name)
        write(render(contract, cases=True), directory)
        factory = EventFactory(seed=20, contract=contract)
        events = {f"{name}.schema.json": factory.event(name) for name in contract.event_names}
        return Generated(contract, directory, events)

    return generate


@pytest.fixture(params=FOR_TOOLS, ids=lambda document: document.name)
def generated(request: pytest.FixtureRequest, generated_of: Callable[[Document], Generated]) -> Generated:
    """The directory of each document."""
    return generated_of(request.param)


def test_ajv_compiles_the_schemas_and_takes_what_is_sent(
    generated: Generated, node: Node, tmp_path: Path
) -> None:
    """Strict ajv compiles every schema; examples, cases and ordinary events are valid by them."""
    made = examples_and_cases(generated.directory)
    made = {file: [*values, generated.events[file]] for file, values in made.items()}
    everything = {**made, "bundle.schema.json": [value for values in made.values() for value in values]}
    judged = node.judge(generated.directory, everything, tmp_path)
    assert judged.compiled == sorted(everything)
    assert judged.refused(everything) == []
    assert min(map(len, made.values())) > 5


def test_generators_and_validators_of_node_accept_the_files(
    generated_of: Callable[[Document], Generated], node: Node
) -> None:
    """json-schema-to-typescript, quicktype, the AsyncAPI parser and an OpenAPI 3.1 validator have no complaint.

    They are asked of all documents at once, since they take long to start.
    """
    directories = [generated_of(document).directory for document in FOR_TOOLS]
    for document, said in zip(FOR_TOOLS, node.said(*directories, in_turn=True), strict=True):
        assert {tool for tool, results in said.items() if results} == set(said), document.name
        assert complaints(said) == {}, document.name


def test_a_consumer_compiles_against_the_types(generated: Generated, node: Node, tmp_path: Path) -> None:
    """``tsc --strict`` takes events of every type and what reads their members, and no member that is not there."""
    (tmp_path / "events.d.ts").write_bytes((generated.directory / "events.d.ts").read_bytes())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    consumer = tmp_path / "consumer.ts"
    consumer.write_text("\n".join(typescript_consumer(generated)), encoding="utf-8")
    assert node.tsc(consumer) == ""


def typescript_consumer(generated: Generated) -> Iterator[str]:
    """A consumer of every event of a contract, in lines."""
    declared = (generated.directory / "events.d.ts").read_text(encoding="utf-8")
    *_, table = re.findall(r"^export interface (\w+Events) \{$", declared, re.MULTILINE)
    yield f'import type {{ {table} }} from "./events.js";'
    for number, (event, payload) in enumerate(
        zip(generated.contract.events, generated.events.values(), strict=True)
    ):
        typed = f"{table}[{json.dumps(event.type)}]"
        members = ", ".join(f"event[{json.dumps(member.name)}]" for member in event.payload.members)
        yield f"export const sent{number}: {typed} = {json.dumps(payload)};"
        yield f"export const read{number} = (event: {typed}): unknown[] => [{members}];"
        yield "// @ts-expect-error: not a member"
        yield f"export const unknown{number} = (event: {typed}): unknown => event.adakit_unknown;"


def test_the_python_types_can_be_imported(generated: Generated) -> None:
    """models.py is a module whose names are there, and whose types resolve."""
    module = load_module(generated.directory / "models.py")
    names = [name for name in module.__all__ if typing.is_typeddict(getattr(module, name))]
    assert len(names) >= len(generated.contract.events)
    for name in names:
        typing.get_type_hints(getattr(module, name), vars(module))


def test_check_jsonschema_accepts_the_files(generated: Generated) -> None:
    """check-jsonschema takes each schema as a schema, and the examples by it."""
    assert check_jsonschema(generated.directory) == ""


def test_datamodel_code_generator_accepts_the_files(generated: Generated, tmp_path: Path) -> None:
    """datamodel-code-generator makes a module of each schema, whose model takes the example and an ordinary event."""
    for number, (file, event) in enumerate(generated.events.items()):
        model = pydantic_model(generated.directory / file, tmp_path / f"model{number}.py")
        assert isinstance(model.model_validate_json(json.dumps(event)), model)


def test_openapi_spec_validator_accepts_the_file(generated: Generated) -> None:
    """The Python validator of OpenAPI 3.1 has no complaint either."""
    assert openapi_complaints(generated.directory) == []
