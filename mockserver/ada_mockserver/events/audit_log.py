"""Entries of the audit log: who changed what in the AI Agent's configuration, and through what.

Entities and interfaces are those that ``/docs/other/audit-log`` names; how ``entity_type`` spells them on the
wire is not documented, so the spelling here is a guess that consumers must not rely on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ada_mockserver.events.ids import between, object_id, pick, uuid4
from ada_mockserver.events.payload import Change, members

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.events.personas import Persona

__all__ = ["FULLY_POPULATED", "WEEK", "Entry", "draw_change", "next_moment"]

_AGENTS = {
    "dashboard": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "api": "python-httpx/0.28.1",
    "mcp": "mcp-client/1.4.0",
    "cli": "ada-cli/2.3.1",
    "import": "python-requests/2.32.5",
    "export": "python-httpx/0.28.1",
}
_FRIDAY = 4
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

WEEK: tuple[Entry, ...] = (
    Entry("created", "playbook", "Return an order", "dashboard"),
    Entry("updated", "playbook", "Return an order", "dashboard"),
    Entry("created", "article", "How long do refunds take?", "dashboard"),
    Entry("updated", "article", "How long do refunds take?", "api"),
    Entry("executed", "test_case", "Refund of a faulty product", "dashboard"),
    Entry("activated", "playbook", "Return an order", "dashboard"),
    Entry("created", "knowledge_source", "Help centre", "import"),
    Entry("updated", "knowledge_source", "Help centre", "system"),
    Entry("invited", "team_member", "New colleague", "dashboard"),
    Entry("updated", "team_member", "New colleague", "dashboard"),
    Entry("created", "coaching", "Offer a voucher first", "dashboard"),
    Entry("executed", "test_case", "Refund of a faulty product", "mcp"),
    Entry("deactivated", "coaching", "Offer a voucher first", "mcp"),
    Entry("created", "api_key", "Nightly export", "dashboard"),
    Entry("executed", "export", "Conversations of the last month", "export"),
    Entry("updated", "variable", "order_status", "api"),
    Entry("created", "handoff", "Complaints to a person", "dashboard"),
    Entry("updated", "handoff", "Complaints to a person", "dashboard"),
    Entry("activated", "handoff", "Complaints to a person", "dashboard"),
    Entry("updated", "persona", "Tone of voice", "dashboard"),
    Entry("updated", "session_limit", "Idle time before sign-out", "system"),
    Entry("updated", "article", "Opening hours in December", "cli"),
    Entry("deleted", "article", "Opening hours in December", "cli"),
    Entry("deleted", "api_key", "Old integration", "dashboard"),
)
"""A working week in the configuration: every documented activity and every documented interface."""

_HOUR = 3_600_000
_DAY = 24 * _HOUR
_BEGIN, _END = 8 * _HOUR, 17 * _HOUR


def next_moment(rng: Random, now: int) -> int:
    """When the next change is made: later the same day, or on the next working day (Unix milliseconds)."""
    if (today := now % _DAY) < _BEGIN:
        return now - today + _BEGIN + between(rng, 0, 2 * _HOUR)
    at = now + between(rng, 2 * 60_000, 3 * _HOUR)
    if at % _DAY < today or at % _DAY > _END:
        at = now - today + _DAY + _BEGIN + between(rng, 0, 90 * 60_000)
    weekday = (at // _DAY + 3) % 7  # 1970-01-01 was a Thursday
    return at if weekday <= _FRIDAY else at + (7 - weekday) * _DAY


def draw_change(
    rng: Random, entry: Entry, *, actor: Persona, actor_id: str, entity_id: str | None = None, at: int
) -> Change:
    """One entry of the log at the time ``at`` (Unix milliseconds), made by ``actor`` unless by the system.

    The id of an entity that has none yet is drawn: new where it is created, else older.
    """
    if entity_id is None:
        age = between(rng, 1, 90 * 86_400_000)
        entity_id = object_id(rng, at if entry.activity in {"created", "invited"} else at - age)
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
        **members(entry),
        **({} if entry.interface == "system" else by_person),
        context_user_agent=_AGENTS.get(entry.interface, ""),
        api_key_name=key_name if entry.interface == "api" else "",
    )
