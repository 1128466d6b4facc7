"""Ada's documents: what the mock serves is what they have, and each needs the amendments that are made."""

from __future__ import annotations

import copy

import pytest

from ada_document.amendments import AMENDMENTS, NAMES, ada_documents, amend, stale
from ada_mockserver.mock.api.document import document

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(params=NAMES)
def known(request):
    """One of the documents, and its name."""
    documents = ada_documents()
    if request.param not in documents:
        pytest.skip(f"no {request.param} is where ADAKIT_ADA_OPENAPI names Ada's openapi.yaml")
    return documents[request.param], request.param


def operations(paths):
    """The operations of paths, without the prefix that one of the documents has."""
    return {
        (method.upper(), path.removeprefix("/api").rstrip("/"))
        for path, item in paths.items()
        for method in METHODS & set(item)
    }


def test_every_operation_is_served(known):
    """The mock's document has every operation of Ada's."""
    served = {(each.method, each.path) for each in document().operations.values()}
    assert operations(known[0]["paths"]) - served == set()


def test_amendments_have_reasons():
    """An amendment says why, and does one thing."""
    for amendment in (each for listed in AMENDMENTS.values() for each in listed):
        assert amendment["reason"].endswith(".")
        assert set(amendment) in ({"at", "set", "reason"}, {"at", "rename", "reason"})


def test_every_amendment_is_needed(known):
    """A document needs every amendment; once they are made it needs none."""
    assert stale(*known) == []
    before = copy.deepcopy(known[0])
    amended = amend(*known)
    assert known[0] == before
    assert len(stale(amended, known[1])) == len(AMENDMENTS[known[1]])


def test_amended():
    """An amendment replaces one value or renames one member, and leaves all else as it was."""
    schemas = {
        each["at"][2]: {"oneOf": [1], "properties": {}}
        for each in AMENDMENTS["openapi.yaml"]
        if each["at"][0] == "components"
    }
    every = {each["at"][1] for each in AMENDMENTS["openapi.yaml"] if each["at"][0] == "paths"}
    methods = {method: {"responses": {}} for method in METHODS}
    made = amend({"paths": dict.fromkeys(every, methods), "components": {"schemas": schemas}}, "openapi.yaml")
    assert made["components"]["schemas"]["ConversationMetadata"] == {"anyOf": [1], "properties": {}}
    assert made["paths"]["/v2/end-users/"]["post"]["responses"]["201"]["description"] == "Created."
    assert set(made["paths"]["/v2/end-users/"]["patch"]["responses"]) == {
        "401",
        "403",
        "404",
        "406",
        "413",
        "415",
        "429",
    }
    assert stale({"paths": {}, "components": {"schemas": {}}}, "openapi.yaml")[0] == (
        "paths > /v2/end-users/ > post > responses > 201 is not in the document"
    )
