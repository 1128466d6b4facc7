"""Reports: from the plain values of a run to text; renderers by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_contract_tests.reports.html_report import render_html
from ada_contract_tests.reports.json_report import render_json
from ada_contract_tests.reports.junit import render_junit
from ada_contract_tests.reports.markdown import render_markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.findings import Report

__all__ = ["RENDERERS"]

RENDERERS: dict[str, Callable[[Report], str]] = {
    "html": render_html,
    "json": render_json,
    "junit": render_junit,
    "markdown": render_markdown,
}
"""What ``--report NAME=FILE`` can write."""
