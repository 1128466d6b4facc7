"""The schema files: generated, committed, in the receiver's form, and the same from Ada's own document."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from ada_schemas import UsageError, event_names, load
from ada_schemas.contract.contract import read_contract, shipped
from ada_schemas.files.write import (
    as_file,
    committed_directory,
    committed_root,
    differences,
    render,
    render_committed,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

ADA_DOCUMENT = os.environ.get("ADAKIT_ADA_OPENAPI")
"""Ada's own openapi.yaml, on machines that have it."""


def schemas_in(directory: Path) -> dict[str, Any]:
    return {p.name: json.loads(p.read_text(encoding="utf-8")) for p in directory.glob("*.schema.json")}


def without_prose(node: Any) -> Any:
    """A schema without its descriptions, titles and examples."""
    if isinstance(node, dict):
        prose = {"description": str, "title": str, "examples": list}
        return {k: without_prose(v) for k, v in node.items() if not (k in prose and isinstance(v, prose[k]))}
    return [without_prose(v) for v in node] if isinstance(node, list) else node


def objects_in(schema: Any) -> list[dict[str, Any]]:
    found = [schema] if isinstance(schema, dict) and schema.get("type") == "object" else []
    children = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    return found + [o for child in children for o in objects_in(child)]


def test_the_committed_files_are_what_the_documented_source_generates() -> None:
    """Nobody edits a schema file by hand, and none is forgotten."""
    found = differences(render_committed(shipped()), committed_root(), within="ada_schemas/v1")
    assert found == []


def test_differences_name_what_is_missing_changed_and_left_over(tmp_path: Path) -> None:
    """A check says of each file what is wrong with it."""
    write(render(shipped()), tmp_path)
    (tmp_path / "index.json").write_text("{}")
    (tmp_path / "bundle.schema.json").unlink()
    (tmp_path / "conversation.begun.schema.json").write_text("{}")
    assert differences(render(shipped()), tmp_path) == [
        "bundle.schema.json is missing",
        "index.json differs",
        "conversation.begun.schema.json is left over",
    ]


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    """The same contract gives the same bytes, and an up-to-date file is not touched."""
    assert sorted(write(render(shipped()), tmp_path)) == sorted(render(shipped()))
    assert write(render(shipped()), tmp_path) == []


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Writing below a file is an error that names the path and the reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught:
        write(render(shipped()), tmp_path / "file")
    assert str(caught.value) == f"{tmp_path / 'file'} cannot be written: File exists."


def test_seven_events_with_an_example_each() -> None:
    """Every documented event has a schema file and an example, and the index lists them."""
    index = json.loads((committed_directory() / "index.json").read_text())
    assert [e["type"] for e in index["events"]] == [
        "v1.conversation.created",
        "v1.conversation.message",
        "v1.conversation.ended",
        "v1.conversation.handoff.ended",
        "v1.end_user.created",
        "v1.end_user.updated",
        "v1.audit_log.emitted",
    ]
    documented = {e["name"] for e in index["events"] if e["exampleIsDocumented"]}
    assert documented == set(event_names()) - {"end_user.updated", "audit_log.emitted"}
    for entry in index["events"]:
        schema = json.loads((committed_directory() / entry["schema"]).read_text())
        example = json.loads((committed_directory() / entry["example"]).read_text())
        assert schema["$id"] == entry["$id"]
        assert example["type"] == entry["type"]
        Draft202012Validator(schema).validate(example)


