"""The content of files in stories: little more than what tells their type to whoever downloads one."""

from __future__ import annotations

import base64

__all__ = ["sample_file"]

_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
_JPEG = (
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
    "EBAQEBAQEBAQEBAQH/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEA"
    "AD8AVN//2Q=="
)
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)

_SAMPLES = {
    "image/png": base64.b64decode(_PNG),
    "image/jpeg": base64.b64decode(_JPEG),
    "image/heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "video/mp4": b"\0\0\0\x18ftypisom\0\0\2\0isommp41",
    "application/pdf": _PDF,
}


def sample_file(mime_type: str, filename: str) -> bytes:
    """The content of a file of that type: an empty one of Office, and a line of text where none is known."""
    if ".openxmlformats-officedocument." in mime_type:
        return _EMPTY_ZIP
    return _SAMPLES.get(mime_type, f"{filename}\n".encode())
