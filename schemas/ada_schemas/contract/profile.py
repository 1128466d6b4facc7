"""The profile of a provider: how it delivers its webhooks, as far as no OpenAPI document says it.

It stands in ``profile.toml``, beside the source of a contract; Ada's own is ``documented/profile.toml``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NoReturn

from ada_schemas.errors import DocumentError, did_you_mean

__all__ = [
    "BOTH",
    "FORWARD",
    "PROFILE_FILE",
    "SUCCESSES",
    "SVIX",
    "UNKNOWN",
    "WEBHOOK",
    "Profile",
    "filled",
    "namespace_of",
    "read_profile",
    "slug_of",
]

PROFILE_FILE = "profile.toml"
"""The file of a contract's directory that holds its profile."""
SVIX, WEBHOOK = "svix", "webhook"
BOTH = (SVIX, WEBHOOK)
"""What the names of the signature headers begin with: Svix's own, and those of Standard Webhooks."""
SUCCESSES = {"2xx": "2xx", "200": "200", "200 preferred": None}
"""What counts as delivered, with the value of ``--accept`` that means it: None warns of another 2xx."""
FORWARD = ("ADA201", "ADA202", "ADA203", "ADA204", "ADA205", "ADA206")
"""The rules of the versioning policy: what a provider may send tomorrow without a new version."""
AGES = frozenset({"ADA304", "ADA305"})
"""The rules about the age of a delivery."""

_TABLES = {
    "": ("provider", "sender", "documentation", "namespace", "event", "signature", "delivery", "versioning"),
    "event": ("type", "type_header", "only"),
    "signature": ("headers", "secret_variable", "tolerance"),
    "delivery": ("success", "timeout", "headers"),
    "versioning": FORWARD,
}
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]*")
_SLOT = re.compile(r"\{(\w*)\}")
SLOTS = ("id", "timestamp", "type")
"""What the value of a further header may hold in braces."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one provider delivers.

    ``provider`` is its name in texts, ``sender`` is who sends, in words, ``documentation`` an address, "" for
    none, ``namespace`` a part of the ``$id`` of its schemas. ``type_path`` is the payload path of the member
    that holds the event type, "" where none does; ``type_header`` is the header that does, "" for none.
    ``families`` is what the names of the signature headers begin with, none where requests are not signed in
    the way of Svix. ``tolerance`` is how old a delivery may be, in seconds, 0 for any age. ``accept`` is what
    counts as delivered, as ``--accept`` takes it. ``timeout`` is in seconds. ``headers`` are sent with each
    delivery, with ``{id}``, ``{timestamp}`` and ``{type}`` filled in. ``policy`` holds the rules ADA2xx that
    hold. ``only`` are globs of the event types that are used, all if empty.
    """

    provider: str = "the provider"
    sender: str = "the provider"
    documentation: str = ""
    namespace: str = "webhooks"
    type_path: str = "type"
    type_header: str = ""
    families: tuple[str, ...] = (WEBHOOK,)
    secret_variable: str = "WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
    tolerance: float = 300
    accept: str | None = "2xx"
    timeout: float = 15
    headers: tuple[tuple[str, str], ...] = ()
    policy: frozenset[str] = field(default=frozenset(FORWARD))
    only: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What the names of the headers begin with by which texts and case ids call them."""
        return self.families[0] if self.families else WEBHOOK

    @property
    def beyond(self) -> frozenset[str]:
        """The rules that do not hold for this provider."""
        ages = frozenset() if self.tolerance else AGES
        return frozenset(FORWARD) - self.policy | ages

    @property
    def at_start(self) -> str:
        """The provider's name as a sentence begins with it."""
        return self.provider[:1].upper() + self.provider[1:]

    def further_headers(self, event_type: str | None) -> tuple[tuple[str, str], ...]:
        """The headers of a delivery beside those of its signature; `filled` gives them its id and time.

        Those that hold the event type are left out where it is not known.
        """
        made = [*self.headers, *([(self.type_header, "{type}")] if self.type_header else [])]
        if event_type is None:
            return tuple((name, text) for name, text in made if "{type}" not in text)
        return tuple((name, text.replace("{type}", event_type)) for name, text in made)


def filled(
    headers: tuple[tuple[str, str], ...], *, message_id: str, timestamp: int | str
) -> tuple[tuple[str, str], ...]:
    """Headers with the id and the time of a delivery in the place of ``{id}`` and ``{timestamp}``."""
    return tuple(
        (name, text.replace("{id}", message_id).replace("{timestamp}", str(timestamp)))
        for name, text in headers
    )


UNKNOWN = Profile()
"""The profile of an event that was read and is not in a contract yet."""


def namespace_of(provider: str) -> str:
    """The namespace of a provider's schemas, unless its profile names another."""
    return f"{slug_of(provider)}-webhooks"


def slug_of(provider: str) -> str:
    """A provider's name in plain characters: ``openai`` for ``OpenAI``."""
    return re.sub(r"[^a-z0-9]+", "-", provider.lower()).strip("-") or "provider"


