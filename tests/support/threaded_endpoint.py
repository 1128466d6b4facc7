"""An endpoint in a thread of its own, for tests of commands, which run loops of their own."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

__all__ = ["ThreadedEndpoint", "threaded_endpoint"]


class ThreadedEndpoint(ThreadingHTTPServer):
    """Answers with the status ``outcome``, or hangs up for 0; keeps every request as headers and body."""

    daemon_threads = True

    def __init__(self):
        self.outcome = 200
        self.requests: list[tuple[Message, bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append((self.headers, body))
        if not self.server.outcome:
            self.close_connection = True
            return
        self.send_response(self.server.outcome)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def threaded_endpoint() -> Iterator[ThreadedEndpoint]:
    """Serve until the end."""
    with ThreadedEndpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
