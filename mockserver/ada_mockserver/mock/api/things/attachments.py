"""Attachments: uploaded during a handoff, served at a presigned address for seven days."""

from __future__ import annotations

import hmac
import mimetypes
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from ada_mockserver.mock.api.bodies import Upload, size_in_words
from ada_mockserver.mock.api.calls import context_of
from ada_mockserver.mock.api.errors import ApiError, not_found, refused
from ada_mockserver.mock.state.attachments import add_attachment, address, signature
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.models import Attachment, Conversation

if TYPE_CHECKING:
    from starlette.requests import Request

    from ada_mockserver.mock.api.calls import Call

__all__ = ["FILE_TYPES", "OPERATIONS", "SERVED", "checked_file"]

ATTACHMENT_LIMIT = 50 * 1024 * 1024
"""Bytes of an uploaded file; the form around it may have some more."""

FILE_TYPES = re.compile(
    "txt|log|csv|eml|png|svg|jpeg|jpg|gif|heif|heic|avif|wav|m4a|mp3|mp4|m4v|mov|mpeg|mpg|zip|pdf|doc|docx|"
    "xls|xlsx|ppt|pptx|key|pages|numbers"
)
"""The extensions of the files that may be uploaded."""

_MIME_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")


async def _upload(call: Call) -> dict[str, Any]:
    filename, mime_type, content = checked_file(call.body.get("file"))
    conversation = call.thing(Conversation)
    if conversation.handoff is None:
        raise ApiError(
            400, "no_active_handoff", "Attachments are taken only while the conversation is in a handoff."
        )
    attachment = await add_attachment(
        call.transaction, conversation, filename=filename, mime_type=mime_type, content=content
    )
    url = await address(call.transaction, attachment, call.origin)
    return {"url": url, "mime_type": mime_type, "filename": filename}


def checked_file(file: Any) -> tuple[str, str, bytes]:
    """The name, MIME type and content of an uploaded file; raises `ApiError` (400) for what is none."""
    if not isinstance(file, Upload):
        raise refused("$.file", "is required, as a file of a multipart form")
    filename = _base_name(file.filename)
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    if not FILE_TYPES.fullmatch(extension):
        raise refused("$.file", f"must be of one of these types: {FILE_TYPES.pattern.replace('|', ', ')}")
    if len(file.content) > ATTACHMENT_LIMIT:
        raise refused("$.file", f"is larger than {size_in_words(ATTACHMENT_LIMIT)}")
    return filename, _mime_type(file.content_type, filename), file.content


def _base_name(filename: str) -> str:
    name = re.split(r"[/\\]", filename)[-1]
    return "".join(c for c in name if c.isprintable())[-200:]


def _mime_type(given: str | None, filename: str) -> str:
    if given and _MIME_TYPE.fullmatch(given):
        return given
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


async def _serve(request: Request) -> Response:
    chosen, query = request.path_params["id"], request.query_params
    async with context_of(request).begin() as transaction:
        attachment = await find(transaction.session, Attachment, chosen)
        if attachment is None:
            raise not_found("attachment")
        good = await signature(transaction, attachment)
    if not hmac.compare_digest(query.get("signature", "").encode(), good.encode()):
        raise ApiError(403, "invalid_signature", "The address of the attachment is not complete.")
    if transaction.at >= attachment.expires_at:
        raise ApiError(403, "expired", "The seven days of the attachment's address are over.")
    name = quote(attachment.data["filename"], safe="")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
    }
    return Response(attachment.content, media_type=attachment.data["mime_type"], headers=headers)


OPERATIONS = {"upload-attachment": _upload}
SERVED = [Route("/attachments/{id}/{filename}", _serve, methods=["GET"])]
"""Routes that need no API key: the address is the key."""
