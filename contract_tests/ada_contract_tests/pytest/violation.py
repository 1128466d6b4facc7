"""The failure of a case, as pytest shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_contract_tests.reports.plain import finding_text

if TYPE_CHECKING:
    from ada_contract_tests.findings import Finding
    from ada_schemas.contract.profile import Profile

__all__ = ["ContractViolation"]


class ContractViolation(AssertionError):  # noqa: N818 - it is what a finding is called in a test report
    """A case whose answer breaks its rule; the message is the finding, as text.

    ``profile`` is that of the contract, Ada's if none is given.
    """

    def __init__(self, finding: Finding, profile: Profile | None = None) -> None:
        super().__init__(finding_text(finding, profile))
        self.finding = finding
