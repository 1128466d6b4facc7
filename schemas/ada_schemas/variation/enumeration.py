"""The variants of an event: every documented degree of freedom, one at a time.

Pure: from the contract and a base event to payloads; no chance, no time. The same contract always gives
the same ids, which ignore lists, baselines and ``-k`` expressions rely on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.catalog import catalog
from ada_schemas.errors import UsageError
from ada_schemas.variation.combinations import combination_degrees
from ada_schemas.variation.documented import documented_degrees
from ada_schemas.variation.extreme import extreme_degrees
from ada_schemas.variation.forward import forward_degrees, new_event_degrees

if TYPE_CHECKING:
    from ada_schemas.contract.catalog import Catalog
    from ada_schemas.variation.builder import Degree

__all__ = ["ANY", "Variant", "degrees", "variants"]

ANY = "any"
"""Stands in a case id for the event where a case is about no documented event."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A payload that differs from a base event in one documented degree of freedom.

    ``rule`` is the code of the rule that judges it (``ADA102``), ``path`` the shape path that it varies,
    ``summary`` a phrase such as ``data.author.role is human_agent``. ``refusable`` is true where Ada
    documents a member as optional but always sends it, so that a consumer may refuse its absence with 4xx.
    """

    id: str
    rule: str
    event: str
    path: str
    summary: str
    refusable: bool
    payload: dict[str, Any]


def degrees(event: str) -> tuple[Degree, ...]:
    """The degrees of freedom of an event (ADA101-109, ADA201-202, ADA204-205), of ``any`` those of ADA203.

    Raises UsageError for a name that is not an event.
    """
    return _degrees(catalog(), event)


@lru_cache(maxsize=16)
def _degrees(source: Catalog, event: str) -> tuple[Degree, ...]:
    if event == ANY:
        return tuple(new_event_degrees(source))
    found = source.event(event)
    constraints = source.constraints_of(found)
    return (
        *documented_degrees(found, constraints),
        *extreme_degrees(found, constraints),
        *combination_degrees(found, constraints),
        *forward_degrees(found, constraints),
    )


def variants(event: str, base: dict[str, Any]) -> list[Variant]:
    """Every variant of a base event.

    ``event`` is a short name (``conversation.message``) or ``any``, for event types that are not documented
    (their base is a ``conversation.created``). ``base`` is a valid payload of that event; documented
    members that it lacks are added. Raises UsageError for an unknown event or a base of another type.
    """
    if event != ANY and base.get("type") != catalog().event(event).type:
        raise UsageError(f"The base of the variants of {event} must be an event of that type.")
    return [
        Variant(d.id, d.rule, d.event, d.path, d.summary, d.refusable, d.apply(base)) for d in degrees(event)
    ]
