"""Delivers steps to an application in process, and says what is wrong with what comes of them."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from corpus.core.verify import Verifier
from corpus.deep import SECRET_VARIABLE, create_app
from corpus.deep.catalogue import CLASSES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corpus.deep.events import Step

PATH = "/webhooks/ada"
SECRET = f"whsec_{base64.b64encode(b'a secret of thirty-two bytes....').decode()}"


class Driver:
    """A consumer in process."""

    def __init__(self, consumer_id: str, *, now: Callable[[], float] = time.time) -> None:
        before = os.environ.get(SECRET_VARIABLE)
        os.environ[SECRET_VARIABLE] = SECRET
        try:
            self.app = create_app(consumer_id)
        finally:
            if before is None:
                del os.environ[SECRET_VARIABLE]
            else:
                os.environ[SECRET_VARIABLE] = before
        self.now = now
        self.is_wsgi = CLASSES[consumer_id].framework == "flask"
        self.runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.close()

    def deliver(self, event: Any, message_id: str) -> int:
        """Send an event, signed; the status."""
        body, stamp = json.dumps(event).encode(), str(int(self.now()))
        signature = base64.b64encode(Verifier(SECRET).sign(message_id, stamp, body)).decode()
        headers = {
            "content-type": "application/json",
            "svix-id": message_id,
            "svix-timestamp": stamp,
            "svix-signature": f"v1,{signature}",
        }
        return self.request("POST", PATH, headers, body)[0]

    def seen(self) -> list[dict[str, Any]]:
        """The witness."""
        return json.loads(self.request("GET", "/_seen", {}, b"")[1])

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        if not self.is_wsgi:
            return self.runner.run(self._asgi(method, path, headers, body))
        from werkzeug.test import Client

        response = Client(self.app).open(path, method=method, headers=headers, data=body)
        return response.status_code, response.get_data()

    async def _asgi(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        try:
            await self.app(scope, receive, send)
        except Exception:
            return 500, b""
        return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:])


def wrongs(consumer_id: str, steps: Sequence[Step]) -> list[str]:
    """What is wrong with how a new consumer takes a sequence: statuses other than 2xx, `lost`, `twice`."""
    ids = [f"msg_{steps.index(step):027}" for step in steps]
    with Driver(consumer_id) as driver:
        answers = [driver.deliver(step.payload(), msg_id) for step, msg_id in zip(steps, ids, strict=True)]
        handled = Counter(entry["svix_id"] for entry in driver.seen() if entry["status"] == "handled")
    wrong = [str(status) for status in answers if status >= 300]
    if wrong:
        return wrong
    fates = {0: "lost", 1: ""}
    return [fate for msg_id in dict.fromkeys(ids) if (fate := fates.get(handled[msg_id], "twice"))]
