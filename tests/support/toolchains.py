"""The tools that other people use on schema files, each given a directory of ours: what they say of it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.node_tools import node_commands, npm_packages

if TYPE_CHECKING:
    from types import ModuleType

    import pytest
    from pydantic import BaseModel

__all__ = [
    "Node",
    "Verdicts",
    "check_jsonschema",
    "complaints",
    "examples_and_cases",
    "load_module",
    "node_tools",
    "openapi_complaints",
    "pydantic_model",
]

PACKAGES = Path(__file__).parents[1] / "interop" / "npm"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What strict ajv says: the schema files that it compiled, and of each payload whether it is valid."""

    compiled: list[str]
    valid: dict[str, list[bool]]

    def refused(self, payloads: dict[str, list[Any]]) -> list[Any]:
        """The payloads that it calls invalid."""
        return [
            value
            for name, values in payloads.items()
            for value, ok in zip(values, self.valid[name], strict=True)
            if not ok
        ]


@dataclass(frozen=True, slots=True)
class Node:
    """Node, with the tools in ``folder``."""

    folder: Path

    def run(self, script: str, value: Any) -> Any:
        """Run a script of the folder with a JSON value as its input; answers the JSON that it prints."""
        node, _ = node_commands()
        done = subprocess.run(
            [*node, script],
            cwd=self.folder,
            input=json.dumps(value),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def judge(self, directory: Path, payloads: dict[str, list[Any]], scratch: Path) -> Verdicts:
        """Compile every schema of a directory with strict ajv, and judge payloads by the name of their schema's file."""
        files = {}
        for name, values in payloads.items():
            files[name] = scratch / f"{name}.ndjson"
            files[name].write_text("".join(json.dumps(v) + "\n" for v in values), encoding="utf-8")
        said = self.run(
            "judge.mjs", {"schemas": str(directory), "payloads": {n: str(f) for n, f in files.items()}}
        )
        valid = {name: [digit == "1" for digit in digits] for name, digits in said["verdicts"].items()}
        return Verdicts(said["compiled"], valid)

    def said(self, *directories: Path, in_turn: bool = False) -> list[dict[str, dict[str, str]]]:
        """What other people's tools say of the files of each directory, by tool and file.

        They are json-schema-to-typescript, quicktype, the AsyncAPI parser and an OpenAPI 3.1 validator.
        quicktype makes each event's types in three languages, ``in_turn`` in one of them.
        """
        said = self.run("tools.mjs", {"directories": list(map(str, directories)), "inTurn": in_turn})
        return [said[str(directory)] for directory in directories]

    def tsc(self, file: Path) -> str:
        """What ``tsc --strict`` says of a file; the empty text if it compiles."""
        node, _ = node_commands()
        options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--ignoreConfig"]
        program = self.folder / "node_modules" / "typescript" / "bin" / "tsc"
        done = subprocess.run(
            [*node, str(program), *options, str(file)], capture_output=True, text=True, check=False
        )
        assert (done.returncode == 0) == (not done.stdout), done.stdout + done.stderr
        return done.stdout


def node_tools(factory: pytest.TempPathFactory) -> Node:
    """Node with the packages of the committed lock file, installed once for all workers."""
    return Node(npm_packages(PACKAGES, "interop", factory))


def complaints(said: dict[str, dict[str, str]]) -> dict[str, str]:
    """What the tools of `Node.said` have against a directory, by tool and file."""
    return {f"{t}: {f}": text for t, results in said.items() for f, text in results.items() if text != "ok"}


def examples_and_cases(directory: Path) -> dict[str, list[Any]]:
    """The examples and cases in a directory that `render` made with ``cases``, by the file of their event's schema."""

    def load(file: str) -> Any:
        return json.loads((directory / file).read_text(encoding="utf-8"))

    cases = load("cases/index.json")["cases"]
    found = {}
    for event in load("index.json")["events"]:
        files = [f"cases/{case['file']}" for case in cases if case["event"] == event["type"]]
        found[event["schema"]] = [
            load(file) for file in [*([event["example"]] if "example" in event else []), *files]
        ]
    return found


def check_jsonschema(directory: Path) -> str:
    """What check-jsonschema says of the schemas as schemas, and of the examples by the schema of all events."""
    schemas = sorted(map(str, directory.glob("*.schema.json")))
    said = _check_jsonschema("--check-metaschema", *schemas)
    examples = sorted(map(str, (directory / "examples").glob("*.json")))
    if examples:
        said += _check_jsonschema("--schemafile", str(directory / "bundle.schema.json"), *examples)
    return said


def _check_jsonschema(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *arguments], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def pydantic_model(schema: Path, output: Path) -> type[BaseModel]:
    """The model of an event, in the module that datamodel-code-generator makes of its schema."""
    from datamodel_code_generator import DataModelType, InputFileType, generate

    with warnings.catch_warnings(action="ignore"):  # the generator's own, of what it uses
        generate(
            schema,
            input_file_type=InputFileType.JsonSchema,
            output=output,
            output_model_type=DataModelType.PydanticV2BaseModel,
            formatters=[],
        )
    module = load_module(output)
    *_, model = (value for value in vars(module).values() if getattr(value, "model_fields", None))
    return model


def load_module(file: Path) -> ModuleType:
    """The module in a file, imported under a name of its own, without a trace in ``sys.modules``."""
    spec = importlib.util.spec_from_file_location(f"generated_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # annotations are looked up there
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


def openapi_complaints(directory: Path) -> list[str]:
    """What the Python validator of OpenAPI 3.1 says of ``openapi.json``."""
    from openapi_spec_validator import OpenAPIV31SpecValidator

    document = json.loads((directory / "openapi.json").read_text(encoding="utf-8"))
    return [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()]
