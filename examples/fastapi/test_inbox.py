"""Tests by hand, beside the contract test that the configuration adds."""

import pytest
from fastapi.testclient import TestClient

from inbox import app, inbox


def test_a_file_reaches_the_inbox(ada_event):
    """A file from a human agent becomes a line."""
    event = ada_event(
        "conversation.message",
        author__role="human_agent",
        author__display_name="Kim",
        content={"type": "file", "url": "https://x.test/a", "mime_type": "text/plain", "filename": "a.txt"},
    )
    response = TestClient(app).post("/webhooks/ada", content=event.body, headers=event.headers)
    assert response.status_code == 200
    assert inbox.lines[-1] == "Kim: file a.txt (https://x.test/a)"


def test_forgery(ada_event):
    """A body that was altered on its way is refused."""
    event = ada_event("conversation.ended")
    response = TestClient(app).post("/webhooks/ada", content=event.body + b" ", headers=event.headers)
    assert response.status_code == 401


@pytest.mark.anyio
async def test_from_a_coroutine(ada_event, ada_deliver):
    """Events can be delivered from async tests too."""
    event = ada_event("conversation.created")
    assert (await ada_deliver.send(event)).status == 200
    assert event.json["data"]["conversation_id"] in inbox.lines[-1]


@pytest.fixture
def anyio_backend():
    """The loop of the async tests."""
    return "asyncio"
