"""Ada's document reduced to what the mock serves: the list is that of the routes, and the document's."""

from __future__ import annotations

import copy
import os

import pytest

from ada_document.reduction import SERVED, amend, reduce_document, stale
from ada_mockserver.mock.assembly import API_ROUTES
from ada_schemas.contract.documents import load_document

DOCUMENT = os.environ.get("ADAKIT_ADA_OPENAPI")
has_document = pytest.mark.skipif(not DOCUMENT, reason="ADAKIT_ADA_OPENAPI does not name Ada's openapi.yaml")


def operations():
    return {
        (method.upper(), path.rstrip("/"))
        for path, methods in SERVED["operations"].items()
        for method in methods
    }


def test_operations_are_the_routes():
    """Every operation of the list is served, and every one that is served is in the list."""
    served = {(method, route.path) for route in API_ROUTES for method in route.methods - {"HEAD"}}
    assert served == operations()


def test_amendments_have_reasons():
    """An amendment says why, and does one thing."""
    for amendment in SERVED["amendments"]:
        assert amendment["reason"].endswith(".")
        assert set(amendment) in ({"at", "set", "reason"}, {"at", "rename", "reason"})


@has_document
def test_document_has_them():
    """The document has every operation, and needs every amendment."""
    document = load_document(DOCUMENT)
    assert stale(document) == []
    assert set(reduce_document(document)["paths"]) == set(SERVED["operations"])
    assert reduce_document(document, amended=False)["components"] == document["components"]


@has_document
def test_staleness_is_noticed():
    """An operation that is gone, and an amendment that is needed no more, are named."""
    document = load_document(DOCUMENT)
    gone = copy.deepcopy(document)
    del gone["paths"]["/v2/webhooks/{id}"]["patch"]
    assert stale(gone) == ["PATCH /v2/webhooks/{id} is not in the document"]
    amended = amend(document)
    assert "paths > /v2/end-users/ > post > responses > 201 says already what the amendment says" in stale(
        amended
    )
    assert "components > schemas > ConversationMetadata has no oneOf" in stale(amended)
    assert len(stale(amended)) == len(SERVED["amendments"])


def test_amended():
    """An amendment replaces one value or renames one member, and leaves all else as it was."""
    paths = {
        name: {method: {"responses": {}} for method in ("get", "post", "patch", "delete", "put")}
        for name in SERVED["operations"]
    }
    schemas = {
        a["at"][2]: {"oneOf": [1], "properties": {}}
        for a in SERVED["amendments"]
        if a["at"][0] == "components"
    }
    document = {
        "openapi": "3.1.0",
        "info": {},
        "servers": [],
        "paths": paths,
        "components": {"schemas": schemas},
    }
    before = copy.deepcopy(document)
    reduced = reduce_document(document)
    assert document == before
    assert reduced["components"]["schemas"]["ConversationMetadata"] == {"anyOf": [1], "properties": {}}
    assert reduced["paths"]["/v2/end-users/"]["post"]["responses"]["201"]["description"] == "Created."
    assert reduced["paths"]["/v2/channels/"] == {"get": {"responses": {}}, "post": {"responses": {}}}
