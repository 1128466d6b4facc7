"""Attachments: kept for seven days, under an address that is its own key."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote

from ada_mockserver.events.ids import object_id
from ada_mockserver.mock.store.models import ATTACHMENT_KEY, Attachment, Secret

if TYPE_CHECKING:
    from ada_mockserver.mock.state.transaction import Transaction
    from ada_mockserver.mock.store.models import Conversation

__all__ = ["add_attachment", "address", "signature"]

VALID_FOR = 7 * 86_400_000
"""Milliseconds for which the address of an attachment is good."""


async def add_attachment(
    transaction: Transaction, conversation: Conversation, *, filename: str, mime_type: str, content: bytes
) -> Attachment:
    """Keep a file."""
    attachment = Attachment(
        id=object_id(transaction.rng, transaction.at),
        conversation_id=conversation.id,
        expires_at=transaction.at + VALID_FOR,
        content=content,
        data={"filename": filename, "mime_type": mime_type},
    )
    await transaction.add(attachment)
    return attachment


async def address(transaction: Transaction, attachment: Attachment, origin: str, *, query: str = "") -> str:
    """The presigned address of a file below ``origin``; it begins its query with ``query``."""
    name, expires = quote(attachment.data["filename"], safe=""), attachment.expires_at // 1000
    signed = f"expires={expires}&signature={await signature(transaction, attachment)}"
    return f"{origin}/attachments/{attachment.id}/{name}?{query and f'{query}&'}{signed}"


async def signature(transaction: Transaction, attachment: Attachment) -> str:
    """What the address of a file is signed with."""
    key = (await transaction.session.get_one(Secret, ATTACHMENT_KEY)).value
    return hmac.new(key, f"{attachment.id}.{attachment.expires_at}".encode(), hashlib.sha256).hexdigest()
