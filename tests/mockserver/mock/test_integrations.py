"""Platform integrations: registered, installed by OAuth 2.0, and what their access tokens may do."""

from __future__ import annotations

import re

import pytest

from ada_mockserver.mock.state.installations import Installation, Integration, name_of
from support.integration_stage import (
    INTEGRATION,
    LIST,
    SELF,
    TOKEN,
    by_code,
    by_refresh,
    connected,
    create,
    exchange,
    install,
)

SCOPES = (
    "articles:read, articles:write, article_tags:read, article_tags:write, knowledge_sources:read,"
    " knowledge_sources:write, platform_integration_installations:read,"
    " platform_integration_installations:write"
)
OWN = " platform_integration_installations:read platform_integration_installations:write"


def test_created(api):
    """A new integration is in development, and its secret is in this answer alone."""
    made = create(api)
    secret = made.pop("client_secret")
    assert re.fullmatch("[0-9a-f]{64}", secret)
    assert made == {
        "id": made["id"],
        "status": "development",
        **INTEGRATION,
        "icon_url": None,
        "call_to_action": None,
        "error_codes": None,
        "created": "2023-11-14T22:13:20.000000+00:00",
        "updated": "2023-11-14T22:13:20.000000+00:00",
    }
    listed = api("GET", LIST)
    assert listed.json() == {"data": [made], "meta": {"next_page_url": None}}
    for path in ("/platform/integrations", f"/platform/integrations/{made['id']}", "/", "/_mock/state"):
        assert secret not in api.request("GET", f"http://mock.test{path}").text


def test_pages(api):
    """Integrations are listed page by page."""
    made = [create(api, name=name)["id"] for name in "abc"]
    first = api.ok("GET", f"{LIST}?limit=2")
    assert [each["id"] for each in first["data"]] == made[:2]
    assert [each["id"] for each in api.request("GET", first["meta"]["next_page_url"]).json()["data"]] == made[
        2:
    ]


@pytest.mark.parametrize(
    ("changes", "parameter", "message"),
    [
        ({"scopes": ["articles:read", "*"]}, "$.scopes[1]", f"must be one of: {SCOPES}"),
        ({"tags": ["chat"]}, "$.tags[0]", "must be one of: knowledge"),
        ({"oauth_callback_url": "cool.example"}, "$.oauth_callback_url", "must be a URL"),
        (
            {"uninstallation_url": "ftp://cool.example"},
            "$.uninstallation_url",
            "cannot be called: The URL is not a web address.",
        ),
        (
            {"configuration_fields": {"type": "string"}},
            "$.configuration_fields",
            "must be a JSON Schema of the type object",
        ),
        (
            {"configuration_fields": {"properties": {"a": {"type": "text"}}}},
            "$.configuration_fields",
            "is no JSON Schema: $.properties.a.type is not valid",
        ),
        (
            {"configuration_fields": {"$schema": 1}},
            "$.configuration_fields",
            "is no JSON Schema: $.$schema is not valid",
        ),
        (
            {"configuration_fields": {"properties": {"a": {"$ref": "https://elsewhere.example"}}}},
            "$.configuration_fields",
            "has a reference that does not lead to a place in it, such as #/$defs/address",
        ),
        (
            {"configuration_fields": {"properties": {"a": {"$ref": "#/properties/a"}}}},
            "$.configuration_fields",
            "refers to itself without end",
        ),
    ],
)
def test_unusable(api, changes, parameter, message):
    """What an integration could not be installed with is refused, when it is made and when it is changed."""
    assert api.invalid("POST", LIST, {**INTEGRATION, **changes}) == {parameter: message}
    made = create(api)
    assert api.invalid("PATCH", f"{LIST}{made['id']}", changes) == {parameter: message}


def test_required(api):
    """Every documented member is required but what is for looks."""
    assert set(api.invalid("POST", LIST, {}).values()) == {"is required"}


def test_updated(api):
    """An integration in development is changed member by member; one that is published is not."""
    made = create(api)
    api.clock.advance(5)
    changed = api.ok(
        "PATCH", f"{LIST}{made['id']}", {"call_to_action": "Connect \0", "error_codes": {"e1": "No"}}
    )
    assert changed["call_to_action"] == "Connect \0"
    assert changed["updated"] == "2023-11-14T22:13:25.000000+00:00"
    assert changed["scopes"] == INTEGRATION["scopes"]
    approved = api.request(
        "PATCH", f"http://mock.test/_mock/integrations/{made['id']}", json={"status": "approved"}
    )
    assert approved.json()["status"] == "approved"
    assert api.refused("PATCH", f"{LIST}{made['id']}", {"name": "New"}) == (
        403,
        {
            "type": "forbidden",
            "message": "Only an integration in development can be changed.",
            "details": None,
        },
    )


