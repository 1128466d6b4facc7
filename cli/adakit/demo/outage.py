"""The mock Ada in the demo: a service that is down, and what reaches it once it is up again."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from ada_mockserver.extras import require_mock
from ada_mockserver.http_server import ServerThread, base_url, bind, make_server
from ada_mockserver.mock.mock_ada import MockAda
from adakit.demo.consumer import PATH

if TYPE_CHECKING:
    from rich.console import Console

    from ada_mockserver.http_server import ASGIApp

__all__ = ["show_outage"]


def show_outage(console: Console, consumer: ASGIApp, secret: str) -> bool:
    """Have a conversation through the mock's API while ``consumer`` is down, start it, and move the clock on.

    Returns whether every event was refused first and delivered then. Needs the extra ``mock``.
    """
    require_mock("The mock Ada")
    bound = bind("127.0.0.1", 0)
    with bound, MockAda() as mock:
        mock.add_webhook(base_url(bound) + PATH, secret=secret)
        talk = _call(console, mock, "/v2/conversations/", {"channel_id": mock.channel_id})
        author = {"role": "end_user", "id": talk["end_user_id"], "display_name": "Ada"}
        content = {"type": "text", "body": "May I speak to a human?"}
        path = f"/v2/conversations/{talk['id']}"
        _call(console, mock, f"{path}/messages/", {"author": author, "content": content})
        _call(console, mock, f"{path}/end/", {})
        mock.settle()
        refused = mock.attempts()
        console.print(f"  {len(refused)} events are stored; the service is down: each is refused.")
        server = ServerThread(make_server(consumer), bound, contextlib.AsyncExitStack())
        server.start()
        mock.advance(5)
        later = mock.attempts()[len(refused) :]
        server.stop()
    delivered = [attempt for attempt in later if attempt["state"] == "succeeded"]
    console.print("  The service is up, the mock's clock is moved on by 5 s:")
    for attempt in delivered:
        kind = str(attempt["event_type"]).removeprefix("v1.")
        console.print(
            f"  [green]{attempt['response']['status']}[/] [bold]{kind:<27}[/] attempt {attempt['number']}"
        )
    return bool(refused) and len(delivered) == len(later) == len(refused)


def _call(console: Console, mock: MockAda, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = mock.call("POST", path, body)
    console.print(f"  $ POST {path}", style="dim", highlight=False)
    return answer
