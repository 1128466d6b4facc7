"""The pictures of the console in the documentation: ``python -m console_pictures [FOLDER]`` takes them anew."""

from __future__ import annotations

import re
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from ada_mockserver import MockAda
from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import SignatureError
from adakit.check_page.routes import check_page
from support.browser import browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

__all__ = ["FOLDER", "PICTURES", "main"]

FOLDER = Path(__file__).parents[1] / "docs" / "images"
BEGAN = 1_790_000_000.0
SECRET = "whsec_cGljdHVyZXMgb2YgdGhlIGNvbnNvbGU="
ANSWER = b"KeyError: 'body' in handle_message, inbox/webhooks.py line 41"


class Consumer(BaseHTTPRequestHandler):
    """Verifies, and knows no files: it answers them with 500."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            verify(SECRET, dict(self.headers), body, now=time.time())
            status = 200 if b'"type":"file"' not in body else 500
        except SignatureError:
            status = 401
        answer = ANSWER if status == 500 else b""
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def staged() -> Iterator[MockAda]:
    """A mock with some conversations, and a consumer that knows no files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Consumer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with MockAda(clock=ManualClock(BEGAN), rng=Random(19), pages=[check_page()]) as mock:
            mock.add_webhook(f"http://127.0.0.1:{server.server_port}/webhooks/ada", secret=SECRET)
            for story, seed in (("voice", 1), ("messaging", 2), ("handoff", 3), ("email", 0)):
                mock.play(story, seed=seed)
                mock.settle()
                mock.advance(97)
            yield mock
        server.shutdown()
        thread.join()


def events(page: Page, mock: MockAda) -> None:
    """The list, with a file that was answered 500 beside it."""
    page.goto(f"{mock.base_url}/")
    page.locator("#rows li", has=page.locator(".badge.wait, .badge.bad")).first.click()
    page.locator("#detail #event").wait_for()
    page.evaluate("scrollTo(0, 0)")


def conversation(page: Page, mock: MockAda) -> None:
    """A chat in which a human agent sends a file."""
    page.goto(f"{mock.base_url}/conversations")
    page.locator("main a", has_text=re.compile("custom|Custom")).first.click()
    page.locator("h1").wait_for()


def check(page: Page, mock: MockAda) -> None:
    """A finished check, with the finding about files open."""
    page.goto(f"{mock.base_url}/check")
    page.get_by_text("Which cases, and how").click()
    page.get_by_label("Seed").fill("19")
    page.get_by_role("button", name="Run the check").click()
    page.get_by_role("link", name="Report", exact=True).wait_for(timeout=120_000)
    page.locator("details.finding", has_text="500").first.locator("summary").first.click()


PICTURES = {"console-events": events, "console-conversation": conversation, "console-check": check}
"""The functions that show each picture, by its name."""


def main(folder: Path = FOLDER) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with staged() as mock, browser() as chromium:
        for name, show in PICTURES.items():
            context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
            page = context.new_page()
            show(page, mock)
            page.get_by_text("Live", exact=True).wait_for()
            page.screenshot(path=folder / f"{name}.png", animations="disabled")
            context.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