def test_installed(api):
    """A code brings tokens, the installation's secret and what the form was filled in with."""
    made = create(api)
    status, tokens = by_code(api, made, install(api, made))
    assert status == 200
    access, refresh, secret = (
        tokens.pop(name) for name in ("access_token", "refresh_token", "client_secret")
    )
    assert len({access, refresh, secret, made["client_secret"]}) == 4
    assert tokens == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "articles:read knowledge_sources:write" + OWN,
    }
    headers = {"authorization": f"Bearer {access}"}
    told = api.request("GET", SELF, headers=headers).json()
    installation_id = told.pop("platform_integration_installation_id")
    assert told == {"client_handle": "mock"}
    shown = {
        "id": installation_id,
        "platform_integration_id": made["id"],
        "configuration": {"account": "shop-1"},
        "status": "incomplete",
        "created": "2023-11-14T22:13:20.000000+00:00",
        "updated": "2023-11-14T22:13:20.000000+00:00",
    }
    assert api.ok("GET", f"{LIST}{made['id']}/installations/self", headers=headers) == shown
    path = f"{LIST}{made['id']}/installations/{installation_id}"
    assert api.ok("PATCH", path, {"status": "complete"}, headers=headers) == {**shown, "status": "complete"}
    assert api.ok("PATCH", path, {"status": "incomplete"}) == shown
    assert api.invalid("PATCH", path, {"status": "done"}, headers=headers) == {
        "$.status": "must be one of: complete, incomplete"
    }
    for place in ("/platform/integrations", f"/platform/integrations/{made['id']}", "/", "/_mock/events"):
        text = api.request("GET", f"http://mock.test{place}").text
        assert not any(each in text for each in (access, refresh, secret))


def test_code(api):
    """A code is good once, for five minutes, and for its own integration."""
    made, other = create(api), create(api)
    code = install(api, made)
    assert by_code(api, other, code) == (400, {"error": "invalid_grant"})
    api.clock.advance(299)
    assert by_code(api, made, code)[0] == 200
    assert by_code(api, made, code) == (400, {"error": "invalid_grant"})
    late = install(api, made)
    api.clock.advance(300)
    assert by_code(api, made, late) == (400, {"error": "invalid_grant"})


def test_refreshed(api):
    """A refresh token is good once, for 30 days; the access token that it brings for another hour."""
    made = create(api)
    _, first, headers = connected(api, made)
    api.clock.advance(3599)
    assert api.request("GET", SELF, headers=headers).status_code == 200
    api.clock.advance(1)
    expired = api.request("GET", SELF, headers=headers)
    assert (expired.status_code, expired.json()["errors"][0]["message"]) == (
        401,
        "The access token has expired. Exchange the refresh token for a new one.",
    )
    assert expired.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    status, second = by_refresh(api, made, first["refresh_token"])
    assert (status, set(second)) == (
        200,
        {"access_token", "refresh_token", "token_type", "expires_in", "scope"},
    )
    assert by_refresh(api, made, first["refresh_token"]) == (400, {"error": "invalid_grant"})
    assert by_code(api, made, second["refresh_token"]) == (400, {"error": "invalid_grant"})
    headers = {"authorization": f"Bearer {second['access_token']}"}
    assert api.request("GET", SELF, headers=headers).status_code == 200
    api.clock.advance(30 * 86400)
    assert by_refresh(api, made, second["refresh_token"]) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("parameters", "status", "error", "description"),
    [
        ({"client_secret": "x"}, 401, "invalid_client", "There is no integration with this client_id and client_secret."),
        ({"client_id": "\0"}, 401, "invalid_client", "There is no integration with this client_id and client_secret."),
        ({"client_id": ""}, 400, "invalid_request", "client_id is required."),
        ({"code": ""}, 400, "invalid_request", "code is required."),
        ({"code": ["a", "b"]}, 400, "invalid_request", "A parameter is there more than once."),
        ({"grant_type": ""}, 400, "invalid_request", "grant_type is required."),
        (
            {"grant_type": "password"},
            400,
            "unsupported_grant_type",
            "grant_type must be authorization_code or refresh_token.",
        ),
    ],
)  # fmt: skip
def test_bad_exchange(api, parameters, status, error, description):
    """The token endpoint refuses in the words of OAuth 2.0; what it refused it leaves good."""
    made = create(api)
    code = install(api, made)
    given = {"grant_type": "authorization_code", "code": code, **parameters}
    assert exchange(api, made, **given) == (status, {"error": error, "error_description": description})
    assert by_code(api, made, code)[0] == 200


