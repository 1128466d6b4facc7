"""Walls: what stands before the handler when no event gets past it, and none of which is a wrong secret.

A wall is recognised by the structure of the answer first (status, headers, the shape of its JSON), by the
words of frameworks second. An answer that speaks of a signature is the handler's own, and no wall.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ada_contract_tests.targets.redact import redact
from ada_schemas.errors import DocumentError
from ada_schemas.foreign_json import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_mockserver.delivery.http import Response

__all__ = ["NOT_THE_HANDLER", "WALLS", "Wall", "is_page", "is_unavailable", "page_title", "wall_of"]

LONGEST_TEXT = 20_000
"""Characters of an answer that are read for words."""


ENVELOPE = frozenset({"type", "timestamp", "data"})
"""The members of an event, where it is not known which it has."""
ALWAYS = frozenset({"type", "data"})
"""Those of them of which even a variant of an event has one."""


@dataclass(frozen=True, slots=True)
class Wall:
    """One thing that stands before a handler.

    ``name`` groups its findings, ``summary`` says it in a sentence; ``seen`` gives what shows it in an
    answer, "" where nothing does; ``fix`` says what to do, and may name what was ``{seen}``. A ``certain``
    wall is one by a single answer; another must answer several events.
    """

    name: str
    summary: str
    fix: str
    seen: Callable[[Answer], str]
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the table reads it: ``text`` is what a person would read of the body, in small letters.

    ``address`` is the endpoint's own, ``members`` are those that the event had.
    """

    response: Response
    text: str
    address: str = ""
    value: Any = None
    members: frozenset[str] = ENVELOPE

    @classmethod
    def of(cls, response: Response, address: str = "", members: frozenset[str] = ENVELOPE) -> Answer:
        """Read a response of the endpoint at that address."""
        raw = response.body[: 4 * LONGEST_TEXT].decode("utf-8", "replace")
        try:
            value = read_json(raw, name="the answer")
        except DocumentError:
            value = None
        visible = re.sub(r"<(style|script).*?(</\1>|$)|<[^>]*>", " ", raw, flags=re.DOTALL | re.IGNORECASE)
        return cls(response, " ".join(visible.split()).lower()[:LONGEST_TEXT], address, value, members)

    @property
    def status(self) -> int:
        """The status."""
        return self.response.status

    def header(self, name: str) -> str:
        """The value of a header, "" without it."""
        return self.response.header(name) or ""


ABOUT_A_SIGNATURE = re.compile(r"\bsignatures?\b|\bsvix|hmac|whsec|\bsigning\b")

CSRF = re.compile(
    r"csrf|xsrf|cross[- ]?site request forger|anti-?forgery|request forgery|authenticity ?token"
    r"|the change you wanted was rejected|unable to verify your data submission|origin checking failed"
    r"|cross-site \w+ form submissions"
)
"""The words of Django, Flask-WTF, Laravel, Rails (in production too), Spring, csurf, Symfony, Yii, ..."""

_CREDENTIAL = (
    r"(authori[sz]ation|authentication|auth|bearer|access[ _-]?token|id[ _-]?token|jwt|api[ _-]?key|session)"
)
AUTHENTICATION = re.compile(
    r"not authenticated|unauthenticated|not logged in|\blog ?in\b|\bsign in\b"
    r"|authentication (is )?(required|needed|failed)|credentials (were|are|was) (not|missing)"
    r"|no token provided|token (is )?(missing|required)|(missing|no) token\b"
    r"|(could not validate|invalid authentication) credentials|does not have permission to get url"
    rf"|\b(missing|no|without|requires?|required)\W+(\w+\W+){{0,3}}?{_CREDENTIAL}\b"
    rf"|\b{_CREDENTIAL}\W+(\w+\W+){{0,3}}?(missing|required|not (provided|found|present)|absent)\b"
)
"""FastAPI, Django REST framework, Laravel, Spring, Devise, express-jwt, Flask-JWT, Cloud Run, ..."""

