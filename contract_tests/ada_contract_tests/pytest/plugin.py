"""The pytest plugin: with ``ada_target`` configured, ``pytest`` collects one item a case.

This module, and every ``__init__`` above it, imports only pytest and the standard library. Everything else
is imported inside hooks and fixtures, once a target is configured or a fixture is used, so that a run that
does not use the plugin pays nothing for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ada_contract_tests.pytest.options import (
    SECRET_VARIABLE,
    UNSIGNED,
    contract_directory,
    is_asked_for,
    pytest_addoption,
    session_seed,
    setting,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from ada_contract_tests.pytest.fixtures import Deliver, EventMaker, SignedCase
    from ada_contract_tests.pytest.outcomes import Outcomes
    from ada_mockserver.mock.mock_ada import MockAda

__all__ = ["pytest_addoption"]

OLDEST_PYTEST = (7, 2)

collected_key: pytest.StashKey[int] = pytest.StashKey()
collects_key: pytest.StashKey[bool] = pytest.StashKey()
outcomes_key: pytest.StashKey[Outcomes] = pytest.StashKey()
folder_key: pytest.StashKey[Path] = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Put the secret into the environment before any conftest can import the application, which may read it.

    A wrapper runs before every other plugin too: pytest-django reads the settings in this hook.
    """
    _provide_secret(early_config)
    yield


def _provide_secret(early_config: pytest.Config) -> None:
    options = early_config.known_args_namespace
    target = options.ada_target or early_config.getini("ada_target")
    if not (target or options.ada) or (target or "").startswith(("http://", "https://")):
        return
    secret = options.ada_secret or early_config.getini("ada_secret")
    variable = _secret_variable(early_config)
    if secret and secret != UNSIGNED:
        os.environ[variable] = secret
    elif not secret and not os.environ.get(variable):
        import base64  # noqa: PLC0415 - what a run without a target does not need, it does not pay for
        import secrets  # noqa: PLC0415 - likewise: 2 ms of a start-up of 150

        os.environ[variable] = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _secret_variable(config: pytest.Config) -> str:
    """Where the application looks for the secret, as far as a contract's profile says it."""
    directory = contract_directory(
        config.known_args_namespace.ada_contract,
        config.getini("ada_contract"),
        root=config.inipath.parent if config.inipath else None,
        started_in=config.invocation_params.dir,
    )
    if directory is None:
        return SECRET_VARIABLE
    from ada_schemas.contract.contract import profile_in  # noqa: PLC0415 - with a contract alone
    from ada_schemas.errors import AdakitError  # noqa: PLC0415 - likewise

    try:
        return profile_in(directory).secret_variable
    except AdakitError:
        return SECRET_VARIABLE  # what is wrong with it is said when the cases are collected


def pytest_configure(config: pytest.Config) -> None:
    """With a target set and no path arguments given, collect the configuration file: it holds the cases."""
    config.addinivalue_line(
        "markers",
        "ada(events=..., rules=...): a contract test of an Ada webhook endpoint; a test that takes ada_case"
        " runs once for each case of these events and rules",
    )
    if not is_asked_for(config):
        return
    if pytest.version_tuple < OLDEST_PYTEST:
        raise pytest.UsageError(
            f"adakit: its cases need pytest 7.2 or newer, and this is {pytest.__version__}:"
            " pip install --upgrade pytest"
        )
    if config.inipath is None:
        raise pytest.UsageError(
            "adakit: the cases need a configuration file to stand in; make an empty pytest.ini"
        )
    wanted = config.getoption("ada") or config.args_source is not pytest.Config.ArgsSource.ARGS
    config.stash[collects_key] = bool(wanted) or _names(config, config.inipath)
    folders = (config.inipath, *config.inipath.parents)
    if wanted and not any(_names(config, place) for place in folders):
        config.args.append(str(config.inipath))  # no folder that is collected anyway has it


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Follow what becomes of the cases; so does the controller of pytest-xdist, which collects nothing."""
    config = session.config
    if _collects_cases(config):
        from ada_contract_tests.pytest.bridge import bridge_of  # noqa: PLC0415 - only with a target
        from ada_contract_tests.pytest.outcomes import Outcomes  # noqa: PLC0415 - likewise

        bridge = bridge_of(config)
        bridge.folder = bridge.folder or config.stash.get(folder_key, None)
        config.stash[outcomes_key] = Outcomes(bridge, is_worker=hasattr(config, "workerinput"))
        config.pluginmanager.register(config.stash[outcomes_key], "adakit-outcomes")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give the workers of pytest-xdist one seed, and a folder for the one run that they make together.

    With ``--dist each`` every worker is another environment, and makes a run of its own.
    """
    node.workerinput["ada_seed"] = session_seed(node.config)
    if is_asked_for(node.config) and getattr(node.config.option, "dist", "no") != "each":
        node.workerinput["ada_folder"] = _shared_folder(node.config)


