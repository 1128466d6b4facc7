"""The live lists of events and attempts, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from support.console_stage import HOSTILE, LONG, say

ROW = "#rows li"


def test_rows_come_by_themselves(mock, endpoint, open_page):
    """An event that happens is in the list without a reload, with what its delivery came to."""
    page = open_page("/")
    expect(page.get_by_text("Nothing has happened yet.")).to_be_visible()
    mock.add_webhook(endpoint.url)
    say(mock, "Where is my order?")
    row = page.locator(ROW, has_text="end user: Where is my order?")
    expect(row).to_contain_text("conversation.message")
    expect(row.locator(".badge")).to_have_text("200")
    expect(page.get_by_text("Nothing has happened yet.")).to_be_hidden()


def test_rows_change_in_place(mock, endpoint, open_page):
    """A delivery that fails, and then succeeds, is seen in the row that is there already."""
    endpoint.outcome = 503
    mock.add_webhook(endpoint.url, events=["v1.conversation.created"])
    page = open_page("/")
    mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})
    row = page.locator(ROW, has_text="conversation.created")
    expect(row.locator(".badge")).to_have_text("503")
    expect(row.locator(".badge")).to_have_class(re.compile("wait"))
    expect(row).to_contain_text("again in 5 s")
    endpoint.outcome = 200
    mock.advance(5)
    expect(row.locator(".badge")).to_have_text("200")
    expect(row.locator(".badge")).to_have_class(re.compile("good"))


def test_filters(mock, endpoint, open_page):
    """The list is filtered as one types and chooses, the address says how, and new rows are filtered too."""
    mock.add_webhook(endpoint.url, events=["v1.conversation.message"])
    talk = say(mock, "A parcel")
    say(mock, "A letter")
    mock.settle()
    page = open_page("/")
    page.get_by_label("Search").fill("parcel")
    expect(page.locator(ROW)).to_have_count(2)  # the end user's, and the reply that repeats it
    expect(page).to_have_url(re.compile(r"\?text=parcel&"))
    page.get_by_label("Type").select_option("conversation.created")
    expect(page.get_by_text("Nothing fits these filters.")).to_be_visible()
    page.get_by_label("Type").select_option("All types")
    say(mock, "Another letter", talk)
    say(mock, "Another parcel", talk)
    expect(page.locator(ROW)).to_have_count(4)
    expect(page.locator(ROW).nth(1)).to_contain_text("Another parcel")
    page.get_by_role("link", name="Reset").click()
    expect(page.get_by_label("Search")).to_have_value("")  # the page is another one now
    page.get_by_label("Status").select_option("unsent")
    expect(page.locator(ROW, has_text="conversation.message")).to_have_count(0)
    page.get_by_label("Status").select_option("delivered")
    expect(page.locator(ROW, has_text="conversation.created")).to_have_count(0)
    page.get_by_role("textbox", name="Conversation").fill(talk["id"])
    page.get_by_label("Endpoint").select_option(endpoint.url)
    expect(page).to_have_url(re.compile(f"state=delivered&endpoint=ep_.*&conversation={talk['id']}"))
    page.reload()
    expect(page.get_by_role("textbox", name="Conversation")).to_have_value(talk["id"])
    expect(page.locator(ROW).last).to_contain_text("A parcel")


def test_reading_is_not_disturbed(mock, open_page):
    """What is new is held back while one reads, and comes when one wants it."""
    talk = say(mock, "First")
    page = open_page("/")
    shown = page.locator(ROW).count()
    page.locator(f"{ROW} a").first.focus()
    say(mock, "Second", talk)
    button = page.get_by_role("button", name="2 new")
    expect(button).to_be_visible()
    assert page.locator(ROW).count() == shown
    page.keyboard.press("n")
    expect(page.locator(ROW)).to_have_count(shown + 2)
    expect(button).to_be_hidden()
    page.get_by_role("button", name="Pause").click()
    say(mock, "Third", talk)
    expect(button).to_be_visible()
    page.get_by_role("button", name="Paused").click()
    expect(page.locator(ROW)).to_have_count(shown + 4)


def test_keyboard(mock, open_page):
    """The list is walked, searched and explained by keys; times are relative or absolute."""
    mock.play("messaging", seed=1)
    page = open_page("/", width=1000)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"{ROW} a").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(f"{ROW} a").first).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("?t")
    expect(page.get_by_label("Search")).to_have_value("?t")
    expect(page.get_by_text("Nothing fits these filters.")).to_be_visible()
    page.get_by_label("Search").fill("")
    page.keyboard.press("Escape")
    expect(page.locator(ROW).first).to_be_visible()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    page.goto(mock.base_url)
    time = page.locator(f"{ROW} time").first
    expect(time).to_have_text("now")
    page.keyboard.press("t")
    expect(time).to_have_text(re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))
    page.reload()
    expect(time).to_have_text(re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))


def test_more_rows_as_one_scrolls(mock, open_page):
    """A list of many events has the newest 100, and older ones once one gets there."""
    mock.call("POST", "/_mock/seed", {"events": ["conversation.message"] * 230})
    page = open_page("/")
    expect(page.locator(ROW)).to_have_count(100)
    page.mouse.wheel(0, 100_000)
    expect(page.locator(ROW)).to_have_count(200)
    page.mouse.wheel(0, 100_000)
    expect(page.locator(ROW)).to_have_count(230)
    expect(page.get_by_text("Loading more")).to_be_hidden()
    ordinals = page.locator(ROW).evaluate_all("rows => rows.map(row => Number(row.dataset.ordinal))")
    assert ordinals == list(range(230, 0, -1))


@pytest.mark.parametrize("path", ["/", "/attempts"])
@pytest.mark.parametrize("text", [HOSTILE, LONG], ids=["markup", "long"])
def test_hostile_texts(mock, endpoint, open_page, path, text):
    """Texts are shown as texts, whatever they hold, and long ones are cut."""
    mock.add_webhook(f"{endpoint.url}?<b>{'x' * 2000}")
    page = open_page(path)
    say(mock, text)
    expect(page.locator(ROW).first).to_be_visible()
    if path == "/":
        row = page.locator(ROW, has_text=f"end user: {text[:40]}")
        assert len(row.locator(".what").inner_text()) <= 160
    page.reload()
    expect(page.locator(ROW).first).to_be_visible()
    assert page.title().endswith("· Mock Ada")
    assert page.locator("#rows :is(script, img, b:not(.name))").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_attempts(mock, endpoint, open_page):
    """Attempts are listed as they are made, and filtered by what was answered."""
    endpoint.outcome = 503
    mock.add_webhook(endpoint.url, events=["v1.conversation.created"])
    page = open_page("/attempts")
    mock.call("POST", "/v2/conversations/", {"channel_id": mock.channel_id})
    row = page.locator(ROW, has_text=endpoint.url)
    expect(row).to_contain_text("scheduled, attempt 1")
    expect(row.locator(".badge")).to_have_text("503")
    endpoint.outcome = 200
    mock.advance(5)
    expect(row).to_have_count(2)
    expect(row.first).to_contain_text("retry, attempt 2")
    page.get_by_label("Answer").fill("5xx")
    expect(row).to_have_count(1)
    expect(row.locator(".badge")).to_have_text("503")


def test_phone(mock, endpoint, open_page):
    """On a phone nothing is wider than the screen."""
    mock.add_webhook(endpoint.url)
    mock.play("handoff", seed=1)
    mock.settle()
    for path in ("/", "/attempts"):
        page = open_page(path, width=390, height=844)
        expect(page.locator(ROW).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
