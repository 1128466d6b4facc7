"""The endpoint."""

import json

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from svix.webhooks import Webhook, WebhookVerificationError

from inbox.models import Delivery


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Verify the signature over the raw body, then keep the event, once."""
    body = request.body
    try:
        Webhook(settings.ADA_SECRET).verify(body, dict(request.headers))
    except (WebhookVerificationError, ValueError):  # the library lets a malformed header raise ValueError
        return HttpResponse(status=401)
    try:
        event = json.loads(body)
        if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
            return HttpResponse("no event", status=400)
        keep(request.headers["svix-id"], event)
    except (ValueError, RecursionError):  # no JSON, or nested too deep
        return HttpResponse("no event", status=400)
    return HttpResponse()


def keep(message_id: str, event: dict) -> None:
    """Keep an event; what comes again is known by its id."""
    data = event["data"]
    try:
        with transaction.atomic():
            Delivery.objects.create(
                message_id=message_id,
                type=str(event.get("type"))[:255],
                conversation_id=str(data.get("conversation_id") or ""),
                data=data,
            )
    except IntegrityError:
        if not Delivery.objects.filter(message_id=message_id).exists():
            raise
