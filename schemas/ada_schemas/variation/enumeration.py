"""The variants of an event: every documented degree of freedom, one at a time.

Pure: from the contract and a base event to payloads; no chance, no time. The same contract always gives
the same ids, which ignore lists, baselines and ``-k`` expressions rely on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.contract import shipped
from ada_schemas.contract.paths import get
from ada_schemas.errors import UsageError
from ada_schemas.variation.builder import Variation, VariationBuilder, plain, removing
from ada_schemas.variation.combinations import combination_variations
from ada_schemas.variation.documented import documented_variations
from ada_schemas.variation.extreme import extreme_variations
from ada_schemas.variation.forward import forward_variations, new_event_variations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ada_schemas.contract.contract import Contract

__all__ = ["ANY", "Variant", "envelope_variations", "told_apart", "variants", "variations"]

ENVELOPE = ("type", "timestamp", "data")
"""The members around what an event is about, beside the one that holds its type.

Documented as optional on most pages, yet always sent, and required by our schemas.
"""

ANY = "any"
"""Stands in a case id for the event where a case is about no documented event."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A payload that differs from a base event in one documented degree of freedom.

    ``rule`` is the code of the rule that judges it (``ADA102``), ``path`` the shape path that it varies,
    ``summary`` a phrase such as ``data.author.role is human_agent``. ``refusable`` is true where a
    member is documented as optional but always sent, so that a consumer may refuse its absence with 4xx.
    """

    id: str
    rule: str
    event: str
    path: str
    summary: str
    refusable: bool
    payload: dict[str, Any]


@lru_cache(maxsize=32)
def variations(contract: Contract, event: str) -> tuple[Variation, ...]:
    """The variations of an event (ADA101-109, ADA201-202, ADA204-205), of ``any`` those of ADA203.

    Raises UsageError for a name that is not an event of the contract.
    """
    if event == ANY:
        return _holding(contract, new_event_variations(contract))
    documented = contract.event(event)
    builder = VariationBuilder(documented, contract.constraints_of(documented))
    found = _holding(
        contract,
        (
            *documented_variations(builder),
            *extreme_variations(builder),
            *combination_variations(builder),
            *forward_variations(builder),
        ),
    )
    ids = told_apart([variation.id for variation in found])
    return tuple(v if v.id == own else replace(v, id=own) for v, own in zip(found, ids, strict=True))


def _holding(contract: Contract, found: Iterable[Variation]) -> tuple[Variation, ...]:
    """The variations of rules that hold for the contract's provider."""
    return tuple(variation for variation in found if variation.rule not in contract.profile.beyond)


def envelope_variations(contract: Contract, event: str) -> list[Variation]:
    """An event without each member around its data, which a consumer may refuse; none of ``any``."""
    if event == ANY:
        return []
    documented = contract.event(event)
    envelope = dict.fromkeys((documented.type_path, *ENVELOPE) if documented.type_path else ENVELOPE)
    return [
        Variation(
            f"{event}/absent:{plain(member)}",
            "ADA105",
            event,
            member,
            f"{member} is absent, although {documented.profile.provider} always sends it",
            refusable=True,
            apply=removing(member),
        )
        for member in envelope
        if "." in member or documented.payload.member(member)
    ]


def told_apart(ids: Sequence[str]) -> list[str]:
    """Ids, a number behind those that were there before: plain characters do not tell all names apart."""
    taken, met = set(ids), set[str]()
    made = []
    for each in ids:
        number, own = 1, each
        while own in met or (number > 1 and own in taken):
            number += 1
            own = f"{each}-{number}"
        met.add(own)
        made.append(own)
    return made


def variants(event: str, base: dict[str, Any], *, contract: Contract | None = None) -> list[Variant]:
    """Every variant of a base event, by a contract, ours if none is given.

    ``event`` is a short name (``conversation.message``) or ``any``, for event types that are not documented
    (their base is a ``conversation.created``). ``base`` is a valid payload of that event; documented
    members that it lacks are added. Raises UsageError for an unknown event or a base of another type.
    """
    contract = contract or shipped()
    place = contract.profile.type_path
    if event != ANY and place and get(base, place) != contract.event(event).type:
        raise UsageError(f"The base of the variants of {event} must be an event of that type.")
    return [
        Variant(v.id, v.rule, v.event, v.path, v.summary, v.refusable, v.apply(base))
        for v in variations(contract, event)
    ]
