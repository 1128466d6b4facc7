"""ADA406: messages that make an event large, as long e-mails do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ada_contract_tests.engine.case_run import Stage

__all__ = ["LARGE_SIZES", "SIZES", "letter", "sized"]

SIZES = {"64-kb": 64, "100-kb": 100, "256-kb": 256}
LARGE_SIZES = {"1-mb": 1024, "5-mb": 5 * 1024}
"""Sizes in KiB of the whole event; of the large ones Ada documents nothing."""

LINE = "拝啓、先日はご返信ありがとうございました。領収書と写真を添付いたします。😀 敬具 – Zoë\n"
"""A line of a long e-mail. Most of its characters have several bytes, so that some lie across two reads."""


def letter(stage: Stage, kib: int) -> dict[str, Any]:
    """A message that makes an event of that size as a whole."""
    event = stage.event("conversation.message")
    missing = kib * 1024 - len(encode(event))
    size = len(LINE.encode()) + LINE.count("\n")
    event["data"]["content"]["body"] += "\n" + LINE * (missing // size + 1)
    return event


def sized(kib: int) -> Callable[[Stage], Awaitable[None]]:
    """Delivers such a message."""

    async def run(stage: Stage) -> None:
        await stage.send(letter(stage, kib), label=f"an event of about {kib} KB")

    return run
