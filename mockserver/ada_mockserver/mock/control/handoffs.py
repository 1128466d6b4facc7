"""``/_mock/handoffs``: the calls that started handoffs, each with what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.own_routes import OwnCall, operation, resource
from ada_mockserver.mock.api.queries import query_limit
from ada_mockserver.mock.state.handoff_calls import list_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import Route

__all__ = ["ROUTES"]


async def _list(call: OwnCall) -> dict[str, Any]:
    limit = query_limit(call.request.query_params)
    return {"data": await list_calls(call.transaction.session, limit=limit)}


ROUTES: Sequence[Route] = [resource("/_mock/handoffs", GET=operation(_list))]
