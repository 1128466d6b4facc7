"""The user class for Locust, its options on the command line, and the messages of master and workers."""

from __future__ import annotations

import logging
import sys
import time
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import gevent
from gevent.event import Event as Signal
from locust import User, events, task
from locust.exception import CatchResponseError, StopTest, StopUser
from locust.runners import (
    STATE_MISSING,
    STATE_RUNNING,
    STATE_SPAWNING,
    LocalRunner,
    MasterRunner,
    WorkerRunner,
)

from ada_mockserver.delivery.attempt import signed_request
from ada_mockserver.delivery.signing import new_message_id
from ada_mockserver.locust.allotment import Allotment, Share
from ada_mockserver.locust.plan import Plan
from ada_mockserver.locust.wire import KeptConnection
from ada_schemas.errors import UsageError, WireError

if TYPE_CHECKING:
    from ada_mockserver.delivery.http import Headers
    from ada_mockserver.locust.plan import Event

__all__ = ["AdaUser"]

# The messages: a worker reports and asks, the master hands out.
_REPORT, _INDICES = "adakit_report", "adakit_indices"

_log = logging.getLogger(__name__)


class AdaUser(User):
    """A user who tells one conversation after the other; an event is sent once the one before is answered.

    Every task is one conversation, so that Locust's ``--stop-timeout`` lets it end. ``headers`` are sent
    beside the usual ones, or in their place; ``timeout`` is the seconds that the endpoint has to answer.
    """

    headers: Headers = ()
    timeout: float = 15.0

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._fleet = _fleet_of(environment)
        try:
            plan = self._fleet.plan()
            self._url = plan.url(self.host)
            self._connection = KeptConnection(self._url, timeout=self.timeout, ssl_context=plan.ssl_context)
        except UsageError as error:
            raise StopTest(str(error)) from error
        self._plan = plan
        # Made here: before it, Locust's --processes may have forked, and ids must differ.
        self._rng = Random(SystemRandom().getrandbits(256))  # noqa: S311 - ids that differ, no secrets

    @task
    def tell(self) -> None:
        """Tell one conversation."""
        index = self._fleet.next_index()
        try:
            for event in self._plan.events(index):
                if event.delay:
                    gevent.sleep(event.delay)
                self.deliver(event)
        finally:
            self._fleet.share.finish()

    def deliver(self, event: Event) -> None:
        """Send one event, and report to Locust how it went under the name of its type."""
        request = signed_request(
            self._url,
            event.body,
            secrets=self._plan.secrets,
            message_id=new_message_id(self._rng),
            timestamp=int(time.time()),
            headers=self.headers,
        )
        started, response, exception = time.time(), None, None
        try:
            response = self._connection.send(request)
            elapsed = response.elapsed
            if not response.accepted:
                exception = CatchResponseError(f"answered {response.status}")
        except WireError as error:
            elapsed, exception = error.elapsed, error
        self.environment.events.request.fire(
            request_type="POST",
            name=event.type,
            response_time=elapsed * 1000,
            response_length=len(response.body) if response else 0,
            exception=exception,
            context=self.context(),
            response=response,
            start_time=started,
            url=self._url,
        )

    def on_stop(self) -> None:
        """Close the connection."""
        self._connection.close()


