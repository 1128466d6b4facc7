"""Adopting the kit on a consumer that is not perfect: ignores, expected failures, and a baseline."""

from __future__ import annotations

import pytest

from ada_contract_tests import all_cases

ABSENT = "conversation.created/absent:data.metadata"
ALL_ABSENT = "conversation.created/absent:all"
EXAMPLE = "conversation.created/example:documented"
OPTIONS = ("--ada-select", "ADA101,ADA105", "--ada-events", "conversation.created")
CONFIGURED = {"ada_select": ["ADA101", "ADA105"], "ada_events": ["conversation.created"]}
CHOSEN = [
    case.id
    for case in all_cases()
    if case.rule in ("ADA101", "ADA105") and case.event == "conversation.created"
]
HEADER = (
    "# Failures that are known: with --ada-baseline these cases may fail, for these rules.\n"
    "# pytest --ada-update-baseline writes this file anew; lines may be taken out by hand.\n"
)


def told(run):
    """The lines of the summary about what was expected: not the number of cases, coverage and warnings."""
    lines = [line for line in run.lines if line.startswith("adakit: ")]
    return [line for line in lines[2:] if "--ada-strict fails on them" not in line]


def test_ignored_with_a_reason(buggy):
    """Entries of ada_ignore may say why; their cases are not run."""
    buggy.configure(
        "plain_shop:app",
        ada_ignore=[f"{ABSENT}: metadata is always set, SHOP-12", f"{ALL_ABSENT}, ADA101: as above"],
    )
    run = buggy.run(*OPTIONS)
    left = [case for case in CHOSEN if case not in (ABSENT, ALL_ABSENT) and "example:" not in case]
    assert run.cases() == left
    assert run.code == 0
    assert not any("ada_ignore" in line for line in run.lines)


def test_unused_ignore(plain):
    """An ignore that matched nothing is reported once every case ran, and only then."""
    entries = ["conversation.ended/*: not for us", "ADA601: no witness", f"{ABSENT}: known"]
    plain.configure("plain_shop:app", ada_ignore=entries, **CONFIGURED)
    run = plain.run()
    assert told(run) == [
        "adakit: ada_ignore: conversation.ended/* matched nothing; take it out",
        "adakit: ada_ignore: ADA601 matched nothing; take it out",
    ]
    assert run.code == 0
    assert "ada_ignore" not in plain.run("-k", "example").text


@pytest.mark.parametrize(
    "options",
    [
        ("--ada-select", "ADA101"),
        ("--ada-events", "conversation.ended"),
        ("--ada-ignore", "ADA301"),
        ("--ada-secret", "none"),
    ],
    ids=lambda options: options[0],
)
def test_unused_in_a_part_of_the_cases(plain, options):
    """Entries about cases that an option of this one run leaves out are nothing to take out."""
    plain.add("plain_shop.py", ("return 401", "return 200"))
    plain.configure(
        "plain_shop:app",
        ada_select=["ADA101", "ADA105", "ADA301", "ADA401"],
        ada_events=["conversation.*"],
        ada_ignore=["conversation.created/absent:data.c*: not ours"],
        ada_xfail=["conversation.created/*: SHOP-1"],
    )
    assert "matched" not in plain.run(*options).text


def test_unused_ignore_distributed(plain):
    """The same with pytest-xdist, where no process has seen all cases."""
    plain.configure("plain_shop:app", ada_ignore=["conversation.ended/*: not for us"], **CONFIGURED)
    run = plain.run("-n", "2", plugins=("xdist",))
    assert "adakit: ada_ignore: conversation.ended/* matched nothing; take it out" in run.lines


STRANGE = f"""\
adakit: ada_ignore: There is no case 'conversation.gone/*'. Did you mean
adakit: ada_ignore: There is no rule 'ADA777'. Did you mean
adakit: ada_xfail: There is no case 'conversation.created/absent:data.metadta'. Did you mean {ABSENT}? \
Correct the entry, or take it out."""


