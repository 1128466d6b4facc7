"""Headless Chromium, for tests that look at pages as a person does: ``python -m support.browser`` installs it.

Chromium is the machine's own, or Debian's: Playwright would bring one that is not to be had everywhere.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

__all__ = ["MISSING", "browser", "find_chromium", "install", "running_loop"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "Chromium is not installed: make test installs Debian's as root, elsewhere put chromium on the PATH."
)
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)


def find_chromium() -> str | None:
    """The machine's Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def install() -> str | None:
    """The machine's Chromium, else Debian's once it is installed; None where that cannot be."""
    found = find_chromium()
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *words], env=environment, check=False)
        found = find_chromium()
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium; raises `RuntimeError` where there is none."""
    chromium = find_chromium()
    if chromium is None:
        raise RuntimeError(MISSING)
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *sandbox])
        try:
            yield launched
        finally:
            launched.close()


@contextmanager
def running_loop(loop: asyncio.AbstractEventLoop | None) -> Iterator[None]:
    """Within it, the event loop that counts as running in this thread; None for none.

    Playwright's does as long as a browser is open: no test could run another one in this thread.
    """
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(before)


if __name__ == "__main__":
    sys.stderr.write("" if install() else f"{MISSING}\n")