LOGIN = re.compile(
    r"log-?in|sign-?in|log-?on|sso|saml\d?|oauth2?|openid|oidc|auth|authorize|authenticate|cas|sessions?|access"
)
"""A segment of the address of a page on which people log in."""

IDENTITY_HOST = re.compile(
    r"accounts|idp|identity|okta|oktapreview|auth0|keycloak|onelogin|amazoncognito|b2clogin"
)
"""A label of the name of a host on which people log in."""

BACK = re.compile(
    r"(^|&)(next|return_?(to|url)|redirect_?(to|uri|url)?|continue|rd|callback_?url)=", re.IGNORECASE
)
"""A parameter of such an address: where to go back to."""

HOST = re.compile(
    r"invalid host|disallowed ?host|invalid http_host|blocked hosts?\b"
    r"|host (header |\([^)]*\) )?is not allowed"
)
QUERY = re.compile(
    r"querystring (must|should)|(required|missing)[\w ]* (query|request) (string )?parameter"
    r"|query (string )?parameter[^.]*(missing|required)|required \w+ parameter '\w+' is not present"
)
GUARD = re.compile(
    r"\b(forbidden|authorization required|not acceptable) (nginx|openresty|cloudflare)\b"
    r"|you don't have permission to access this resource"
    r"|\bmod_?security|rbac: access denied|generated by cloudfront|attention required! \| cloudflare"
    r"|\bip( address)?( [\w.:]+)?( is| was)? (not (allowed|permitted|(white|allow)-?listed)|blocked|denied)\b"
)
"""The words of nginx, Apache, Cloudflare, ModSecurity, Envoy, CloudFront, and of lists of addresses."""


def _csrf(answer: Answer) -> str:
    if answer.status == 419:  # Laravel's own, whatever the page says
        return "419"
    if not 400 <= answer.status < 500:
        return ""
    cookies = (
        value.partition("=")[0] for name, value in answer.response.headers if name.lower() == "set-cookie"
    )
    found = CSRF.search(" ".join((answer.text, *cookies)).lower())
    if found is None and answer.status == 403 and _is_of_spring_security(answer):
        return "by Spring Security"
    return f"'{found[0]}'" if found else ""


def _is_of_spring_security(answer: Answer) -> bool:
    """True for the headers that it gives every answer, on a body that no handler wrote."""
    marks = (("x-xss-protection", "0"), ("pragma", "no-cache"), ("expires", "0"))
    own = not answer.text or (
        isinstance(answer.value, dict) and {"status", "error", "path"} <= answer.value.keys()
    )
    return own and all(answer.header(name) == value for name, value in marks)


def _host(answer: Answer) -> str:
    found = HOST.search(answer.text) if answer.status in (400, 403, 421) else None
    return found[0] if found else ""


def _login(answer: Answer) -> str:
    location = answer.header("location")
    if not 300 <= answer.status < 400 or not location:
        return ""
    parts = urlsplit("".join(c for c in location if c.isprintable()))
    words = set(re.split(r"[/.:]", f"{parts.netloc}/{parts.path}".lower()))
    words -= set(re.split(r"[/.:?]", answer.address.lower()))  # /auth/hook/ with a slash is no login
    is_login = any(LOGIN.fullmatch(word.replace("_", "-")) for word in words)
    is_login |= any(IDENTITY_HOST.fullmatch(label) for label in words & set(parts.netloc.lower().split(".")))
    back = BACK.search(parts.query)
    return redact(parts._replace(query="", fragment="").geturl()) if is_login or back else ""


def _gateway(answer: Answer) -> str:
    says = answer.value.get("message") if isinstance(answer.value, dict) else None
    unknown = _amazon(answer) == UNKNOWN or (answer.status == 403 and says == "Missing Authentication Token")
    return UNKNOWN if unknown else ""


UNKNOWN = "MissingAuthenticationTokenException"
"""What Amazon's API Gateway calls a request for a path or a method that it does not have."""


def _amazon(answer: Answer) -> str:
    """The kind of an error that a gateway of Amazon's answered by itself."""
    return answer.header("x-amzn-errortype").partition(":")[0]


