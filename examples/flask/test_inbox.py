"""Tests by hand, beside the contract test that the configuration adds."""

import pytest

from inbox import create_app


@pytest.fixture
def app():
    """An application with an empty inbox."""
    return create_app()


def test_the_end_is_noted(app, ada_event):
    """The end of a conversation becomes a line."""
    event = ada_event("conversation.ended", ended_by__role="system")
    response = app.test_client().post("/webhooks/ada", data=event.body, headers=event.headers)
    assert response.status_code == 200
    assert app.extensions["inbox"] == ["-- ended by system"]


@pytest.mark.ada(events="conversation.message", rules=["ADA103", "ADA104"])
def test_every_kind_of_message_is_one_line(app, ada_case):
    """Whatever the kind of a message, it becomes one line."""
    response = app.test_client().post("/webhooks/ada", data=ada_case.body, headers=ada_case.headers)
    ada_case.check(response.status_code, response.data)
    assert len(app.extensions["inbox"]) == 1
