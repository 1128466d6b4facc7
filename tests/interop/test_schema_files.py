"""The generated files in the hands of other people's tools."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from ada_schemas import event_names, validate
from ada_schemas.contract.contract import shipped
from ada_schemas.files.write import committed_directory, committed_root, render, write
from interop.mutation import payloads
from support.node_tools import node_commands
from support.toolchains import (
    check_jsonschema,
    complaints,
    examples_and_cases,
    openapi_complaints,
    pydantic_model,
)

if TYPE_CHECKING:
    from pathlib import Path

    from support.toolchains import Node

DIRECTORY = committed_directory()
COUNT = 2000


def test_ajv_agrees_with_our_validator(node: Node, tmp_path: Path) -> None:
    """Strict ajv compiles every schema and judges 2,000 payloads an event as we do; a third are valid, a third not."""
    made = {event: list(payloads(event, COUNT, seed=20)) for event in event_names()}
    files = {f"{event}.schema.json": made[event] for event in made}
    every = [payload for found in made.values() for payload in found]
    judged = node.judge(DIRECTORY, {**files, "bundle.schema.json": every}, tmp_path)
    assert judged.compiled == sorted(p.name for p in DIRECTORY.glob("*.schema.json"))
    for event, found in made.items():
        ours = [not validate(p, event=event) for p in found]
        theirs = judged.valid[f"{event}.schema.json"]
        differing = [p for p, one, other in zip(found, ours, theirs, strict=True) if one != other]
        assert differing == []
        assert ours.count(True) >= COUNT / 3, event
        assert ours.count(False) >= COUNT / 3, event
    assert judged.valid["bundle.schema.json"] == [not validate(p) for p in every]


@pytest.fixture(scope="module")
def with_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package before it is packed: the schema files, the cases among them, as `make npm` writes them."""
    folder = tmp_path_factory.mktemp("package")
    write(render(shipped(), cases=True), folder / "ada_schemas" / "v1")
    for name in ("package.json", "README.md"):
        shutil.copy(committed_root() / name, folder)
    return folder


def test_every_example_is_valid_for_ajv(node: Node, with_cases: Path, tmp_path: Path) -> None:
    """The documented examples and the file of every case are valid by the schema of their event."""
    made = examples_and_cases(with_cases / "ada_schemas" / "v1")
    assert node.judge(DIRECTORY, made, tmp_path).refused(made) == []
    assert list(made) == [f"{event}.schema.json" for event in event_names()]
    assert min(map(len, made.values())) > 20


def test_generators_and_validators_of_node_accept_the_files(node: Node) -> None:
    """json-schema-to-typescript, quicktype, the AsyncAPI parser and an OpenAPI 3.1 validator have no complaint."""
    (said,) = node.said(DIRECTORY)
    assert {tool for tool, results in said.items() if results} == set(said)
    assert complaints(said) == {}
    assert len(said["json-schema-to-typescript"]) == len(event_names()) + 1
    assert len(said["quicktype"]) == 3 * len(event_names())


def test_a_consumer_compiles_against_the_types(node: Node) -> None:
    """``tsc --strict`` takes a consumer written against events.d.ts, and sees what is wrong in it."""
    shutil.copy(DIRECTORY / "events.d.ts", node.folder.parent / "events.d.ts")
    assert node.tsc(node.folder / "consumer.ts") == ""
    broken = node.folder / "broken.ts"
    text = (node.folder / "consumer.ts").read_text(encoding="utf-8")
    broken.write_text(text.replace("content.filename", "content.file_name"), encoding="utf-8")
    assert "Property 'file_name' does not exist" in node.tsc(broken)


def test_check_jsonschema_accepts_the_files() -> None:
    """check-jsonschema takes each schema as a schema, and the examples by it."""
    assert check_jsonschema(DIRECTORY) == ""


@pytest.mark.parametrize("event", ["conversation.message", "end_user.created"])
def test_datamodel_code_generator_accepts_the_files(event: str, tmp_path: Path) -> None:
    """datamodel-code-generator makes a module of a schema, whose model takes the example."""
    model = pydantic_model(DIRECTORY / f"{event}.schema.json", tmp_path / "model.py")
    assert "class Data(BaseModel):" in (tmp_path / "model.py").read_text(encoding="utf-8")
    example = (DIRECTORY / "examples" / f"{event}.json").read_bytes()
    assert model.model_validate_json(example).type == f"v1.{event}"


def test_openapi_spec_validator_accepts_the_file() -> None:
    """The Python validator of OpenAPI 3.1 has no complaint either."""
    assert openapi_complaints(DIRECTORY) == []


def test_npm_pack_gives_a_package_that_can_be_used(with_cases: Path, tmp_path: Path) -> None:
    """What npm packs holds the files, and its exports lead to them."""
    run_node, npm = node_commands()
    packed = subprocess.run(
        [*npm, "pack", "--json", "--pack-destination", str(tmp_path)],
        cwd=with_cases,
        capture_output=True,
        text=True,
        check=False,
    )
    assert packed.returncode == 0, packed.stderr
    (archive,) = tmp_path.glob("*.tgz")
    installed = tmp_path / "node_modules" / "ada-webhook-schemas"
    installed.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    (tmp_path / "unpacked" / "package").rename(installed)
    names = {p.relative_to(installed).as_posix() for p in installed.rglob("*") if p.is_file()}
    assert {"package.json", "README.md", "ada_schemas/v1/events.d.ts", "ada_schemas/v1/openapi.json"} <= names
    assert sum(name.startswith("ada_schemas/v1/cases/") for name in names) > 900
    assert not [name for name in names if name.endswith((".py", ".yaml"))]
    script = (
        'import bundle from "ada-webhook-schemas" with { type: "json" };'
        'import one from "ada-webhook-schemas/conversation.ended.schema.json" with { type: "json" };'
        "console.log(bundle.title, one.title);"
    )
    done = subprocess.run(
        [*run_node, "--no-warnings", "--input-type=module", "-e", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Any Ada webhook event v1.conversation.ended\n"), done.stderr
