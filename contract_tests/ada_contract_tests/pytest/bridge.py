"""Bridge between pytest and the engine: the targets of a session, and one event loop in a thread."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from ada_contract_tests.engine.check import open_named, run_cases, witness_of
from ada_contract_tests.engine.witness import Witness, entries_seen, unfit
from ada_contract_tests.known_failures import names_of
from ada_contract_tests.pytest.options import setting
from ada_contract_tests.pytest.session_run import CaseRecord, RunRecord, shared_run
from ada_contract_tests.pytest.settings import (
    configured_cases,
    contract_of,
    known_failures_of,
    options_of,
    pasted_cases,
    selected_cases,
)
from ada_contract_tests.targets.load_app import application_interface
from ada_contract_tests.targets.open import application_target, resolve_secret
from ada_contract_tests.tracebacks import exception_text
from ada_mockserver.clock import SystemClock, new_event_loop
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Coroutine, Sequence

    from ada_contract_tests.case import Case
    from ada_contract_tests.engine.check import Options
    from ada_contract_tests.engine.witness import Seen
    from ada_contract_tests.known_failures import KnownFailures
    from ada_contract_tests.targets.base import Target
    from ada_contract_tests.targets.open import Secret
    from ada_mockserver.delivery.attempt import Attempt
    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.contract import Contract

__all__ = ["Bridge", "bridge_of"]

T = TypeVar("T")

bridge_key: pytest.StashKey[Bridge] = pytest.StashKey()


def bridge_of(config: pytest.Config) -> Bridge:
    """The bridge of this session, made at first use."""
    bridge = config.stash.get(bridge_key, None)
    if bridge is None:
        bridge = config.stash[bridge_key] = Bridge(config)
        config.add_cleanup(bridge.close)
    return bridge


def _is_running(trio: Any) -> bool:
    """True in a task of Trio; other packages, such as Hypothesis, load it as well."""
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return False
    return True


def _forbidden(error: Exception) -> TargetError:
    """The error of a run in which something forbids the sockets that an event loop needs."""
    said = exception_text("".join(format_exception(error)))
    return TargetError(
        f"No delivery can be made here, since sockets are guarded: {said}.",
        usage=False,
        next_step="With pytest-socket, add --allow-unix-socket (and --allow-hosts=127.0.0.1 for a URL).",
    )


class Bridge:
    """Runs cases and delivers events against the targets of a session.

    ``plan`` are the cases that were collected, in the order of the contract; ``folder`` is known to all
    workers of pytest-xdist, None where there are none. The asyncio side runs in a thread of its own, so that
    tests, sync or async, never share their loop.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._clock = SystemClock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._targets: list[tuple[Any, Target]] = []
        self._record: RunRecord | None = None
        self._reported: set[str] = set()
        self.plan: Sequence[Case] = ()
        shared = getattr(config, "workerinput", {}).get("ada_folder")
        self.folder = Path(shared) if shared and Path(shared).is_dir() else None

    @cached_property
    def known_failures(self) -> KnownFailures:
        """The failures that are known beforehand; raises UsageError where that cannot be used."""
        return known_failures_of(self._config)

    @cached_property
    def options(self) -> Options:
        """How targets are checked; raises UsageError for options that cannot be used."""
        return options_of(self._config)

    @property
    def contract(self) -> Contract:
        """The contract of the session; raises DocumentError for one that cannot be read."""
        return contract_of(self._config) or shipped()

    @cached_property
    def cases(self) -> list[Case]:
        """The cases that the options select; raises UsageError for options that fit nothing."""
        selected = selected_cases(self._config, ignored=names_of(self.known_failures.ignored))
        return [*selected, *pasted_cases(self._config)]

    @cached_property
    def unignored_cases(self) -> list[Case]:
        """The same with those that are ignored."""
        return selected_cases(self._config, ignored="")

    @cached_property
    def configured_cases(self) -> list[Case] | None:
        """The cases of a run without options on the command line; None where the file alone fits nothing."""
        return configured_cases(self._config)

    @property
    def record(self) -> RunRecord:
        """The record of the run, also where another process made it; an empty one before it was made."""
        if self._record is None and self.folder is not None and (self.folder / "run.json").exists():
            self._record = RunRecord.loaded((self.folder / "run.json").read_text(encoding="utf-8"))
        return self._record or RunRecord()

    def outcome_of(
        self,
        case: Case,
        target: Any,
        secret: str | None,
        witness: Any,
        *,
        prepare: Callable[[], object] = lambda: None,
    ) -> CaseRecord:
        """The end of a case of the session's run, which the first call makes, and ``prepare`` goes before.

        A case that was reported before, as plugins that repeat failures do, is run again, alone. Raises
        TargetError when the target cannot be loaded or takes no connections, UsageError when the target or
        the secret is not usable: in the process that made the run; elsewhere its cases are not run.
        """
        again = case.id in self._reported
        self._reported.add(case.id)
        make = partial(self._run, target=target, secret=secret, witness=witness, prepare=prepare)
        if again:
            return make([case]).cases[case.id]
        if self._record is None:
            self._record = self._made(partial(make, self.plan if case in self.plan else [case]))
        if self._record.failed:
            return CaseRecord("not run", note=f"not sent: {self._record.failed}")
        return self._record.cases[case.id]

    def _made(self, make: Callable[[], RunRecord]) -> RunRecord:
        if self.folder is not None:
            return shared_run(self.folder, make)
        try:
            return make()
        except BaseException as error:
            self._record = RunRecord.of_failure(error)
            raise

    def _run(
        self,
        cases: Sequence[Case],
        *,
        target: Any,
        secret: str | None,
        witness: Any,
        prepare: Callable[[], object],
    ) -> RunRecord:
        prepare()
        resolved, aim = self._resolve(target, secret), self._target(target)
        applicable = [case for case in cases if case.applies_to(in_process=aim.in_process)]
        if not applicable:
            note = "makes a difference over HTTP only"
            return RunRecord({c.id: CaseRecord("not applicable", note=note) for c in cases}, in_process=True)
        named = target if target == setting(self._config, "target") else None
        report = self._wait(
            run_cases(
                cases,
                aim,
                resolved,
                replace(self.options, seen_url=witness if isinstance(witness, str) else None),
                clock=self._clock,
                target=named,
                witness=self._witness(witness, aim),
            )
        )
        return RunRecord.of(report, in_process=aim.in_process)

    def _witness(self, witness: Any, aim: Target) -> Witness | None:
        """The witness that a fixture gives: a function that returns its entries, a URL, or a path."""
        if not witness and not callable(witness):
            return None
        if isinstance(witness, str):
            return witness_of(witness, aim, self.options, self._clock)
        if not callable(witness):
            raise UsageError(
                f"The fixture ada_witness gives {type(witness).__name__}, which is no witness.",
                next_step="Give a function that returns the entries, a URL, or a path of the application.",
            )

        async def ask(only: Container[str | None]) -> Seen:
            try:
                return entries_seen(witness(), only)
            except Exception as error:
                said = exception_text("".join(format_exception(error)))
                prefix = self.options.known.profile.prefix
                raise unfit("that the fixture ada_witness gives", f"it raises {said}", prefix) from error

        return Witness(ask, self._clock, is_named=False)

    def deliver(self, target: Any, secret: str | None, headers: Headers, body: bytes) -> Attempt:
        """Make one request with these headers and bytes."""
        self._resolve(target, secret)
        return self._wait(self._target(target).request(headers, body, timeout=self.options.time_limit))

    async def adeliver(self, target: Any, secret: str | None, headers: Headers, body: bytes) -> Attempt:
        """Make the request from a test that is a coroutine, whose loop goes on meanwhile."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return await self._in_trio(partial(self.deliver, target, secret, headers, body))
        return await asyncio.to_thread(self.deliver, target, secret, headers, body)

    async def _in_trio(self, deliver: Callable[[], Attempt]) -> Attempt:
        """Without a loop of asyncio the coroutine can only be one of Trio, which is running then."""
        trio = sys.modules.get("trio")
        if trio is None or not _is_running(trio):
            raise UsageError(
                "ada_deliver.send is awaited outside of asyncio and Trio.", next_step="Call ada_deliver."
            )
        attempt: Attempt = await trio.to_thread.run_sync(deliver)
        return attempt

    def close(self) -> None:
        """Shut the applications down and end the thread."""
        if self._loop is None or self._thread is None:
            return
        for _, opened in self._targets:
            self._wait(opened.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the thread; one that nobody waits for any more is cancelled."""
        if self._loop is None:
            try:
                for each in socket.socketpair():  # as a loop has one
                    each.close()
            except Exception as error:  # a guard's own, such as pytest-socket's
                work.close()
                raise _forbidden(error) from None
            self._loop = new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="adakit", daemon=True)
            self._thread.start()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _resolve(self, target: Any, secret: str | None) -> Secret:
        """The secret for a target; an application object counts as one in process.

        The fixture gives what it found in the environment as well; an option alone is the user's own.
        """
        named = target if isinstance(target, str) else "application:object"
        resolved = resolve_secret(named, secret, self.contract.profile)
        return replace(resolved, given=setting(self._config, "secret") is not None)

    def _target(self, target: Any) -> Target:
        """The started target that a fixture's value means; the same for the same value."""
        for value, opened in self._targets:
            if value is target or (isinstance(value, str) and value == target):
                return opened
        opened = self._open(target)
        self._wait(opened.start())
        self._targets.append((target, opened))
        return opened

    def _open(self, target: Any) -> Target:
        if target is None:
            raise UsageError(
                "There is no target to deliver to.",
                next_step="Set ada_target in the configuration file, or override the fixture ada_target.",
            )
        if isinstance(target, str):
            return open_named(target, self.options, self._clock)
        name = f"{type(target).__module__}.{type(target).__qualname__}"
        interface = application_interface(target, name=name)
        return application_target(target, interface, name=name, path=self.options.path, clock=self._clock)
