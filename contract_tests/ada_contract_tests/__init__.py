"""The contract check: cases, targets, judging, reports, and the pytest plugin.

Importing this package loads pytest's and Python's own modules only; names are resolved at first use, so
that a pytest run that does not use the plugin pays nothing for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ada_contract_tests.cases import Case, Selection, all_cases
    from ada_contract_tests.checking import Options, acheck, check
    from ada_contract_tests.findings import Finding, Report, Result
    from ada_contract_tests.rules import RULES, Rule

__all__ = [
    "RULES",
    "Case",
    "Finding",
    "Options",
    "Report",
    "Result",
    "Rule",
    "Selection",
    "acheck",
    "all_cases",
    "check",
]

_HOMES = {
    "RULES": "rules",
    "Case": "cases",
    "Finding": "findings",
    "Options": "checking",
    "Report": "findings",
    "Result": "findings",
    "Rule": "rules",
    "Selection": "cases",
    "acheck": "checking",
    "all_cases": "cases",
    "check": "checking",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
