"""A profile for a document of which nobody has said how its provider delivers: what it says, and guesses."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.bundling import SECTIONS
from ada_schemas.contract.event_types import find_type_path
from ada_schemas.contract.profile import BOTH, FORWARD, WEBHOOK, Profile, namespace_of, slug_of
from ada_schemas.contract.references import References
from ada_schemas.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ada_schemas.contract.shapes import Event

__all__ = ["Proposal", "named_provider", "proposed", "provider_of"]

GENERIC = re.compile(
    r"\b(official|public|rest|http|open ?api|api|spec(ification)?|extensions?|reference|web ?hooks?"
    r"|notifications?|events?|documentation|docs|v?\d+(\.\d+)*|the|for|and|of|with)\b|'s\b|[^\w\s.-]",
    re.IGNORECASE,
)
"""Words of a title that are no part of a provider's name."""
LONGEST_NAME = 60
NEW_MEMBERS = "ADA201"
TYPE_HEADER = re.compile(r"(.*-)?(event|topic)(-?(type|name))?", re.IGNORECASE)
SIGNATURE_HEADER = re.compile(r".*(signature|hmac).*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A profile, and a sentence about each part of it that says where it comes from."""

    profile: Profile
    about_type: str
    about_signature: str


def proposed(document: dict[str, Any], events: Sequence[Event]) -> Proposal:
    """The profile that a document suggests: the type's place, the headers that it describes, its title."""
    provider = provider_of(document)
    headers = list(dict.fromkeys(name.lower() for event in events for name in event.headers))
    families, about_signature = _families(headers)
    path = find_type_path(events)
    header = "" if path else next((name for name in headers if TYPE_HEADER.fullmatch(name)), "")
    if path:
        about_type = f"In the document the member `{path}` tells the events apart."
    elif header:
        about_type = f"In the document no member tells the events apart; it describes the header {header}."
    else:
        about_type = (
            "In the document no member and no header tells the events apart: a webhook's name is its type."
        )
    profile = Profile(
        type_path=path,
        type_header=header,
        families=families,
        policy=frozenset(FORWARD) - ({NEW_MEMBERS} if _is_closed(document, events) else set()),
    )
    return named_provider(Proposal(profile, about_type, about_signature), provider)


def named_provider(proposal: Proposal, provider: str) -> Proposal:
    """The proposal for a provider of that name."""
    profile = replace(
        proposal.profile,
        provider=provider,
        sender=provider,
        namespace=namespace_of(provider),
        secret_variable=_variable(slug_of(provider)),
    )
    return replace(proposal, profile=profile)


def provider_of(document: dict[str, Any]) -> str:
    """The provider's name as far as the title of its document says it."""
    info = document.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    words = GENERIC.sub(" ", title).split() if isinstance(title, str) else []
    name = " ".join(words)[:LONGEST_NAME].strip(" .-_")
    return name if name.isprintable() and name else "the provider"


def _is_closed(document: dict[str, Any], events: Sequence[Event]) -> bool:
    """True if each payload has ``additionalProperties: false``: no members but those that it names."""
    references = References(document, "the document")

    def at(node: Any) -> dict[str, Any]:
        try:
            return references.followed(node, "a webhook")
        except DocumentError:  # it was named when the document was read
            return {}

    named = {event.webhook for event in events}
    sections = (document.get(section) for section in SECTIONS)
    webhooks = next((each for each in sections if isinstance(each, dict) and each), {})
    payloads = [
        at(media.get("schema"))
        for key, item in webhooks.items()
        if key in named
        for operation in _objects(at(item))
        for media in _objects(at(operation.get("requestBody")).get("content"))
    ]
    return bool(payloads) and all(payload.get("additionalProperties") is False for payload in payloads)


def _objects(node: Any) -> list[dict[str, Any]]:
    return [inner for inner in node.values() if isinstance(inner, dict)] if isinstance(node, dict) else []


def _variable(slug: str) -> str:
    plain = re.sub(r"[^A-Z0-9]+", "_", slug.upper()).strip("_")
    name = "" if plain in ("", "THE_PROVIDER") else f"{plain}_"
    return f"{'' if not name[:1].isdigit() else '_'}{name}WEBHOOK_SECRET"


def _families(headers: Iterable[str]) -> tuple[tuple[str, ...], str]:
    named = set(headers)
    found = tuple(family for family in BOTH if {f"{family}-id", f"{family}-signature"} & named)
    if found:
        return found, "The document describes these headers."
    others = sorted(name for name in named if SIGNATURE_HEADER.fullmatch(name))
    if others:
        return (), (
            f"The document describes {others[0]}, a signature of another kind, which adakit does not make:"
            " requests go out without one."
        )
    return (
        WEBHOOK,
    ), "The document describes no signature: this is a guess. See the provider's documentation."
