"""What tests of the console do with a mock, and the text with which they try to break its pages."""

from __future__ import annotations

from ada_mockserver.mock.outbox.publish import publish

__all__ = ["HOSTILE", "LONG", "say", "store"]

HOSTILE = "<script>document.title='taken'</script>\"'><img src=x onerror=\"document.title='taken'\">"
"""A text that is markup wherever a page forgets to escape it; then the page's title is ``taken``."""

LONG = "long " * 20_000
"""100 KB of text."""


def say(mock, text, conversation=None):
    """An end user says something; returns the conversation, which is new unless one is given."""
    talk = conversation or mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})
    author = {"id": talk["end_user_id"], "role": "end_user", "display_name": "Robin"}
    body = {"author": author, "content": {"type": "text", "body": text}}
    mock.call("POST", f"/v2/conversations/{talk['id']}/messages/", body)
    return talk


def store(mock, body, event_type="v1.conversation.message", *, channels=()):
    """Store an event of any bytes, and deliver it to those who take it; returns its id."""

    async def publishing():
        async with mock._running.assembly.context.begin() as transaction:
            return await publish(
                transaction.session, event_type=event_type, body=body, channels=channels, now=transaction.now
            )

    event_id = mock._run(publishing())
    mock.settle()
    return event_id
