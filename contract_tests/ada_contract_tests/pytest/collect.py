"""The collector and the items of the pytest plugin: one item a case."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from ada_contract_tests.pytest.bridge import ContractViolation, NotApplicable
from ada_contract_tests.pytest.plugin import TEXT_OPTIONS, UNSIGNED, runtime_of, session_seed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_contract_tests.findings import Finding
    from ada_contract_tests.pytest.bridge import Runtime
    from ada_contract_tests.pytest.known_failures import State
    from ada_contract_tests.suites.registry import Case

__all__ = ["AdaFile", "AdaItem"]


class AdaFile(pytest.Module):
    """The configuration file, as the place where the cases stand.

    It counts as a module, an empty one, so that fixtures of module scope apply to the cases too.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.obj = ModuleType("ada_cases", "The cases of adakit.")

    def collect(self) -> Iterator[AdaItem]:
        """One item a selected case; a bad option is an error of the collection, in one line."""
        from ada_schemas.errors import AdakitError  # noqa: PLC0415 - only with a target

        try:
            cases = runtime_of(self.config).cases
        except AdakitError as error:
            raise pytest.UsageError(f"adakit: {as_pytest_says(str(error))}") from error
        for case in cases:
            yield AdaItem.from_parent(self, name=case.id, case=case)

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
        self.finding: Finding | None = None
        super().__init__(name=name, parent=parent, callobj=_callable(case, parent.config), **kwargs)
        self.add_marker("ada")
        self.user_properties += [("ada_rule", case.rule), ("ada_event", case.event), ("ada_case", case.id)]
        expected = runtime_of(parent.config).expectations.xfail_of(case.id)
        if expected is not None:
            self.add_marker(pytest.mark.xfail(reason=expected.reason, raises=ContractViolation))

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the item stands, and its title: not the id alone, whose dots pytest would show as ``::``."""
        return self.path, None, f"case {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 - pytest's signature
        """A finding as the report prints it; one line for an error that the user can mend."""
        from ada_schemas.errors import AdakitError  # noqa: PLC0415 - only for failures

        if isinstance(excinfo.value, ContractViolation):
            from ada_contract_tests.reports.plain import finding_text  # noqa: PLC0415 - only for failures
            from ada_contract_tests.rules import RULES  # noqa: PLC0415 - only for failures

            finding = excinfo.value.finding
            simpler = runtime_of(self.config).simpler(finding)
            shown = replace(finding, hint=as_pytest_says(finding.hint or RULES[finding.rule].fix))
            return finding_text(shown, repeat=self.repeat_line(), simpler=simpler)
        if isinstance(excinfo.value, AdakitError):
            return f"adakit: {as_pytest_says(str(excinfo.value))}"
        return super().repr_failure(excinfo)

    def judge(self, finding: Finding | None, runtime: Runtime) -> None:
        """Pass, warn, fail as expected, or raise ContractViolation."""
        self.state, self.finding = "passed", None
        if finding is None:
            return
        if runtime.stopped:  # it stands for all cases, and is none of this one
            self.state = "not run"
            raise ContractViolation(finding)
        self.finding = finding
        self.state, excuse = runtime.expectations.verdict(self.case, finding)
        if self.state == "excused" and self.config.option.runxfail:
            self.state = "failed"
        match self.state:
            case "warned":
                self.warn_of(finding)
            case "excused":
                pytest.xfail(excuse)
            case "failed":
                raise ContractViolation(finding)

    def warn_of(self, finding: Finding) -> None:
        """Pass, with the finding as a section of the report: no Python warning, which a filter may raise."""
        from ada_contract_tests.reports.plain import finding_text  # noqa: PLC0415 - only for findings

        self.user_properties.append(("ada_warning", finding.rule))
        self.add_report_section("call", "adakit warning", finding_text(finding, repeat=self.repeat_line()))

    def repeat_line(self) -> str:
        """The command that runs this case alone, with the options given to this one but the secret."""
        place = os.path.relpath(self.path, self.config.invocation_params.dir)
        line = f"pytest {shlex.quote(f'{place}::{self.name}')} --ada-seed {session_seed(self.config)}"
        for name in TEXT_OPTIONS:
            value = self.config.getoption(f"ada_{name}")
            if value and (name != "secret" or value == UNSIGNED):
                line += f" --ada-{name} {shlex.quote(value)}"
        return f"{line} --ada-strict" if self.config.getoption("ada_strict") else line


def as_pytest_says(text: str) -> str:
    """Advice that names options of the command, with those of the plugin in their place."""
    names = "|".join(name.replace("_", "-") for name in TEXT_OPTIONS)
    return re.sub(rf"(?<!\S)--(?={names})", "--ada-", text)


def _callable(case: Case, config: pytest.Config) -> Any:
    """The test function of a case: what it takes are fixtures, which a root conftest may override."""

    def check_case(
        request: pytest.FixtureRequest, ada_target: Any, ada_secret: str | None, ada_witness: Any
    ) -> None:
        item, runtime = request.node, runtime_of(request.config)
        if runtime.stopped:
            pytest.skip(f"adakit: not sent: {runtime.stopped}")
        try:
            finding = runtime.run(case, ada_target, ada_secret, ada_witness)
        except NotApplicable as reason:
            item.state = "not applicable"
            pytest.skip(str(reason))
        item.judge(finding, runtime)

    if _django_has_a_database(config):
        return pytest.mark.usefixtures("transactional_db")(check_case)
    return check_case


def _django_has_a_database(config: pytest.Config) -> bool:
    """Whether pytest-django is at work, and guards a database."""
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
