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
from ada_mockserver.mock.store.database import add_many

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

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
        thing = self._made(call, {"id": object_id(call.transaction.rng, call.transaction.at), **members})
        await call.transaction.add(thing)
        return thing

    def _made(self, call: Call, members: dict[str, Any]) -> Thing:
        at = call.transaction.at
        return self.kind(id=self.kind.key_of(members["id"]), created_at=at, updated_at=at, data=members)

    async def update(self, call: Call) -> dict[str, Any]:
        """The one that the path names, with the members of the body in place of its own."""
        thing = call.thing(self.kind)
        await self.change(call, thing, documented_members(call))
        return thing.shown()

    async def change(self, call: Call, thing: Thing, members: dict[str, Any]) -> None:
        """Give a thing these members in place of its own; nothing happens where nothing is different."""
        if self.check is not None:
            await self.check(call, {**thing.data, **members}, thing)
        if self._differs(call, thing, members):
            await call.transaction.session.flush()
            await call.changed(thing, "updated")

    def _differs(self, call: Call, thing: Thing, members: dict[str, Any]) -> bool:
        """Give a thing these members in place of its own; returns whether anything was different."""
        changed = {**thing.data, **members}
        if changed == thing.data:
            return False
        thing.data = changed
        thing.updated_at = max(call.transaction.at, thing.updated_at)
        return True

    async def upsert(
        self, call: Call, wanted: Iterable[dict[str, Any]], known: dict[str, Thing]
    ) -> Sequence[dict[str, Any]]:
        """Create or change one after another, each by its id; returns what the API answers about each.

        ``known`` are those that there are, by their keys; in the end those that were wanted. They are not
        checked. One that is wanted twice is as it is wanted last, and has changed once.
        """
        answers: list[dict[str, Any]] = []
        new: list[Thing] = []
        activities: dict[str, str] = {}
        for members in wanted:
            key = self.kind.key_of(members["id"])
            created = key not in known
            if created:
                known[key] = self._made(call, members)
                new.append(known[key])
                activities[key] = "created"
            elif self._differs(call, known[key], members):
                activities.setdefault(key, "updated")
            answers.append({"id": members["id"], "success": True, "created": created})
        await add_many(call.transaction.session, new)
        await call.all_changed((known[key], activity) for key, activity in activities.items())
        return answers

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
