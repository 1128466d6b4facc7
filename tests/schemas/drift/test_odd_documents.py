"""The comparison of documents that no one wrote by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ada_schemas import DocumentError
from ada_schemas.drift import diff

if TYPE_CHECKING:
    from pathlib import Path

TEXT, NUMBER = {"type": "string"}, {"type": "number"}


def written(folder: Path, name: str, data: Any, **operation: Any) -> str:
    """A file with a document of one webhook."""
    payload = {"type": "object", "properties": {"type": {"enum": ["v1.thing"]}, "data": data}}
    body = {"content": {"application/json": {"schema": payload}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "webhooks": {"thing": {"post": {"requestBody": body, **operation}}},
    }
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return str(folder / name)


def changes(folder: Path, before: Any, after: Any) -> list[tuple[str, str, str]]:
    """What is different between two schemas of the member ``data``."""
    base, against = written(folder, "old.json", before), written(folder, "new.json", after)
    return [(change.kind, change.path, change.what) for change in diff(base=base, against=against).changes]


def test_names_with_dots_and_colons(tmp_path: Path) -> None:
    """A change is at the member that it is about, not at one of a like path."""
    before = {
        "type": "object",
        "properties": {"a.b": TEXT, "a:b": TEXT, "*": TEXT, "a": {"properties": {"b": TEXT}}},
    }
    after = {
        "type": "object",
        "properties": {"a.b": NUMBER, "a:b": TEXT, "*": NUMBER, "a": {"properties": {"b": TEXT}}},
    }
    assert changes(tmp_path, before, after) == [
        ("breaking", r"data.a\.b", "string became number"),
        ("breaking", r"data.\*", "string became number"),
    ]


def test_headers_are_named_as_they_are(tmp_path: Path) -> None:
    """What tells a header from a member is no part of its name."""
    header = {"name": "X-Trace", "in": "header", "schema": TEXT}
    base = written(tmp_path, "old.json", TEXT, parameters=[header])
    found = diff(base=base, against=written(tmp_path, "new.json", TEXT)).changes
    assert [(change.path, change.what) for change in found] == [("header:x-trace", "removed")]


def test_branches_that_hold_nothing(tmp_path: Path) -> None:
    """They are the same, although there is nothing by which they could be."""
    union = {"oneOf": [{"type": "object", "properties": {}}, {"type": "object", "maxProperties": 3}]}
    assert changes(tmp_path, union, union) == []


def test_a_reference_that_is_no_text(tmp_path: Path) -> None:
    """It leads nowhere, wherever it stands."""
    base = written(tmp_path, "old.json", {"not": TEXT})
    against = written(tmp_path, "new.json", {"not": {"$ref": {"a": 1}}})
    with pytest.raises(DocumentError) as caught:
        diff(base=base, against=against)
    assert str(caught.value) == (
        f"{against}: thing#data refers to {{'a': 1}}, which is outside the document.\n"
        "  Bundle the document into one file first."
    )
