"""Integrations that are registered with the mock, and installed, for tests of both."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

__all__ = [
    "INTEGRATION",
    "LIST",
    "SELF",
    "TOKEN",
    "by_code",
    "by_refresh",
    "connected",
    "create",
    "exchange",
    "install",
    "page",
]

INTEGRATION = {
    "name": "Cool Shop",
    "description": "Keeps articles up to date.",
    "author": "Cool Shop Inc.",
    "contact": "help@cool.example",
    "uninstallation_url": "https://cool.example/uninstall",
    "oauth_callback_url": "https://cool.example/oauth/callback",
    "tags": ["knowledge"],
    "scopes": ["articles:read", "knowledge_sources:write"],
    "configuration_fields": {
        "type": "object",
        "properties": {"account": {"type": "string"}},
        "required": ["account"],
    },
    "identifier_field_path": "account",
}
LIST = "/platform-integrations/"
TOKEN = "http://mock.test/api/platform_integrations/oauth/token"
SELF = "http://mock.test/api/platform_integrations/oauth/self"


def create(api, **members):
    return api.ok("POST", LIST, {**INTEGRATION, **members})


def install(api, made, **filled):
    """Fill in the form as a browser does; returns the authorization code."""
    form = {f'["{name}"]': value for name, value in {"account": "shop-1", **filled}.items()}
    response = api.request("POST", page(made), data=form)
    assert response.status_code == 303, response.text
    return parse_qs(urlsplit(response.headers["location"]).query)["code"][0]


def page(made, rest=""):
    return f"http://mock.test/platform/integrations/{made['id']}{rest}"


def exchange(api, made, **parameters):
    """Call the token endpoint; returns its status and JSON."""
    client = {"client_id": made["id"], "client_secret": made["client_secret"]}
    response = api.request("POST", TOKEN, data={**client, **parameters}, headers={"authorization": ""})
    assert response.headers["cache-control"] == "no-store"
    return response.status_code, response.json()


def by_code(api, made, code):
    return exchange(api, made, grant_type="authorization_code", code=code)


def by_refresh(api, made, token):
    return exchange(api, made, grant_type="refresh_token", refresh_token=token)


def connected(api, made):
    """An installation and its tokens, with the headers of a call that it makes."""
    status, tokens = by_code(api, made, install(api, made))
    assert status == 200
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    installation_id = api.request("GET", SELF, headers=headers).json()["platform_integration_installation_id"]
    return installation_id, tokens, headers