@pytest.mark.parametrize("distributed", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_entries_of_another_version(plain, distributed):
    """Entries that fit no case of this version are lines of the summary: an upgrade breaks no run for them."""
    plain.configure(
        "plain_shop:app",
        ada_ignore=["conversation.gone/*: renamed", f"ADA777, {ABSENT}: as above"],
        ada_xfail=["conversation.created/absent:data.metadta: SHOP-1"],
    )
    run = plain.run(*OPTIONS, *distributed, plugins=("xdist",))
    said = told(run)
    for line, beginning in zip(said, STRANGE.splitlines(), strict=True):
        assert line.startswith(beginning)
        assert line.endswith("Correct the entry, or take it out.")
    assert run.code == 0
    assert ABSENT not in run.cases()
    assert set(run.outcomes.values()) == {"PASSED"}


def test_entries_of_another_version_in_own_tests(plain):
    """Nor do they stop tests written by hand."""
    plain.configure("plain_shop:app", ada_ignore=["conversation.gone/*: renamed"])
    plain.write("test_shop.py", "def test_shop(ada_case):\n    ada_case.check(200)\n")
    run = plain.run("test_shop.py", "-k", "example")
    assert set(run.outcomes.values()) == {"PASSED"}


def test_ignored_without_a_reason(plain):
    """In a file a reason belongs to an ignore: the summary names the entries without; the command line needs none."""
    plain.configure("plain_shop:app", ada_ignore=[ABSENT, "ADA601", "ADA602: no witness"])
    line = f"adakit: ada_ignore: {ABSENT} and 1 more without a reason; write it behind ': '"
    assert told(plain.run(*OPTIONS, "-k", "example")) == [line]
    assert told(plain.run(*OPTIONS, "-k", "example", "--ada-ignore", ABSENT)) == []


IGNORES_THE_WITNESS = """
import pytest

from ada_contract_tests.engine import witness

witness.QUIET = 0.1  # what comes late is not the matter here

@pytest.fixture(scope="session")
def ada_witness():
    return list
"""


def test_ignored_finding(plain):
    """A rule without cases of its own can be ignored too: what it finds in other cases does not count."""
    plain.write("conftest.py", IGNORES_THE_WITNESS)
    options = ("--ada-select", "ADA101,ADA601", f"pyproject.toml::{EXAMPLE}")
    assert plain.run(*options).cases("FAILED") == [EXAMPLE]
    plain.configure("plain_shop:app", ada_ignore=["ADA601: there is no witness yet"])
    run = plain.run(*options)
    assert run.cases("PASSED") == [EXAMPLE]
    assert told(run) == []


def test_expected_failure(buggy):
    """Cases of ada_xfail run and may fail, with the reason in the report."""
    buggy.configure(
        "plain_shop:app", ada_xfail=[f"{ABSENT}: SHOP-12", "conversation.created/absent:al*: SHOP-13"]
    )
    run = buggy.run(*OPTIONS, "-rx")
    assert run.cases("XFAIL") == [ABSENT, ALL_ABSENT]
    assert f"XFAIL pyproject.toml::{ABSENT} - SHOP-12" in run.lines
    assert f"XFAIL pyproject.toml::{ALL_ABSENT} - SHOP-13" in run.lines
    assert run.code == 0
    assert told(run) == []


def test_expected_failure_that_passes(plain):
    """What no longer fails is reported: by pytest for a single case, by the summary for every entry."""
    plain.configure("plain_shop:app", ada_xfail=[f"{ABSENT}: SHOP-12", "ADA105: SHOP-13"], **CONFIGURED)
    run = plain.run()
    assert run.cases("XPASS") == [ABSENT]
    assert told(run) == [
        f"adakit: ada_xfail: {ABSENT} matched no failure; take it out",
        "adakit: ada_xfail: ADA105 matched no failure; take it out",
    ]
    assert run.code == 0
    assert plain.run("-o", "xfail_strict=true").cases("FAILED") == [ABSENT]


def test_expected_failure_of_another_kind(buggy):
    """An error of the set-up is none of the failures that are expected."""
    buggy.configure("nowhere:app", ada_xfail=[f"{EXAMPLE}: SHOP-12"])
    assert buggy.run(*OPTIONS).cases("FAILED") == [EXAMPLE]


def test_runxfail(buggy):
    """``--runxfail`` reports expected and known failures as what they are."""
    buggy.configure("plain_shop:app", ada_xfail=[f"{ABSENT}: SHOP-12", "conversation.created/absent:al*: x"])
    assert buggy.run(*OPTIONS, "--runxfail").cases("FAILED") == [ABSENT, ALL_ABSENT]


@pytest.mark.parametrize("distributed", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_baseline(buggy, distributed):
    """A baseline takes the failures of today; with it they may fail, and nothing else may."""
    buggy.configure("plain_shop:app", ada_baseline="known.txt")
    update = buggy.run(*OPTIONS, *distributed, "--ada-update-baseline", plugins=("xdist",))
    assert update.cases("FAILED") == []
    assert sorted(update.cases("XFAIL")) == sorted([ABSENT, ALL_ABSENT])
    assert "adakit: wrote known.txt: 2 known failures, 2 new, 0 gone" in update.lines
    assert (buggy.path / "known.txt").read_text() == f"{HEADER}{ABSENT} ADA105\n{ALL_ABSENT} ADA105\n"

    one = ("-n", "1") if distributed else ()  # what two processes find has been merged above
    run = buggy.run(*OPTIONS, *one, "-rx", plugins=("xdist",))
    assert run.code == 0
    assert sorted(run.cases("XFAIL")) == sorted([ABSENT, ALL_ABSENT])
    assert f"XFAIL pyproject.toml::{ABSENT} - known: known.txt" in run.lines
    assert "can go" not in run.text

    buggy.write("known.txt", f"{ABSENT} ADA105\n")
    assert buggy.run(*OPTIONS, *one, plugins=("xdist",)).cases("FAILED") == [ALL_ABSENT]


def test_baseline_beside_expected_failures(buggy):
    """What ada_xfail lets fail already is not written to the baseline as well."""
    buggy.configure("plain_shop:app", ada_baseline="known.txt", ada_xfail=[f"{ABSENT}: SHOP-12"])
    buggy.run(*OPTIONS, "--ada-update-baseline")
    assert (buggy.path / "known.txt").read_text() == f"{HEADER}{ALL_ABSENT} ADA105\n"


def test_baseline_tightens(buggy):
    """Lines that are no longer needed are named, and taken out by an update, which keeps what was not run."""
    buggy.write("known.txt", f"{ABSENT} ADA105\n{EXAMPLE} ADA101  # by hand\nany/gone:long-ago ADA105\n")
    given = ("--ada-baseline", "known.txt")
    run = buggy.run(*OPTIONS, *given, "-k", "example or metadata")
    assert (
        "adakit: 2 lines of known.txt can go: any/gone:long-ago and others no longer fail;"
        " pytest --ada-update-baseline writes it anew"
    ) in run.lines
    update = buggy.run(*OPTIONS, *given, "-k", "example", "--ada-update-baseline")
    assert "adakit: wrote known.txt: 1 known failure, 0 new, 2 gone" in update.lines
    assert (buggy.path / "known.txt").read_text() == f"{HEADER}{ABSENT} ADA105\n"


def test_baseline_of_another_rule(buggy):
    """A case that is known to break one rule may not break another."""
    buggy.write("known.txt", f"{ABSENT} ADA402\n")
    run = buggy.run(*OPTIONS, "--ada-baseline", "known.txt")
    assert run.cases("FAILED") == [ABSENT, ALL_ABSENT]


def test_baseline_of_what_never_works(buggy):
    """Where every ordinary event is refused nothing is written: that is no state to keep."""
    options = ("--ada-select", "ADA101")
    run = buggy.run(
        *options, "--ada-path", "/elsewhere", "--ada-baseline", "known.txt", "--ada-update-baseline"
    )
    assert run.code == 0  # this consumer has no other path
    buggy.add("fastapi_shop.py")
    options = (*options, "--ada-target", "fastapi_shop:app", "--ada-path", "/elsewhere")
    run = buggy.run(*options, "--ada-baseline", "other.txt", "--ada-update-baseline")
    assert run.cases("FAILED") == [EXAMPLE]
    assert run.code == 1
    assert not (buggy.path / "other.txt").exists()


BAD = [
    pytest.param(
        {"ada_xfail": [ABSENT]},
        (),
        f"adakit: The entry '{ABSENT}' of ada_xfail has no reason.\n"
        f"  Write it behind a colon and a space: {ABSENT}: why it may fail",
        id="no-reason",
    ),
    pytest.param(
        {},
        ("--ada-baseline", "none.txt"),
        "adakit: There is no baseline none.txt.\n  Write it with: pytest --ada-update-baseline",
        id="no-baseline",
    ),
    pytest.param(
        {},
        ("--ada-update-baseline",),
        "adakit: There is no file to write the baseline to.\n  Name it with --ada-baseline or ada_baseline.",
        id="no-name",
    ),
    pytest.param(
        {},
        ("--ada-baseline", "plain_shop.py"),
        'adakit: plain_shop.py:1 is no line of a baseline: \'"""A consumer without a framework,',
        id="no-line",
    ),
]


@pytest.mark.parametrize(("configured", "arguments", "message"), BAD)
def test_bad_expectations(plain, configured, arguments, message):
    """What cannot be used is one clear error before anything is sent."""
    plain.configure("plain_shop:app", **configured)
    run = plain.run(*arguments)
    assert run.code == 2
    assert run.text.count(message) == 1
    assert "Traceback" not in run.text + run.errors
    assert not run.outcomes
