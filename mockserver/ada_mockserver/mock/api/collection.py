"""Things of one kind behind the operations of the document: listed, read, created, updated, deleted.

What a thing has are the members that the bodies of these operations document. A module of
``ada_mockserver.mock.api.things`` names its kind, and the operations that do no more than this:

    INSTRUCTIONS = Collection(CustomInstruction)
    OPERATIONS = {"list-instructions": INSTRUCTIONS.list, "get-instruction": INSTRUCTIONS.read}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ada_mockserver.events.ids import object_id
from ada_mockserver.mock.api.pages import everything, page
from ada_mockserver.mock.store.base import Stored

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ada_mockserver.mock.api.calls import Call

__all__ = ["Collection", "documented_members"]

Thing = TypeVar("Thing", bound=Stored)


@dataclass(frozen=True, slots=True)
class Collection(Generic[Thing]):
    """The things of a kind that is `Stored`.

    ``check`` is called with the members that a thing is about to have, and with the thing as it is, None for
    a new one; it raises `ApiError` for what the schemas of the document cannot say, such as a name that
    another one has.
    """

    kind: type[Thing]
    check: Callable[[Call, dict[str, Any], Thing | None], Awaitable[None]] | None = None

    async def list(self, call: Call) -> dict[str, Any]:
        """A page of them, or all where the operation has no pages."""
        paged = any(parameter.name == "limit" for parameter in call.operation.query)
        return await (page if paged else everything)(call, self.kind)

    async def read(self, call: Call) -> dict[str, Any]:
        """The one that the path names."""
        return call.thing(self.kind).shown()

    async def create(self, call: Call) -> dict[str, Any]:
        """A new one, with the defaults of what the body leaves out; its id is drawn unless it has one."""
        thing = await self.add(call, documented_members(call, defaults=True))
        await call.changed(thing, "created")
        return thing.shown()

    async def add(self, call: Call, members: dict[str, Any]) -> Thing:
        """Store a new one with these members."""
        if self.check is not None:
            await self.check(call, members, None)
        at = call.transaction.at
        members = {"id": object_id(call.transaction.rng, at), **members}
        thing = self.kind(id=self.kind.key_of(members["id"]), created_at=at, updated_at=at, data=members)
        await call.transaction.add(thing)
        return thing

    async def update(self, call: Call) -> dict[str, Any]:
        """The one that the path names, with the members of the body in place of its own."""
        thing = call.thing(self.kind)
        await self.change(call, thing, documented_members(call))
        return thing.shown()

    async def change(self, call: Call, thing: Thing, members: dict[str, Any]) -> None:
        """Give a thing these members in place of its own; nothing happens where nothing is different."""
        changed = {**thing.data, **members}
        if self.check is not None:
            await self.check(call, changed, thing)
        if changed != thing.data:
            thing.data = changed
            thing.updated_at = max(call.transaction.at, thing.updated_at)
            await call.transaction.session.flush()
            await call.changed(thing, "updated")

    async def delete(self, call: Call) -> None:
        """Forget the one that the path names."""
        thing = call.thing(self.kind)
        await call.changed(thing, "deleted")
        await call.transaction.session.delete(thing)


def documented_members(call: Call, *, defaults: bool = False) -> dict[str, Any]:
    """The documented members of a call's body, in order, with ``defaults`` for those that are not given."""
    body = call.operation.body
    assert body is not None  # noqa: S101 - there is a body, since it has members
    members = {}
    for name, schema in body.schema["properties"].items():
        if name in call.body:
            members[name] = call.body[name]
        elif defaults and "default" in schema:
            members[name] = schema["default"]
    return members
