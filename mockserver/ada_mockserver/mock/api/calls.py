"""A call of an operation: what a handler of one is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ada_mockserver.mock.state.audit_log import record_changes
from ada_mockserver.mock.store.base import Resource

if TYPE_CHECKING:
    from starlette.requests import Request

    from ada_mockserver.mock.api.document import Operation
    from ada_mockserver.mock.state.installations import Grant
    from ada_mockserver.mock.state.transaction import MockContext, Transaction

__all__ = ["Call", "Handler", "all_changed", "context_of", "grant_in", "origin_of"]

Thing = TypeVar("Thing", bound=Resource)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an operation within its transaction.

    ``query`` has the parameters of the query that are given or have defaults, ``body`` is the JSON or the
    form, an empty object where there is none. Both fit what the document says.
    """

    operation: Operation
    request: Request
    transaction: Transaction
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = field(default_factory=dict)
    found: dict[type[Resource], Resource] = field(default_factory=dict)

    def thing(self, kind: type[Thing]) -> Thing:
        """The thing of a kind that the path names; nobody changes it meanwhile where the call may."""
        thing = self.found[kind]
        assert isinstance(thing, kind)  # noqa: S101 - it is stored by its kind
        return thing

    @property
    def grant(self) -> Grant | None:
        """What the call's access token stands for; None where it is made with an API key."""
        return grant_in(self.request)

    @property
    def origin(self) -> str:
        """See `origin_of`."""
        return origin_of(self.request)

    async def changed(self, thing: Resource, activity: str) -> None:
        """Have the audit log say what happened to a thing, and emit the event of it.

        ``activity`` is one of the documented ones: ``created``, ``updated``, ``deleted``, ...
        """
        await self.all_changed([(thing, activity)])

    async def all_changed(self, changes: Iterable[tuple[Resource, str]]) -> None:
        """Have the audit log say what happened to things, each with its activity, in this order."""
        await all_changed(self.request, self.transaction, changes)


async def all_changed(
    request: Request,
    transaction: Transaction,
    changes: Iterable[tuple[Resource, str]],
    *,
    interface: str = "api",
) -> None:
    """Have the audit log say what a request did to things, each with its activity, in this order.

    ``interface`` is where the change came from, as the audit log names it.
    """
    client = request.client
    by = {
        "context_ip": "" if client is None else client.host,
        "context_user_agent": request.headers.get("user-agent", ""),
        "interface": interface,
    }
    await record_changes(
        transaction,
        [
            {
                "entity_type": thing.entity,
                "entity_id": thing.named,
                "entity_name": thing.title,
                "activity": activity,
                **by,
            }
            for thing, activity in changes
        ],
    )


Handler = Callable[[Call], Awaitable[Any]]
"""What an operation does; it returns the JSON of its answer, or a `Response` of its own."""


def context_of(request: Request) -> MockContext:
    """The context of the application that serves this request."""
    context: MockContext = request.app.state.context
    return context


def grant_in(request: Request) -> Grant | None:
    """What the access token of a request stands for, as the guard found it; None for an API key."""
    grant: Grant | None = request.scope.get("grant")
    return grant


def origin_of(request: Request) -> str:
    """Scheme and host by which this client reaches the mock, for the addresses that it is given."""
    return f"{request.url.scheme}://{request.url.netloc}"
