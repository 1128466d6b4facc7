"""Availability rules: conditions on variables under which the AI Agent may use an article.

See ``/reference/introduction/availability-rules``. That the variables exist is not checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.errors import Detail

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["normal_rule", "rule_problems"]

_MOST_CONDITIONS = 1000
_UNARY = ("is_set", "is_not_set")


def rule_problems(rule: dict[str, Any], path: str) -> Iterator[Detail]:
    """All that is wrong with a rule which fits its schema; ``path`` is its JSON path."""
    conditions = list(_conditions(rule, path))
    if len(conditions) > _MOST_CONDITIONS:
        yield Detail(path, f"has more than {_MOST_CONDITIONS} conditions")
    for where, condition in conditions:
        operator = condition["operator"]
        if operator in _UNARY and "value" in condition:
            yield Detail(f"{where}.value", f"does not go with the operator {operator}")
        if operator not in _UNARY and "value" not in condition:
            yield Detail(f"{where}.value", f"is required with the operator {operator}")


def normal_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as it is answered: without ``case_sensitive`` where that is false, as it is by default."""
    conditions = [normal_rule(each) if _is_group(each) else _normal(each) for each in rule["conditions"]]
    return {**rule, "conditions": conditions}


def _normal(condition: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in condition.items() if name != "case_sensitive" or value}


def _conditions(rule: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The conditions of a rule and of the groups in it, with their JSON paths."""
    for index, each in enumerate(rule["conditions"]):
        where = f"{path}.conditions[{index}]"
        if _is_group(each):
            yield from _conditions(each, where)
        else:
            yield where, each


def _is_group(each: dict[str, Any]) -> bool:
    return "match" in each and isinstance(each.get("conditions"), list) and "operator" not in each
