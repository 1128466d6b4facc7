"""Every edit of the corpus is classified as it was written down before there was a classifier."""

from __future__ import annotations

import copy
import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION
from ada_schemas.contract.documents import load_document
from ada_schemas.drift import Drift, diff
from support.drift.edits import EDITS, Edit

if TYPE_CHECKING:
    from pathlib import Path

ADA_DOCUMENT = os.environ.get("ADAKIT_ADA_OPENAPI")
"""Ada's own openapi.yaml, on machines that have it."""


@cache
def json_of(name: str | Path) -> str:
    """A document as JSON, which is read anew for every edit: YAML takes a hundred times as long."""
    return json.dumps(load_document(str(name)))


def event(name: str) -> str:
    return name if not name or name.startswith("v2.") else f"v1.{name}"


def listed(drift: Drift) -> list[tuple[str, str, str]]:
    return sorted((c.kind, c.event, c.path) for c in drift.changes if c.kind != "corrected")


def drift_of(edit: Edit, document: dict[str, Any], folder: Path) -> Drift:
    """The comparison that a person would make: ours, or what an edit starts from, with the edited document."""
    base = None
    before = copy.deepcopy(document)
    edit.before(document)
    if document != before:
        base = folder / "before.json"
        base.write_text(json.dumps(document), encoding="utf-8")
    edit.make(document)
    (folder / "after.json").write_text(json.dumps(document), encoding="utf-8")
    return diff(base=base and str(base), against=str(folder / "after.json"))


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.id.replace(" ", "-"))
def test_an_edit_of_our_document_is_classified(edit: Edit, tmp_path: Path) -> None:
    """The changes listed are exactly those expected: class, event and path."""
    drift = drift_of(edit, json.loads(json_of(DOCUMENTED / TRANSCRIPTION)), tmp_path)
    assert listed(drift) == sorted((kind, event(name), path) for kind, name, path in edit.changes)


@pytest.mark.skipif(ADA_DOCUMENT is None, reason="ADAKIT_ADA_OPENAPI does not name Ada's openapi.yaml")
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.id.replace(" ", "-"))
def test_an_edit_of_adas_document_is_classified(edit: Edit, tmp_path: Path) -> None:
    """The same edits of Ada's own document, compared with our contract, give the same changes."""
    assert ADA_DOCUMENT is not None
    drift = drift_of(edit, json.loads(json_of(ADA_DOCUMENT)), tmp_path)
    assert listed(drift) == sorted((kind, event(name), path) for kind, name, path in edit.changes)
