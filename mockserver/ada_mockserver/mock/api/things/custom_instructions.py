"""Custom instructions: what an AI Agent is told to do, live or not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ada_mockserver.mock.api.collection import Collection
from ada_mockserver.mock.api.errors import ApiError, refused
from ada_mockserver.mock.api.things.variables import NAMES
from ada_mockserver.mock.store.base import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_mockserver.mock.api.calls import Call

__all__ = ["OPERATIONS", "CustomInstruction"]

MOST_ENABLED = 100
"""Instructions that can be enabled at a time; Ada documents that there is a limit, and not which."""

_NOT_A_RULE = 'must be a rule such as v("plan") == "premium"'
_IN_A_RULE = (
    ast.Expression,
    ast.BoolOp,
    ast.boolop,
    ast.UnaryOp,
    ast.Not,
    ast.Compare,
    ast.cmpop,
    ast.Constant,
    ast.Name,
    ast.Load,
    ast.Call,
)


class CustomInstruction(Stored):
    """A custom instruction."""

    __tablename__ = "api_custom_instructions"
    kind = "custom instruction"
    entity = "custom_instruction"
    label = "title"

    def shown(self) -> dict[str, Any]:
        """Its members, null where they are not set."""
        return {"notes": None, "availability_rules": None, **self.data}


async def _check(call: Call, members: dict[str, Any], instruction: CustomInstruction | None) -> None:
    every = await call.transaction.session.scalars(select(CustomInstruction))
    others = [each.data for each in every if each is not instruction]
    if any(other["title"] == members["title"] for other in others):
        raise ApiError(409, "conflict", "The title is already used by another custom instruction.")
    if members["enabled"] and sum(other["enabled"] for other in others) >= MOST_ENABLED:
        raise ApiError(409, "conflict", f"No more than {MOST_ENABLED} custom instructions can be enabled.")
    if members.get("availability_rules") is not None:
        for name in _variables(members["availability_rules"]):
            if name not in NAMES.values():
                known = ", ".join(sorted(NAMES.values()))
                raise refused(
                    "$.availability_rules", f"names a variable that is not there; there are: {known}"
                )


def _variables(rule: str) -> Iterator[str]:
    """The variables that a rule looks up; raises `ApiError` (400) for what is no rule."""
    try:
        tree = ast.parse(rule.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise refused("$.availability_rules", _NOT_A_RULE) from None
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="v"), args=[ast.Constant(value=str(name))], keywords=[]):
                yield name
            case ast.Name(id="v" | "true" | "false" | "null"):
                pass
            case ast.Name() | ast.Call():
                raise refused("$.availability_rules", _NOT_A_RULE)
            case _ if not isinstance(node, _IN_A_RULE):
                raise refused("$.availability_rules", _NOT_A_RULE)


_INSTRUCTIONS = Collection(CustomInstruction, _check)

OPERATIONS = {
    "list-instructions": _INSTRUCTIONS.list,
    "create-instruction": _INSTRUCTIONS.create,
    "get-instruction": _INSTRUCTIONS.read,
    "update-instruction": _INSTRUCTIONS.update,
    "delete-instruction": _INSTRUCTIONS.delete,
}
