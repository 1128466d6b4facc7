"""The console on PostgreSQL, whose texts and ids are stricter than SQLite's."""

from __future__ import annotations

import json

import httpx
import pytest

from ada_mockserver import MockAda
from support.console_stage import HOSTILE, say
from support.postgres_server import PostgresServer, missing_postgres

pytestmark = pytest.mark.skipif(bool(missing_postgres()), reason=missing_postgres())


@pytest.fixture(scope="module")
def filled():
    """A mock on PostgreSQL with a conversation, and deliveries that fail."""
    with PostgresServer() as server, MockAda(database=server.url) as mock:
        mock.add_webhook("http://127.0.0.1:1/nobody")
        say(mock, "A parcel, 100 % sure_ly!")
        say(mock, HOSTILE)
        mock.settle()
        yield mock


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("text=parcel", 2),
        ("text=100 %25 SURE_LY", 2),
        ("text=100 x sure_ly", 0),
        ("text=%00", 8),
        ("text=%ED%A0%80", 0),
        ("state=pending", 8),
        ("state=delivered", 0),
        ("state=unsent", 0),
        ("type=conversation.created", 2),
        ("endpoint=%00&conversation=%00&before=999999999999999", 8),
        ("ids=%00,x&after=0", 8),
    ],
)
def test_filters(filled, query, count):
    """Filters find what they find on SQLite, and a text that PostgreSQL cannot hold is no error."""
    answer = httpx.get(f"{filled.base_url}/?rows&{query}")
    assert answer.status_code == 200
    assert answer.text.count("<li ") == count


@pytest.mark.parametrize(("query", "count"), [("answer=refused", 8), ("answer=5xx", 0), ("text=parcel", 2)])
def test_attempts(filled, query, count):
    """So do the filters of attempts."""
    assert httpx.get(f"{filled.base_url}/attempts?rows&{query}").text.count("<li ") == count


def test_live(filled):
    """The feed tells of what is there."""
    with httpx.stream("GET", f"{filled.base_url}/live") as answer:
        line = next(answer.iter_lines())
    assert json.loads(line.removeprefix("data: "))["newest"] >= 8


def test_ahead(filled):
    """What is due is counted, as on SQLite."""
    page = httpx.get(f"{filled.base_url}/clock?part=ahead").text
    assert 'aria-label="8 attempts, 48 retries after these, where each fails"' in page
    assert httpx.get(f"{filled.base_url}/trigger?sent=0-999999999999999").status_code == 200