def read_profile(text: str, *, name: str) -> Profile:
    """Read a profile (TOML); ``name`` is what errors call it.

    Raises DocumentError that names the entry, the reason and what is allowed.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(f"{name} is no TOML: {error}.") from error
    return _Reading(name, tables).profile()


class _Reading:
    """Reads the tables of one file."""

    def __init__(self, name: str, tables: dict[str, Any]) -> None:
        self._name = name
        self._tables = tables
        for table, entries in _TABLES.items():
            held = self._table(table)
            for entry in held:
                if entry not in entries:
                    self._refuse(_place(table, entry), "is not known", did_you_mean(entry, entries))

    def profile(self) -> Profile:
        provider = self._text("", "provider")
        families = self._texts("signature", "headers", (WEBHOOK,))
        for family in families:
            if family not in BOTH:
                self._refuse(
                    "signature.headers",
                    f"holds {family!r}",
                    "It is a list of 'svix' and 'webhook', or empty.",
                )
        success = self._text("delivery", "success", "2xx")
        if success not in SUCCESSES:
            self._refuse("delivery.success", f"is {success!r}", f"It is one of: {', '.join(SUCCESSES)}.")
        type_path, type_header = self._text("event", "type", ""), self._text("event", "type_header", "")
        if type_header:
            self._fits("event.type_header", type_header, _HEADER, "the name of a header")
        return Profile(
            provider=provider,
            sender=self._text("", "sender", provider),
            documentation=self._text("", "documentation", "") if "documentation" in self._tables else "",
            namespace=self._fits(
                "namespace",
                self._text("", "namespace", namespace_of(provider)),
                _NAMESPACE,
                "letters, digits, '.', ':', '_' and '-'",
            ),
            type_path=type_path,
            type_header=type_header,
            families=tuple(dict.fromkeys(families)),
            secret_variable=self._fits(
                "signature.secret_variable",
                self._text("signature", "secret_variable", "WEBHOOK_SECRET"),
                _VARIABLE,
                "the name of an environment variable",
            ),
            tolerance=self._seconds("signature", "tolerance", 300, least=0),
            accept=SUCCESSES[success],
            timeout=self._seconds("delivery", "timeout", 15, least=0.001),
            headers=self._headers(),
            policy=self._policy(),
            only=self._texts("event", "only", ()),
        )

    def _headers(self) -> tuple[tuple[str, str], ...]:
        place = "delivery.headers"
        table = self._table("delivery").get("headers", {})
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            self._refuse(place, "is no table of texts", 'Write it as: headers = {"X-Delivery" = "{id}"}')
        for name, value in table.items():
            self._fits(place, name, _HEADER, "the name of a header")
            unknown = [slot for slot in _SLOT.findall(value) if slot not in SLOTS]
            if unknown or not value.isprintable() or not value.isascii():
                slots = ", ".join(f"{{{slot}}}" for slot in SLOTS)
                self._refuse(
                    place, f"cannot send {value!r}", f"It takes printable ASCII, and {slots} are filled in."
                )
        return tuple(table.items())

    def _policy(self) -> frozenset[str]:
        table = self._table("versioning")
        for rule, holds in table.items():
            if not isinstance(holds, bool):
                self._refuse(_place("versioning", rule), f"is {holds!r}", "It is true or false.")
        return frozenset(rule for rule in FORWARD if table.get(rule, True))

    def _table(self, name: str) -> dict[str, Any]:
        found = self._tables.get(name, {}) if name else self._tables
        if not isinstance(found, dict):
            self._refuse(name, "is no table", f"Write it as [{name}].")
        return found

    def _text(self, table: str, entry: str, otherwise: str | None = None) -> str:
        found = self._table(table).get(entry, otherwise)
        if found is None:
            self._refuse(_place(table, entry), "is missing", "It is a text.")
        if not isinstance(found, str) or not found.isprintable() or (table == "" and not found.strip()):
            self._refuse(_place(table, entry), f"is {found!r}", "It is a text of one line.")
        return found

    def _texts(self, table: str, entry: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        found = self._table(table).get(entry, list(otherwise))
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            self._refuse(_place(table, entry), f"is {found!r}", "It is a list of texts.")
        return tuple(found)

    def _seconds(self, table: str, entry: str, otherwise: float, *, least: float) -> float:
        found = self._table(table).get(entry, otherwise)
        number = isinstance(found, int | float) and not isinstance(found, bool)
        if not number or not isfinite(found) or found < least:
            step = f"It is a number of seconds, at least {least:g}."
            self._refuse(_place(table, entry), f"is {found!r}", step)
        return float(found)

    def _fits(self, place: str, value: str, form: re.Pattern[str], what: str) -> str:
        if not form.fullmatch(value):
            self._refuse(place, f"is {value!r}", f"It is {what}.")
        return value

    def _refuse(self, place: str, what: str, next_step: str) -> NoReturn:
        raise DocumentError(f"{self._name}: {place} {what}.", next_step=next_step)


def _place(table: str, entry: str) -> str:
    return f"{table}.{entry}" if table else entry
