"""A consumer written with Django, in one file: it verifies with Svix's library and answers 200."""

import json
import logging
import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from svix.webhooks import Webhook, WebhookVerificationError

log = logging.getLogger(__name__)

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="-", ADA_SECRET=os.environ["ADA_WEBHOOK_SECRET"])
django.setup()


@csrf_exempt
def receive(request):
    try:
        Webhook(settings.ADA_SECRET).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return HttpResponse(status=401)
    handle(json.loads(request.body))
    return HttpResponse(status=200)


def handle(event: dict) -> None:
    data = event["data"]
    if event["type"] == "v1.conversation.created":
        log.info("locale: %s", (data.get("metadata") or {}).get("locale"))


urlpatterns = [path("webhooks/ada", receive)]
app = get_wsgi_application()
