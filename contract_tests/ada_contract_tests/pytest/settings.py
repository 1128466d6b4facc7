"""The plugin's configuration as values: how to check, which cases, and what may fail."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from ada_contract_tests.engine.check import Options, planned
from ada_contract_tests.engine.fuzzing import FUZZ_FOLDER, FUZZ_SECONDS, FuzzPlan
from ada_contract_tests.engine.ignores import read_ignores
from ada_contract_tests.engine.project_settings import handoff_of, ignores_in
from ada_contract_tests.known_failures import Baseline, KnownFailures, names_of, read_entries
from ada_contract_tests.pytest.options import (
    UNSIGNED,
    contract_directory,
    entry_lines,
    file_lines,
    file_setting,
    is_set,
    session_seed,
    setting,
)
from ada_contract_tests.suites.fuzzed import is_fuzzed
from ada_contract_tests.suites.registry import case_named
from ada_contract_tests.suites.selection import Selection
from ada_schemas.contract.contract import Contract, contract_in
from ada_schemas.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_contract_tests.case import Case
    from ada_contract_tests.handoff import Handoff
    from ada_mockserver.delivery.http import Headers

    Given = Callable[[pytest.Config, str], str | None]

__all__ = [
    "configured_cases",
    "contract_of",
    "known_failures_of",
    "options_of",
    "pasted_cases",
    "selected_cases",
]


contract_key: pytest.StashKey[Contract | None] = pytest.StashKey()


def contract_of(config: pytest.Config) -> Contract | None:
    """The contract of ``ada_contract``, read once; None for Ada's. Raises DocumentError for a bad one."""
    if contract_key not in config.stash:
        directory = _directory_of(config)
        config.stash[contract_key] = None if directory is None else contract_in(directory)
    return config.stash[contract_key]


def _directory_of(config: pytest.Config) -> str | None:
    return contract_directory(
        config.getoption("ada_contract", default=None),
        file_setting(config, "contract"),
        root=config.inipath.parent if config.inipath else None,
        started_in=config.invocation_params.dir,
    )


def options_of(config: pytest.Config) -> Options:
    """How a target is checked; raises UsageError for what cannot be used.

    Entries of ``ada_ignore`` leave out no rule here: what they cover is known of the findings.
    """
    root = config.inipath.parent if config.inipath else config.rootpath
    given = config.getoption("ada_ignores") or ()
    contract = contract_of(config)
    ignores = (*ignores_in(root, contract), *file_lines(config, "ignores"), *given)
    read_ignores(ignores, contract)
    return Options(
        path=setting(config, "path"),
        accept=setting(config, "accept"),
        selection=Selection(select=setting(config, "select") or ""),
        headers=_headers(config),
        timeout=_number(config, "timeout"),
        jobs=_jobs(config),
        budget=_number(config, "budget", least=0.0),
        seed=session_seed(config),
        cacert=setting(config, "cacert"),
        insecure=is_set(config, "insecure"),
        strict=is_set(config, "strict"),
        seen_url=setting(config, "seen_url"),
        fuzz=_fuzz_plan(config, setting),
        handoff=_handoff(config, setting),
        ignores=ignores,
        search_path=(root,),
        contract=contract,
        contract_directory=_directory_of(config),
    )


def _headers(config: pytest.Config) -> Headers:
    pairs = [line.partition(":") for line in entry_lines(config, "header")]
    for name, colon, _ in pairs:
        if not colon or not name.strip():
            raise UsageError(f"{name!r} is no header.", next_step="Write it as name: value, in ada_header.")
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def _jobs(config: pytest.Config) -> int | None:
    given = setting(config, "jobs")
    if given is None:
        return None
    if not given.isdecimal() or not 1 <= int(given) <= 256:
        raise UsageError(f"ada_jobs is {given!r}.", next_step="Give a whole number from 1 to 256.")
    return int(given)


