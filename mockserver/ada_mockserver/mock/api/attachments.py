"""Attachments: uploaded during a handoff, served at a presigned address for seven days."""

from __future__ import annotations

import hmac
import mimetypes
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ada_mockserver.mock.api.errors import ApiError, not_found, refused
from ada_mockserver.mock.api.middleware import ATTACHMENT_LIMIT
from ada_mockserver.mock.api.resources import Call, context_of, found, origin_of, resource
from ada_mockserver.mock.state.attachments import add_attachment, address, signature
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.models import Attachment, Conversation

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["ROUTES", "SERVED"]

FILE_TYPES = re.compile(
    "txt|log|csv|eml|png|svg|jpeg|jpg|gif|heif|heic|avif|wav|m4a|mp3|mp4|m4v|mov|mpeg|mpg|zip|pdf|doc|docx|"
    "xls|xlsx|ppt|pptx|key|pages|numbers"
)
"""The extensions of the files that may be uploaded."""

_MIME_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")


async def _upload(request: Request) -> Response:
    filename, mime_type, content = await _file(request)
    async with context_of(request).begin() as transaction:
        conversation = await found(Call(request, transaction), Conversation, lock=True)
        if conversation.handoff is None:
            raise ApiError(
                400, "no_active_handoff", "Attachments are taken only while the conversation is in a handoff."
            )
        attachment = await add_attachment(
            transaction, conversation, filename=filename, mime_type=mime_type, content=content
        )
        url = await address(transaction, attachment, origin_of(request))
    return JSONResponse({"url": url, "mime_type": mime_type, "filename": filename}, status_code=201)


async def _file(request: Request) -> tuple[str, str, bytes]:
    """The name, MIME type and content of the uploaded file; raises `ApiError` (400) for what is none."""
    try:
        form = await request.form(max_files=20, max_fields=20)
    except (HTTPException, KeyError, ValueError):
        raise ApiError(400, "invalid_form", "The body of the request is not a multipart form.") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise refused("$.file", "is required, as a file of a multipart form")
        filename = _base_name(file.filename or "")
        extension = filename.rpartition(".")[2].lower() if "." in filename else ""
        if not FILE_TYPES.fullmatch(extension):
            raise refused("$.file", f"must be of one of these types: {FILE_TYPES.pattern.replace('|', ', ')}")
        content = await file.read()
        if len(content) > ATTACHMENT_LIMIT:
            raise refused("$.file", "is larger than 50 MB")
        return filename, _mime_type(file.content_type, filename), content
    finally:
        await form.close()


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


ROUTES = [resource("/v2/conversations/{conversation_id}/attachments", POST=_upload)]
SERVED = [Route("/attachments/{id}/{filename}", _serve, methods=["GET"])]
"""Routes that need no API key: the address is the key."""
