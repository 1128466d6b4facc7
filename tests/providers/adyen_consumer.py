"""A service that receives Adyen's notifications about accounts, as its documentation has it.

It asks for basic authentication, answers ``[accepted]``, and goes by ``eventType``. ``create_hasty_app`` makes
one by a developer who has seen the examples alone.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["AUTHORIZATION", "create_app", "create_hasty_app"]

AUTHORIZATION = f"Basic {base64.b64encode(b'adyen:a made-up password').decode()}"
ACCEPTED = {"notificationResponse": "[accepted]"}


def change(event: dict[str, Any], *, hasty: bool = False) -> str | None:
    """What an event says, in words; None for one that is not known.

    A ``hasty`` reading takes it for granted that there is content, and that each status is an object.
    """
    content = event["content"] if hasty else event.get("content")
    if content is None:
        return f"failed: {(event.get('error') or {}).get('message')}"
    holder, account = content.get("accountHolderCode"), content.get("accountCode")
    match event["eventType"]:
        case "ACCOUNT_CREATED" | "ACCOUNT_UPDATED" | "ACCOUNT_CLOSED":
            return f"account {account}: {content.get('status')}"
        case "ACCOUNT_FUNDS_BELOW_THRESHOLD":
            return f"account {account} is below {amount(content['fundThreshold'])}"
        case "ACCOUNT_HOLDER_CREATED" | "ACCOUNT_HOLDER_UPDATED":
            status = content.get("accountHolderStatus") or {}
            return f"holder {holder}: {status.get('status')}"
        case "ACCOUNT_HOLDER_STORE_STATUS_CHANGE" if not hasty:
            return f"store {content['store']}: {content['oldStatus']} -> {content['newStatus']}"
        case "ACCOUNT_HOLDER_STATUS_CHANGE" | "ACCOUNT_HOLDER_STORE_STATUS_CHANGE":
            old, new = content.get("oldStatus") or {}, content.get("newStatus") or {}
            return f"holder {content['accountHolderCode']}: {old.get('status')} -> {new.get('status')}"
        case "ACCOUNT_HOLDER_PAYOUT":
            amounts = [amount(entry) for entry in content.get("amounts") or ()]
            return f"holder {holder} is paid {amounts}"
        case "ACCOUNT_HOLDER_UPCOMING_DEADLINE":
            return f"holder {holder}: {content.get('event')} on {content.get('executionDate')}"
        case "ACCOUNT_HOLDER_VERIFICATION":
            checked = content.get("kycCheckStatusData") or {}
            return f"holder {holder}: {checked.get('type')} is {checked.get('status')}"
        case "BENEFICIARY_SETUP":
            return f"{content.get('sourceAccountCode')} -> {content.get('destinationAccountCode')}"
        case "COMPENSATE_NEGATIVE_BALANCE" | "SCHEDULED_REFUNDS":
            return f"account {account}: {len(content.get('records') or ())} records"
        case "DIRECT_DEBIT_INITIATED" | "REFUND_FUNDS_TRANSFER":
            return f"{amount(content['amount'])} of {account}"
        case "TRANSFER_FUNDS":
            return f"{amount(content.get('amount') or {})} to {content.get('destinationAccountCode')}"
        case "PAYMENT_FAILURE":
            return f"payment {content.get('paymentPspReference')}: {content.get('errorMessage')}"
        case "REPORT_AVAILABLE":
            return f"fetch {content.get('remoteAccessUrl')}"
    return None


def amount(value: dict[str, Any]) -> str:
    """An amount of money in words; Adyen counts in minor units."""
    return f"{value.get('value')} {value.get('currency')}"


def create_app(*, hasty: bool = False) -> Starlette:
    """A service with its own changes."""
    changes: dict[tuple[str, str], str | None] = {}

    async def receive(request: Request) -> Response:
        if request.headers.get("authorization") != AUTHORIZATION:
            return Response(status_code=401)
        try:
            event = json.loads(await request.body())
        except ValueError:
            return Response(status_code=400)
        if not isinstance(event, dict) or not isinstance(event.get("eventType"), str):
            return Response(status_code=422)
        changes[event["eventType"], str(event.get("pspReference"))] = change(event, hasty=hasty)
        return JSONResponse(ACCEPTED)

    return Starlette(routes=[Route("/notifications", receive, methods=["POST"])])


def create_hasty_app() -> Starlette:
    """The service of the hasty developer."""
    return create_app(hasty=True)
