"""End users."""

from __future__ import annotations

import pytest

PROFILE = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "display_name": "Ada L.",
    "avatar": "https://example.com/a.png",
    "email": "ada@example.com",
    "language": "en-GB",
}


def create(api, **members):
    return api.ok("POST", "/end-users/", members)


def test_created(api):
    """A new end user is answered 201 with the whole profile, and emitted."""
    made = api("POST", "/end-users/", {"profile": {**PROFILE, "metadata": {"vip": True}}})
    assert made.status_code == 201
    user = made.json()
    assert user == {
        "end_user_id": user["end_user_id"],
        "external_id": None,
        "profile": {
            **PROFILE,
            "metadata": {"vip": True},
            "system_properties": {"sunshine_user_id": None},
        },
        "created_at": "2023-11-14T22:13:20.000000+00:00",
        "updated_at": "2023-11-14T22:13:20.000000+00:00",
    }
    ((event, tags),) = api.events()
    assert (event["type"], event["data"], tags) == ("v1.end_user.created", user, ())


@pytest.mark.parametrize("content", [b"", b"{}", b'{"profile": {}}'])
def test_blank(api, content):
    """A profile may be left out, and so may the body."""
    made = api.ok("POST", "/end-users/", content=content)
    assert made["profile"] == {
        **dict.fromkeys(PROFILE),
        "metadata": {},
        "system_properties": {"sunshine_user_id": None},
    }


def test_idempotent(api):
    """The same external id, in any letter case, gives the same end user with 200, and no further event."""
    first = api("POST", "/end-users/", {"external_id": "crm-Ä1"})
    second = api("POST", "/end-users/", {"external_id": "CRM-ä1", "profile": PROFILE})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert api.types() == ["end_user.created"]


def test_long_external_ids(api):
    """Every character of an external id counts, up to the last of 36, whatever it is."""
    made = [create(api, external_id="🚚" * 35 + last)["end_user_id"] for last in "abß"]
    assert len(set(made)) == 3
    assert api.ok("GET", "/end-users/?external_id=" + "🚚" * 35 + "B")["end_user_id"] == made[1]


def test_empty_external_ids(api):
    """An empty external id is none: those who send it are not one person."""
    made = [create(api, external_id="") for _ in range(2)]
    assert made[0]["end_user_id"] != made[1]["end_user_id"]
    assert {user["external_id"] for user in made} == {None}
    user = create(api, external_id="crm-1")
    changed = api.ok("PATCH", f"/end-users/{user['end_user_id']}", {"external_id": "", "profile": {}})
    assert changed["external_id"] is None


def test_looked_up(api):
    """An end user is read by id and by external id; one that is not there is 404."""
    user = create(api, external_id="crm-1")
    assert api.ok("GET", f"/end-users/{user['end_user_id']}") == user
    assert api.ok("GET", "/end-users/?external_id=CRM-1") == user
    for path in ("/end-users/?external_id=crm-2", "/end-users/5f5e1000000000000000000f", "/end-users/%00"):
        assert api.refused("GET", path) == (
            404,
            {"type": "not_found", "message": "There is no such end user.", "details": None},
        )


def test_listed(api):
    """End users are listed in order of creation; an external id goes with neither limit nor cursor."""
    made = [create(api) for _ in range(3)]
    first = api.ok("GET", "/end-users/?limit=2")
    assert first["data"] == made[:2]
    assert api.request("GET", first["meta"]["next_page_url"]).json()["data"] == made[2:]
    status, error = api.refused("GET", "/end-users/?limit=2&external_id=x")
    assert (status, error["details"][0]["message"]) == (400, "goes with neither cursor nor limit")


def test_changed(api):
    """A change keeps what it does not name, removes metadata that is null, and is emitted."""
    user = create(api, profile={**PROFILE, "metadata": {"plan": "basic", "orders": 1}})
    api.clock.advance(1)
    body = {"profile": {"email": None, "metadata": {"orders": 2, "plan": None, "vip": True}}}
    changed = api.ok("PATCH", f"/end-users/{user['end_user_id']}", body)
    assert changed["profile"] == {
        **user["profile"],
        "email": None,
        "metadata": {"orders": 2, "vip": True},
    }
    assert changed["updated_at"] == "2023-11-14T22:13:21.000000+00:00"
    event, tags = api.events()[-1]
    assert (event["type"], event["data"], tags) == ("v1.end_user.updated", changed, ())


def test_unchanged(api):
    """What changes nothing emits nothing."""
    user = create(api, profile=PROFILE)
    assert api.ok("PATCH", f"/end-users/{user['end_user_id']}", {"profile": PROFILE}) == user
    assert api.types() == ["end_user.created"]


def test_external_id_moves(api):
    """An external id can be set, removed and set again, unless it is another end user's: 409."""
    one, two = create(api, external_id="crm-1"), create(api)
    path = f"/end-users/{two['end_user_id']}"
    assert api.refused("PATCH", path, {"external_id": "CRM-1", "profile": {}}) == (
        409,
        {
            "type": "conflict",
            "message": "The external_id is already assigned to a different end user.",
            "details": None,
        },
    )
    api.ok("PATCH", f"/end-users/{one['end_user_id']}", {"external_id": None, "profile": {}})
    assert api.ok("PATCH", path, {"external_id": "crm-1", "profile": {}})["external_id"] == "crm-1"


def test_sensitive_metadata(api):
    """Sensitive metadata is checked and never shown, in an answer or in an event."""
    profile = {"sensitive_metadata": {"fields": {"card": "4111", "old": None}}}
    made = api("POST", "/end-users/", {"profile": profile})
    assert made.status_code == 201
    assert "4111" not in made.text + str(api.events()) + api("GET", "/_mock/state").text


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"external_id": "x" * 37}, {"$.external_id": "must be at most 36 characters long"}),
        ({"external_id": "<b>"}, {"$.external_id": "must not contain < or >"}),
        ({"external_id": 5}, {"$.external_id": "must be a string or null"}),
        ({"profile": {"email": 5}}, {"$.profile.email": "must be a string or null"}),
        (
            {"profile": {"metadata": {"a": 1.5}}},
            {"$.profile.metadata.a": "must be a string, a boolean, an integer or null"},
        ),
        (
            {"profile": {"metadata": {"a": "x" * 10_240}}},
            {"$.profile.metadata": "is larger than 10 KB"},
        ),
        (
            {"profile": {"sensitive_metadata": {"fields": {"a": ""}}}},
            {"$.profile.sensitive_metadata.fields.a": "must not be empty"},
        ),
        (
            {"profile": {"sensitive_metadata": {"fields": {"a b": 1}}}},
            {"$.profile.sensitive_metadata.fields": "must have keys of letters, digits, _ and - alone"},
        ),
        (
            {"profile": {"sensitive_metadata": {"fields": {str(n): 1 for n in range(21)}}}},
            {"$.profile.sensitive_metadata.fields": "must have at most 20 members"},
        ),
        (
            {"profile": {"metadata": {"a": 1}, "sensitive_metadata": {"fields": {"a": 1}}}},
            {"$.profile.sensitive_metadata.fields": "has a key of metadata too: a"},
        ),
    ],
)
def test_refused(api, body, found):
    """What cannot be an end user is refused, and nobody is created."""
    assert api.invalid("POST", "/end-users/", body) == found
    assert api.events() == []


def test_profile_is_required(api):
    """A change names a profile, as documented."""
    user = create(api)
    assert api.invalid("PATCH", f"/end-users/{user['end_user_id']}", {}) == {"$.profile": "is required"}
