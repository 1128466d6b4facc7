"""A consumer that runs: starting, delivering to it, reading its witness, ending it."""

from __future__ import annotations

import base64
import http.client
import json
import os
import queue
import secrets
import string
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

TESTS = Path(__file__).parent.parent


def new_secret() -> str:
    """A signing secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def new_id() -> str:
    """A message id as Svix makes them."""
    return "msg_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(27))


@dataclass
class Delivery:
    """One attempt, and how it departs from an ordinary one."""

    body: bytes
    msg_id: str = field(default_factory=new_id)
    age: int = 0
    """How many seconds old the signing timestamp is; negative for the future."""
    signature: str = "{genuine}"
    """What is sent as the signature: `{genuine}` is the right one, `{value}` the right one without `v1,`."""
    left_out: tuple[str, ...] = ()
    content_type: str = "application/json"
    capitalised: bool = False
    pieces: int = 0
    """The size of the pieces in which the body is written, with a pause between them; 0 for all at once."""
    patience: float = 16
    """How long to wait for the answer, a little more than Svix does."""


def encoded(event: Any, **options: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(event, **({"separators": (",", ":"), "ensure_ascii": False} | options)).encode()


class Live:
    """A consumer's process."""

    def __init__(self, consumer_id: str, *, verbose: bool = False) -> None:
        self.id = consumer_id
        self.secret = new_secret()
        self.verbose = verbose
        self.lag = 2.5 if consumer_id.startswith("queue-") else 0.0
        """Seconds that the witness may be behind the answers."""
        self.lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "corpus.serve", self.id, "--port", "0"]
        errors = None if self.verbose else subprocess.DEVNULL
        environment = os.environ | {"ADA_WEBHOOK_SECRET": self.secret, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            command, cwd=TESTS, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        threading.Thread(target=self.read, daemon=True).start()
        try:
            line = self.lines.get(timeout=20)
        except queue.Empty:
            line = ""
        if not line.startswith("listening on "):
            self.__exit__()
            raise RuntimeError(f"{self.id} did not start: {line!r}")
        self.port = int(line.split()[-1])
        return self

    def read(self) -> None:
        """Pass on what the process prints, so that its pipe never fills."""
        for line in self.process.stdout or ():
            self.lines.put(line)
        self.lines.put("")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)

    def deliver(self, delivery: Delivery) -> str:
        """Send one attempt; its status, or `ok` for 2xx, `slow` for none in time, `dead` for none at all."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=delivery.patience)
        try:
            self.write(connection, delivery)
            response = connection.getresponse()
            status = response.status
            response.read()
        except TimeoutError:
            return "slow"
        except (OSError, http.client.HTTPException):
            return "dead"
        finally:
            connection.close()
        return "ok" if 200 <= status < 300 else str(status)

    def write(self, connection: http.client.HTTPConnection, delivery: Delivery) -> None:
        """Write the request."""
        connection.putrequest("POST", "/webhooks/ada", skip_accept_encoding=True)
        for name, value in self.headers(delivery).items():
            connection.putheader(name.title() if delivery.capitalised else name, value)
        connection.endheaders()
        size = delivery.pieces or max(len(delivery.body), 1)
        for start in range(0, len(delivery.body), size):
            connection.send(delivery.body[start : start + size])
            if delivery.pieces:
                time.sleep(0.05)

    def headers(self, delivery: Delivery) -> dict[str, str]:
        """The headers, signed by the library."""
        moment = int(time.time()) - delivery.age
        from svix.webhooks import Webhook  # takes long to import

        genuine = Webhook(self.secret).sign(
            delivery.msg_id, datetime.fromtimestamp(moment, UTC), delivery.body.decode("utf-8", "replace")
        )
        headers = {
            "content-type": delivery.content_type,
            "content-length": str(len(delivery.body)),
            "user-agent": "Svix-Webhooks/1.62.0",
            "svix-id": delivery.msg_id,
            "svix-timestamp": str(moment),
            "svix-signature": delivery.signature.replace("{genuine}", genuine).replace(
                "{value}", genuine[3:]
            ),
        }
        return {name: value for name, value in headers.items() if name not in delivery.left_out}

    def seen(self) -> list[dict[str, Any]]:
        """The witness."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/_seen")
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException):
            return []
        finally:
            connection.close()

    def fates(self, msg_id: str, expected: int, patience: float = 1.2) -> list[str]:
        """What the witness says of a delivery's attempts, once there are enough or time is up."""
        deadline = time.monotonic() + patience + self.lag
        while True:
            fates = [entry["status"] for entry in self.seen() if entry["svix_id"] == msg_id]
            if len(fates) >= expected or time.monotonic() > deadline:
                return fates
            time.sleep(0.05)
