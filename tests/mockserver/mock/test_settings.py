"""Settings of the AI Agent: its persona, variables and custom instructions, and the audit log of changes."""

from __future__ import annotations

import base64

import pytest

from ada_mockserver.mock.api.things import custom_instructions

BEGIN = "2023-11-14T00:00:00Z"


def test_persona(api):
    """A new AI Agent has a persona; what is given is changed, and the rest stays."""
    new = api.ok("GET", "/persona/")
    assert (new["message_length"], new["emoji_usage"]) == ("normal", False)
    assert api.ok("PATCH", "/persona/", {}) == new
    changed = api.ok("PATCH", "/persona/", {"message_length": "concise", "competitor_names": None})
    assert changed == {**new, "message_length": "concise"}
    assert api.ok("PATCH", "/persona", {"emoji_usage": True})["message_length"] == "concise"
    assert api.ok("GET", "/persona/") == {**changed, "emoji_usage": True}
    changes = [event["data"]["entity_type"] for event, _ in api.events(audit=True)]
    assert changes == ["persona", "persona"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"message_length": "long"}, {"$.message_length": "must be one of: concise, normal"}),
        ({"emoji_usage": "yes"}, {"$.emoji_usage": "must be a boolean"}),
    ],
)
def test_bad_persona(api, body, problem):
    """What a persona cannot have is refused."""
    assert api.invalid("PATCH", "/persona/", body) == problem


def test_variables(api):
    """The variables are listed, and read by their ids; any other id is not there."""
    listed = api.ok("GET", "/variables/")["data"]
    assert "email" in {variable["name"] for variable in listed}
    assert api.ok("GET", f"/variables/{listed[0]['id']}") == listed[0]
    for chosen in ("5f7e0e2c1e7c7e000f0f9c3a", "no id", "%00"):
        status, error = api.refused("GET", f"/variables/{chosen}")
        assert (status, error["message"]) == (404, "There is no such variable.")


def test_custom_instructions(api):
    """An instruction is created inactive, listed, changed and deleted."""
    made = api.ok("POST", "/custom-instructions/", {"title": "Refunds", "text": "Ask for the order number."})
    assert made == {
        "id": made["id"],
        "title": "Refunds",
        "text": "Ask for the order number.",
        "enabled": False,
        "notes": None,
        "availability_rules": None,
    }
    path = f"/custom-instructions/{made['id']}"
    assert api.ok("GET", path) == made
    changed = api.ok(
        "PATCH", path, {"enabled": True, "notes": "since May", "availability_rules": 'v("plan") == "pro"'}
    )
    assert changed == {
        **made,
        "enabled": True,
        "notes": "since May",
        "availability_rules": 'v("plan") == "pro"',
    }
    assert (
        api.ok("PATCH", path, {"title": "Refunds", "availability_rules": None})["availability_rules"] is None
    )
    other = api.ok("POST", "/custom-instructions/", {"title": "Tone", "text": "Be brief.", "enabled": True})
    page = api.ok("GET", "/custom-instructions/?limit=1")
    assert [each["title"] for each in page["data"]] == ["Refunds"]
    rest = api.request("GET", page["meta"]["next_page_url"]).json()
    assert rest == {"data": [other], "meta": {"next_page_url": None}}
    assert api("DELETE", path).status_code == 204
    assert api.refused("GET", path)[1]["message"] == "There is no such custom instruction."


def test_instructions_that_conflict(api, monkeypatch):
    """A title is used once, and no more are enabled than the limit says."""
    monkeypatch.setattr(custom_instructions, "MOST_ENABLED", 1)
    api.ok("POST", "/custom-instructions/", {"title": "A", "text": "a", "enabled": True})
    second = api.ok("POST", "/custom-instructions/", {"title": "B", "text": "b"})
    path = f"/custom-instructions/{second['id']}"
    taken = (409, "The title is already used by another custom instruction.")
    full = (409, "No more than 1 custom instructions can be enabled.")
    for method, where, body, expected in (
        ("POST", "/custom-instructions/", {"title": "A", "text": "c"}, taken),
        ("PATCH", path, {"title": "A"}, taken),
        ("POST", "/custom-instructions/", {"title": "C", "text": "c", "enabled": True}, full),
        ("PATCH", path, {"enabled": True}, full),
    ):
        status, error = api.refused(method, where, body)
        assert (status, error["message"]) == expected


