"""Tests by hand, beside the contract test that the configuration adds."""

import pytest

from inbox.models import Delivery


@pytest.fixture
def post(client):
    """Delivers an event with Django's test client."""

    def deliver(event, body=None):
        body = event.body if body is None else body
        options = {"content_type": "application/json", "headers": event.headers | {"host": "localhost"}}
        return client.post("/webhooks/ada", body, **options).status_code

    return deliver


@pytest.mark.django_db
def test_an_event_is_kept_once(post, ada_event):
    """A delivery that comes again changes nothing."""
    event = ada_event("conversation.message", author__role="human_agent")
    assert [post(event), post(event)] == [200, 200]
    (kept,) = Delivery.objects.all()
    assert kept.message_id == event.headers["svix-id"]
    assert kept.data["author"]["id"] is None


@pytest.mark.django_db
def test_forgery(post, ada_event):
    """A body that was altered on its way is refused, and not kept."""
    event = ada_event("conversation.ended")
    assert post(event, event.body + b" ") == 401
    assert not Delivery.objects.exists()