def _guard(answer: Answer) -> str:
    """A refusal that a proxy, a gateway or a firewall wrote, and no handler."""
    if answer.status not in (401, 403, 406):
        return ""
    if answer.header("cf-mitigated"):
        return f"cf-mitigated: {redact(answer.header('cf-mitigated'))[:60]}"
    if _amazon(answer):
        return redact(_amazon(answer))[:60]
    found = GUARD.search(answer.text)
    return f"'{found[0]}'" if found else ""


def _authentication(answer: Answer) -> str:
    for place, name in _missing(answer.value):
        if place in ("header", "cookie") and re.search(r"auth|token|jwt|session|api.?key", name.lower()):
            return f"`{name}` in the {place} is missing"
    if answer.status not in (401, 403, 407):
        return ""
    scheme = answer.header("www-authenticate") or answer.header("proxy-authenticate")
    if answer.header("x-goog-iap-generated-response"):
        return "Google's Identity-Aware Proxy"
    if scheme and not ABOUT_A_SIGNATURE.search(scheme.lower()):
        return f"WWW-Authenticate: {redact(scheme)[:60]}"
    found = AUTHENTICATION.search(answer.text)
    return f"it says '{found[0]}'" if found else ""


def _query(answer: Answer) -> str:
    if answer.status not in (400, 422):
        return ""
    for place, name in _missing(answer.value):
        if place == "query":
            return f"`{name}`"
    return "a parameter" if QUERY.search(answer.text) or _context(answer.value) == "querystring" else ""


def _elsewhere(answer: Answer) -> str:
    """Missing names that no event has (an embedded body, a form, a header, a cookie), or another type."""
    if answer.status not in (400, 422):
        return ""
    missing = list(_missing(answer.value))
    for place, name in missing:
        if place in ("body", "header", "cookie", "form", "path") and name not in answer.members:
            return f"`{name}` in the {'path' if place == 'path' else place}"
    # Every event has one of them at least.
    always = ALWAYS if ALWAYS.issubset(answer.members) else answer.members
    if {("body", name) for name in always} <= set(missing):
        return "the fields of a form"
    for error in _errors(answer.value):
        found = re.fullmatch(
            r"Input should be (a valid (list|string|tuple|set|bytes|integer))\b.*", str(error.get("msg"))
        )
        if found and error.get("loc") == ["body"]:
            return f"{redact(found[1])[:60]} as the body"
    return ""


def _context(value: Any) -> str:
    return str(value.get("validationContext") or "") if isinstance(value, dict) else ""


def _errors(value: Any) -> Iterator[dict[str, Any]]:
    """Each error of a list of them, as FastAPI and pydantic give it."""
    errors = value.get("detail") or value.get("errors") if isinstance(value, dict) else value
    yield from (error for error in errors if isinstance(error, dict)) if isinstance(errors, list) else ()


def _missing(value: Any) -> Iterator[tuple[str, str]]:
    """(place, name) of each member that a list of errors calls missing."""
    for error in _errors(value):
        where = error.get("loc")
        if isinstance(where, list) and len(where) == 2 and "missing" in str(error.get("type", "missing")):
            yield str(where[0]), str(where[1])


def is_unavailable(status: int | None) -> bool:
    """True for a status with which a server, or a proxy before it, says that it is not there yet."""
    return status in (502, 503, 504)


def _starting(answer: Answer) -> str:
    return str(answer.status) if is_unavailable(answer.status) else ""


