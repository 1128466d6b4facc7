"""The rules: what must hold, why, and what to do about it; each with the documented source.

Codes are stable: ``--select``, ``--ignore`` and reports speak of them. The hundreds are families.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from ada_schemas.errors import UsageError

__all__ = ["FAMILIES", "RULES", "Rule", "rule", "selected_codes"]

FAMILIES = {"1": "documented", "2": "forward compatible", "3": "authentic", "4": "delivery"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    ``expects`` is what a consumer's answer to its cases must be: ``accepted`` (2xx), ``refused`` (4xx),
    ``200`` or ``in time``; the texts are for people: what Ada documents and where, what breaks in
    production, how to fix it.
    """

    code: str
    title: str
    expects: Literal["accepted", "refused", "200", "in time"]
    documents: str
    source: str
    breaks: str
    fix: str

    @property
    def family(self) -> str:
        """The name of its family: documented, forward compatible, authentic, delivery."""
        return FAMILIES[self.code[3]]


_EVENT_PAGES = "docs.ada.cx, the page of each webhook event"
_VERSIONING = "docs.ada.cx/reference/introduction/versioning"
_OVERVIEW = "docs.ada.cx/reference/webhooks/overview"
_SVIX = "docs.svix.com/receiving/verifying-payloads/how-manual"

RULES: dict[str, Rule] = {
    r.code: r
    for r in (
        Rule(
            "ADA101",
            "documented example",
            "accepted",
            "Each event has a page with its payload.",
            _EVENT_PAGES,
            "An endpoint that refuses the ordinary event receives nothing at all.",
            "Route the path, read the raw body, verify the signature, answer 200.",
        ),
        Rule(
            "ADA102",
            "enum member",
            "accepted",
            "A member with allowed values takes each of them, for example author.role human_agent.",
            _EVENT_PAGES,
            "The value that never came up in development fails in production and is retried for a day.",
            "Handle every documented value, and have a default for the others.",
        ),
        Rule(
            "ADA103",
            "union branch",
            "accepted",
            "Content is text, link or file; a channel is native or custom. Each has members of its own.",
            _EVENT_PAGES,
            "The first file from a human agent, or the first survey link, is answered 500.",
            "Branch on `type` before reading members that only one branch has.",
        ),
        Rule(
            "ADA104",
            "null, or empty",
            "accepted",
            "Members documented as nullable are null: author.id for agents, ended_by.id for the system. "
            "The audit log says 'not available' with an empty string.",
            _EVENT_PAGES,
            "The first message by an agent raises where the code expects a string.",
            "Treat every nullable member as optional in types and in code.",
        ),
        Rule(
            "ADA105",
            "optional member absent",
            "accepted",
            "Most members are documented as optional, and Ada may leave optional members out. Absent "
            "identity members (conversation, message and end-user id, author, content) may be refused "
            "with 4xx, since Ada always sends them.",
            f"{_EVENT_PAGES}; {_VERSIONING}",
            "A KeyError on the day that a channel has no metadata.",
            "Read optional members with a default (`data.get('metadata') or {}`).",
        ),
        Rule(
            "ADA106",
            "shape of metadata",
            "accepted",
            "Metadata has free keys; its values are strings, booleans, integers or floats, 4 KB in all.",
            f"{_EVENT_PAGES}; docs.ada.cx/reference/conversations/getting-started",
            "A float, a false or an odd key breaks parsing, a column type or a template.",
            "Accept every JSON scalar and any key; do not spread metadata over named columns.",
        ),
        Rule(
            "ADA201",
            "unknown member",
            "accepted",
            "New members may appear in any object without a new version.",
            _VERSIONING,
            "A model that forbids extra members refuses every event from that day on.",
            "Ignore members that you do not know (pydantic: extra='ignore', the default).",
        ),
        Rule(
            "ADA202",
            "new enum value",
            "accepted",
            "Enums may be extended without a new version.",
            _VERSIONING,
            "A closed Enum or Literal, or a switch without default, raises on the new value.",
            "Type such members as open strings, and acknowledge what you do not handle.",
        ),
        Rule(
            "ADA203",
            "new event type",
            "accepted",
            "New webhook triggers may be added without a new version; unfiltered endpoints get them.",
            _VERSIONING,
            "Events of the new type fail, and an endpoint that keeps failing for a week is disabled.",
            "Answer 200 to an event type that you do not handle.",
        ),
        Rule(
            "ADA204",
            "order of members",
            "accepted",
            "The order of members may change without a new version.",
            _VERSIONING,
            "Code that reads by position, or matches text, breaks.",
            "Parse JSON and read by name.",
        ),
        Rule(
            "ADA301",
            "unsigned request",
            "refused",
            "Every delivery carries svix-id, svix-timestamp and svix-signature; a receiver verifies them.",
            _SVIX,
            "Anyone who knows the URL can write conversations into your systems.",
            "Refuse with 400 or 401 when one of the three headers is missing.",
        ),
        Rule(
            "ADA302",
            "wrong secret",
            "refused",
            "The signature is an HMAC with the endpoint's own secret.",
            _SVIX,
            "A forged event is accepted.",
            "Compare the whole signature in constant time (the svix library does).",
        ),
        Rule(
            "ADA303",
            "altered request",
            "refused",
            "The id, the timestamp and the raw body are all part of the signed content.",
            _SVIX,
            "A captured event can be changed, or sent again under another id.",
            "Verify over `id.timestamp.body` with the bytes as received.",
        ),
        Rule(
            "ADA401",
            "status is 200",
            "200",
            "Each event's page asks for a 200; delivery itself counts any 2xx as success.",
            f"{_EVENT_PAGES}; {_OVERVIEW}",
            "Nothing today; a sender that takes its own page at its word may retry.",
            "Answer 200, or allow any 2xx with --accept 2xx.",
        ),
        Rule(
            "ADA402",
            "answer within 15 s",
            "in time",
            "A delivery that is not answered within 15 seconds has failed and is retried.",
            _OVERVIEW,
            "The event is handled and counted as failed, so it is handled again and again.",
            "Store the event, answer, and do the work afterwards.",
        ),
    )
}


def rule(code: str) -> Rule:
    """The rule of that code; raises UsageError that names the nearest."""
    found = RULES.get(code.upper())
    if found is None:
        close = difflib.get_close_matches(code.upper(), RULES, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise UsageError(f"There is no rule {code!r}.", next_step=f"{hint}The rules are: {', '.join(RULES)}.")
    return found


def selected_codes(text: str) -> frozenset[str]:
    """The codes that a comma-separated list means; ``ADA1`` and ``ADA1xx`` stand for a family.

    Raises UsageError for an entry that fits no rule.
    """
    codes: set[str] = set()
    for entry in (part.strip().upper() for part in text.split(",")):
        if not entry:
            continue
        prefix = entry.rstrip("X")
        fitting = {code for code in RULES if code == entry or (len(prefix) < 6 and code.startswith(prefix))}
        if not fitting or not prefix.startswith("ADA"):
            rule(entry)
        codes |= fitting
    return frozenset(codes)
