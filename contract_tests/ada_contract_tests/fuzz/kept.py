"""Kept failures: what failed is sent first in the next run, until it no longer fails.

They lie in a folder in the format of Hypothesis' example database, so that a CI job can keep it. Each entry
is the event, or the sequence, as JSON, not what was drawn: it outlives a change of the strategies.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis.database import DirectoryBasedExampleDatabase

from ada_contract_tests.suites.fuzzed import fuzzed_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ada_contract_tests.suites.edits import Fuzzed
    from ada_schemas.contract.contract import Contract

__all__ = ["KeptFailures"]


class KeptFailures:
    """The failures of one target in a folder, which is made when there is one to keep."""

    def __init__(self, folder: Path, target: str) -> None:
        self._database = DirectoryBasedExampleDatabase(folder)
        self._target = target

    def _key(self, area: str) -> bytes:
        return f"adakit fuzz {self._target} {area}".encode()

    def of(self, areas: Sequence[str], contract: Contract) -> list[Fuzzed]:
        """Those of some areas; one that cannot be read, or is of another contract, is forgotten."""
        found = []
        for area in areas:
            event, _, rest = area.partition("/")
            for entry in sorted(self._database.fetch(self._key(area))):
                try:
                    found.append(fuzzed_from(event, rest.partition(":")[2], json.loads(entry), contract))
                except (ValueError, RecursionError):
                    self._database.delete(self._key(area), entry)
        return found

    def keep(self, fuzzed: Fuzzed) -> bool:
        """Keep one that failed; False where the folder cannot be written."""
        key, entry = self._key(fuzzed.area), _entry(fuzzed)
        self._database.save(key, entry)
        return entry in self._database.fetch(key)

    def forget(self, fuzzed: Fuzzed) -> None:
        """Forget one that no longer fails, or that a smaller one stands for."""
        self._database.delete(self._key(fuzzed.area), _entry(fuzzed))


def _entry(fuzzed: Fuzzed) -> bytes:
    return json.dumps(fuzzed.as_json(), separators=(",", ":")).encode()
