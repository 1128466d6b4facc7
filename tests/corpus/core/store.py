"""The in-memory store that stands for a consumer's database or CRM."""

from __future__ import annotations

import threading
from typing import Any

from corpus.core.witness import note


class Store:
    """Rows by kind and key. Saving a row is the effect that makes an attempt handled."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, Any], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def save(self, kind: str, key: Any, row: dict[str, Any]) -> None:
        """Insert or update a row."""
        with self._lock:
            self._rows.setdefault((kind, key), {}).update(row)
        note("handled")

    def get(self, kind: str, key: Any) -> dict[str, Any] | None:
        """The row, if there is one."""
        with self._lock:
            return self._rows.get((kind, key))
