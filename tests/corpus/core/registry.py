"""Which class is which consumer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

CONSUMERS: dict[str, type[Any]] = {}

C = TypeVar("C", bound=type)


def consumer(consumer_id: str) -> Callable[[C], C]:
    """Register a class under a consumer's id."""

    def register(cls: C) -> C:
        CONSUMERS[consumer_id] = cls
        return cls

    return register
