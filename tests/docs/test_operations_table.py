"""The list of operations in the page of the mock is that of its document."""

from __future__ import annotations

from pathlib import Path

from ada_document.table import table, with_table

PAGE = Path(__file__).parents[2] / "docs" / "mock-ada.md"


def test_operations_table():
    """It is as the document has it now; if not: PYTHONPATH=tests python -m ada_document.table docs/mock-ada.md."""
    text = PAGE.read_text(encoding="utf-8")
    assert table() in text
    assert with_table(text) == text
    assert with_table(text.replace("| 200 |", "| 299 |")) == text