def _fuzz_plan(config: pytest.Config, given: Given) -> FuzzPlan | None:
    number = given(config, "fuzz")
    if number is None:
        return None
    if not number.isdecimal() or not 1 <= int(number) <= MOST_FUZZED:
        raise UsageError(
            f"ada_fuzz is {number!r}.", next_step=f"Give a whole number from 1 to {MOST_FUZZED:,}."
        )
    seconds = _number(config, "fuzz_seconds", least=0.0)
    root = config.inipath.parent if config.inipath else config.rootpath
    by_option = config.getoption("ada_fuzz_db") is not None
    folder = (config.invocation_params.dir if by_option else root) / (
        setting(config, "fuzz_db") or FUZZ_FOLDER
    )
    return FuzzPlan(int(number), FUZZ_SECONDS if seconds is None else seconds, folder)


def _handoff(config: pytest.Config, given: Given) -> Handoff | None:
    root = config.inipath.parent if config.inipath else config.rootpath
    by_option = config.getoption("ada_handoff_body") is not None
    return handoff_of(
        root,
        path=given(config, "handoff_path"),
        body=given(config, "handoff_body"),
        headers=entry_lines(config, "handoff_header"),
        conversation=given(config, "handoff_conversation"),
        api=given(config, "handoff_api"),
        started_in=config.invocation_params.dir if by_option else None,
        contract=contract_of(config),
    )


MOST_FUZZED = 1_000_000


def _number(config: pytest.Config, name: str, *, least: float | None = None) -> float | None:
    given = setting(config, name)
    if given is None:
        return None
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf and number != least:
        raise UsageError(f"ada_{name} is {given!r}.", next_step="Give a number above 0.")
    return number


def selected_cases(config: pytest.Config, *, ignored: str, given: Given = setting) -> list[Case]:
    """The cases that the options select, without those whose names are ``ignored``; raises UsageError.

    ``given`` reads an option.
    """
    events = (given(config, "events") or "",)
    selection = Selection(select=given(config, "select") or "", ignore=ignored, events=events)
    options = Options(
        accept=given(config, "accept"),
        selection=selection,
        fuzz=_fuzz_plan(config, given),
        handoff=_handoff(config, given),
        contract=contract_of(config),
    )
    return planned(options, unsigned=given(config, "secret") == UNSIGNED)


def pasted_cases(config: pytest.Config) -> list[Case]:
    """The fuzzed events and sequences whose node ids are on the command line."""
    names = (argument.partition("::")[2] for argument in config.args)
    return [case_named(name, contract_of(config)) for name in dict.fromkeys(names) if is_fuzzed(name)]


def configured_cases(config: pytest.Config) -> list[Case] | None:
    """The cases of a run without options on the command line; None where the file alone fits nothing."""
    try:
        ignored = read_entries(
            file_lines(config, "ignore"), option="ada_ignore", lenient=True, contract=contract_of(config)
        )
        return selected_cases(config, ignored=names_of(ignored), given=file_setting)
    except UsageError:
        return None


def known_failures_of(config: pytest.Config) -> KnownFailures:
    """The known failures of the options and the configuration file; raises UsageError for a bad entry."""
    updating = bool(config.getoption("ada_update_baseline"))
    is_file, contract = config.getoption("ada_ignore") is None, contract_of(config)
    return KnownFailures(
        ignored=read_entries(
            entry_lines(config, "ignore"), option="ada_ignore", lenient=is_file, contract=contract
        ),
        xfailed=read_entries(
            file_lines(config, "xfail"),
            option="ada_xfail",
            needs_reason=True,
            lenient=True,
            contract=contract,
        ),
        baseline=_baseline_of(config, updating=updating),
        updating=updating,
        strict=is_set(config, "strict"),
        is_file=is_file,
    )


def _baseline_of(config: pytest.Config, *, updating: bool) -> Baseline | None:
    """The file that the option names from where pytest was started, or the ini file from its own folder."""
    name = setting(config, "baseline")
    if name is None:
        if updating:
            raise UsageError(
                "There is no file to write the baseline to.",
                next_step="Name it with --ada-baseline or ada_baseline.",
            )
        return None
    by_option = config.getoption("ada_baseline") is not None
    folder = config.invocation_params.dir if by_option or config.inipath is None else config.inipath.parent
    return Baseline.read(folder / name, name=name, updating=updating)
