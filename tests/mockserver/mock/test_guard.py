"""What a request must pass: key, size, rate, origin; and what every refusal looks like."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import text
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ada_mockserver.mock.api.document import BODY_LIMIT, document
from ada_mockserver.mock.api.rates import RateLimiter
from ada_mockserver.mock.store.database import Database

CHANNEL = {"name": "App", "description": "Our app", "modality": "messaging"}


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer key-of-the-test",
        b"Bearer key-of-the-tests2",
        b"Basic key-of-the-tests",
        b"key-of-the-tests",
        "Bearer schlüssel".encode(),
        b"Bearer \xff\xfe",
    ],
)
def test_wrong_key(api, header):
    """A wrong key, one in another form, and one beyond ASCII are refused alike."""
    status, error = api.refused("GET", "/webhooks/", headers={"authorization": header})
    assert (status, error) == (
        401,
        {
            "type": "unauthorized",
            "message": "The API key is not valid. Send it in the header Authorization: Bearer <key>.",
            "details": None,
        },
    )


def test_no_key(api):
    """Without a key nothing below /api is answered, not even that it is not there."""
    api.client.headers.pop("authorization")
    for path in ("/webhooks/", "/nothing", "/conversations/5f5e/end-handoff/"):
        response = api("POST", path)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["errors"][0]["message"] == (
            "The request has no API key. Send it in the header Authorization: Bearer <key>."
        )


def test_two_keys(api):
    """Two keys in one request are none."""
    headers = [("authorization", "Bearer key-of-the-tests"), ("authorization", "Bearer other")]
    request = httpx.Request("GET", "http://mock.test/api/v2/webhooks", headers=headers)
    assert api.portal.call(api.client.send, request).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_good_key(api, scheme):
    """The scheme counts in any letter case."""
    headers = {"authorization": f"{scheme} key-of-the-tests"}
    assert api("GET", "/webhooks/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path", ["/webhooks", "/webhooks/", "/webhooks/event-types", "/webhooks/event-types/", "//webhooks//"]
)
def test_slashes(api, path):
    """A path is served with and without the slash at its end, and with doubled ones."""
    assert api("GET", path).status_code == 200


def test_unknown(api):
    """An unknown path is 404 and a method that is not served 405, in the envelope."""
    assert api.refused("GET", "/nothing/") == (
        404,
        {
            "type": "not_found",
            "message": "Not Found: http://mock.test/api/openapi.json lists the operations.",
            "details": None,
        },
    )
    refused = api("PUT", "/webhooks/")
    assert refused.status_code == 405
    assert refused.json()["errors"][0]["type"] == "method_not_allowed"
    assert {name.strip() for name in refused.headers["allow"].split(",")} == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff",
        b"nul",
        b"[" * 100_000,
        b'{"a": 1e400}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_malformed(api, content):
    """What is no JSON that all could read is refused."""
    assert api.refused("POST", "/channels/", content=content) == (
        400,
        {
            "type": "invalid_json",
            "message": "The body of the request is not valid JSON.",
            "details": None,
        },
    )


@pytest.mark.parametrize("content", [b"[]", b'"x"', b"1", b"null"])
def test_no_object(api, content):
    """A body that is JSON but no object is refused as a whole."""
    assert api.invalid("POST", "/channels/", content=content) == {"$": "must be an object"}


def test_announced_size(api):
    """A body of more than 10 MB is refused before any of it is read."""

    async def never():
        raise AssertionError("the body was read")
        yield b""

    headers = {"content-length": str(BODY_LIMIT + 1)}
    assert api.refused("POST", "/channels/", content=never(), headers=headers) == (
        413,
        {
            "type": "content_too_large",
            "message": "The body of the request is larger than 10 MB.",
            "details": None,
        },
    )


def test_size_as_it_comes(api):
    """A body whose size is not announced is refused once it is more than 10 MB; exactly 10 MB is read."""

    async def parts(size):
        for _ in range(size // 1024):
            yield b" " * 1024
        yield b"}" * (size % 1024)

    assert api.refused("POST", "/channels/", content=parts(BODY_LIMIT + 1))[0] == 413
    assert api.invalid("POST", "/channels/", content=parts(BODY_LIMIT))["$.name"] == "is required"


def test_size_of_an_upload(api):
    """A file that is far too large is refused as one that is a little too large."""
    headers = {"content-length": str(60 * 1024 * 1024), "content-type": "multipart/form-data; boundary=x"}
    path = f"/conversations/{api.conversation()['id']}/attachments/"
    assert api.invalid("POST", path, content=b"", headers=headers) == {"$.file": "is larger than 50 MB"}


def test_failure(make_api, monkeypatch):
    """What fails inside is a 500 that tells nothing of the reason."""
    api = make_api()

    async def fail(*args, **options):
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("ada_mockserver.mock.api.things.channels.add_channel", fail)
    api.client._transport.raise_app_exceptions = False
    assert api.refused("POST", "/channels/", CHANNEL) == (
        500,
        {
            "type": "internal_error",
            "message": "The mock failed; its log has the reason.",
            "details": None,
        },
    )
    assert api.ok("GET", "/channels/?type=custom")["data"] == []


@pytest.mark.parametrize(
    "number", ["9" * 400, "-" + "9" * 400, "9" * 5000, "1e400", "-1e400", "NaN", "Infinity"]
)
def test_numbers_beyond_a_double(api, number):
    """A number that other programs cannot hold is refused wherever a body or a query has one."""
    channel = '{"name": "a", "description": "b", "modality": "messaging", "metadata": {"a": %s}}'
    for path, body in (("/channels/", channel), ("/_mock/seed", '{"stories": [%s]}')):
        assert api.refused("POST", path, content=body % number) == (
            400,
            {
                "type": "invalid_json",
                "message": "The body of the request is not valid JSON.",
                "details": None,
            },
        )
    for path in ("/_mock/state?limit=", "/_mock/events?limit="):
        assert list(api.invalid("GET", path + number)) == ["$.limit"]


def test_full_disk(make_api, caplog):
    """What can no longer be stored is 507, with a line in the log; what is only read is answered still."""
    api = make_api(database=Database())  # on SQLite, which is full where it is told to be

    async def fill():
        async with api.context.database.begin() as session:
            pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
            await session.execute(text(f"PRAGMA max_page_count = {pages}"))

    channel = {**CHANNEL, "metadata": {"text": "x" * 4000}}
    api.portal.call(fill)
    answers = [api("POST", "/channels/", channel) for _ in range(9)]
    assert answers[-1].status_code == 507
    assert answers[-1].json()["errors"] == [
        {
            "type": "insufficient_storage",
            "message": "The mock cannot store more; its log has the reason.",
            "details": None,
        }
    ]
    assert caplog.messages[-1] == "POST /api/v2/channels could not be stored: database or disk is full"
    assert "Traceback" not in caplog.text
    assert api("GET", "/channels/?type=custom").status_code == 200


def test_rates(make_api):
    """With rate limits on, the 31st call in a second to the Conversations API is 429, and says when to return."""
    api = make_api(rate_limited=True)
    for _ in range(30):
        assert api("GET", "/conversations/5f5e").status_code == 404
    refused = api("GET", "/conversations/5f5e")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json()["errors"][0] == {
        "type": "too_many_requests",
        "message": "Too many requests; try again in 1 s.",
        "details": None,
    }
    assert api("GET", "/end-users/").status_code == 200
    api.clock.advance(1)
    assert api("GET", "/conversations/5f5e").status_code == 404


@pytest.mark.parametrize(
    ("operation", "second", "minute", "day"),
    [
        ("get-conversation", 30, 300, 60_000),
        ("create-end-user", 30, 300, 60_000),
        ("list-webhooks", 10, 100, 10_000),
    ],
)
def test_windows(operation, second, minute, day):
    """The documented limits hold in each second, minute and day."""
    limiter, start = RateLimiter(), 1_700_006_400.0  # where a day begins
    resource = document().operations[operation].rates
    assert [limiter.wait(resource, start) for _ in range(second)] == [0] * second
    assert limiter.wait(resource, start + 0.5) == 1
    counted = second
    for tick in range(1, 60):
        while counted < minute and limiter.wait(resource, start + tick) == 0:
            counted += 1
    assert counted == minute
    assert limiter.wait(resource, start + 59.9) == 1
    for number in range(1, 86_400):
        if counted == day:
            break
        for part in range(minute):
            if limiter.wait(resource, start + number * 60 + part / second) == 0:
                counted += 1
            if counted == day:
                break
    assert counted == day
    assert limiter.wait(resource, start + 80_000.5) == 6400
    assert limiter.wait(resource, start + 86_400) == 0


def test_other_resources_share():
    """All other APIs are counted together."""
    limiter, operations = RateLimiter(), document().operations
    webhooks, channels = (operations[name].rates for name in ("list-webhooks", "list-channels"))
    assert [limiter.wait(rates, 5.0) for rates in [webhooks, channels] * 5] == [0] * 10
    assert limiter.wait(channels, 5.0) == 1


def test_document(api):
    """The document of the API is there for everybody, complete with the answers that all operations share."""
    api.client.headers.pop("authorization")
    served = api.ok("GET", "http://mock.test/api/openapi.json")
    assert served == document().served
    assert len(served["paths"]) == 39
    assert set(served["paths"]["/v2/webhooks/"]["get"]["responses"]) == {
        "200",
        "401",
        "403",
        "406",
        "429",
        "500",
    }
    assert api.request("POST", "http://mock.test/api/openapi.json").status_code == 405
    assert api.request("GET", "http://mock.test/openapi.json").status_code == 404


def test_lost(api):
    """A client whose base URL has /api too often, or not, is told which base URL it should have."""
    assert api.request("GET", "http://mock.test/v2/webhooks").json() == api.ok("GET", "/webhooks")
    for path, message in (
        (
            "/api/api/v2/webhooks",
            "Not Found: this client adds /api itself, so its base URL is http://mock.test, without /api.",
        ),
        (
            "/webhooks",
            (
                "Not Found: Ada's API is below http://mock.test/api/v2. The base URL of a client that adds /api/v2"
                " itself is http://mock.test, that of one which adds /v2 is http://mock.test/api."
            ),
        ),
    ):
        response = api.request("GET", f"http://mock.test{path}")
        assert (response.status_code, response.json()["errors"][0]["message"]) == (404, message)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/*;q=0.5", 200),
        ("text/html, application/json;q=0.1", 200),
        ("", 200),
        ("text/html", 406),
        ("application/json;q=0, */*", 406),
    ],
)
def test_accept(api, accept, status):
    """A client that takes no JSON is told so."""
    response = api("GET", "/webhooks", headers={"accept": accept})
    assert response.status_code == status
    if status == 406:
        assert response.json()["errors"][0] == {
            "type": "not_acceptable",
            "message": "Every answer is application/json, which the header Accept of this request excludes.",
            "details": None,
        }


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "text/json"])
def test_media_type(api, kind):
    """A body that says it is no JSON is refused; one that does not say what it is is read."""
    body = b'{"name": "a", "description": "b", "modality": "messaging"}'
    assert api.refused("POST", "/channels", content=body, headers={"content-type": kind}) == (
        415,
        {
            "type": "unsupported_media_type",
            "message": "Send the body as application/json, and say so in the header Content-Type.",
            "details": None,
        },
    )
    assert api.request("POST", "http://mock.test/api/v2/channels", content=body).status_code == 201
    unsaid = {"content-type": "application/x-www-form-urlencoded"}  # as curl has it
    assert api("POST", "/channels", content=body, headers=unsaid).status_code == 201
    assert api("POST", "/channels", content=b"name=a", headers=unsaid).status_code == 415
    headers = {"content-type": "Application/vnd.ada+json; charset=utf-8"}
    assert api("POST", "/channels", content=body, headers=headers).status_code == 201
    assert (
        api("POST", "/webhooks/none/secret/rotate", content=body, headers={"content-type": kind}).status_code
        == 404
    )


def test_existence_before_the_body(api):
    """What the path names is looked for before the query and the body are read."""
    path = "/conversations/5f5e5f5e5f5e5f5e5f5e5f5e/messages"
    for options in (
        {"content": b"{"},
        {"content": b"{}", "headers": {"content-type": "text/plain"}},
        {"content": b"", "headers": {"content-length": str(BODY_LIMIT + 1)}},
    ):
        status, error = api.refused("POST", path, **options)
        assert (status, error["message"]) == (404, "There is no such conversation.")
    assert api.refused("GET", f"{path}?limit=x")[0] == 404


def test_other_sites(api):
    """A page of another site cannot control the mock; the mock's own page, and programs, can."""
    headers = {"origin": "https://evil.example"}
    assert api.refused("POST", "/_mock/clear", headers=headers) == (
        403,
        {
            "type": "forbidden",
            "message": "Pages of other sites can neither read nor control the mock.",
            "details": None,
        },
    )
    assert api("POST", "/_mock/clear", headers={"origin": "null"}).status_code == 403
    assert api("POST", "/_mock/clear", headers={"origin": "http://mock.test"}).status_code == 200
    assert api("POST", "/_mock/clear").status_code == 200


