"""The operations that the mock serves as a table in a page: ``python -m ada_document.table docs/mock-ada.md``.

The table stands between two comments, and is made from the mock's document.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ada_mockserver.mock.api.document import document

__all__ = ["table", "with_table"]

BEGIN, END = "<!-- operations: made by ada_document.table -->", "<!-- /operations -->"

_SOURCES = {"data_export": "Data Export", "data_compliance": "Data Compliance"}


def table() -> str:
    """A row for each operation: the call, the status of success, what it does, in which of Ada's documents it is."""
    rows = [
        f"| `{each.method} {path}` | {each.status} | {each.spec['summary']} | {_source(each.spec['tags'][0])} |"
        for path, item in document().source["paths"].items()
        for each in document().operations.values()
        if each.path == path.rstrip("/") and each.method.lower() in item
    ]
    served = f"{len(rows)} operations, all that Ada's three documents have:"
    return "\n".join(
        [served, "", "| call, below `/api` | success | | document |", "| --- | --- | --- | --- |", *rows]
    )


def _source(tag: str) -> str:
    return _SOURCES.get(tag, "Platform")


def with_table(text: str) -> str:
    """A page with the table as it is now."""
    pattern = re.compile(f"({re.escape(BEGIN)}\n).*(\n{re.escape(END)})", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{table()}{found[2]}", text)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
