"""Webhook management."""

from __future__ import annotations

import pytest

URL = "http://127.0.0.1:9/hook"


def create(api, **members):
    return api.ok("POST", "/webhooks/", {"url": URL, **members})


def test_created_as_documented(api):
    """A webhook has the documented members, takes every event unless told otherwise, and is enabled."""
    made = api("POST", "/webhooks/", {"url": URL})
    assert made.status_code == 201
    webhook = made.json()
    assert webhook.pop("id").startswith("ep_")
    assert webhook == {
        "url": URL,
        "description": "",
        "event_filters": [],
        "enabled": True,
        "created_at": "2023-11-14T22:13:20.000000+00:00",
        "updated_at": "2023-11-14T22:13:20.000000+00:00",
    }


def test_read_and_changed(api):
    """A webhook is read by its id, and a change keeps what it does not name."""
    webhook = create(api, description="one")
    api.clock.advance(60)
    changed = api.ok(
        "PATCH", f"/webhooks/{webhook['id']}", {"enabled": False, "event_filters": ["v1.conversation.ended"]}
    )
    assert changed == {
        **webhook,
        "enabled": False,
        "event_filters": ["v1.conversation.ended"],
        "updated_at": "2023-11-14T22:14:20.000000+00:00",
    }
    assert api.ok("GET", f"/webhooks/{webhook['id']}/") == changed


def test_deleted(api):
    """A deleted webhook is not found by any operation any more."""
    webhook = create(api)
    deleted = api("DELETE", f"/webhooks/{webhook['id']}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for method, path in [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/secret"),
        ("POST", "/secret/rotate"),
    ]:
        status, error = api.refused(
            method, f"/webhooks/{webhook['id']}{path}", {} if method != "GET" else None
        )
        assert (status, error["message"]) == (404, "There is no such webhook.")
    assert api.ok("GET", "/webhooks/")["data"] == []


def test_secret_and_rotation(api):
    """The secret is Svix's in form; rotating gives another one and does not return it."""
    webhook = create(api)
    secret = api.ok("GET", f"/webhooks/{webhook['id']}/secret/")["key"]
    assert secret.startswith("whsec_")
    assert api.ok("POST", f"/webhooks/{webhook['id']}/secret/rotate/") == {}
    assert api.ok("GET", f"/webhooks/{webhook['id']}/secret/")["key"] != secret


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("not base64!", "whsec_bm90IGJhc2U2NCE="),
    ],
)
def test_custom_key(api, key, secret):
    """A key of one's own is used as it is where it is a secret, else its bytes are the key."""
    webhook = create(api)
    api.ok("POST", f"/webhooks/{webhook['id']}/secret/rotate/", {"key": key})
    assert api.ok("GET", f"/webhooks/{webhook['id']}/secret/")["key"] == secret


@pytest.mark.parametrize("content", [b"", b"{", b'{"key": 5}', b"[]", b'{"key": ""}', b'{"key": "\\ud800"}'])
def test_no_key(api, content):
    """No 400 is documented for a rotation, so a body without a usable key rotates to a new secret."""
    webhook = create(api)
    before = api.ok("GET", f"/webhooks/{webhook['id']}/secret/")
    assert api.ok("POST", f"/webhooks/{webhook['id']}/secret/rotate/", content=content) == {}
    assert api.ok("GET", f"/webhooks/{webhook['id']}/secret/") != before


def test_pages(api):
    """A list is paged by cursor; the next page is an absolute URL, null on the last one."""
    made = [create(api, description=str(number))["id"] for number in range(5)]
    seen, url, pages = [], "/webhooks/?limit=2", 0
    while url:
        answer = api.request("GET", url) if url.startswith("http") else api("GET", url)
        seen += [webhook["id"] for webhook in answer.json()["data"]]
        url, pages = answer.json()["meta"]["next_page_url"], pages + 1
        assert url is None or url.startswith("http://mock.test/api/v2/webhooks")
    assert (seen, pages) == (made, 3)


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "cursor=x", "cursor=", "limit=²"])
def test_odd_pages(api, query):
    """No 400 is documented for the list, so a limit or cursor that cannot be used counts as not given."""
    made = [create(api)["id"], create(api)["id"]]
    listed = api.ok("GET", f"/webhooks/?{query}")["data"]
    assert [each["id"] for each in listed] == made


