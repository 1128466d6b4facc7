"""Applies constraints.yaml: what the documentation ties together and no schema states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.documents import entry_values
from ada_schemas.contract.paths import ABSENT, get, put, remove
from ada_schemas.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Constraint", "read_constraints", "repair", "violations"]

KEYS = ("id", "event", "when", "then", "reason", "source")
WORDS = ("null", "not-null", "absent", "empty")
Condition = str | tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """``when`` all of its conditions hold, those of ``then`` must hold too.

    A condition is one of the words ``null``, ``not-null``, ``absent``, ``empty``, or the allowed values.
    """

    id: str
    event: str
    when: tuple[tuple[str, Condition], ...]
    then: tuple[tuple[str, Condition], ...]
    reason: str
    source: str

    @property
    def members(self) -> tuple[str, ...]:
        """The payload paths that it ties together."""
        return tuple(path for path, _ in (*self.when, *self.then))


def read_constraints(document: Any, *, name: str) -> tuple[Constraint, ...]:
    """Read the parsed file; raises DocumentError for an entry that lacks something."""
    constraints = []
    for entry in document:
        key, event, when, then, reason, source = entry_values(entry, KEYS, name=name)
        constraints.append(
            Constraint(key, event, _conditions(when, name), _conditions(then, name), reason, source)
        )
    return tuple(constraints)


def _conditions(entry: dict[str, Any], name: str) -> tuple[tuple[str, Condition], ...]:
    for path, wanted in entry.items():
        if not isinstance(wanted, list) and wanted not in WORDS:
            raise DocumentError(f"{name}: {path} takes a list of values or one of {', '.join(WORDS)}.")
    return tuple((p, tuple(wanted) if isinstance(wanted, list) else wanted) for p, wanted in entry.items())


def _holds(value: Any, wanted: Condition) -> bool:
    match wanted:
        case "null":
            return value is None
        case "not-null":
            return value is not None and value is not ABSENT
        case "absent":
            return value is ABSENT
        case "empty":
            return bool(value == "")
    return value in wanted


def _violated(constraint: Constraint, payload: Any) -> list[tuple[str, Condition]]:
    if not all(_holds(get(payload, path), wanted) for path, wanted in constraint.when):
        return []
    found = ((path, wanted, get(payload, path)) for path, wanted in constraint.then)
    return [
        (path, wanted)
        for path, wanted, value in found
        if not _holds(value, wanted) and (value is not ABSENT or wanted == "absent")
    ]


def violations(constraints: tuple[Constraint, ...], payload: Any) -> list[str]:
    """Say which constraints of its event a payload violates, a sentence each."""
    return [
        f"{constraint.id}: {path} must be {_wording(wanted)} here. {constraint.reason}"
        for constraint in constraints
        for path, wanted in _violated(constraint, payload)
    ]


def _wording(wanted: Condition) -> str:
    return wanted if isinstance(wanted, str) else " or ".join(str(v) for v in wanted)


def repair(
    constraints: tuple[Constraint, ...], payload: Any, *, keep: tuple[str, ...], supply: Callable[[str], Any]
) -> Any:
    """Change what is tied to the members in ``keep`` until no constraint is violated.

    ``constraints`` are those of the payload's event; ``supply`` gives a value for a payload path where one
    becomes necessary (``not-null``). Raises ValueError when the kept members contradict each other.
    """
    for _ in range(len(constraints) + 1):
        broken = [(path, wanted) for c in constraints for path, wanted in _violated(c, payload)]
        if not broken:
            return payload
        for path, wanted in broken:
            if path in keep:
                raise ValueError(f"{path} must be {_wording(wanted)} beside {', '.join(keep)}")
            payload = _satisfy(payload, path, wanted, supply)
    raise ValueError(f"{', '.join(c.id for c in constraints)} contradict each other")


def _satisfy(payload: Any, path: str, wanted: Condition, supply: Callable[[str], Any]) -> Any:
    match wanted:
        case "null":
            return put(payload, path, None)
        case "empty":
            return put(payload, path, "")
        case "absent":
            return remove(payload, path)
        case "not-null":
            return put(payload, path, supply(path))
    return put(payload, path, wanted[0])
