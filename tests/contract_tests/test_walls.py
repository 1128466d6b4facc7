"""What stands before a handler, by the answers of frameworks, and what only looks like it."""

from __future__ import annotations

import json

import pytest

from ada_contract_tests.engine.walls import is_page, wall_of
from support.fake_targets import answer

SPRING = {"x-content-type-options": "nosniff", "x-xss-protection": "0", "pragma": "no-cache", "expires": "0"}
WERKZEUG = b"""<!doctype html><html lang=en><title>401 Unauthorized</title><h1>Unauthorized</h1>
<p>The server could not verify that you are authorized to access the URL requested. You either supplied the wrong
credentials (e.g. a bad password), or your browser doesn&#39;t understand how to supply the credentials required.</p>"""


GUARD = "a guard before the handler"
NGINX = b"<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr><center>nginx/1.24.0</center></body></html>"  # fmt: skip


def as_json(**members):
    return json.dumps(members).encode()


def missing(*loc):
    return all_missing(loc)


def all_missing(*places):
    return as_json(
        detail=[{"type": "missing", "loc": loc, "msg": "Field required", "input": None} for loc in places]
    )


def of_a_wrong_type(*loc):
    error = {"type": "list_type", "loc": loc, "msg": "Input should be a valid list", "input": {}}
    return as_json(detail=[error])


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (
            answer(403, b"<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>"),
            "CSRF protection",
        ),
        (answer(403, as_json(detail="CSRF Failed: CSRF token missing.")), "CSRF protection"),
        (answer(419, b"<title>Page Expired</title>"), "CSRF protection"),
        (answer(422, as_json(error="Can't verify CSRF token authenticity.")), "CSRF protection"),
        (answer(422, b"ActionController::InvalidAuthenticityToken"), "CSRF protection"),
        (answer(403, b"ForbiddenError: invalid csrf token"), "CSRF protection"),
        (answer(400, b"<p>The CSRF token is missing.</p>"), "CSRF protection"),
        (answer(400, b"", set_cookie="XSRF-TOKEN=1; Path=/"), "CSRF protection"),
        (answer(403, as_json(status=403, error="Forbidden", path="/hook"), **SPRING), "CSRF protection"),
        (answer(401, b"Unauthorized", www_authenticate='Basic realm="staging"'), "authentication of its own"),
        (answer(401, b"", www_authenticate="Bearer"), "authentication of its own"),
        (answer(401, as_json(detail="Not authenticated")), "authentication of its own"),
        (answer(403, as_json(detail="Not authenticated")), "authentication of its own"),
        (answer(401, as_json(message="Unauthenticated.")), "authentication of its own"),
        (
            answer(403, as_json(detail="Authentication credentials were not provided.")),
            "authentication of its own",
        ),
        (answer(401, as_json(msg="Missing Authorization Header")), "authentication of its own"),
        (answer(401, as_json(error="No authorization token was found")), "authentication of its own"),
        (answer(401, b"You need to sign in or sign up before continuing."), "authentication of its own"),
        (
            answer(401, b"Full authentication is required to access this resource"),
            "authentication of its own",
        ),
        (answer(401, as_json(message="API key is missing")), "authentication of its own"),
        (answer(422, missing("header", "authorization")), "authentication of its own"),
        (answer(302, b"", location="/login?next=/hook"), "login redirect"),
        (answer(303, b"", location="https://login.example.com/x"), "login redirect"),
        (answer(302, b"", location="/users/sign_in"), "login redirect"),
        (answer(307, b"", location="/welcome?returnTo=%2Fhook"), "login redirect"),
        (
            answer(302, b"", location="https://x.cloudflareaccess.com/cdn-cgi/access/login/y"),
            "login redirect",
        ),
        (answer(422, missing("query", "payload")), "payload looked for in the query"),
        (
            answer(400, as_json(message="querystring must have required property 'event'")),
            "payload looked for in the query",
        ),
        (
            answer(
                400, b"Required request parameter 'payload' for method parameter type String is not present"
            ),
            "payload looked for in the query",
        ),
        (answer(422, missing("body", "payload")), "payload looked for elsewhere"),
        (answer(422, missing("header", "webhook-id")), "payload looked for elsewhere"),
        (answer(422, all_missing(("body", "type"), ("body", "data"))), "payload looked for elsewhere"),
        (answer(422, of_a_wrong_type("body")), "payload looked for elsewhere"),
        (answer(400, b"<h1>DisallowedHost at /hook</h1>"), "host not allowed"),
        (answer(403, b"Blocked hosts: localhost"), "host not allowed"),
        (answer(400, b"Invalid host header"), "host not allowed"),
        (
            answer(
                403,
                as_json(message="Missing Authentication Token"),
                x_amzn_errortype="MissingAuthenticationTokenException",
            ),
            "unknown to the gateway",
        ),
        (answer(403, as_json(message="Missing Authentication Token")), "unknown to the gateway"),
        (answer(403, as_json(message="Forbidden"), x_amzn_errortype="ForbiddenException"), GUARD),
        (answer(403, NGINX), GUARD),
        (answer(403, b"<h1>Forbidden</h1><p>You don't have permission to access this resource.</p>"), GUARD),
        (answer(403, b"<title>Just a moment...</title>", cf_mitigated="challenge"), GUARD),
        (answer(403, b"RBAC: access denied"), GUARD),
        (answer(406, b"<p>This error was generated by Mod_Security.</p>"), GUARD),
        (answer(403, as_json(error="IP 10.0.0.7 is not allowed")), GUARD),
        (answer(403, as_json(error="IP address not whitelisted")), GUARD),
        (
            answer(401, b"Invalid IAP credentials: empty token", x_goog_iap_generated_response="true"),
            "authentication of its own",
        ),
        (answer(302, b"", location="https://acme.okta.com/app/x"), "login redirect"),
        (answer(302, b"", location="https://accounts.example.com/"), "login redirect"),
        (answer(403, b'Blocked request. This host ("x.test") is not allowed.'), "host not allowed"),
        (answer(503), "unavailable"),
        (answer(502, b"<center>nginx</center>"), "unavailable"),
    ],
)
def test_what_stands_before_the_handler(given, name):
    """An answer that no handler gave is known by its structure, or by the words of its framework."""
    found = wall_of(given.response, "http://127.0.0.1:8000/hook")
    assert found is not None
    assert found[0].name == name


