"""Entries of the audit log: who changed what in the AI Agent's configuration, and through what.

Entities and interfaces are those that ``/docs/other/audit-log`` names; how ``entity_type`` spells them on the
wire is not documented, so the spelling here is a guess that consumers must not rely on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ada_mockserver.events.ids import between, object_id, pick, uuid4
from ada_mockserver.events.payload import Change

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.events.personas import Persona

__all__ = ["FULLY_POPULATED", "STORY", "Entry", "draw_change", "draw_entity_id"]

_AGENTS = {
    "dashboard": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "api": "python-httpx/0.28.1",
    "mcp": "mcp-client/1.4.0",
}
_KEY_NAMES = ("CI deployments", "CRM synchronisation", "Nightly export")


@dataclass(frozen=True, slots=True)
class Entry:
    """A change: of which entity, how and through which interface; ``system`` changes have no actor."""

    activity: str
    entity_type: str
    entity_name: str
    interface: str


FULLY_POPULATED = Entry("updated", "playbook", "Return an order", "api")
"""The one kind of entry in which no member is empty: a change made with an API key of the dashboard."""

STORY: tuple[Entry, ...] = (
    Entry("created", "playbook", "Return an order", "dashboard"),
    Entry("updated", "article", "How long do refunds take?", "api"),
    Entry("activated", "playbook", "Return an order", "dashboard"),
    Entry("invited", "team_member", "New colleague", "dashboard"),
    Entry("executed", "test_case", "Refund of a faulty product", "mcp"),
    Entry("updated", "session_limit", "Idle time before sign-out", "system"),
    Entry("deactivated", "coaching", "Offer a voucher first", "mcp"),
    Entry("deleted", "api_key", "Old integration", "dashboard"),
)
"""A working day in the configuration: every documented activity once or more, and four interfaces."""


def draw_entity_id(rng: Random, entry: Entry, *, at: int) -> str:
    """The id of what ``entry`` changes at the time ``at``: new where it is created, else older."""
    age = between(rng, 1, 90 * 86_400_000)
    return object_id(rng, at if entry.activity in {"created", "invited"} else at - age)


def draw_change(
    rng: Random, entry: Entry, *, actor: Persona, actor_id: str, entity_id: str, at: int
) -> Change:
    """One entry of the log at the time ``at`` (Unix milliseconds), made by ``actor`` unless by the system."""
    change_id = uuid4(rng)
    address = f"203.0.113.{between(rng, 1, 254)}"  # RFC 5737: an address for documentation
    key_name = pick(rng, _KEY_NAMES)
    by_person = {
        "actor_email": actor.email,
        "actor_name": actor.display_name,
        "actor_user_id": actor_id,
        "context_ip": address,
    }
    return Change(
        id=change_id,
        at=at,
        entity_id=entity_id,
        **asdict(entry),
        **({} if entry.interface == "system" else by_person),
        context_user_agent=_AGENTS.get(entry.interface, ""),
        api_key_name=key_name if entry.interface == "api" else "",
    )