def test_public_names(make_api):
    """A name that leads here by somebody else's DNS reads and controls nothing; the API asks for its key."""
    api = make_api()
    for host in (
        "evil.example",
        "evil.example:8787",
        "127.0.0.1.evil.example",
        "[evil.example]",
        "localhost.io",
    ):
        for method, path in (("GET", "/_mock/state"), ("POST", "/_mock/clear"), ("GET", "/")):
            headers = {"host": host, "origin": f"http://{host}"}
            response = api.request(method, path, headers=headers)
            assert (response.status_code, response.json()["errors"][0]["message"]) == (
                403,
                (
                    "The mock listens on this machine alone, and is not read or controlled under a public name:"
                    " use 127.0.0.1, or start it with --host."
                ),
            )
        assert api("GET", "/webhooks", headers={"host": host}).status_code == 200
    private = ("127.0.0.1:8787", "localhost", "LOCALHOST:1", "[::1]:8787", "10.0.0.7", "ada:8787", "ada.test")
    for host in (*private, "host.docker.internal:8787"):
        assert api("GET", "/_mock/state", headers={"host": host}).status_code == 200
    beyond = make_api(local=False)
    assert beyond("GET", "/_mock/state", headers={"host": "mock.example.com"}).status_code == 200


OTHER_SITE = "Pages of other sites can neither read nor control the mock."