@pytest.mark.parametrize("name", event_names())
def test_the_receivers_form_follows_the_versioning_policy(name: str) -> None:
    """Open schemas refuse no new member, enum value or branch, and demand no format or length."""
    schema = json.loads((committed_directory() / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert {"$schema", "$id", "title", "description", "examples"} <= set(schema)
    assert schema["required"] == ["type", "timestamp", "data"]
    assert schema["properties"]["type"]["const"] == f"v1.{name}"
    text = json.dumps(without_prose(schema))
    for keyword in (
        '"format"',
        '"maxLength"',
        '"pattern"',
        '"oneOf"',
        '"additionalProperties": false',
        '"$ref"',
    ):
        assert keyword not in text, keyword
    for node in objects_in(schema):
        assert set(node.get("required", ())) <= set(node.get("properties", ())), "ajv's strict mode"


def all_nodes(schema: Any) -> list[dict[str, Any]]:
    children = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    own = [schema] if isinstance(schema, dict) else []
    return own + [n for child in children for n in all_nodes(child)]


@pytest.mark.parametrize("name", event_names())
def test_every_enum_is_open_and_no_type_is_a_list(name: str) -> None:
    """An enum stands beside any other string, and unions are written so that ajv's strict mode takes them."""
    schema = without_prose(load(name))
    nodes = all_nodes(schema)
    assert not [n for n in nodes if isinstance(n.get("type"), list)]
    branches = [n["anyOf"] for n in nodes if "anyOf" in n]
    enums = [n for n in nodes if "enum" in n]
    known = [n["not"] for n in nodes if isinstance(n.get("not"), dict)]
    for enum in enums:
        if enum not in known:
            assert any(enum in b and {"type": "string"} in b for b in branches), enum


def test_the_bundle_dispatches_on_type_and_accepts_unknown_ones() -> None:
    """One schema for all events: each payload is checked by its own, an unknown type is valid."""
    validator = Draft202012Validator(json.loads((committed_directory() / "bundle.schema.json").read_text()))
    for event in shipped().events:
        example = event.examples[0].value
        assert validator.is_valid(example)
        assert not validator.is_valid({**example, "data": 7})
        assert not validator.is_valid({k: v for k, v in example.items() if k != "timestamp"})
    assert validator.is_valid({"type": "v1.conversation.reopened"})
    assert validator.is_valid({"type": "v2.anything", "data": None})
    assert not validator.is_valid({"data": {}})
    assert not validator.is_valid([])


def test_the_closed_form_allows_nothing_undocumented() -> None:
    """Every object of the closed form is closed, and its enums are."""
    for name in event_names():
        closed = load(name, closed=True)
        for node in objects_in(closed):
            if "properties" in node:
                assert node["additionalProperties"] is False
        assert not [n for n in all_nodes(closed) if "not" in n]
    message = load("conversation.message", closed=True)
    channel = message["properties"]["data"]["properties"]["channel"]["anyOf"][1]
    assert channel["properties"]["created_at"]["format"] == "date-time"
    assert channel["properties"]["id"] == {
        "description": "Identifies the channel.",
        "examples": ["5f7e0e2c1e7c7e000f0f9c3a"],
        "type": "string",
    }
    end_user = load("end_user.created", closed=True)
    external_id = end_user["properties"]["data"]["properties"]["external_id"]
    assert external_id["anyOf"] == [{"type": "string", "maxLength": 36}, {"type": "null"}]


@pytest.mark.skipif(ADA_DOCUMENT is None, reason="ADAKIT_ADA_OPENAPI does not name Ada's openapi.yaml")
def test_adas_own_document_gives_the_same_schemas(tmp_path: Path) -> None:
    """Event types, members, types, enums and nullability are the same from Ada's document as from ours."""
    theirs = read_contract(ADA_DOCUMENT)
    assert theirs.warnings == ()
    write(render(theirs), tmp_path)
    found, ours = schemas_in(tmp_path), schemas_in(committed_directory())
    assert set(found) == set(ours)
    for name in set(ours) - {"bundle.schema.json"}:
        assert without_prose(found[name]) == without_prose(ours[name]), name
    for event in theirs.events:
        mine = shipped().event(event.name)
        assert without_prose(load(event.name, closed=True)) == without_prose(load(mine.name, closed=True))


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"a": [], "b": {}, "c": [1, [2.5, None], {"d": True}], 'é\u2028\ud800"': "\n\x00"},
        {1: -0.0, None: 1e300, False: ("a",)},
        "text",
    ],
)
def test_the_text_of_a_file(value):
    """It is that of the standard library, to the byte."""
    assert as_file(value) == json.dumps(value, indent=2, ensure_ascii=False) + "\n"
