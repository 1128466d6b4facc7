"""The collector and the items of the pytest plugin: one item a case."""

from __future__ import annotations

import os
import re
import shlex
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from ada_contract_tests.advice import advice_of
from ada_contract_tests.pytest.bridge import bridge_of
from ada_contract_tests.pytest.options import TEXT_OPTIONS, given_options, session_seed
from ada_contract_tests.pytest.violation import ContractViolation
from ada_contract_tests.reports.plain import finding_text
from ada_contract_tests.suites.fuzzed import is_fuzzed, is_whole
from ada_schemas.errors import AdakitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_contract_tests.case import Case
    from ada_contract_tests.findings import Finding
    from ada_contract_tests.known_failures import State
    from ada_contract_tests.pytest.session_run import CaseRecord
    from ada_schemas.contract.profile import Profile

__all__ = ["AdaFile", "AdaItem", "check_case"]


DATABASE = "transactional_db"
"""The fixture of pytest-django that lets an application in another thread write."""


class AdaFile(pytest.Module):
    """The configuration file, as the place where the cases stand.

    It counts as a module, an empty one, so that fixtures of module scope apply to the cases too.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.obj = ModuleType("ada_cases", "The cases of adakit.")

    def collect(self) -> Iterator[AdaItem]:
        """One item a selected case; a bad option is an error of the collection, in one line."""
        bridge = bridge_of(self.config)
        try:
            cases, _ = bridge.cases, bridge.options
        except AdakitError as error:
            raise pytest.UsageError(f"adakit: {as_pytest_says(str(error))}") from error
        fixtures = None
        for case in cases:
            item = AdaItem.from_parent(self, name=case.id, case=case, fixtureinfo=fixtures)
            fixtures = item._fixtureinfo  # noqa: SLF001 - the same for all: to find them is most of the collection
            yield item

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 - pytest's signature
        """The message alone for an error that the user can mend."""
        if isinstance(excinfo.value, pytest.UsageError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class AdaItem(pytest.Function):
    """One case as a test item; it takes fixtures as a test function does."""

    def __init__(self, *, case: Case, name: str, parent: AdaFile, **kwargs: Any) -> None:
        self.case = case
        self.state: State = "not run"
        self.findings: tuple[Finding, ...] = ()
        super().__init__(name=name, parent=parent, callobj=check_case, **kwargs)
        self.fixturenames = [*self.fixturenames]
        if _django_has_a_database(parent.config):  # pytest-django puts it behind tests in transactions
            self.fixturenames.append(DATABASE)
        self.add_marker("ada")
        if parent.config.pluginmanager.hasplugin("timeout"):
            # The first item makes the run of all, which ends by itself.
            self.add_marker(pytest.mark.timeout(0))
        self.user_properties += [("ada_rule", case.rule), ("ada_event", case.event), ("ada_case", case.id)]
        expected = bridge_of(parent.config).known_failures.xfail_of(case.id)
        if expected is not None:
            self.add_marker(pytest.mark.xfail(reason=expected.reason, raises=ContractViolation))

    def leave_the_database(self) -> None:
        """Take the database only if this item makes the run: a flush a case would be all that it does."""
        if DATABASE in self.fixturenames:
            self.fixturenames.remove(DATABASE)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the item stands, and its title: not the id alone, whose dots pytest would show as ``::``."""
        return self.path, None, f"case {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 - pytest's signature
        """A finding as the report prints it; one line for an error that the user can mend."""
        if isinstance(excinfo.value, ContractViolation):
            first = excinfo.value.finding
            others = [finding for finding in self.findings if finding is not first]
            return "\n\n".join(map(self._shown, [first, *others]))
        if isinstance(excinfo.value, AdakitError):
            return f"adakit: {as_pytest_says(str(excinfo.value))}"
        return super().repr_failure(excinfo)

    def _shown(self, finding: Finding) -> str:
        fix = as_pytest_says(advice_of(finding, self._profile))
        simpler = bridge_of(self.config).record.simpler(finding)
        repeat = self.repeat_line(finding.case)
        return finding_text(finding, self._profile, repeat=repeat, simpler=simpler, fix=fix)

    @property
    def _profile(self) -> Profile:
        """How the provider of the contract delivers."""
        return bridge_of(self.config).options.known.profile

    def take(self, record: CaseRecord, *, is_general: bool) -> None:
        """Pass, warn, fail as expected, skip, or raise ContractViolation: as the run's record says.

        A general finding, which stands for all cases, is none of this one, and nothing excuses it.
        """
        if record.outcome in ("not applicable", "not run"):
            self.state = "not applicable" if record.outcome == "not applicable" else "not run"
            pytest.skip(record.note if self.state == "not applicable" else f"adakit: {record.note}")
        self.findings = record.findings
        if is_general and record.findings:
            raise ContractViolation(record.findings[0], self._profile)
        self.state = "passed"
        failed, excuses = [], []
        for finding in record.findings:
            state, excuse = bridge_of(self.config).known_failures.verdict(self.case, finding)
            if state == "warned":
                # a section of the report: no Python warning, which a filter may raise
                self.user_properties.append(("ada_warning", finding.rule))
                text = finding_text(finding, self._profile, repeat=self.repeat_line(finding.case))
                self.add_report_section("call", "adakit warning", text)
            if state == "failed" or (state == "excused" and self.config.option.runxfail):
                failed.append(finding)
            elif state == "excused":
                excuses.append(excuse)
            self.state = state if self.state == "passed" else self.state
        if failed:
            self.state = "failed"
            raise ContractViolation(failed[0], self._profile)
        if record.note:
            self.state = "not run"
            pytest.fail(f"adakit: {record.note}", pytrace=False)
        if excuses:
            self.state = "excused"
            pytest.xfail(excuses[0])

    def repeat_line(self, case_id: str) -> str:
        """The command that runs a case alone, with the options given to this one but the secret.

        That is this one, or the fuzzed event that was found in its place, if its id holds all of it.
        """
        name = case_id if is_fuzzed(case_id) and is_whole(case_id) else self.name
        place = os.path.relpath(self.path, self.config.invocation_params.dir)
        line = f"pytest {shlex.quote(f'{place}::{name}')} --ada-seed {session_seed(self.config)}"
        for name, value in given_options(self.config):
            line += f" {name} {shlex.quote(value)}" if value else f" {name}"
        return line


