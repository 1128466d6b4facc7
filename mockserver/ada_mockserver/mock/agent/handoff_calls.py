"""The calls that start handoffs, made: due work beside the deliveries, each once, whatever comes of it.

No transaction is open while the endpoint takes its time. As Ada documents it for the Request block, after a
2xx the AI Agent stays silent until the handoff ends, and after anything else the conversation is cleaned up:
the AI Agent says that nobody could be reached, and answers what came in between.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from ada_mockserver.delivery.http import Request
from ada_mockserver.mock.agent.replies import answer, begin_human, say_handoff_failed
from ada_mockserver.mock.outbox.attempt import KEPT_ANSWER, send_or_say_why
from ada_mockserver.mock.outbox.claims import stored
from ada_mockserver.mock.state.conversations import cancel_handoff
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.handoff_calls import HandoffCall
from ada_mockserver.mock.store.models import Conversation
from ada_schemas.shown import shown

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ada_mockserver.clock import Clock
    from ada_mockserver.delivery.attempt import Client
    from ada_mockserver.mock.outbox.worker import Begin
    from ada_mockserver.mock.state.transaction import MockContext, Transaction

__all__ = ["HandoffCaller"]

_log = logging.getLogger("ada_mockserver.handoffs")

CONCURRENCY = 8
"""Calls under way at a time, at most."""
MARGIN = 15.0
"""Seconds after its time limit in which a call's outcome is stored, or its process has died."""


class HandoffCaller:
    """Makes the calls that are stored; one of several, possibly, that share a database.

    ``client`` sends one request; ``machine_clock`` is the time of leases, which other processes share.
    """

    def __init__(self, context: MockContext, client: Client, machine_clock: Clock) -> None:
        self._context = context
        self._client = client
        self._machine = machine_clock
        self._mine: set[str] = set()
        self._looked = False

    async def begin_due(self, begin: Begin) -> float | None:
        """Begin the calls that are to be made, as far as there is room; see `Jobs`."""
        context = self._context
        if self._looked and not context.script.handoffs:
            return None
        while await self._give_up_interrupted():
            pass
        while len(self._mine) < CONCURRENCY and (call := await self._claim()) is not None:
            self._mine.add(call.id)
            begin(self._make(call))
        self._looked = True
        async with context.begin() as transaction:
            waiting = select(func.count(HandoffCall.ordinal)).where(HandoffCall.state == "pending")
            return transaction.now if await transaction.session.scalar(waiting) else None

    async def _claim(self) -> HandoffCall | None:
        """The next call to make, in flight from now on."""
        async with self._context.begin() as transaction:
            while (found := await _first(transaction, HandoffCall.state == "pending")) is not None:
                call, conversation = found
                if call.is_about(conversation):
                    call.state, call.started_at = "in-flight", transaction.now
                    call.leased_until = self._machine.now() + call.timeout + MARGIN
                    return call
                call.state, call.finished_at = "dropped", transaction.now
                await transaction.session.flush()
        return None

    async def _make(self, call: HandoffCall) -> None:
        headers = tuple((name, value) for name, value in call.headers)
        request = Request(call.url, headers, call.body, keep=KEPT_ANSWER)
        try:
            outcome = await send_or_say_why(request, client=self._client, timeout=call.timeout)
            async with self._context.begin() as transaction:
                in_flight = HandoffCall.state == "in-flight"
                found = await _first(transaction, HandoffCall.id == call.id, in_flight)
                if found is not None:  # else everything was cleared meanwhile
                    for name, value in stored(outcome).items():
                        setattr(found[0], name, value)
                    await _conclude(transaction, *found)
        finally:
            self._mine.discard(call.id)

    async def _give_up_interrupted(self) -> bool:
        """Take a call for failed that nobody is at work on any more: it may have been answered."""
        async with self._context.begin() as transaction:
            conditions = [HandoffCall.state == "in-flight", HandoffCall.id.not_in(list(self._mine))]
            if not self._context.database.is_sqlite:  # there are no other processes there
                now = self._machine.now()
                conditions.append(or_(HandoffCall.leased_until.is_(None), HandoffCall.leased_until <= now))
            found = await _first(transaction, *conditions)
            if found is None:
                return False
            found[0].state = "interrupted"
            found[0].error_kind = "interrupted"
            found[0].error = "The mock was stopped before an answer came."
            await _conclude(transaction, *found)
        return True


async def _first(
    transaction: Transaction, *conditions: ColumnElement[bool]
) -> tuple[HandoffCall, Conversation] | None:
    """The first call of that kind with its conversation; that is locked first, as by all who change them."""
    session = transaction.session
    statement = select(HandoffCall.conversation_id).where(*conditions).order_by(HandoffCall.ordinal).limit(1)
    conversation_id = await session.scalar(statement)
    if conversation_id is None:
        return None
    conversation = await find(session, Conversation, conversation_id, lock=True)
    of_it = HandoffCall.conversation_id == conversation_id
    call = await session.scalar(select(HandoffCall).where(of_it, *conditions).order_by(HandoffCall.ordinal))
    return None if call is None or conversation is None else (call, conversation)


async def _conclude(transaction: Transaction, call: HandoffCall, conversation: Conversation) -> None:
    """Go on with the conversation, unless the handoff has ended while the call was under way."""
    call.finished_at = transaction.now
    outcome = call.status or call.error
    _log.info("Handoff to %s: POST %s: %s", shown(call.integration), shown(call.url), outcome)
    if not call.is_about(conversation):
        return
    if call.state == "succeeded":
        await begin_human(transaction, conversation)
        return
    cancel_handoff(transaction, conversation)
    await say_handoff_failed(transaction, conversation)
    for text in call.waiting:
        await answer(transaction, conversation, text)
