"""An example file for every case that is an event, for tests in any language."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ada_schemas.sampling import complete
from ada_schemas.variation import variants

if TYPE_CHECKING:
    from ada_schemas.catalog import Catalog

__all__ = ["case_files", "slug_of"]


def case_files(catalog: Catalog) -> dict[str, str]:
    """The files below ``cases/`` by their relative path, ``index.json`` with the case ids among them.

    The base of every case is the event's example, completed; the same contract gives the same bytes.
    """
    rendered: dict[str, str] = {}
    entries = []
    for event in catalog.contract.events:
        base = complete(event.payload, event.examples[0].value if event.examples else {"type": event.type})
        for variant in variants(event.name, base):
            file = _free(f"{event.name}/{slug_of(variant.id)}", rendered)
            rendered[file] = json.dumps(variant.payload, indent=2, ensure_ascii=False) + "\n"
            entries.append(
                {
                    "id": variant.id,
                    "rule": variant.rule,
                    "event": event.type,
                    "summary": variant.summary,
                    "file": file,
                }
            )
    index: dict[str, Any] = {"cases": entries}
    rendered["index.json"] = json.dumps(index, indent=1, ensure_ascii=False) + "\n"
    return rendered


def slug_of(case_id: str) -> str:
    """The name of a case's file, without its ending: only ``a-z``, ``0-9``, ``.``, ``_`` and ``-``."""
    _, _, tail = case_id.partition("/")
    return re.sub(r"[^a-z0-9._-]+", "-", tail.lower()).strip("-.") or "case"


def _free(name: str, taken: dict[str, str]) -> str:
    number, free = 1, f"{name}.json"
    while free in taken:
        number += 1
        free = f"{name}-{number}.json"
    return free
