"""Availability rules: conditions on variables under which the AI Agent may use an article.

See ``/reference/introduction/availability-rules``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.errors import Detail

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

__all__ = ["normal_rule", "rule_problems"]

_MOST_CONDITIONS = 1000
_UNARY = ("is_set", "is_not_set")


def rule_problems(rule: dict[str, Any], path: str, variables: Container[str]) -> Iterator[Detail]:
    """All that is wrong with a rule which fits its schema; ``path`` is its JSON path.

    ``variables`` are the ids of those that there are.
    """
    conditions = list(_conditions(rule, path))
    if len(conditions) > _MOST_CONDITIONS:
        yield Detail(path, f"has more than {_MOST_CONDITIONS} conditions")
    for where, condition in conditions:
        operator = condition["operator"]
        if condition["variable"]["id"] not in variables:
            yield Detail(f"{where}.variable.id", "names no variable")
        if operator in _UNARY and "value" in condition:
            yield Detail(f"{where}.value", f"does not go with the operator {operator}")
        if operator not in _UNARY and "value" not in condition:
            yield Detail(f"{where}.value", f"is required with the operator {operator}")


def normal_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as it is answered: its documented members, ``case_sensitive`` only where that is true."""
    conditions = [
        normal_rule(each) if "conditions" in each else _normal_condition(each) for each in rule["conditions"]
    ]
    return {"match": rule["match"], "conditions": conditions}


def _normal_condition(condition: dict[str, Any]) -> dict[str, Any]:
    normal = {"variable": {"id": condition["variable"]["id"]}, "operator": condition["operator"]}
    if "value" in condition:
        normal["value"] = condition["value"]
    if condition.get("case_sensitive"):
        normal["case_sensitive"] = True
    return normal


def _conditions(rule: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The conditions of a rule and of the groups in it, with their JSON paths."""
    for index, each in enumerate(rule["conditions"]):
        where = f"{path}.conditions[{index}]"
        if "conditions" in each:
            yield from _conditions(each, where)
        else:
            yield where, each
