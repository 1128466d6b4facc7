"""The pages on which an admin installs and uninstalls integrations."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from ada_mockserver import MockAda
from ada_mockserver.mock.console.configuration_form import fields_of, fill_in
from ada_mockserver.mock.console.rendering import POLICY
from ada_mockserver.mock.state.configuration import misfits, unusable
from ada_schemas.errors import AdakitError
from support.integration_stage import INTEGRATION, by_code, connected, create, install, page

FIELDS = {
    "type": "object",
    "title": "Connect <b>your</b> shop",
    "description": 'Fill "this" in.',
    "required": ["account"],
    "$defs": {"region": {"enum": ["eu", "us"]}},
    "properties": {
        "account": {
            "type": "object",
            "title": "Account",
            "description": "From your profile",
            "required": ["url", "secret", "region"],
            "properties": {
                "url": {"type": "string", "title": "Shop's URL", "pattern": "^https://"},
                "secret": {"type": "string", "format": "password"},
                "region": {"$ref": "#/$defs/region", "title": "Region"},
            },
        },
        "sandbox": {"type": "boolean", "title": "Sandbox", "default": True},
        "per_page": {"type": "integer", "minimum": 1, "default": 50},
        "ratio": {"type": "number"},
        "level": {"oneOf": [{"const": 1, "title": "Low"}, {"const": 2, "title": "High"}]},
        "kinds": {"type": "array", "items": {"enum": ["faq", "blog"]}},
        "paths": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "number"}},
        "rules": {"type": "array", "items": {"type": "object"}},
        "proxy": {
            "type": "object",
            "properties": {"host": {"type": "string"}, "on": {"type": "boolean"}},
            "required": ["host"],
        },
        "never": False,
        "free": True,
    },
}


def name(*path):
    return json.dumps(path)


GOOD = {
    name("account", "url"): "https://shop.example",
    name("account", "secret"): " se cret ",
    name("account", "region"): "1",
}


def get(api, url, **options):
    response = api.request("GET", url, **options)
    assert response.status_code == 200
    return response


def test_list(api):
    """Integrations are listed with their connections; without one it says how there comes to be one."""
    assert "There is no integration." in get(api, "http://mock.test/platform/integrations").text
    made = create(api, name="<i>Shop</i>")
    install(api, made)
    text = get(api, "http://mock.test/platform/integrations").text
    assert "&lt;i&gt;Shop&lt;/i&gt;" in text
    assert "1 connection<" in text
    assert f'href="/platform/integrations/{made["id"]}"' in text


def test_form(api):
    """The form has a field for each member, what the integration may do then, and no code of anybody."""
    made = create(api, configuration_fields=FIELDS, call_to_action="Connect!")
    shown = get(api, page(made))
    assert shown.headers["content-security-policy"] == f"{POLICY}'self' http: https:"
    assert shown.headers["referrer-policy"] == "origin"
    assert "Connect &lt;b&gt;your&lt;/b&gt; shop" in shown.text
    assert "Fill &#34;this&#34; in." in shown.text
    assert "Shop&#39;s URL" in shown.text
    named = {unescape(each) for each in re.findall(' name="(.*?)"', shown.text)} - {
        "viewport",
        "color-scheme",
        "htmx-config",
    }
    assert named == {
        *GOOD,
        *map(name, ("sandbox", "per_page", "ratio", "level", "kinds", "paths", "sizes", "rules", "free")),
        name("proxy", "host"),
        name("proxy", "on"),
    }
    assert re.search('type="checkbox" name="[^"]*sandbox[^"]*" value="true" checked', shown.text)
    assert re.search('type="number" step="any" name="[^"]*per_page[^"]*" value="50"', shown.text)
    assert re.search('type="password" autocomplete="off" name="[^"]*secret[^"]*" required', shown.text)
    for scope in ("articles:read", "platform_integration_installations:write"):
        assert f"<code>{scope}</code>" in shown.text
    assert '<button class="primary">Connect!</button>' in shown.text


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({}, {}),
        ({"sandbox": ["true"], "per_page": ["20"]}, {"sandbox": True, "per_page": 20}),
        ({"per_page": ["1e3"], "ratio": ["0.5"]}, {"per_page": 1000, "ratio": 0.5}),
        ({"per_page": ["many"], "ratio": ["1e400"]}, {"per_page": "many", "ratio": "1e400"}),
        ({"level": ["1"]}, {"level": 2}),
        ({"level": ["7"]}, {"level": "7"}),
        ({"kinds": ["1", "0"]}, {"kinds": ["blog", "faq"]}),
        ({"paths": ["/a \r\n\r\n/1"], "sizes": ["1\n2.5\nx"]}, {"paths": ["/a", "/1"], "sizes": [1, 2.5, "x"]}),
        ({"rules": ['[{"a": 1}]']}, {"rules": [{"a": 1}]}),
        ({"rules": ["[NaN]"]}, {"rules": ["NaN"]}),
        ({"rules": ["{"]}, {"rules": "{"}),
        ({"free": ["x"], "ratio": [""]}, {"free": "x"}),
    ],
)  # fmt: skip
def test_filled_in(given, filled):
    """What a browser sends becomes values of the types that the schema asks for; what is empty is left out."""
    given = {name(field): texts for field, texts in given.items()}
    expected = {"account": {}, "sandbox": False, **filled}
    assert fill_in(fields_of(FIELDS), given) == expected


def test_optional_group():
    """A group that may be left out is, unless something is filled in; a box that is not ticked is nothing."""
    fields = fields_of(FIELDS)
    assert fill_in(fields, {name("proxy", "on"): ["true"]})["proxy"] == {"on": True}
    assert fill_in(fields, {name("proxy", "host"): ["h"]})["proxy"] == {"host": "h", "on": False}


def test_deep_form():
    """A schema that contains itself has a field for JSON where it gets too deep."""
    tree = {"type": "object", "properties": {"name": {"type": "string"}, "child": {"$ref": "#"}}}
    found, fields = 0, fields_of(tree)
    while fields[1].kind == "group":
        found, fields = found + 1, fields[1].fields
    assert (found, fields[1].kind) == (7, "json")


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({}, ""),
        (FIELDS, ""),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"items": [{}]}}}, ""),
        ({"$schema": "https://unknown.example/schema", "properties": {}}, ""),
        (
            {"$schema": "http://json-schema.org/draft-03/schema#", "properties": {"a": {"required": True}}},
            "is no JSON Schema: $.properties.a.required is not valid",
        ),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
            "refers to itself without end",
        ),
        (
            {"properties": {"a": {"$dynamicRef": "#meta"}}},
            "has a reference that does not lead to a place in it, such as #/$defs/address",
        ),
    ],
)
def test_usable(schema, reason):
    """A schema of any version since draft 4 can be used, whose references lead to places in it."""
    assert unusable(schema) == reason


def test_strange_references():
    """A reference that is none, and one that another id leads away, break neither the form nor the check."""
    draft = {"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"$ref": 5}}}
    assert [field.kind for field in fields_of(draft)] == ["text"]
    away = {"properties": {"a": {"$id": "https://b.example/", "$ref": "#/properties/a"}}}
    assert misfits(away, {"a": 1}) == [
        ("$", "cannot be told from the schema, whose references lead nowhere or in a circle")
    ]


def test_sent(api):
    """The browser goes to the callback with a code, and the configuration is what was filled in."""
    made = create(
        api, configuration_fields=FIELDS, oauth_callback_url="https://cool.example/back?to=1", scopes=[]
    )
    response = api.request("POST", page(made), data={**GOOD, name("kinds"): ["0", "1"]})
    assert response.status_code == 303
    assert response.headers["referrer-policy"] == "origin"
    assert response.headers["cache-control"] == "no-store"
    address, _, code = response.headers["location"].rpartition("&code=")
    assert address == "https://cool.example/back?to=1"
    _, tokens = by_code(api, made, code)
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    shown = api.ok("GET", f"/platform-integrations/{made['id']}/installations/self", headers=headers)
    assert shown["configuration"] == {
        "account": {"url": "https://shop.example", "secret": " se cret ", "region": "us"},
        "sandbox": False,
        "kinds": ["faq", "blog"],
    }


def test_misfit(api):
    """What does not fit is said beside its field, with what was filled in, but no password; nothing happens."""
    made = create(api, configuration_fields=FIELDS)
    sent = {
        **GOOD,
        name("account", "url"): '"><script>',
        name("per_page"): "0",
        name("account", "region"): "",
    }
    response = api.request("POST", page(made), data=sent)
    assert response.status_code == 400
    assert '<p class="bad">$.account.region is required</p>' in response.text
    assert '<p class="bad">$.per_page is not valid</p>' in response.text
    assert '<small class="bad">is not valid</small>' in response.text
    assert 'value="&#34;&gt;&lt;script&gt;"' in response.text
    assert "se cret" not in response.text
    assert "Connections" not in get(api, page(made)).text


def test_archived(api):
    """An archived integration is not installed."""
    made = create(api)
    url = f"http://mock.test/_mock/integrations/{made['id']}"
    assert api.request("PATCH", url, json={"status": "archived"}).status_code == 200
    response = api.request("POST", page(made), data={name("account"): "x"})
    assert (response.status_code, response.json()["errors"][0]["message"]) == (
        403,
        "An archived integration cannot be installed.",
    )
    assert "<form" not in get(api, page(made)).text
    assert api.request("PATCH", url, json={"status": "new"}).json()["errors"][0]["details"][0]["message"] == (
        "must be one of: development, approved, archived"
    )


def test_outcome(api):
    """The pages of success and failure say what happened, a failure in the integration's own words."""
    made = create(api, error_codes={"e403": "<No> access"})
    assert "Cool Shop is connected." in get(api, page(made, "/connections/success")).text
    failed = page(made, "/connections/error")
    assert "It could not be connected." in get(api, failed).text
    for parameter in ("error_code", "error", "code"):
        assert "&lt;No&gt; access" in get(api, f"{failed}?{parameter}=e403").text
    assert "It could not be connected." in get(api, f"{failed}?code=%3Cb%3E").text
    assert api.request("GET", page({"id": "x"}, "/connections/success")).status_code == 404


