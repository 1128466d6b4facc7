"""ADA406: messages that make an event large, as long e-mails do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_contract_tests.case import case
from ada_contract_tests.rules import expecting
from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ada_contract_tests.case import Case, CaseRun
    from ada_schemas.contract.contract import Contract

__all__ = ["LARGE_SIZES", "SIZES", "cases", "letter"]

SIZES = {"64-kb": 64, "100-kb": 100, "256-kb": 256}
LARGE_SIZES = {"1-mb": 1024, "5-mb": 5 * 1024}
"""Sizes in KiB of the whole event; of the large ones Ada documents nothing."""

LINE = "拝啓、先日はご返信ありがとうございました。領収書と写真を添付いたします。😀 敬具 – Zoë\n"
"""A line of a long e-mail. Most of its characters have several bytes, so that some lie across two reads."""


def letter(run: CaseRun, kib: int) -> dict[str, Any]:
    """A message that makes an event of that size as a whole."""
    event = run.event("conversation.message")
    missing = kib * 1024 - len(encode(event))
    size = len(LINE.encode()) + LINE.count("\n")
    event["data"]["content"]["body"] += "\n" + LINE * (missing // size + 1)
    return event


def _sized(kib: int) -> Callable[[CaseRun], Awaitable[None]]:
    async def deliver(run: CaseRun) -> None:
        await run.send(letter(run, kib), label=f"an event of about {kib} KB")

    return deliver


def cases(contract: Contract, event: str) -> Iterator[Case]:  # noqa: ARG001 - every suite is asked alike
    """A message in each size; beyond what an e-mail reaches, a refusal is a warning."""
    if event != "conversation.message":
        return
    for name, kib in (SIZES | LARGE_SIZES).items():
        yield case(
            f"{event}/body:{name}",
            "ADA406",
            event,
            f"the event has {kib} KB",
            deliver=_sized(kib),
            needs=("target",),
            expect=expecting("ADA406", severity="warning") if name in LARGE_SIZES else None,
        )