def _shared_folder(config: pytest.Config) -> str:
    """The folder of the session's run, made at first use and removed at the end."""
    if folder_key not in config.stash:
        import shutil  # noqa: PLC0415 - only with pytest-xdist
        import tempfile  # noqa: PLC0415 - likewise

        config.stash[folder_key] = folder = Path(tempfile.mkdtemp(prefix="adakit-"))
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    return str(config.stash[folder_key])


def _names(config: pytest.Config, place: Path) -> bool:
    """True if an argument is that file or folder, or a test in it."""
    return any(
        (config.invocation_params.dir / argument.split("::", 1)[0]).resolve() == place.resolve()
        for argument in config.args
    )


def _collects_cases(config: pytest.Config) -> bool:
    """True if the cases are among what this run collects."""
    return config.stash.get(collects_key, False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the cases from the configuration file, once it is named."""
    config = parent.config
    if file_path != config.inipath or not _collects_cases(config):
        return None
    from ada_contract_tests.pytest.collect import AdaFile  # noqa: PLC0415 - only with a target

    file: pytest.Collector = AdaFile.from_parent(parent, path=file_path)
    return file


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take the cases that are left as the plan of the session's run."""
    config = session.config
    if _collects_cases(config):
        from ada_contract_tests.pytest.bridge import bridge_of  # noqa: PLC0415 - only with a target

        items: list[Any] = [item for item in session.items if item.path == config.inipath]
        for item in items:
            item.leave_the_database()
        left = {item.name for item in items}
        bridge = bridge_of(config)
        bridge.plan = [case for case in bridge.cases if case.id in left] if left else ()
        config.stash[collected_key] = len(left)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> Generator[None]:
    """Say what ran and how to repeat it, or why nothing did: behind pytest's own list, which may be long."""
    yield
    if is_asked_for(config):
        _summarize(terminalreporter, config)


def _summarize(terminalreporter: Any, config: pytest.Config) -> None:
    collected = config.stash.get(collected_key, 0)
    if not _collects_cases(config):
        terminalreporter.write_line(
            "adakit: ada_target is set, but paths were given, so its cases were not collected (add --ada)"
        )
    elif collected or config.pluginmanager.hasplugin("dsession"):  # pytest-xdist collects in its workers
        shown = f"{collected} case{'s' * (collected > 1)}, " if collected else ""
        terminalreporter.write_line(f"adakit: {shown}repeat with --ada-seed {session_seed(config)}")
        outcomes = config.stash.get(outcomes_key, None)
        for line in outcomes.lines() if outcomes is not None else ():
            terminalreporter.write_line(f"adakit: {line}" if not line.startswith(" ") else line)
        _show_warnings(terminalreporter)


def _show_warnings(terminalreporter: Any) -> None:
    """Count the warnings by rule; the reports bring them, also from the workers of pytest-xdist."""
    reports = terminalreporter.stats.get("passed", [])
    rules = [value for report in reports for name, value in report.user_properties if name == "ada_warning"]
    if rules:
        counts = ", ".join(f"{rule} {rules.count(rule)}" for rule in sorted(set(rules)))
        total = f"{len(rules)} warning{'s' * (len(rules) > 1)}"
        terminalreporter.write_line(f"adakit: {total} ({counts}): -rP shows them, --ada-strict fails on them")


@pytest.fixture(scope="session")
def ada_target(pytestconfig: pytest.Config) -> Any:
    """The consumer under test: ``module:app``, a URL, or an application object.

    Override it in the root conftest.py, for example to start a server and return its URL.
    """
    return setting(pytestconfig, "target")


@pytest.fixture(scope="session")
def ada_secret(request: pytest.FixtureRequest) -> str | None:
    """The signing secret; override it in the root conftest.py.

    It is the option's, else ADA_WEBHOOK_SECRET's (or that of the contract's variable), else one that is made,
    and put there, for an application in process or a target that a fixture gives; None where there is no
    target, or the URL of a service.
    """
    from ada_contract_tests.pytest.bridge import bridge_of  # noqa: PLC0415 - at first use
    from ada_contract_tests.targets.load_app import is_application_spec  # noqa: PLC0415 - at first use
    from ada_contract_tests.targets.open import resolve_secret  # noqa: PLC0415 - likewise

    profile = bridge_of(request.config).contract.profile
    given = setting(request.config, "secret") or os.environ.get(profile.secret_variable)
    if given:
        return given
    target = setting(request.config, "target")
    if target is None:
        known = request.session._fixturemanager.getfixturedefs("ada_target", request.node)  # noqa: SLF001 - pytest has no other way to tell whether a fixture is overridden
        is_made_for = len(known or ()) > 1
    else:
        is_made_for = is_application_spec(target)
    return resolve_secret("application:object", None, profile).value if is_made_for else None


@pytest.fixture(scope="session")
def ada_witness(pytestconfig: pytest.Config) -> Any:
    """What knows whether an event was really handled; override it in the root conftest.py.

    A function that returns the entries so far, ``{"svix_id", "type", "status"}`` each, a URL or a path of the
    application that answers them as JSON, or None.
    """
    return setting(pytestconfig, "seen_url")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``ada_case`` once a case."""
    if "ada_case" in metafunc.fixturenames:
        from ada_contract_tests.pytest.cases_marker import parametrize  # noqa: PLC0415 - only with such a test

        parametrize(metafunc)


@pytest.fixture
def ada_case(request: pytest.FixtureRequest, ada_secret: str | None) -> SignedCase:
    """One case as a request for any test client, chosen by ``@pytest.mark.ada(events=..., rules=...)``.

    It has ``.body`` (bytes), ``.headers`` (dict), ``.json``, ``.id``, ``.rule``, ``.event``, ``.summary`` and
    ``.refused`` (whether it must be refused); ``.check(status)`` judges the answer.
    """
    import zlib  # noqa: PLC0415 - at first use

    from ada_contract_tests.pytest.bridge import bridge_of  # noqa: PLC0415 - at first use
    from ada_contract_tests.pytest.fixtures import signed_case  # noqa: PLC0415 - likewise

    seed = session_seed(request.config)
    request.node.add_report_section("setup", "adakit", f"repeat the case with --ada-seed {seed}")
    own = seed + zlib.crc32(request.node.nodeid.encode())
    return signed_case(request.param, seed=own, secret=ada_secret, bridge=bridge_of(request.config))


@pytest.fixture
def ada_event(request: pytest.FixtureRequest, ada_secret: str | None) -> EventMaker:
    """Makes signed events for hand-written tests.

    ``ada_event("conversation.ended", ended_by__role="system")`` has ``.body`` (bytes), ``.headers`` (dict)
    and ``.json`` (dict), fit for any test client.
    """
    from ada_contract_tests.pytest.bridge import bridge_of  # noqa: PLC0415 - at first use
    from ada_contract_tests.pytest.fixtures import EventMaker  # noqa: PLC0415 - likewise

    seed = session_seed(request.config)
    request.node.add_report_section("setup", "adakit", f"repeat the events with --ada-seed {seed}")
    contract = bridge_of(request.config).contract
    return EventMaker(seed=seed, key=request.node.nodeid, secret=ada_secret, contract=contract)


@pytest.fixture
def ada_deliver(request: pytest.FixtureRequest, ada_target: Any, ada_secret: str | None) -> Deliver:
    """Delivers an event to the target and returns the answer.

    ``ada_deliver(event)`` in a test that is a function, ``await ada_deliver.send(event)`` in a coroutine. An
    application in process runs in a thread of its own.
    """
    from ada_contract_tests.pytest.bridge import bridge_of  # noqa: PLC0415 - at first use
    from ada_contract_tests.pytest.fixtures import Deliver, refuse_transaction  # noqa: PLC0415 - likewise

    refuse_transaction(request, ada_target)
    return Deliver(bridge_of(request.config), ada_target, ada_secret)


@pytest.fixture(scope="session")
def _ada_mock_server(pytestconfig: pytest.Config) -> Generator[MockAda]:
    """One running mock Ada for the session; of another provider, where there is a contract of one."""
    from ada_contract_tests.pytest.settings import contract_of  # noqa: PLC0415 - at first use
    from ada_mockserver.mock.mock_ada import MockAda  # noqa: PLC0415 - likewise
    from ada_schemas.errors import MissingExtraError  # noqa: PLC0415 - likewise

    try:
        mock = MockAda(contract=contract_of(pytestconfig))
    except MissingExtraError as error:
        missing = str(error)
    else:
        with mock:
            yield mock
        return
    pytest.fail(missing, pytrace=False)


@pytest.fixture
def ada_mock(_ada_mock_server: MockAda) -> MockAda:
    """A running mock Ada, with nothing in it: ``ada_mock.base_url`` and ``ada_mock.api_key`` are a client's.

    Needs the extra ``mock``. Its clock stands until ``ada_mock.advance(seconds)``.
    """
    _ada_mock_server.clear()
    return _ada_mock_server