def test_other_sites(api):
    """No page of another site sends a form of these; its visitors come back to the outcome by any name."""
    made = create(api)
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    for rest in ("", "/installations/x/uninstall"):
        assert api.request("POST", page(made, rest), headers=foreign).status_code == 403
    public = {"host": "mock.ada.support"}
    assert api.request("GET", page(made), headers=public).status_code == 403
    home = get(api, page(made, "//connections/success"), headers=public)
    assert 'href="http://mock.test/platform/integrations"' in home.text
    assert api.request("POST", page(made, "/connections/success"), headers=public).status_code == 403


def test_behind_tls(api):
    """Addresses that a client is given begin with https where a proxy says that it came by that."""
    for _ in range(2):
        create(api)
    headers = {"host": "mock.ada.support", "x-forwarded-proto": "https"}
    url = api.ok("GET", "/platform-integrations/?limit=1", headers=headers)["meta"]["next_page_url"]
    assert url.startswith("https://mock.ada.support/api/v2/platform-integrations?limit=1&cursor=")


@contextmanager
def service(status=204, body=b""):
    """An integration's own server: its address, and the requests that came."""
    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            came.append((self.command, self.path, dict(self.headers)))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_DELETE(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def uninstall(api, made, installation_id):
    return api.request("POST", page(made, f"/installations/{installation_id}/uninstall"))


def test_uninstalled(api):
    """The integration is told by a signed call; then nothing that was given out is good."""
    with service(200, b"<b>Bye</b>") as (url, came):
        made = create(api, uninstallation_url=f"{url}/uninstall")
        installation_id, tokens, headers = connected(api, made)
        assert "shop-1" in get(api, page(made)).text
        answer = uninstall(api, made, installation_id)
    assert answer.status_code == 200
    assert "Uninstalled. The integration answered 200: &lt;b&gt;Bye&lt;/b&gt;" in answer.text
    assert "shop-1" not in answer.text
    ((method, path, sent),) = came
    assert (method, path) == ("DELETE", f"/uninstall?installation_id={installation_id}")
    signed = f"delete\n{url}/uninstall\n\n{sent['x-ada-timestamp-V2']}".encode()
    digest = hmac.new(tokens["client_secret"].encode(), signed, hashlib.sha256).digest()
    assert sent["x-ada-signature-V2"] == base64.b64encode(digest).decode()
    assert (
        api.request(
            "GET", "http://mock.test/api/platform_integrations/oauth/self", headers=headers
        ).status_code
        == 401
    )
    again = uninstall(api, made, installation_id)
    assert (again.status_code, again.headers["location"]) == (303, f"/platform/integrations/{made['id']}")
    deleted = api.events(audit=True)[-1][0]["data"]
    assert (deleted["activity"], deleted["interface"]) == ("deleted", "dashboard")


def test_uninstalled_unheard(api):
    """An installation is gone all the same where the integration fails, or is not there."""
    made = create(api, uninstallation_url="http://127.0.0.1:1/uninstall")
    installation_id, _, _ = connected(api, made)
    text = uninstall(api, made, installation_id).text
    assert "Uninstalled. The integration could not be told: " in text
    assert "Connections" not in text
    with service(500) as (url, _):
        made = create(api, uninstallation_url=url)
        installation_id, _, _ = connected(api, made)
        assert "The integration answered 500." in uninstall(api, made, installation_id).text


def test_without_browser():
    """`MockAda.install` does the admin's part, up to the integration's own page."""
    with service(302) as (url, came), MockAda() as mock:
        made = mock.call(
            "POST", "/v2/platform-integrations/", {**INTEGRATION, "oauth_callback_url": f"{url}/callback"}
        )
        assert mock.install(made["id"], configuration={"account": "shop-1"}) == 302
        ((method, path, sent),) = came
        assert (method, sent["referer"]) == ("GET", f"{mock.base_url}/")
        client = {"client_id": made["id"], "client_secret": made["client_secret"]}
        (code,) = parse_qs(urlsplit(path).query)["code"]
        form = {**client, "grant_type": "authorization_code", "code": code}
        token = f"{mock.base_url}/api/platform_integrations/oauth/token"
        assert httpx.post(token, data=form).json()["expires_in"] == 3600
        with pytest.raises(AdakitError, match=r'installations\[0\]\.configuration\.account"'):
            mock.install(made["id"])


def test_seeded(api):
    """What is installed by a call has to fit as what is filled in."""
    made = create(api)
    wanted = {"integration_id": made["id"], "configuration": {"account": "shop-1"}}
    seeded = api.ok("POST", "/_mock/seed", {"installations": [wanted]})["installations"][0]
    assert (seeded["platform_integration_id"], seeded["status"]) == (made["id"], "incomplete")
    address, _, code = seeded["callback_url"].rpartition("?code=")
    assert address == INTEGRATION["oauth_callback_url"]
    assert by_code(api, made, code)[0] == 200
    nobody, empty = {"integration_id": "nothing"}, {"integration_id": made["id"]}
    assert api.invalid("POST", "/_mock/seed", {"installations": [nobody]}) == {
        "$.installations[0].integration_id": "names no integration"
    }
    assert api.invalid("POST", "/_mock/seed", {"installations": [wanted, empty]}) == {
        "$.installations[1].configuration.account": "is required"
    }
    api("PATCH", f"/_mock/integrations/{made['id']}", {"status": "archived"})
    assert api.invalid("POST", "/_mock/seed", {"installations": [wanted]}) == {
        "$.installations[0].integration_id": "names an archived integration, which cannot be installed"
    }
