"""The endpoint: it writes a row."""

import json

from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from svix.webhooks import Webhook, WebhookVerificationError

from inbox.models import Delivery


@csrf_exempt
def receive(request):
    try:
        Webhook(settings.ADA_SECRET).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return HttpResponse(status=401)
    event = json.loads(request.body)
    Delivery.objects.create(message_id=request.headers["svix-id"], type=event["type"])
    return HttpResponse(status=200)


urlpatterns = [path("webhooks/ada", receive)]
