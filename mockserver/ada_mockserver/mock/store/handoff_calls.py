"""The calls that start handoffs, as they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ada_mockserver.mock.store.base import Requested

if TYPE_CHECKING:
    from ada_mockserver.mock.store.models import Conversation

__all__ = ["HandoffCall"]


class HandoffCall(Requested, kw_only=True):
    """A call to the customer's endpoint that starts a handoff: to be made, in flight, and how it ended.

    ``state`` is ``pending``, ``in-flight``, ``succeeded``, ``failed``, ``interrupted`` (the mock was stopped
    before an answer came) or ``dropped`` (the handoff was over before the call began). ``handoff_count`` is
    the conversation's: the call is about that handoff alone. ``waiting`` holds what the end user has written
    since, which the AI Agent answers if the call fails. ``leased_until`` is the machine's time after which
    nobody is at work on it any more; other times are the mock's, in Unix seconds.
    """

    __tablename__ = "api_handoff_calls"

    conversation_id: Mapped[str] = mapped_column(sa.ForeignKey("api_conversations.id"), index=True)
    integration: Mapped[str] = mapped_column(sa.String(128))
    handoff_count: Mapped[int]
    url: Mapped[str] = mapped_column(sa.Text)
    headers: Mapped[list[list[str]]] = mapped_column(sa.JSON, repr=False)
    body: Mapped[bytes]
    timeout: Mapped[float]
    created_at: Mapped[float]
    waiting: Mapped[list[str]] = mapped_column(sa.JSON)
    state: Mapped[str] = mapped_column(default="pending", index=True)
    started_at: Mapped[float | None] = mapped_column(default=None)
    leased_until: Mapped[float | None] = mapped_column(default=None)

    def is_about(self, conversation: Conversation) -> bool:
        """True while the handoff that it starts is the conversation's."""
        return not conversation.ended and conversation.handoff_count == self.handoff_count
