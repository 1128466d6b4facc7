"""A mock that runs, an endpoint that it delivers to, and a browser that looks at its console."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from ada_mockserver import MockAda
from adakit.check_page.routes import check_page
from support.browser import MISSING, browser, find_chromium, running_loop
from support.threaded_endpoint import threaded_endpoint

expect.set_options(timeout=20_000)  # what is expected comes at once on a machine that has nothing else to do


LEFT = ("htmx:afterRequest", "htmx:sendAbort", "htmx:sendError")
"""Beginnings of what htmx reports of requests that are under way when a page is left."""


@pytest.fixture(scope="session")
def chromium():
    """A browser for all tests of a worker."""
    if find_chromium() is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    with browser() as launched, running_loop(None):
        yield launched


@pytest.fixture
def endpoint():
    """A consumer that answers 200, or what its ``outcome`` says, and keeps the requests."""
    with threaded_endpoint() as server:
        yield server


@pytest.fixture
def mock():
    """A mock whose clock stands still, with the pages that ``adakit serve`` has."""
    with MockAda(pages=[check_page()]) as running:
        yield running


@pytest.fixture(scope="module")
def untouched():
    """A mock in which there is nothing, for tests that put nothing into it."""
    with MockAda() as running:
        yield running


@pytest.fixture
def open_page(chromium, mock):
    """Opens a page of the console: ``open_page("/")``; what a browser would report as an error fails the test.

    ``expected`` are pieces of such reports that are to come.
    """
    contexts, reports, allowed = [], [], []

    def open_it(path="/", *, width=1440, height=900, scheme="light", expected=()):
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        allowed.extend(expected)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: reports.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: reports.append(str(error)))
        page.goto(mock.base_url + path)
        return page

    with running_loop(chromium._loop):
        yield open_it
        for context in contexts:
            context.close()
    allowed.extend(LEFT)
    assert [report for report in reports if not any(piece in report for piece in allowed)] == []