def as_pytest_says(text: str) -> str:
    """Advice that names options of the command, with those of the plugin in their place."""
    names = "|".join(name.replace("_", "-") for name in TEXT_OPTIONS)
    return re.sub(rf"(?<!\S)--(?={names})", "--ada-", text)


def check_case(
    request: pytest.FixtureRequest, ada_target: Any, ada_secret: str | None, ada_witness: Any
) -> None:
    """The test function of every case: it takes fixtures, which a root conftest may override."""

    def prepare() -> None:
        if _django_has_a_database(request.config):
            request.node.fixturenames.append(DATABASE)  # where pytest-django looks for it
            request.getfixturevalue(DATABASE)

    bridge = bridge_of(request.config)
    record = bridge.outcome_of(request.node.case, ada_target, ada_secret, ada_witness, prepare=prepare)
    request.node.take(record, is_general=bridge.record.is_general)


def _django_has_a_database(config: pytest.Config) -> bool:
    """True if pytest-django is at work, and guards a database."""
    if not config.pluginmanager.hasplugin("django"):
        return False
    if "DJANGO_SETTINGS_MODULE" not in os.environ and "django.conf" not in sys.modules:
        return False  # Django itself may not even be installed
    from importlib import import_module  # noqa: PLC0415 - only where pytest-django is at work

    settings = import_module("django.conf").settings
    if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        return False
    engine = settings.DATABASES.get("default", {}).get("ENGINE", "")
    return bool(engine) and engine != "django.db.backends.dummy"
