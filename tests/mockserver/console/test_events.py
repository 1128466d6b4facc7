"""The live list of events."""

from __future__ import annotations

from playwright.sync_api import expect

from support.console_stage import say


def test_rows_come_by_themselves(mock, endpoint, open_page):
    """An event that happens is in the list without a reload, with what its delivery came to."""
    page = open_page("/")
    expect(page.get_by_text("Nothing has happened yet.")).to_be_visible()
    mock.add_webhook(endpoint.url)
    say(mock, "Where is my order?")
    row = page.locator("#rows li", has_text="end user: Where is my order?")
    expect(row).to_contain_text("conversation.message")
    expect(row.locator(".badge")).to_have_text("200")
