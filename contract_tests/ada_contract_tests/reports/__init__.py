"""Reports: from the plain values of a run to text; renderers by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_contract_tests.reports.json_report import render_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.findings import Report

__all__ = ["RENDERERS"]

RENDERERS: dict[str, Callable[[Report], str]] = {"json": render_json}
"""What ``--report NAME=FILE`` can write."""
