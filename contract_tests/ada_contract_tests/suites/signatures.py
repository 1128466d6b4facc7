"""ADA206, ADA3xx, ADA407: authentic requests in every form that a receiver must accept, and forgeries.

Sources: docs.svix.com/receiving/verifying-payloads/how-manual; /reference/introduction/versioning.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import BodyVariant, Suite, same, signed
from ada_contract_tests.rules import expecting
from ada_mockserver.delivery.signing import (
    PARTS,
    generate_secret,
    new_message_id,
    signature_headers,
)
from ada_schemas.contract.contract import ada_profile
from ada_schemas.contract.paths import ABSENT, apart, branches_along, get, put, through_entries
from ada_schemas.contract.profile import SVIX, slug_of
from ada_schemas.contract.shapes import Scalar, payload_path, walk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ada_contract_tests.case import Case, CaseRun, Deliver, Need, Unsealed
    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile
    from ada_schemas.contract.shapes import Event

__all__ = ["UNSIGNED", "Forgery", "SignedForm", "authentic", "cases", "forgeries"]

Payload = dict[str, Any]

MINUTE = 60
DAY = 24 * 60 * MINUTE

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


@dataclass(frozen=True, slots=True)
class Forgery:
    """One way to make a request unauthentic.

    A header is named by its part: ``id``, ``timestamp``, ``signature``; of two families, both are meant.
    ``drops`` are those that it lacks; ``other_secret`` signs with a secret of the forger; ``age`` is
    how old the request claims to be, in seconds (negative: from the future), signed correctly; ``stamp``
    and ``message_id`` replace these values before signing; ``replaces`` names a header that is changed
    after signing, by ``change``; ``alters_body`` changes the body after signing. One ``of_the_owner`` has a
    valid signature over what is wrong with it: no stranger can make it, and accepting it is a warning.
    """

    name: str
    rule: str
    summary: str
    drops: tuple[str, ...] = ()
    other_secret: bool = False
    age: int = 0
    stamp: str | None = None
    message_id: str | None = None
    replaces: str = ""
    change: Callable[[str], str] = same
    alters_body: bool = False
    of_the_owner: bool = False

    def __call__(self, request: Unsealed) -> tuple[Headers, bytes]:
        """The signature headers and the body to send."""
        secrets, message_id, timestamp, body, rng, families = request
        made = signature_headers(
            [generate_secret(rng)] if self.other_secret or not secrets else secrets,
            message_id=message_id if self.message_id is None else self.message_id,
            timestamp=self.stamp or timestamp - self.age,
            body=body,
            families=families,
        )
        sent = {name: value for name, value in made if _part(name) not in self.drops}
        other = new_message_id(rng) if self.replaces == "id" else ""
        for name in sent if self.replaces else ():
            if _part(name) == self.replaces:
                sent[name] = other or self.change(sent[name])
        return tuple(sent.items()), _altered(body) if self.alters_body else body

    def deliver(self, variant: BodyVariant) -> Deliver:
        """Sends a body as a forgery."""
        return lambda run: run.send_variant(variant, seal=self, authentic=False)


def _part(header: str) -> str:
    """The part of a signature header that follows what its family begins with."""
    return header.rpartition("-")[2]


def _with_another_character(value: str, at: int) -> str:
    return f"{value[:at]}{'B' if value[at] == 'A' else 'A'}{value[at + 1 :]}"


def _altered(body: bytes) -> bytes:
    """The same event with one more member: still a valid event, yet not the one that was signed."""
    return body.rstrip()[:-1] + b',"adakit_forged":true}'


def _changed(name: str, summary: str, change: Callable[[str], str], rule: str = "ADA303") -> Forgery:
    return Forgery(name, rule, summary, replaces="signature", change=change)


def _malformed(name: str, summary: str, change: Callable[[str], str]) -> Forgery:
    return _changed(f"malformed:{name}", summary, change, "ADA310")


UNSIGNED = Forgery("unsigned", "ADA301", "no signature header at all", drops=PARTS)
"""The request of somebody who knows the address alone."""


@lru_cache(maxsize=8)
def forgeries(profile: Profile) -> tuple[Forgery, ...]:
    """Every forgery of deliveries in the way of a provider."""
    prefix = profile.prefix
    stale = profile.tolerance + MINUTE
    how_old = f"{words_of(stale)} ago" if profile.tolerance else ""
    how_far = f"for {words_of(stale)} ahead"
    found = (
        UNSIGNED,
        *(
            Forgery(
                f"missing:{prefix}-{part}", "ADA301", f"the header {prefix}-{part} is missing", drops=(part,)
            )
            for part in PARTS
        ),
        Forgery("wrong-secret", "ADA302", "signed with another secret", other_secret=True),
        Forgery("altered-body", "ADA303", "the body was changed after signing", alters_body=True),
        Forgery("altered-id", "ADA303", f"{prefix}-id was changed after signing", replaces="id"),
        Forgery(
            "altered-timestamp",
            "ADA303",
            f"{prefix}-timestamp was changed after signing",
            replaces="timestamp",
            change=lambda value: str(int(value) - MINUTE),
        ),
        _changed(
            "altered-signature-start",
            "the first character of the signature was changed",
            lambda value: _with_another_character(value, len("v1,")),
        ),
        _changed(
            "altered-signature-end",
            "one of the last characters of the signature was changed",
            lambda value: _with_another_character(value, len(value) - 3),
        ),
        _changed(
            "altered-signature-case",
            "the letters of the signature have the other case",
            lambda value: f"v1,{value.removeprefix('v1,').swapcase()}",
        ),
        Forgery("stale", "ADA304", f"signed correctly, {how_old}", age=int(stale)),
        Forgery("stale-day", "ADA304", "signed correctly, a day ago", age=max(DAY, int(stale))),
        Forgery("future", "ADA305", f"signed correctly, {how_far}", age=-int(stale), of_the_owner=True),
        Forgery(
            "future-day",
            "ADA305",
            "signed correctly, for a day ahead",
            age=-max(DAY, int(stale)),
            of_the_owner=True,
        ),
        _malformed("no-comma", "the signature has no comma", lambda value: value.replace(",", "")),
        _malformed("bad-padding", "the signature's base64 is cut off", lambda value: value[:-2]),
        _malformed("not-base64", "the signature is not base64", lambda _: "v1,!!not base64!!"),
        _malformed("no-value", "the signature has a version and no value", lambda _: "v1,"),
        _malformed("empty", f"the header {prefix}-signature is empty", lambda _: ""),
        _malformed(
            "other-version",
            "the right signature stands under an unknown version alone",
            lambda value: f"v2,{value.partition(',')[2]}",
        ),
        Forgery(
            "malformed:timestamp",
            "ADA310",
            "the timestamp is not a number, and signed",
            stamp="yesterday",
            of_the_owner=True,
        ),
        Forgery("malformed:id", "ADA310", "the id is empty, and signed", message_id="", of_the_owner=True),
    )
    return tuple(forgery for forgery in found if forgery.rule not in profile.beyond)


def words_of(seconds: float) -> str:
    """A length of time as summaries say it: in minutes where it is some of these, else in seconds."""
    minutes, rest = divmod(seconds, MINUTE)
    if rest:
        return f"{seconds:g} seconds"
    return "a minute" if minutes == 1 else f"{NUMBERS.get(int(minutes), f'{minutes:g}')} minutes"


NUMBERS = dict(
    enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
)


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
                (self.rename(name), self.arrange(good, other) if _part(name) == "signature" else good)
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


@lru_cache(maxsize=8)
def _suite(profile: Profile) -> Suite:
    suite = Suite()
    for forgery in forgeries(profile):
        name, sent = f"signature:{forgery.name}", forgery.deliver(BodyVariant())
        expect = expecting(forgery.rule, severity="warning") if forgery.of_the_owner else None
        suite.add(name, forgery.summary, rule=forgery.rule, deliver=sent, needs=(), expect=expect)
    for form in authentic(profile):
        needs: tuple[Need, ...] = ("http",) if form.over_http else ()
        suite.add(form.name, form.summary, rule=form.rule, deliver=form.deliver(), needs=needs)
    return suite


def cases(contract: Contract, event: str) -> Iterator[Case]:
    """The forgeries and the authentic forms of an event."""
    return _suite(contract.profile)(contract, event)
