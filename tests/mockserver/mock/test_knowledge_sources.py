"""Knowledge sources."""

from __future__ import annotations

import pytest

SOURCES = "/knowledge/sources/"
CREATED = "2023-11-14T22:13:20.000000+00:00"
HELP = {"id": "help center ä", "name": "Help"}
HELP_PATH = "/knowledge/sources/help%20center%20%C3%A4"


def listed(api):
    return api.ok("GET", SOURCES)["data"]


def told(api):
    """What the audit log says happened to sources."""
    entries = [payload["data"] for payload, _ in api.events(audit=True)]
    return [
        (e["activity"], e["entity_id"], e["entity_name"])
        for e in entries
        if e["entity_type"] == "knowledge_source"
    ]


def test_created(api):
    """The client chooses the id; what was not given is null, and no article has come yet."""
    made = api("POST", SOURCES, HELP)
    assert made.status_code == 200
    assert made.json() == {
        **HELP,
        "external_id": None,
        "metadata": None,
        "created": CREATED,
        "updated": CREATED,
    }
    with_metadata = api.ok("POST", SOURCES, {"id": "a", "name": "A", "metadata": {"of": ["b", None]}})
    assert with_metadata["metadata"] == {"of": ["b", None]}
    assert listed(api) == [made.json(), with_metadata]
    assert told(api) == [("created", "help center ä", "Help"), ("created", "a", "A")]


def test_same_id(api):
    """An id that there is already is a conflict, and nothing changes."""
    api.ok("POST", SOURCES, HELP)
    status, error = api.refused("POST", SOURCES, {**HELP, "name": "Other"})
    assert (status, error) == (
        409,
        {"type": "conflict", "message": "There is a knowledge source with this id already.", "details": None},
    )
    assert [source["name"] for source in listed(api)] == ["Help"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, {"$.id": "is required", "$.name": "is required"}),
        ({"id": "", "name": "A"}, {"$.id": "must not be empty"}),
        ({"id": "a" * 161, "name": "A"}, {"$.id": "must be at most 160 characters long"}),
        ({"id": "a", "name": 1}, {"$.name": "must be a string"}),
        ({"id": "a", "name": "A", "metadata": []}, {"$.metadata": "must be an object or null"}),
    ],
)
def test_refused(api, body, problem):
    """A source has an id and a name."""
    assert api.invalid("POST", SOURCES, body) == problem


def test_changed(api):
    """Each member can be changed but the id, and a change that changes nothing is none."""
    api.ok("POST", SOURCES, HELP)
    api.advance(60)
    changes = {"name": "\0", "external_id": "x", "metadata": {"a": 1}}
    changed = api.ok("PATCH", HELP_PATH, {**changes, "id": "other"})
    later = "2023-11-14T22:14:20.000000+00:00"
    assert changed == {"id": HELP["id"], **changes, "created": CREATED, "updated": later}
    api.advance(60)
    assert api.ok("PATCH", HELP_PATH, {"name": "\0"}) == changed
    assert told(api)[1:] == [("updated", HELP["id"], "\0")]
    assert api.invalid("PATCH", HELP_PATH, {"name": ""}) == {"$.name": "must not be empty"}
    assert api.refused("PATCH", "/knowledge/sources/other", {})[0] == 404


def test_deleted(api):
    """A source is gone some seconds after it was deleted, with its articles; until then it says so."""
    for source in ("going", "staying"):
        api.ok("POST", SOURCES, {"id": source, "name": source})
        article = {"id": f"of {source}", "name": "N", "content": "C", "knowledge_source_id": source}
        api.ok("POST", "/knowledge/bulk/articles/", [article])
    assert api("DELETE", "/knowledge/sources/going").status_code == 204
    api.advance(4)
    assert [source.get("status") for source in listed(api)] == ["deleting", None]
    assert api("DELETE", "/knowledge/sources/going").status_code == 204
    assert api.refused("POST", SOURCES, {"id": "going", "name": "again"})[0] == 409
    assert len(api.ok("GET", "/knowledge/articles/")["data"]) == 2
    api.advance(1)
    assert [source["id"] for source in listed(api)] == ["staying"]
    assert [article["id"] for article in api.ok("GET", "/knowledge/articles/")["data"]] == ["of staying"]
    assert api.refused("DELETE", "/knowledge/sources/going") == (
        404,
        {"type": "not_found", "message": "There is no such knowledge source.", "details": None},
    )
    assert told(api)[2:] == [("deleted", "going", "going")]
    assert "status" not in api.ok("POST", SOURCES, {"id": "going", "name": "again"})


def test_due(api, monkeypatch):
    """A mock that sleeps wakes when there is a source to be gone, and knows when that is."""
    woken = []
    monkeypatch.setattr(api.context.database, "_listeners", [lambda: woken.append(True)])
    api.ok("POST", SOURCES, HELP)
    assert api.advance(0) is None
    assert woken == []
    api("DELETE", HELP_PATH)
    assert woken == [True]
    assert api.advance(1) == api.clock.now() + 4
