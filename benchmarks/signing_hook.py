"""The hook that makes Schemathesis a sender of webhooks: every request signed, every path the endpoint.

Schemathesis leaves out the section `webhooks` of a document, so the seven events stand as seven paths in the
one that it is given (see ``document``); here each becomes a request to the endpoint, with a message id of its
own and signed over the very bytes that go out.
"""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import schemathesis
from requests.auth import AuthBase
from standardwebhooks import Webhook

if TYPE_CHECKING:
    import requests

ENDPOINT = "/webhooks/ada"


class Signed(AuthBase):
    """Signs what goes out, as requests has prepared it."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with its three headers, and the endpoint's address."""
        body = request.body or b""
        text = body.decode() if isinstance(body, bytes) else body
        message_id, now = f"msg_{uuid.uuid4().hex}", int(time.time())
        signature = self._webhook.sign(message_id, datetime.fromtimestamp(now, UTC), text)
        request.headers["svix-id"] = message_id
        request.headers["svix-timestamp"] = str(now)
        request.headers["svix-signature"] = signature
        request.url = urlunsplit(urlsplit(str(request.url))._replace(path=ENDPOINT, query=""))
        return request


@schemathesis.hook
def before_call(_context: Any, _case: Any, kwargs: dict[str, Any]) -> None:
    """Sign each request with the consumer's secret."""
    kwargs["auth"] = Signed(os.environ["ADA_WEBHOOK_SECRET"])
