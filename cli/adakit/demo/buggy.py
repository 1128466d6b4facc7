"""The same consumer, with a bug that is planted: it takes every message for text.

It passes every test that its author thought of. The first file or link in production is answered 500,
retried for a day, and lost.
"""

from __future__ import annotations

from typing import Any

from adakit.demo.consumer import Consumer

__all__ = ["app", "describe_text"]


def describe_text(content: dict[str, Any]) -> str:
    """A line for the inbox, as long as the content is text."""
    return str(content["body"]) if content else "nothing"


app = Consumer(describe=describe_text)
