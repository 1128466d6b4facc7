"""The generated files in the hands of other people's tools."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ada_schemas import event_names, validate
from ada_schemas.contract.contract import shipped
from ada_schemas.files.write import committed_directory, committed_root, render, write
from interop.mutation import payloads
from support.node_tools import node_commands

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[[str, Any], Any]
DIRECTORY = committed_directory()
COUNT = 2000


def lines_file(folder: Path, name: str, values: list[Any]) -> str:
    file = folder / f"{name}.ndjson"
    file.write_text("".join(json.dumps(v) + "\n" for v in values), encoding="utf-8")
    return str(file)


def test_ajv_agrees_with_our_validator(run_node: Run, tmp_path: Path) -> None:
    """Strict ajv compiles every schema and judges 2,000 payloads an event as we do; a third are valid, a third not."""
    made = {event: list(payloads(event, COUNT, seed=20)) for event in event_names()}
    files = {f"{event}.schema.json": lines_file(tmp_path, event, made[event]) for event in made}
    every = [payload for found in made.values() for payload in found]
    files["bundle.schema.json"] = lines_file(tmp_path, "bundle", every)
    judged = run_node("judge.mjs", {"schemas": str(DIRECTORY), "payloads": files})
    assert judged["compiled"] == sorted(p.name for p in DIRECTORY.glob("*.schema.json"))
    for event, found in made.items():
        ours = "".join("0" if validate(p, event=event) else "1" for p in found)
        theirs = judged["verdicts"][f"{event}.schema.json"]
        differing = [p for p, one, other in zip(found, ours, theirs, strict=True) if one != other]
        assert differing == []
        assert ours.count("1") >= COUNT / 3, event
        assert ours.count("0") >= COUNT / 3, event
    ours = "".join("0" if validate(p) else "1" for p in every)
    assert judged["verdicts"]["bundle.schema.json"] == ours


@pytest.fixture(scope="module")
def with_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package before it is packed: the schema files, the cases among them, as `make npm` writes them."""
    folder = tmp_path_factory.mktemp("package")
    write(render(shipped(), cases=True), folder / "ada_schemas" / "v1")
    for name in ("package.json", "README.md"):
        shutil.copy(committed_root() / name, folder)
    return folder


def test_every_example_is_valid_for_ajv(run_node: Run, with_cases: Path, tmp_path: Path) -> None:
    """The documented examples and the file of every case are valid by the schema of their event."""
    folder = with_cases / "ada_schemas" / "v1"
    cases = json.loads((folder / "cases" / "index.json").read_text(encoding="utf-8"))["cases"]
    made: dict[str, list[Any]] = {}
    for event in event_names():
        found = [folder / "examples" / f"{event}.json"]
        found += [folder / "cases" / c["file"] for c in cases if c["event"] == f"v1.{event}"]
        made[event] = [json.loads(file.read_text(encoding="utf-8")) for file in found]
    files = {f"{event}.schema.json": lines_file(tmp_path, event, made[event]) for event in made}
    verdicts = run_node("judge.mjs", {"schemas": str(DIRECTORY), "payloads": files})["verdicts"]
    for event, values in made.items():
        judged = verdicts[f"{event}.schema.json"]
        assert [v for v, ok in zip(values, judged, strict=True) if ok == "0"] == []
        assert len(values) > 20


def test_generators_and_validators_of_node_accept_the_files(run_node: Run) -> None:
    """json-schema-to-typescript, quicktype, the AsyncAPI parser and an OpenAPI 3.1 validator have no complaint."""
    said = run_node("tools.mjs", {"directory": str(DIRECTORY)})
    assert {tool for tool, results in said.items() if results} == set(said)
    complaints = {(t, f): text for t, results in said.items() for f, text in results.items() if text != "ok"}
    assert complaints == {}
    assert len(said["json-schema-to-typescript"]) == len(event_names()) + 1
    assert len(said["quicktype"]) == 3 * len(event_names())


def test_a_consumer_compiles_against_the_types(npm_folder: Path, tmp_path: Path) -> None:
    """``tsc --strict`` takes a consumer written against events.d.ts, and sees what is wrong in it."""
    node, _ = node_commands()
    shutil.copy(DIRECTORY / "events.d.ts", npm_folder.parent / "events.d.ts")
    options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--ignoreConfig"]
    command = [*node, str(npm_folder / "node_modules" / "typescript" / "bin" / "tsc"), *options]

    def compiled(file: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)

    good = compiled(npm_folder / "consumer.ts")
    assert (good.returncode, good.stdout) == (0, "")
    broken = npm_folder / "broken.ts"
    text = (npm_folder / "consumer.ts").read_text(encoding="utf-8")
    broken.write_text(text.replace("content.filename", "content.file_name"), encoding="utf-8")
    assert "Property 'file_name' does not exist" in compiled(broken).stdout


def test_check_jsonschema_accepts_the_files() -> None:
    """check-jsonschema takes each schema as a schema, and the examples by it."""
    command = [sys.executable, "-m", "check_jsonschema"]
    schemas = sorted(map(str, DIRECTORY.glob("*.schema.json")))
    done = subprocess.run(
        [*command, "--check-metaschema", *schemas], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    examples = sorted(map(str, (DIRECTORY / "examples").glob("*.json")))
    bundle = str(DIRECTORY / "bundle.schema.json")
    done = subprocess.run(
        [*command, "--schemafile", bundle, *examples], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("event", ["conversation.message", "end_user.created"])
def test_datamodel_code_generator_accepts_the_files(event: str, tmp_path: Path) -> None:
    """datamodel-code-generator makes a module of a schema, which compiles."""
    output = tmp_path / "model.py"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "datamodel_code_generator",
            *("--input", str(DIRECTORY / f"{event}.schema.json"), "--input-file-type", "jsonschema"),
            *("--output", str(output), "--output-model-type", "pydantic_v2.BaseModel"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = output.read_text(encoding="utf-8")
    compile(text, "model.py", "exec")
    assert "class Data(BaseModel):" in text


def test_openapi_spec_validator_accepts_the_file() -> None:
    """The Python validator of OpenAPI 3.1 has no complaint either."""
    document = json.loads((DIRECTORY / "openapi.json").read_text(encoding="utf-8"))
    assert [str(e) for e in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_npm_pack_gives_a_package_that_can_be_used(with_cases: Path, tmp_path: Path) -> None:
    """What npm packs holds the files, and its exports lead to them."""
    node, npm = node_commands()
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
        [*node, "--no-warnings", "--input-type=module", "-e", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Any Ada webhook event v1.conversation.ended\n"), done.stderr