@pytest.fixture
def unmentioned(api):
    """A mock with a route that nothing else in it knows of; requests it."""

    async def serve(request):
        return PlainTextResponse("served")

    api.client._transport.app.router.routes.append(Route("/new/page", serve, methods=["GET", "POST"]))

    def call(method="GET", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return api.request(method, "/new/page", headers=named)

    return call


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://mock.test:3000"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "script"},
        {"sec_fetch_site": "same-site", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_new_route_and_other_sites(unmentioned, headers, method):
    """A route that nobody thought of is refused to pages of other sites, whether they read or change."""
    response = unmentioned(method, **headers)
    assert (response.status_code, response.json()["errors"][0]["message"]) == (403, OTHER_SITE)


def test_new_route_and_public_names(unmentioned):
    """A route that nobody thought of is refused under a name that others may have."""
    response = unmentioned(host="evil.example")
    assert response.status_code == 403
    assert response.json()["errors"][0]["message"].startswith("The mock listens on this machine alone")


def test_new_route_and_the_rest(unmentioned):
    """Programs, the mock's own pages, and a link that somebody follows, get there; a form that is sent does not."""
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    own = {"origin": "http://mock.test", "sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}
    for headers in ({}, own, link):
        response = unmentioned(**headers)
        assert response.text == "served"
        assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert unmentioned("POST", **own).text == "served"
    assert unmentioned("POST", **link).status_code == 403


def test_websockets(api):
    """There are none, so that one which is added is closed until something tells who may open it."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/new", "headers": [(b"origin", b"https://evil.example")]}
    api.portal.call(api.client._transport.app, scope, None, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
