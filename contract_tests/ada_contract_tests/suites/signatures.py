"""ADA206, ADA3xx, ADA407: authentic requests in every form that a receiver must accept, and forgeries.

Sources: docs.svix.com/receiving/verifying-payloads/how-manual; /reference/introduction/versioning.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import BodyVariant, same
from ada_contract_tests.rules import expecting
from ada_contract_tests.suites.authentic import authentic, part_of
from ada_contract_tests.suites.suite import Suite
from ada_mockserver.delivery.signing import (
    PARTS,
    generate_secret,
    new_message_id,
    signature_headers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_contract_tests.case import Case, Deliver, Need, Unsealed
    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile

__all__ = ["UNSIGNED", "Forgery", "cases", "forgeries"]

Payload = dict[str, Any]

MINUTE = 60
DAY = 24 * 60 * MINUTE


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
        sent = {name: value for name, value in made if part_of(name) not in self.drops}
        other = new_message_id(rng) if self.replaces == "id" else ""
        for name in sent if self.replaces else ():
            if part_of(name) == self.replaces:
                sent[name] = other or self.change(sent[name])
        return tuple(sent.items()), _altered(body) if self.alters_body else body

    def deliver(self, variant: BodyVariant) -> Deliver:
        """Sends a body as a forgery."""
        return lambda run: run.send_variant(variant, seal=self, authentic=False)


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
    how_old = f"{_words_of(stale)} ago" if profile.tolerance else ""
    how_far = f"for {_words_of(stale)} ahead"
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


def _words_of(seconds: float) -> str:
    """A length of time as summaries say it: in minutes where it is some of these, else in seconds."""
    if seconds % MINUTE or seconds < 2 * MINUTE:
        return f"{seconds:g} seconds"
    minutes = int(seconds / MINUTE)
    return f"{SPELLED.get(minutes, str(minutes))} minutes"


SPELLED = {6: "six"}
"""The age that is refused by the tolerance that Standard Webhooks name, in a word."""


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
