"""The options of the pytest plugin, each ``--ada-name`` and ``ada_name``.

It imports pytest and the standard library alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "SECRET_VARIABLE",
    "TEXT_OPTIONS",
    "UNSIGNED",
    "contract_directory",
    "entry_lines",
    "file_lines",
    "file_setting",
    "given_options",
    "is_asked_for",
    "is_set",
    "pytest_addoption",
    "session_seed",
    "setting",
]

TEXT_OPTIONS = {
    "target": "the consumer: module:app, module:create_app(), or a URL",
    "path": "the path of its webhook endpoint",
    "secret": "the signing secret, or none; else ADA_WEBHOOK_SECRET, or the contract's variable, else made"
    " for an application in process",
    "accept": "200: any other 2xx fails; 2xx: any will do; else another 2xx is a warning",
    "select": "only these rules, such as ADA1xx,ADA301",
    "ignore": "not these rules or case ids; in a file a line each, with a reason behind ': '",
    "seen_url": "the witness, which answers what was really handled: a URL, or a path of the application",
    "events": "only these events; globs, !glob leaves out",
    "baseline": "a file of known failures, which may fail",
    "timeout": "seconds within which an answer must come: 15, or as the contract says, if not given",
    "jobs": "deliveries at a time: 8 if not given, 1 to an application in process",
    "ignores": "what the consumer ignores on purpose, as event:path=value; in a file a line each",
    "budget": "seconds that the run may take, 0 for no limit: 120 if not given, in process no limit",
    "fuzz": "how many events of each type are drawn as well, and how many sequences of events",
    "fuzz_seconds": "seconds that fuzzing may take, 0 for no limit: 45 if not given",
    "fuzz_db": "the folder in which fuzzing keeps failures: .hypothesis/adakit if not given",
    "handoff_path": "also start handoffs at this path, as a handoff flow does",
    "handoff_body": "what the flow sends, as JSON or @FILE, if not the one field of Ada's guide",
    "handoff_header": "a header that the flow sends, as name=value; in a file a line each",
    "handoff_conversation": "a conversation that the Ada of the endpoint knows",
    "handoff_api": "a port of 127.0.0.1 at which the run serves transcripts, as the Ada of the endpoint",
    "header": "a further header, as name: value; in a file a line each",
    "cacert": "a file of certificates to trust, in place of the system's",
    "contract": "the directory of another provider's contract, which `adakit init` wrote",
}
LIST_OPTIONS: dict[str, Literal["args", "linelist"]] = {
    "select": "args",
    "ignore": "linelist",
    "events": "args",
    "ignores": "linelist",
    "header": "linelist",
    "handoff_header": "linelist",
}
REPEATABLE = ("header", "handoff_header", "ignores")
"""Options that may be given several times on the command line."""

FLAGS = {
    "strict": "fail on warnings too: also on what only the owner of the secret could send, and on statuses"
    " other than 200",
    "insecure": "do not verify certificates",
}
XFAIL = "case ids or rules that may fail, a line each: the names, ': ' and the reason"
SECRET_VARIABLE = "ADA_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
"""Where the secret of the default contract is."""
UNSIGNED = "none"

seed_key: pytest.StashKey[int] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, each for the command line and for the configuration file."""
    group = parser.getgroup("adakit", "contract tests for Ada webhooks")
    group.addoption("--ada", action="store_true", help="run the cases although paths are given")
    for name, text in TEXT_OPTIONS.items():
        action = "append" if name in REPEATABLE else "store"
        group.addoption(f"--ada-{name.replace('_', '-')}", metavar=name.upper(), help=text, action=action)
        parser.addini(f"ada_{name}", text, type=LIST_OPTIONS.get(name, "string"), default=None)
    parser.addini("ada_xfail", XFAIL, type="linelist", default=[])
    group.addoption(
        "--ada-update-baseline",
        action="store_true",
        help="let all failures pass, and write them to the baseline",
    )
    for name, text in FLAGS.items():
        group.addoption(f"--ada-{name}", action="store_true", default=None, help=text)
        parser.addini(f"ada_{name}", text, type="bool", default=False)
    group.addoption("--ada-seed", type=int, metavar="N", help="repeat the payloads of this seed")


def contract_directory(
    option: str | None, file: str | None, *, root: Path | None, started_in: Path
) -> str | None:
    """The directory of the contract: from where pytest was started, in the file from its own folder."""
    if option:
        return str(started_in / option)
    return str((root or started_in) / file) if file else None


def setting(config: pytest.Config, name: str) -> str | None:
    """The value of a text option: from the command line, else from the configuration file, else None."""
    given = config.getoption(f"ada_{name}", default=None)
    return file_setting(config, name) if given is None else str(given) or None


def file_setting(config: pytest.Config, name: str) -> str | None:
    """The value that the configuration file gives to a text option, or None."""
    given = config.getini(f"ada_{name}")
    if isinstance(given, list):
        given = ",".join(given)
    return str(given) if given else None


def entry_lines(config: pytest.Config, name: str) -> list[str]:
    """The lines of an option that has several; on the command line each is given by itself."""
    given = config.getoption(f"ada_{name}", default=None)
    if given is None:
        return file_lines(config, name)
    return list(given) if isinstance(given, list) else [given]


def file_lines(config: pytest.Config, name: str) -> list[str]:
    """The lines that the configuration file has for such an option."""
    return list(config.getini(f"ada_{name}") or [])


def is_set(config: pytest.Config, flag: str) -> bool:
    """True if a flag is given, on the command line or in the configuration file."""
    return bool(config.getoption(f"ada_{flag}") or config.getini(f"ada_{flag}"))


def is_asked_for(config: pytest.Config) -> bool:
    """True if there are cases to run: a target is set, or ``--ada`` says that a fixture gives one."""
    return setting(config, "target") is not None or bool(config.getoption("ada"))


def given_options(config: pytest.Config) -> list[tuple[str, str]]:
    """The options given on the command line that repeat what ran: (name with dashes, value), no secrets."""
    given = []
    for name in TEXT_OPTIONS:
        value = config.getoption(f"ada_{name}")
        if name in ("header", "handoff_header") or not value or (name == "secret" and value != UNSIGNED):
            continue
        option = f"--ada-{name.replace('_', '-')}"
        given += [(option, str(one)) for one in (value if name in REPEATABLE else [value])]
    return given + [(f"--ada-{flag}", "") for flag in FLAGS if config.getoption(f"ada_{flag}")]


def session_seed(config: pytest.Config) -> int:
    """The seed of the session's events: as given, else the controller's in a worker, else drawn once."""
    if seed_key not in config.stash:
        import secrets  # noqa: PLC0415 - at first use

        given = config.getoption("ada_seed")
        worker = getattr(config, "workerinput", {})
        drawn = worker.get("ada_seed", secrets.randbelow(10**9))
        config.stash[seed_key] = int(drawn if given is None else given)
    return config.stash[seed_key]
