"""Files in conversations: their types, and their addresses, presigned as an object store does it."""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from ada_mockserver.events.ids import object_id
from ada_mockserver.events.payload import timestamp

if TYPE_CHECKING:
    from random import Random

__all__ = ["mime_type_of", "presigned"]

_HOST = "https://files.example.com"
"""A host reserved for examples (RFC 2606)."""
_TOKEN = 660
"""Bytes of a session's token: the address then is as long as Ada's, some 1,500 characters."""


def presigned(rng: Random, filename: str, at: int) -> str:
    """A download address that is valid for seven days from ``at`` (Unix milliseconds)."""
    upload = object_id(rng, at)
    drawn = rng.randbytes(_TOKEN + 32)
    token = b2a_base64(drawn[:_TOKEN], newline=False).replace(b"+", b"%2B").replace(b"/", b"%2F").decode()
    name = quote(filename)
    moment = timestamp(at)[:19].replace("-", "").replace(":", "")
    # Written out, since urlencode takes longer than the rest of an event.
    return (
        f"{_HOST}/attachments/{upload}/{name}?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential=EXAMPLE-KEY-ID%2F{moment[:8]}%2Fus-east-1%2Fs3%2Faws4_request"
        f"&X-Amz-Date={moment}Z&X-Amz-Expires=604800&X-Amz-Security-Token=EXAMPLE{token}"
        "&X-Amz-SignedHeaders=host"
        f"&response-content-disposition=attachment%3B%20filename%2A%3DUTF-8%27%27{name.replace('%', '%25')}"
        f"&X-Amz-Signature={drawn[_TOKEN:].hex()}"
    )


_TYPES = {
    "aac": "audio/aac", "avi": "video/x-msvideo", "avif": "image/avif", "bmp": "image/bmp",
    "csv": "text/csv", "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eml": "message/rfc822", "gif": "image/gif", "gz": "application/gzip", "heic": "image/heic",
    "htm": "text/html", "html": "text/html", "ics": "text/calendar", "jpeg": "image/jpeg",
    "jpg": "image/jpeg", "json": "application/json", "log": "text/plain", "m4a": "audio/mp4",
    "md": "text/markdown", "mkv": "video/x-matroska", "mov": "video/quicktime", "mp3": "audio/mpeg",
    "mp4": "video/mp4", "odt": "application/vnd.oasis.opendocument.text", "ogg": "audio/ogg",
    "opus": "audio/opus", "pdf": "application/pdf", "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf", "svg": "image/svg+xml", "tif": "image/tiff", "tiff": "image/tiff",
    "txt": "text/plain", "vcf": "text/vcard", "wav": "audio/wav", "webm": "video/webm",
    "webp": "image/webp", "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xml": "application/xml",
    "yaml": "application/yaml", "yml": "application/yaml", "zip": "application/zip",
}  # fmt: skip
"""MIME types by ending: those of `mimetypes` differ between machines, and between versions of Python."""


def mime_type_of(filename: str) -> str | None:
    """The MIME type of a file by the ending of its name; None for one that is not known."""
    return _TYPES.get(filename.rpartition(".")[2].lower()) if "." in filename else None
