"""Renderers by name: from the plain values of a run to text."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.findings import Report

__all__ = ["RENDERERS"]


def _render(name: str, report: Report) -> str:
    """Render with the module of that name, which is imported here: a page alone needs its templates."""
    return str(import_module(f"ada_contract_tests.reports.{name}").render(report))


RENDERERS: dict[str, Callable[[Report], str]] = {
    name: partial(_render, name) for name in ("html", "json", "junit", "markdown")
}
"""The formats of ``--report NAME=FILE``."""