def test_exchange_of_json(api):
    """The token endpoint takes a form alone, and no other method."""
    response = api.request("POST", TOKEN, json={"grant_type": "refresh_token"})
    assert response.json() == {
        "error": "invalid_request",
        "error_description": "Send the parameters as application/x-www-form-urlencoded.",
    }
    assert api.request("GET", TOKEN).status_code == 405


def test_scopes(api):
    """An access token may call what it was granted, which is looked at before the path; a key may all."""
    made = create(api, scopes=["knowledge_sources:read"])
    _, _, headers = connected(api, made)
    assert api("GET", "/knowledge/sources/", headers=headers).status_code in (200, 404)
    forbidden = {"type": "forbidden", "details": None}
    message = "An access token cannot call this operation; an API key can."
    assert api.refused("GET", "/channels/", headers=headers) == (403, {**forbidden, "message": message})
    assert api.refused("PATCH", f"{LIST}nothing", headers=headers) == (403, {**forbidden, "message": message})
    message = "An API key belongs to no installation; send an access token."
    assert api.refused("GET", f"{LIST}{made['id']}/installations/self") == (
        403,
        {**forbidden, "message": message},
    )
    refused = api.request("GET", SELF)
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (403, message)


def test_own_installation_alone(api):
    """An access token reads and changes its own installation alone."""
    made, other = create(api), create(api)
    mine, _, headers = connected(api, made)
    others, _, _ = connected(api, made)
    path = f"{LIST}{made['id']}/installations/{others}"
    assert api.refused("PATCH", path, {"status": "complete"}, headers=headers) == (
        403,
        {
            "type": "forbidden",
            "message": "The access token is that of another installation.",
            "details": None,
        },
    )
    missing = {"type": "not_found", "message": "There is no such installation.", "details": None}
    for method, path in (
        ("PATCH", f"{LIST}{other['id']}/installations/{mine}"),
        ("GET", f"{LIST}{other['id']}/installations/self"),
    ):
        assert api.refused(method, path, headers=headers) == (404, missing)


def test_audit_log(api):
    """What a developer and an admin do is in the audit log, with where it was done."""
    made = create(api)
    installation_id, _, headers = connected(api, made)
    api.ok("PATCH", f"{LIST}{made['id']}", {"author": "Someone"})
    path = f"{LIST}{made['id']}/installations/{installation_id}"
    api.ok("PATCH", path, {"status": "complete"}, headers=headers)
    told = [event["data"] for event, _ in api.events(audit=True)]
    assert [(e["entity_type"], e["entity_id"], e["activity"], e["interface"]) for e in told] == [
        ("platform_integration", made["id"], "created", "api"),
        ("platform_integration_installation", installation_id, "created", "dashboard"),
        ("platform_integration", made["id"], "updated", "api"),
        ("platform_integration_installation", installation_id, "updated", "api"),
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("account.name", "Shop"),
        ('account."the url"', "https://shop"),
        ("account.all[1].name", "Second"),
        ("account.nothing", "id"),
        ("account", "id"),
        ("account.all[9]", "id"),
        ("account.name.name", "id"),
        ("length(account)", "id"),
        ("", "id"),
    ],
)
def test_name(path, name):
    """People know an installation by what its integration's JMESPath leads to, or else by its id."""
    account = {"name": "Shop", "the url": "https://shop", "all": [{}, {"name": "Second"}]}
    data = {"identifier_field_path": path}
    integration = Integration(id="i", created_at=0, updated_at=0, data=data)
    installation = Installation(
        id="id",
        created_at=0,
        updated_at=0,
        integration_id="i",
        scopes=(),
        secret="hidden",
        data={"configuration": {"account": account}},
    )
    assert name_of(integration, installation) == name
    assert "hidden" not in repr(installation)