WALLS: tuple[Wall, ...] = (
    Wall(
        "CSRF protection",
        "CSRF protection stands before the handler",
        "CSRF protection refuses it ({seen}): it is for the forms of browsers, and a webhook has no token."
        " Exempt this path, which the signature protects (Django: @csrf_exempt; Rails:"
        " skip_forgery_protection; Laravel: validateCsrfTokens(except: [...]); Spring:"
        " csrf.ignoringRequestMatchers(...); Flask-WTF: csrf.exempt).",
        _csrf,
    ),
    Wall(
        "host not allowed",
        "the server takes no requests for this host name",
        "The host name is refused ({seen}): allow it (Django: ALLOWED_HOSTS; Rails: config.hosts; Starlette:"
        " TrustedHostMiddleware), or use the name under which the service is known.",
        _host,
    ),
    Wall(
        "login redirect",
        "every event is redirected to a login",
        "It redirects to a login, {seen}: authentication for people stands before the handler. Exempt this"
        " path from the login; a webhook has a signature and no session, and its sender follows no redirect.",
        _login,
    ),
    Wall(
        "unknown to the gateway",
        "the gateway knows no such path or method",
        "Is the path right? The gateway ({seen}) answers so where nothing is deployed at this path and"
        " method: give the endpoint's path, with its stage, in the URL or with --path.",
        _gateway,
    ),
    Wall(
        "authentication of its own",
        "authentication of its own stands before the handler",
        "Authentication stands before the handler ({seen}), and a webhook has its signature alone. Exempt"
        " this path from it; where the sender adds headers of your own, send them here: --header"
        " 'Authorization: ...'.",
        _authentication,
    ),
    Wall(
        "a guard before the handler",
        "a proxy, gateway or firewall refuses every event before the handler",
        "It is refused before the handler ({seen}): not by a check of the signature, but by a proxy, a"
        " gateway or a firewall. Let POST requests to this path through, from any address and without a"
        " challenge, or give the address of the service itself.",
        _guard,
    ),
    Wall(
        "payload looked for in the query",
        "the framework looks for the payload in the query",
        "The framework looks for {seen} in the query, and the body is never read. Declare the parameter as"
        " the body (FastAPI: Body(...) or a model; Spring: @RequestBody), or read the raw body, which"
        " verifying needs in any case (FastAPI: request: Request, then await request.body()).",
        _query,
        certain=False,
    ),
    Wall(
        "payload looked for elsewhere",
        "the framework looks for what no event has",
        "The framework looks for {seen}, which is not sent: the event is the whole body. Read the raw"
        " body, which verifying needs in any case (FastAPI: request: Request, then await request.body()).",
        _elsewhere,
        certain=False,
    ),
    Wall(
        "unavailable",
        "the service is not available: still starting?",
        "It still answers {seen} after some seconds. Is the service still starting, or does a proxy before"
        " it not reach it? Start the check when it is ready.",
        _starting,
        certain=False,
    ),
)
"""The walls in the order in which they are looked for."""

NOT_THE_HANDLER = Wall(
    "not the handler",
    "a web page comes back, at a made-up path too: this is not the webhook handler",
    "Is the path right? A web page ({seen}) comes back to everything: to a forged request, and at a made-up"
    " path next to this one. Give the path of the webhook endpoint in the URL, or with --path.",
    lambda answer: page_title(answer.response) if is_page(answer.response) else "",
)


def wall_of(
    response: Response | None, address: str = "", members: frozenset[str] = frozenset()
) -> tuple[Wall, str] | None:
    """The wall that an answer of the endpoint at ``address`` shows, and what to do; None without one.

    ``members`` are those of the event that it answers, as far as they are known.
    """
    if response is None or response.accepted:
        return None
    answer = Answer.of(response, address, members or ENVELOPE)
    speaks = ABOUT_A_SIGNATURE.search(answer.text) is not None
    for wall in WALLS:
        if speaks and wall.seen in (_authentication, _guard):
            continue
        seen = wall.seen(answer)
        if seen:
            return wall, wall.fix.format(seen=seen)
    return None


def is_page(response: Response | None) -> bool:
    """True for a 2xx whose body is a whole web page, whatever its headers say."""
    if response is None or not response.accepted:
        return False
    start = response.body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head")) or b"<html" in start


def page_title(response: Response) -> str:
    """The kind of a web page, with its title."""
    text = response.body[:LONGEST_TEXT].decode("utf-8", "replace")
    found = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    title = " ".join("".join(c if c.isprintable() else " " for c in found[1]).split()) if found else ""
    kind = "a login page" if re.search(r"type=[\"']?password", text, re.IGNORECASE) else "HTML"
    return f"{kind}, '{redact(title)[:60]}'" if title else kind