@pytest.mark.parametrize(
    "rule",
    ["", "plan == 1", 'v("plan") = 1', 'v("plan") ~ "x"', 'import("os")', "v(1) == 1", "(" * 9999, 'v("a'],
)
def test_no_rule(api, rule):
    """What is no rule is refused."""
    body = {"title": "A", "text": "a", "availability_rules": rule}
    problem = {"$.availability_rules": 'must be a rule such as v("plan") == "premium"'}
    assert api.invalid("POST", "/custom-instructions/", body) == problem


def test_rule_about_nothing(api):
    """A rule names variables that there are."""
    body = {
        "title": "A",
        "text": "a",
        "availability_rules": 'v("plan") == "x" and not v("mood") in ("a", "b")',
    }
    assert api.invalid("POST", "/custom-instructions/", body) == {
        "$.availability_rules": (
            "names a variable that is not there; there are: email, language, order_number, plan, region"
        )
    }


def test_audit_log(api):
    """Each change through the API is an entry and an event, which say the same; the newest is first."""
    channel = api.channel()
    api.clock.advance(60)
    body = {"capabilities": {"markdown": True}}
    api.ok("PATCH", f"/channels/{channel['id']}", body, headers={"user-agent": "tests/1"})
    entries = api.ok("GET", f"/analytics/audit-log/events/?start_date={BEGIN}")["data"]
    assert entries == [event["data"] for event, _ in api.events(audit=True)][::-1]
    assert entries[0] == {
        "id": entries[0]["id"],
        "timestamp": "2023-11-14T22:14:20.000+00:00",
        "actor_email": "",
        "actor_name": "",
        "actor_user_id": "",
        "entity_type": "channel",
        "entity_id": channel["id"],
        "entity_name": "App",
        "activity": "updated",
        "interface": "api",
        "context_ip": "127.0.0.1",
        "context_user_agent": "tests/1",
        "api_key_name": "",
    }


def test_pages_of_the_audit_log(api):
    """Pages go on in the window of the first, also when something happened since."""
    for _ in range(5):
        api.channel()
        api.clock.advance(1)
    url, seen = f"http://mock.test/api/v2/analytics/audit-log/events?start_date={BEGIN}&limit=2", []
    while url:
        page = api.request("GET", url).json()
        seen += page["data"]
        url = page["meta"]["next_page_url"]
        api.clock.advance(1)
        api.channel()
    assert [entry["timestamp"][17:19] for entry in seen] == ["24", "23", "22", "21", "20"]


@pytest.mark.parametrize("ordinal", ["9" * 40, "-1", "0", "true.5", "[" * 5000])
def test_forged_cursor(api, ordinal):
    """A cursor that the mock did not make is refused, whatever it holds."""
    window = "1699920000000, 1700006400000"  # that of the query
    cursor = base64.urlsafe_b64encode(f"[{ordinal}, {window}]".encode()).decode()
    query = f"start_date={BEGIN}&end_date=2023-11-15T00:00:00Z&cursor={cursor}"
    assert api.invalid("GET", f"/analytics/audit-log/events/?{query}") == {
        "$.cursor": "is not a cursor of this window; take meta.next_page_url as it is"
    }


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("", {"$.start_date": "is required"}),
        (
            "start_date=yesterday",
            {"$.start_date": "must be a time in ISO 8601, such as 2026-01-31T00:00:00Z"},
        ),
        ("start_date=2023-10-01T00:00:00Z", {"$.end_date": "is more than 30 days after start_date"}),
        (f"start_date={BEGIN}&end_date=2023-11-01", {"$.end_date": "is before start_date"}),
        (
            f"start_date={BEGIN}&cursor=xx",
            {"$.cursor": "is not a cursor of this window; take meta.next_page_url as it is"},
        ),
        (f"start_date={BEGIN}&limit=101", {"$.limit": "must be an integer from 1 to 100"}),
        (f"start_date={BEGIN}&limit=x", {"$.limit": "must be an integer from 1 to 100"}),
    ],
)
def test_bad_window(api, query, problem):
    """A window that cannot be, and a cursor of another one, are refused."""
    assert api.invalid("GET", f"/analytics/audit-log/events/?{query}") == problem