@pytest.mark.parametrize(
    "given",
    [
        answer(401),
        answer(401, b"Unauthorized"),
        answer(403, b"Forbidden"),
        answer(401, WERKZEUG),
        answer(401, as_json(error="invalid signature")),
        answer(401, as_json(error="Missing required headers")),
        answer(400, as_json(error="No matching signature found; is the session secret right?")),
        answer(401, as_json(detail="Invalid signature"), www_authenticate="Signature"),
        answer(403, b"bad webhook secret"),
        answer(403, b"Invalid webhook auth"),
        answer(403, as_json(status=403, error="Forbidden", path="/hook")),
        answer(403, as_json(message="Forbidden")),
        answer(403, as_json(detail="You do not have permission to perform this action.")),
        answer(403, b"<p>You don't have the permission to access the requested resource.</p>"),
        answer(403, b"signature blocked", x_amzn_errortype="ForbiddenException"),
        answer(302, b"", location="https://shop.example.com/accounts/"),
        answer(401, as_json(status=401, error="Unauthorized", path="/hook"), **SPRING),
        answer(302, b"", location="/auth/hook/"),
        answer(301, b"", location="https://127.0.0.1:8000/auth/hook"),
        answer(404),
        answer(429),
        answer(422, missing("body", "data")),
        answer(422, all_missing(("body", "timestamp"), ("body", "data"))),
        answer(422, of_a_wrong_type("body", "data")),
        answer(422, missing("body", "data", "content", "body")),
        answer(500, b"csrf"),
        answer(200, b"<html>csrf login</html>"),
    ],
)
def test_what_only_looks_like_it(given):
    """The handler's own refusal, and an address with its slash, are no wall before it."""
    assert wall_of(given.response, "http://127.0.0.1:8000/auth/hook") is None


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        (
            answer(422, of_a_wrong_type("body")),
            (
                "The framework looks for a valid list as the body, which is not sent: the event is the whole"
                " body. Read the raw body, which verifying needs in any case (FastAPI: request: Request, then await"
                " request.body())."
            ),
        ),
        (
            answer(403, NGINX),
            (
                "It is refused before the handler ('forbidden nginx'): not by a check of the signature, but by a"
                " proxy, a gateway or a firewall. Let POST requests to this path through, from any address and"
                " without a challenge, or give the address of the service itself."
            ),
        ),
        (
            answer(403, b"CSRF verification failed."),
            (
                "CSRF protection refuses it ('csrf'): it is for the forms of browsers, and a webhook has no token. Exempt"
                " this path, which the signature protects (Django: @csrf_exempt; Rails: skip_forgery_protection;"
                " Laravel: validateCsrfTokens(except: [...]); Spring: csrf.ignoringRequestMatchers(...); Flask-WTF:"
                " csrf.exempt)."
            ),
        ),
        (
            answer(401, b"", www_authenticate='Basic realm="staging"'),
            (
                'Authentication stands before the handler (WWW-Authenticate: Basic realm="staging"), and a webhook'
                " has its signature alone. Exempt this path from it; where the sender adds headers of your own, send"
                " them here: --header 'Authorization: ...'."
            ),
        ),
        (
            answer(302, b"", location="/login?next=/hook"),
            (
                "It redirects to a login, /login: authentication for people stands before the handler. Exempt this"
                " path from the login; a webhook has a signature and no session, and its sender follows no redirect."
            ),
        ),
        (
            answer(422, missing("query", "payload")),
            (
                "The framework looks for `payload` in the query, and the body is never read. Declare the parameter as"
                " the body (FastAPI: Body(...) or a model; Spring: @RequestBody), or read the raw body, which"
                " verifying needs in any case (FastAPI: request: Request, then await request.body())."
            ),
        ),
    ],
)
def test_what_to_do(given, fix):
    """The advice names what was seen, and what to do about it in the framework."""
    assert wall_of(given.response)[1] == fix


@pytest.mark.parametrize(
    ("given", "page"),
    [
        (answer(200, b"\n<!DOCTYPE html><p>"), True),
        (answer(200, b"<!-- built --><html><p>"), True),
        (answer(200, b"ok", content_type="text/html"), False),
        (answer(404, b"<!doctype html>"), False),
        (answer(200, b'{"html": "<p>"}'), False),
    ],
)
def test_what_a_page_is(given, page):
    """A whole web page is one by its body, since frameworks call a plain text HTML as well."""
    assert is_page(given.response) is page