class _Fleet:
    """The part of one process in a run: the master's allotment, a worker's share, both in a process alone."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._runner = environment.runner
        self._signal = Signal()
        self._ending = False
        self.begin()
        if isinstance(self._runner, MasterRunner | LocalRunner):
            self._runner.register_message(_REPORT, self._on_report)
        if isinstance(self._runner, WorkerRunner | LocalRunner):
            self._runner.register_message(_INDICES, self._on_indices)

    def begin(self) -> None:
        """Forget the run before, if there was one."""
        options = self._environment.parsed_options
        self._ending = False
        self._plan: Plan | None = None
        self._allotment = Allotment(options.ada_conversations or None)
        self.share = Share(self._report, block=lambda: max(2, self._runner.user_count))

    def plan(self) -> Plan:
        """The plan of the run, by the options as they are once it has begun."""
        if self._plan is None:
            self._plan = Plan.of_options(self._environment.parsed_options)
        return self._plan

    def next_index(self) -> int:
        """The conversation to tell next; ends the user where there is none left."""
        while (index := self.share.take()) is None:
            if self.share.used_up:
                raise StopUser
            self._signal.clear()
            self._signal.wait()
        return index

    def drop_missing(self) -> None:
        """Wait no more for the conversations of workers that are gone, as long as the run goes on."""
        if self._runner.state not in (STATE_SPAWNING, STATE_RUNNING):
            return
        clients = self._runner.clients
        for holder in self._allotment.holders:
            if holder not in clients or clients[holder].state == STATE_MISSING:
                lost = self._allotment.give_up(holder)
                _log.warning("Up to %d conversations of %s are not told: the worker is gone.", lost, holder)
        self._end_if_complete()

    def _report(self, wanted: int, finished: int) -> None:
        self._runner.send_message(_REPORT, {"wanted": wanted, "finished": finished})

    def _on_report(self, environment: Any, msg: Any) -> None:  # noqa: ARG002 - as Locust calls it
        self._allotment.finish(msg.node_id, msg.data["finished"])
        if msg.data["wanted"]:
            given = self._allotment.take(msg.node_id, msg.data["wanted"])
            data = {"first": given.start, "end": given.stop, "used_up": self._allotment.used_up}
            self._runner.send_message(_INDICES, data, client_id=msg.node_id)
        self._end_if_complete()

    def _on_indices(self, environment: Any, msg: Any) -> None:  # noqa: ARG002 - as Locust calls it
        self.share.receive(range(msg.data["first"], msg.data["end"]), used_up=msg.data["used_up"])
        self._signal.set()

    def _end_if_complete(self) -> None:
        if self._ending or not self._allotment.complete:
            return
        self._ending = True
        _log.info("All conversations are told.")
        end = self._runner.quit if self._environment.parsed_options.headless else self._runner.stop
        gevent.spawn(end)  # not from here: it ends the greenlet that calls


_fleets: WeakKeyDictionary[Any, _Fleet] = WeakKeyDictionary()


def _fleet_of(environment: Any) -> _Fleet:
    if environment not in _fleets:
        _fleets[environment] = _Fleet(environment)
    return _fleets[environment]


@events.init_command_line_parser.add_listener
def _add_options(parser: Any) -> None:
    parser.add_argument("--ada-path", default="/", metavar="PATH", help="The endpoint's path on the host.")
    parser.add_argument(
        "--ada-secret",
        metavar="SECRET",
        env_var="ADA_WEBHOOK_SECRET",
        include_in_web_ui=False,
        help="Its signing secret, or none; better given in ADA_WEBHOOK_SECRET.",
    )
    parser.add_argument(
        "--ada-scenario",
        default="conversation",
        metavar="NAMES",
        help="What is told: a scenario, or several in turn, separated by commas (default: conversation).",
    )
    parser.add_argument(
        "--ada-seed", default="", metavar="SEED", help="Repeats a run's events (default: drawn)."
    )
    parser.add_argument(
        "--ada-locale",
        default="",
        metavar="LOCALE",
        help="The people's locale (default: the scenario's own).",
    )
    parser.add_argument(
        "--ada-speed",
        type=float,
        default=0.0,
        metavar="FACTOR",
        help="Wait as long as people would, divided by this; 0 does not wait (default).",
    )
    parser.add_argument(
        "--ada-conversations",
        type=int,
        default=0,
        metavar="N",
        help="End after so many conversations, of all workers together; 0 does not end (default).",
    )
    parser.add_argument(
        "--ada-cacert",
        default="",
        metavar="FILE",
        help="A PEM file with the certificate authorities to trust instead of the system's.",
    )
    parser.add_argument(
        "--ada-insecure", action="store_true", help="Do not check the endpoint's certificate."
    )


@events.init.add_listener
def _begin_process(environment: Any, **_: Any) -> None:
    """Judge the options before a run, and draw the seed, where they do not come from a master."""
    runner, options = environment.runner, environment.parsed_options
    if not isinstance(runner, WorkerRunner):
        options.ada_seed = options.ada_seed or str(SystemRandom().randrange(10**9))
        try:
            plan = Plan.of_options(options)
            for host in {environment.host or user.host for user in environment.user_classes}:
                if host or options.headless:
                    plan.url(host)
        except UsageError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(2)
        _log.info("The conversations are those of --ada-seed %s.", options.ada_seed)
    fleet = _fleet_of(environment)
    environment.events.test_start.add_listener(lambda **_: fleet.begin())
    if isinstance(runner, MasterRunner):
        environment.events.worker_report.add_listener(lambda **_: fleet.drop_missing())
        if not runner.master_bind_port:
            _log.info("Workers connect with --master-port %d.", runner.server.port)
