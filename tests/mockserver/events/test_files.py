"""Files in conversations."""

from __future__ import annotations

import pytest

from ada_mockserver.events.files import mime_type_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.jpg", "image/jpeg"),
        ("Scan.PDF", "application/pdf"),
        ("a.b.csv", "text/csv"),
        (".png", "image/png"),
        ("pdf", None),
        ("a.", None),
        ("a.unknown", None),
    ],
)
def test_mime_type(name: str, expected: str | None) -> None:
    """The type follows from the ending, in any letter case."""
    assert mime_type_of(name) == expected
