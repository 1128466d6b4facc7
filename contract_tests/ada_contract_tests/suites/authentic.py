"""Authentic deliveries in every form that a receiver must accept: ADA206, ADA306 to ADA309, ADA407.

Sources: docs.svix.com/receiving/verifying-payloads/how-manual; /reference/introduction/versioning.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import BodyVariant, same, signed
from ada_mockserver.delivery.signing import (
    generate_secret,
)
from ada_schemas.contract.contract import ada_profile
from ada_schemas.contract.paths import ABSENT, apart, branches_along, get, put, through_entries
from ada_schemas.contract.profile import SVIX, slug_of
from ada_schemas.contract.shapes import Scalar, payload_path, walk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ada_contract_tests.case import CaseRun, Deliver, Unsealed
    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.profile import Profile
    from ada_schemas.contract.shapes import Event

__all__ = ["SignedForm", "authentic", "part_of"]

Payload = dict[str, Any]

FOREIGN = "Zoë – 謝謝 😀"
WRITTEN = (
    "data.content.body",
    "data.profile.display_name",
    "data.entity_name",
    "data.metadata.note",
    "data.handoff_integration",
)
"""Where events of the default contract hold what people write, or chose as a name."""
FREE_TEXTS = re.compile(
    r"(.*_)?(description|name|title|text|message|body|content|note|comment|subject|reason|summary)",
    re.IGNORECASE,
)
"""The names of members that hold what people write."""


def _written(event: Event) -> tuple[str, ...]:
    """The paths of the texts of an event that people write."""
    found = []
    for path, shape in walk(event.payload):
        _, name = apart(path)
        is_plain = (
            isinstance(shape, Scalar) and shape.types == ("string",) and not (shape.enum or shape.format)
        )
        if (
            is_plain
            and not through_entries(path)
            and not any(branches_along(path))
            and FREE_TEXTS.fullmatch(name)
        ):
            found.append(payload_path(path))
    return tuple(found)


def _in_another_script(event: Event, base: Payload) -> Payload:
    """The event with text outside of ASCII where it has some."""
    for path in WRITTEN if event.profile.namespace == ada_profile().namespace else _written(event):
        owner = path.rpartition(".")[0]
        if isinstance(get(base, owner), dict) and (
            owner.endswith("metadata") or get(base, path) is not ABSENT
        ):
            changed: Payload = put(base, path, FOREIGN)
            return changed
    return base


def part_of(header: str) -> str:
    """The part of a signature header that follows what its family begins with."""
    return header.rpartition("-")[2]


@dataclass(frozen=True, slots=True)
class SignedForm:
    """One way to send an authentic event.

    ``reshape`` rewrites the body before it is signed, ``arrange`` the signature (it also gets one that is
    made with another secret), ``rename`` the names of the signature headers; ``extra`` headers are sent
    beside, or in place of, the usual ones.
    ``over_http`` is true where the difference exists on the wire only; ``foreign`` where the event needs
    text outside of ASCII to show it.
    """

    name: str
    rule: str
    summary: str
    reshape: Callable[[bytes], bytes] = same
    arrange: Callable[[str, str], str] = lambda good, _: good
    rename: Callable[[str], str] = same
    extra: Headers = ()
    over_http: bool = False
    foreign: bool = False

    def __call__(self, request: Unsealed) -> tuple[Headers, bytes]:
        """The headers of the request and its body."""
        request = request._replace(body=self.reshape(request.body))
        headers, shaped = signed(request)
        if request.secrets:
            by_another, _ = signed(request._replace(secrets=(generate_secret(request.rng),)))
            headers = tuple(
                (self.rename(name), self.arrange(good, other) if part_of(name) == "signature" else good)
                for (name, good), (_, other) in zip(headers, by_another, strict=True)
            )
        return (*headers, *self.extra), shaped

    def deliver(self) -> Deliver:
        """Sends the ordinary event in this form."""
        if not self.foreign:
            return lambda run: run.send_variant(BodyVariant(), seal=self)

        def deliver(run: CaseRun) -> Awaitable[None]:
            event = run.events.contract.event(run.case.base_event)
            return run.send_variant(BodyVariant(change=partial(_in_another_script, event)), seal=self)

        return deliver


def _rewritten(
    separators: tuple[str, str], indent: int | None, *, ascii_only: bool
) -> Callable[[bytes], bytes]:
    dumped = partial(json.dumps, indent=indent, separators=separators, ensure_ascii=ascii_only)
    return lambda body: dumped(json.loads(body)).encode()


def _escaped(body: bytes) -> bytes:
    """Slashes and ordinary letters as escapes, which is the same JSON."""
    return body.replace(b"/", b"\\/").replace(b'"v1.', b'"\\u0076\\u0031.')


MANY_HEADERS: Headers = tuple((f"x-new-header-{n:02}", f"value {n}") for n in range(40))


def _new_of_the_sender(profile: Profile) -> Headers:
    return (
        (f"{profile.prefix}-attempt", "1"),
        (f"{profile.prefix}-event-type", "v1.conversation.created"),
        (f"{slug_of(profile.provider)}-delivery", "2"),
    )


def _tracing(profile: Profile) -> Headers:
    return (
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("tracestate", f"{slug_of(profile.provider)}=00f067aa0ba902b7"),
        ("x-request-id", "7b44f1fe-4e3a-4b1a-9f7e-1f0f0f0f0f0f"),
        ("x-forwarded-proto", "https"),
    )


@lru_cache(maxsize=8)
def authentic(profile: Profile) -> tuple[SignedForm, ...]:
    """Every form of an authentic delivery in the way of a provider."""
    prefix = profile.prefix
    found = (
        SignedForm("headers:tracing", "ADA206", "tracing headers are sent along", extra=_tracing(profile)),
        SignedForm(
            "headers:sender",
            "ADA206",
            f"further headers of {_senders(profile)} are sent along",
            extra=_new_of_the_sender(profile),
        ),
        SignedForm("headers:many", "ADA206", "40 unknown headers are sent along", extra=MANY_HEADERS),
        SignedForm(
            "signature:rotated",
            "ADA306",
            "signed with the old and the new secret, the right one last",
            arrange=lambda good, other: f"{other} {good}",
        ),
        SignedForm(
            "signature:rotated-first",
            "ADA306",
            "signed with the old and the new secret, the right one first",
            arrange=lambda good, other: f"{good} {other}",
        ),
        SignedForm(
            "signature:unknown-version",
            "ADA307",
            "a signature of an unknown version stands before the right one",
            arrange=lambda good, other: f"v2,{other.partition(',')[2]} {good}",
        ),
        SignedForm(
            "signature:unknown-version-after",
            "ADA307",
            "a signature of version v1a stands behind the right one",
            arrange=lambda good, other: f"{good} v1a,{other.partition(',')[2]}",
        ),
        SignedForm(
            "raw:pretty",
            "ADA308",
            "the body is indented",
            reshape=_rewritten((",", ": "), 2, ascii_only=False),
        ),
        SignedForm(
            "raw:spaced",
            "ADA308",
            "the body has spaces",
            reshape=_rewritten((", ", ": "), None, ascii_only=False),
            foreign=True,
        ),
        SignedForm(
            "raw:escaped-unicode",
            "ADA308",
            "non-ASCII characters are escaped",
            reshape=_rewritten((",", ":"), None, ascii_only=True),
            foreign=True,
        ),
        SignedForm("raw:escaped", "ADA308", "slashes and letters are escaped", reshape=_escaped),
        SignedForm(
            "raw:newline", "ADA308", "the body ends with a newline", reshape=lambda body: body + b"\n"
        ),
        SignedForm(
            "raw:surrounded",
            "ADA308",
            "white space surrounds the body",
            reshape=lambda body: b" \r\n\t" + body + b" ",
        ),
        SignedForm(
            "headers:title-case",
            "ADA309",
            f"the header names are written {prefix.title()}-Id",
            rename=str.title,
            over_http=True,
        ),
        SignedForm(
            "headers:upper-case",
            "ADA309",
            f"the header names are written {prefix.upper()}-ID",
            rename=str.upper,
            over_http=True,
        ),
        *(
            SignedForm(
                f"content-type:{label}",
                "ADA407",
                f"the content type is {value}",
                extra=(("content-type", value),),
            )
            for label, value in (
                ("charset", "application/json; charset=utf-8"),
                ("charset-compact", "application/json;charset=UTF-8"),
            )
        ),
    )
    return tuple(form for form in found if form.rule not in profile.beyond)


def _senders(profile: Profile) -> str:
    return f"Svix and {profile.provider}" if SVIX in profile.families else profile.provider
