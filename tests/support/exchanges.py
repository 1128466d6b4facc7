"""Cases, and exchanges that came of them, made by hand: the answers are what a test says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import Case, case
from ada_contract_tests.exchange import Delivery, Exchange
from ada_contract_tests.rules import expecting

if TYPE_CHECKING:
    from ada_mockserver.delivery.attempt import Attempt

__all__ = ["MESSAGE", "TRACEBACK", "case_of", "delivery_of", "exchange_of"]

MESSAGE = "conversation.message"
TRACEBACK = """Traceback (most recent call last):
  File "/srv/app/main.py", line 10, in hook
    handle(event)
  File "/srv/app/handlers.py", line 42, in handle
    return event["data"]["content"]["body"]
           ~~~~~~~~~~~~~~~~~~~~~~~~^^^^^^^^
KeyError: 'body'
"""
"""What an application that expects a body raises."""


def case_of(
    rule: str = "ADA102",
    *,
    event: str = MESSAGE,
    name: str = "case",
    summary: str = "the author is a human agent",
    forged: bool = False,
    **expected: Any,
) -> Case:
    """A case that nothing carries out; ``expected`` are the fields in which it expects other than its rule.

    A ``forged`` one is a forgery, whatever the rule expects.
    """
    if forged:
        expected = {"answer": "refused", "handled": "never", **expected}
    return case(f"{event}/{name}", rule, event, summary, expect=expecting(rule, **expected))


def delivery_of(of: Case, attempt: Attempt, **options: Any) -> Delivery:
    """One delivery of the message msg_1; ``authentic=False`` for a forgery."""
    return Delivery(of.id, of.event, replace(attempt, message_id="msg_1"), of.expect, **options)


def exchange_of(
    of: Case, *attempts: Attempt, base: Any = None, payload: Any = None, **options: Any
) -> Exchange:
    """An exchange of deliveries that came to these attempts."""
    deliveries = tuple(delivery_of(of, attempt, **options) for attempt in attempts)
    return Exchange(deliveries, base or {}, payload or base or {})
