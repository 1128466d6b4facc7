"""ADA406: messages that make an event large, as long e-mails do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_contract_tests.rules import expecting
from ada_contract_tests.suites.suite import Suite
from ada_mockserver.events.payload import encode

if TYPE_CHECKING:
    from ada_contract_tests.case import CaseRun, Deliver

__all__ = ["cases", "letter"]

SIZES = {"64-kb": 64, "100-kb": 100, "256-kb": 256, "1-mb": 1024, "5-mb": 5 * 1024}
"""Sizes in KiB of the whole event."""

LONGEST_LETTER = 256
"""KiB that an e-mail reaches: of larger events nothing is documented, so that a refusal is a warning."""

LINE = "拝啓、先日はご返信ありがとうございました。領収書と写真を添付いたします。😀 敬具 – Zoë\n"
"""A line of a long e-mail. Most of its characters have several bytes, so that some lie across two reads."""


def letter(run: CaseRun, kib: int) -> dict[str, Any]:
    """A message that makes an event of that size as a whole."""
    event = run.event("conversation.message")
    missing = kib * 1024 - len(encode(event))
    size = len(LINE.encode()) + LINE.count("\n")
    event["data"]["content"]["body"] += "\n" + LINE * (missing // size + 1)
    return event


def _sized(kib: int) -> Deliver:
    return lambda run: run.send(letter(run, kib))


cases = Suite("ADA406")
for name, kib in SIZES.items():
    severity = "warning" if kib > LONGEST_LETTER else "error"
    cases.add(
        f"body:{name}",
        f"the event has about {kib} KB",
        of="conversation.message",
        deliver=_sized(kib),
        expect=expecting("ADA406", severity=severity),
    )
