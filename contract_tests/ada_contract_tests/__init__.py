"""The contract check: cases, targets, judging, reports, and the pytest plugin.

Importing this package loads pytest's and Python's own modules only; names are resolved at first use, so
that a pytest run that does not use the plugin pays nothing for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_schemas.lazy import late_exports

if TYPE_CHECKING:
    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.check import Options, acheck, check
    from ada_contract_tests.findings import Finding, Report, Result
    from ada_contract_tests.pytest.fixtures import ABSENT
    from ada_contract_tests.rules import RULES, Rule
    from ada_contract_tests.suites.registry import all_cases
    from ada_contract_tests.suites.selection import Selection

__all__ = [
    "ABSENT",
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

__getattr__, __dir__ = late_exports(
    __name__,
    {
        "case": ("Case",),
        "engine.check": ("Options", "acheck", "check"),
        "findings": ("Finding", "Report", "Result"),
        "pytest.fixtures": ("ABSENT",),
        "rules": ("RULES", "Rule"),
        "suites.registry": ("all_cases",),
        "suites.selection": ("Selection",),
    },
)
