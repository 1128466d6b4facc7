"""The corpus of edits itself: enough of each class, and each of them changes the document."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest

from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION
from ada_schemas.contract.documents import load_document
from support.drift.edits import EDITS, Edit

CLASSES = {"additive", "loosened", "tightened", "breaking", "documentation"}


def test_there_are_enough_edits_of_every_class() -> None:
    """At least three a class, at least forty in all, and no name twice."""
    counted = Counter(change[0] for edit in EDITS for change in edit.changes)
    assert set(counted) == CLASSES
    assert min(counted.values()) >= 3
    assert len(EDITS) >= 40
    assert len({edit.id for edit in EDITS}) == len(EDITS)


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return load_document(str(DOCUMENTED / TRANSCRIPTION))


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.id.replace(" ", "-"))
def test_an_edit_changes_the_document(edit: Edit, ours: dict[str, Any]) -> None:
    """What is made of the document differs from what it starts from."""
    document = copy.deepcopy(ours)
    edit.before(document)
    before = copy.deepcopy(document)
    edit.make(document)
    assert document != before or list(document["webhooks"]) != list(before["webhooks"]) or "order" in edit.id
