"""Variables of the AI Agent: those of a new one, which only the dashboard can add to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.errors import not_found

if TYPE_CHECKING:
    from ada_mockserver.mock.api.calls import Call

__all__ = ["NAMES", "OPERATIONS"]

NAMES = {
    "66e1a90c5be1d75b0f2f7d01": "email",
    "66e1a90c5be1d75b0f2f7d02": "language",
    "66e1a90c5be1d75b0f2f7d03": "order_number",
    "66e1a90c5be1d75b0f2f7d04": "plan",
    "66e1a90c5be1d75b0f2f7d05": "region",
}
"""The names of variables by their ids."""


async def _list(call: Call) -> dict[str, Any]:  # noqa: ARG001 - an operation's signature
    return {"data": [{"id": variable_id, "name": name} for variable_id, name in NAMES.items()]}


async def _read(call: Call) -> dict[str, Any]:
    chosen = call.request.path_params["id"]
    if chosen not in NAMES:
        raise not_found("variable")
    return {"id": chosen, "name": NAMES[chosen]}


OPERATIONS = {"list-variables": _list, "get-variable": _read}