def test_event_types(api):
    """The seven documented event types are listed, each with a description."""
    listed = api.ok("GET", "/webhooks/event-types/")["data"]
    assert {each["name"] for each in listed} == {
        "v1.end_user.created",
        "v1.end_user.updated",
        "v1.conversation.created",
        "v1.conversation.message",
        "v1.conversation.handoff.ended",
        "v1.conversation.ended",
        "v1.audit_log.emitted",
    }
    assert all(each["description"] for each in listed)


@pytest.mark.parametrize(
    ("body", "parameter", "message"),
    [
        ({}, "$.url", "is required"),
        ({"url": 5}, "$.url", "must be a string"),
        ({"url": "no url"}, "$.url", "must be a URL"),
        ({"url": "ftp://example.com/"}, "$.url", "cannot be delivered to: The URL is not a web address."),
        ({"url": URL, "enabled": "yes"}, "$.enabled", "must be a boolean"),
        ({"url": URL, "event_filters": "v1"}, "$.event_filters", "must be a list"),
        ({"url": URL, "event_filters": [1]}, "$.event_filters[0]", "must be a string"),
        ({"url": URL, "description": "a\0b"}, "$.description", "holds the character NUL"),
    ],
)
def test_refused(api, body, parameter, message):
    """What cannot be a webhook is refused, each parameter by its path."""
    assert api.invalid("POST", "/webhooks/", body) == {parameter: message}


def test_unknown_event_type(api):
    """A filter that would never let anything through is refused, with the types that there are."""
    found = api.invalid("POST", "/webhooks/", {"url": URL, "event_filters": ["conversation.ended"]})
    assert list(found) == ["$.event_filters[0]"]
    assert found["$.event_filters[0]"].startswith(
        "must be one of: v1.conversation.created, v1.conversation.message, "
    )


def test_every_problem_is_named(api):
    """All that is wrong with a body is said at once."""
    found = api.invalid("POST", "/channels/", {"name": 3, "modality": "fax"})
    assert found == {
        "$.name": "must be a string",
        "$.description": "is required",
        "$.modality": "must be one of: messaging, email, voice",
    }


def test_dashboard_settings(api):
    """Channel filters and headers, which Ada's dashboard sets, are set at /_mock; headers are not shown."""
    webhook = create(api)
    body = {"channels": ["zendesk_chat"], "headers": {"x-token": "s3cret"}}
    changed = api.ok("PATCH", f"/_mock/webhooks/{webhook['id']}", body)
    assert changed == {**webhook, "channels": ["zendesk_chat"]}
    assert api.invalid("PATCH", f"/_mock/webhooks/{webhook['id']}", {"headers": {"a b": "c"}}) == {
        "$.headers": "'a b' is not a header name."
    }
    assert "s3cret" not in api("GET", "/_mock/state").text


@pytest.mark.parametrize(
    "name", ["svix-id", "Webhook-Signature", "Content-Length", "content-type", "Host", "Transfer-Encoding"]
)
def test_headers_of_the_delivery(api, name):
    """What identifies a delivery and what frames it is never replaced."""
    webhook = create(api)
    refused = {"$.headers": f"The header '{name}' is set by each delivery itself."}
    assert api.invalid("PATCH", f"/_mock/webhooks/{webhook['id']}", {"headers": {name: "x"}}) == refused
    seed = {"webhooks": [{"url": "http://127.0.0.1:9/", "headers": {"x-ok": "1", name: "x"}}]}
    assert list(api.invalid("POST", "/_mock/seed", seed).values()) == list(refused.values())
