"""Channels."""

from __future__ import annotations

import pytest

CHANNEL = {"name": "App", "description": "Our app", "modality": "messaging"}


def test_native_channels(api):
    """A new AI Agent has Ada's own channels, which show neither metadata nor a time of creation."""
    listed = api.ok("GET", "/channels/?type=native")["data"]
    assert [(each["name"], each["modality"]) for each in listed] == [
        ("Chat", "messaging"),
        ("Voice", "voice"),
        ("Email", "email"),
    ]
    assert all(
        set(each) == {"type", "id", "name", "description", "modality", "capabilities"} for each in listed
    )


def test_created(api):
    """A custom channel has the documented members; what is left out has its default."""
    made = api("POST", "/channels/", CHANNEL)
    assert made.status_code == 201
    channel = made.json()
    assert len(channel.pop("id")) == 24
    assert channel == {
        **CHANNEL,
        "type": "custom",
        "capabilities": {"markdown": False},
        "metadata": {},
        "created_at": "2023-11-14T22:13:20.000000+00:00",
    }


def test_listed(api):
    """Channels are listed by type and modality, page by page."""
    made = [
        api.channel(name=str(n), modality=modality)
        for n, modality in enumerate(["voice", "messaging", "voice"])
    ]
    assert api.ok("GET", "/channels/?type=custom&modality=voice")["data"] == [made[0], made[2]]
    first = api.ok("GET", "/channels/?type=custom&limit=2")
    assert first["data"] == made[:2]
    url = first["meta"]["next_page_url"]
    assert url == f"http://mock.test/api/v2/channels?type=custom&limit=2&cursor={made[2]['id']}"
    assert api.request("GET", url).json() == {"data": made[2:], "meta": {"next_page_url": None}}


@pytest.mark.parametrize(
    ("query", "parameter", "message"),
    [
        ("", "$.type", "is required"),
        ("?type=fax", "$.type", "must be one of: custom, native"),
        ("?type=custom&modality=fax", "$.modality", "must be one of: messaging, email, voice"),
        ("?type=custom&limit=0", "$.limit", "must be an integer of at least 1"),
        ("?type=custom&limit=many", "$.limit", "must be an integer of at least 1"),
        ("?type=custom&cursor=5f5e", "$.cursor", "is not a cursor of this list"),
        ("?type=custom&cursor=%00", "$.cursor", "is not a cursor of this list"),
    ],
)
def test_list_refused(api, query, parameter, message):
    """A parameter of the query that does not fit is refused, and said to be of the query."""
    status, error = api.refused("GET", f"/channels/{query}")
    assert status == 400
    assert error["details"] == [{"parameter": parameter, "location": "query", "message": message}]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"a": None}, "must be a string, a boolean, an integer or a number"),
        ({"a": []}, "must be a string, a boolean, an integer or a number"),
        ({"a": {}}, "must be a string, a boolean, an integer or a number"),
    ],
)
def test_metadata(api, metadata, message):
    """Metadata holds texts, booleans and numbers, up to 4 KB in all."""
    assert api.channel(metadata={"a": "x", "b": True, "c": 3, "d": 3.5})["metadata"]["d"] == 3.5
    assert api.invalid("POST", "/channels/", {**CHANNEL, "metadata": metadata}) == {"$.metadata.a": message}
    assert api.channel(metadata={"a": "x" * 4088})
    assert api.invalid("POST", "/channels/", {**CHANNEL, "metadata": {"a": "x" * 4089}}) == {
        "$.metadata": "is larger than 4 KB"
    }


def test_changed(api):
    """The capabilities of a custom channel can be changed, those of a native one cannot."""
    channel = api.channel()
    assert api.ok("PATCH", f"/channels/{channel['id']}", {"capabilities": {"markdown": True}}) == {
        **channel,
        "capabilities": {"markdown": True},
    }
    assert api.ok("PATCH", f"/channels/{channel['id']}", {"capabilities": {}})["capabilities"]["markdown"]
    native = api.ok("GET", "/channels/?type=native")["data"][0]
    status, error = api.refused("PATCH", f"/channels/{native['id']}", {"capabilities": {}})
    assert (status, error["details"]) == (
        400,
        [
            {
                "parameter": "$.channel_id",
                "location": "path",
                "message": "names a native channel, which cannot be changed",
            }
        ],
    )
    assert api.refused("PATCH", "/channels/5f5e", {"capabilities": {}})[0] == 404
