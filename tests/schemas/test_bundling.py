"""Documents of several files: what webhooks refer to elsewhere becomes part of one document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ada_schemas.contract.bundling import MAX_FILES, bundled
from ada_schemas.contract.contract import SOURCE, contract_in, read_contract
from ada_schemas.contract.documents import load_document
from ada_schemas.errors import DocumentError
from ada_schemas.files.write import render, write

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, Any] = {
    "openapi.json": {
        "openapi": "3.1.0",
        "info": {"title": "Example", "version": "1"},
        "webhooks": {"thing": {"$ref": "webhooks/thing.json"}, "other": {"$ref": "webhooks/all.json#/other"}},
        "components": {
            "schemas": {"Id": {"$ref": "schemas/id.json"}, "Unused": {"$ref": "schemas/unused.json"}},
            "examples": {"One": {"value": {"type": "thing.made", "id": "a", "$ref": "stays.json"}}},
        },
    },
    "webhooks/thing.json": {
        "post": {
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {"$ref": "../schemas/thing.json"},
                        "examples": {"one": {"$ref": "../openapi.json#/components/examples/One"}},
                    }
                }
            }
        }
    },
    "webhooks/all.json": {
        "other": {
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/schemas/Other"}}},
                }
            }
        },
        "schemas": {
            "Other": {
                "type": "object",
                "properties": {
                    "type": {"const": "thing.gone"},
                    "example": {"$ref": "../schemas/thing.json#/properties/tree"},
                },
            }
        },
    },
    "schemas/thing.json": {
        "type": "object",
        "properties": {
            "type": {"const": "thing.made"},
            "id": {"$ref": "../openapi.json#/components/schemas/Id", "description": "Its id."},
            "tree": {"type": "object", "properties": {"up": {"$ref": "#/properties/tree"}, "id": {"$ref": "id.json"}}},
        },
        "example": {"$ref": "a value"},
    },
    "schemas/id.json": {"type": "string", "maxLength": 9},
}  # fmt: skip


def laid_out(folder: Path, files: dict[str, Any]) -> str:
    for name, held in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(held), encoding="utf-8")
    return str(folder / "openapi.json")


def test_a_document_of_several_files_is_one(tmp_path: Path) -> None:
    """What is no schema stands in its place, a schema is a component; what nothing needs is not read."""
    document = load_document(laid_out(tmp_path, FILES))
    media = document["webhooks"]["thing"]["post"]["requestBody"]["content"]["application/json"]
    assert media == {
        "schema": {"$ref": "#/components/schemas/thing"},
        "examples": {"one": {"$ref": "#/components/examples/One"}},
    }
    schemas = document["components"]["schemas"]
    assert list(schemas) == ["Id", "Unused", "thing", "Other", "tree", "id"]
    assert schemas["Id"] == {"$ref": "#/components/schemas/id"}
    assert schemas["Other"]["properties"]["example"] == {"$ref": "#/components/schemas/tree"}
    assert schemas["tree"]["properties"]["up"] == {"$ref": "#/components/schemas/tree"}
    assert schemas["thing"]["example"] == {"$ref": "a value"}
    assert document["components"]["examples"] == FILES["openapi.json"]["components"]["examples"]


def test_a_directory_of_several_files_holds_itself(tmp_path: Path) -> None:
    """Its document needs no other file, so that the contract is the same wherever it lies."""
    contract = read_contract(laid_out(tmp_path / "from", FILES))
    assert (contract.event_names, contract.warnings) == (("thing.made", "thing.gone"), ())
    rendered = render(contract)
    write({SOURCE: rendered[SOURCE]}, tmp_path / "to")
    assert "schemas/unused.json" not in rendered[SOURCE]
    assert render(contract_in(str(tmp_path / "to"))) == rendered


@pytest.mark.parametrize(
    "reference", ["../outside.json", "/etc/passwd", "gone.json", "inside.json#/gone", "https://a.example/x.json", "file:///x"]
)  # fmt: skip
def test_a_reference_that_leads_elsewhere(reference: str, tmp_path: Path) -> None:
    """Nothing outside the folder of the document is read; the member that would need it is named."""
    schema = {"type": "object", "properties": {"type": {"const": "a"}, "x": {"$ref": reference}}}
    body = {"content": {"application/json": {"schema": schema}}}
    (tmp_path / "outside.json").write_text('{"type": "string"}', encoding="utf-8")
    files = {
        "openapi.json": {"openapi": "3.1.0", "webhooks": {"a": {"post": {"requestBody": body}}}},
        "inside.json": {},
    }
    location = laid_out(tmp_path / "folder", files)
    contract = read_contract(location)
    assert contract.warnings == (
        f"{location}: a#x refers to {reference}, which is outside the document; left out.",
    )


def test_a_document_on_the_web_keeps_to_its_host() -> None:
    """Its references are URLs of the same host, whatever path they have."""
    asked = []

    def load(url: str) -> dict[str, Any]:
        asked.append(url)
        return {"type": "string"}

    schema = {
        "anyOf": [{"$ref": "../b.json"}, {"$ref": "//other.example/c.json"}, {"$ref": "http://a.example/d"}]
    }
    media = {"application/json": {"schema": schema}}
    document = {"webhooks": {"w": {"post": {"requestBody": {"content": media}}}}}
    made = bundled(document, "https://a.example/x/y.json", load)
    assert asked == ["https://a.example/b.json"]
    assert made["components"] == {"schemas": {"b": {"type": "string"}}}


def test_a_document_of_too_many_files() -> None:
    """As many files are read as may be; what is in the others is not known."""
    asked = []

    def load(file: str) -> dict[str, Any]:
        asked.append(file)
        if file.endswith("7.json"):
            raise DocumentError("It cannot be read.")
        return {"type": "string"}

    references = [{"$ref": f"https://a.example/{n}.json"} for n in range(MAX_FILES * 2)]
    media = {"application/json": {"schema": {"anyOf": references}}}
    document = {"webhooks": {"w": {"post": {"requestBody": {"content": media}}}}}
    made = bundled(document, "https://a.example/openapi.json", load)
    assert len(asked) == MAX_FILES - 1
    assert len(made["components"]["schemas"]) == len([file for file in asked if "7.json" not in file])


def test_a_document_that_needs_no_other_is_itself() -> None:
    """Nothing is copied, and nothing is loaded."""
    document = {"webhooks": {"w": {"post": {"$ref": "#/components/x"}}}, "components": {}}
    assert bundled(document, "a.json", lambda _: None) is document
