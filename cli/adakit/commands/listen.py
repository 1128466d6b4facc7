"""``adakit listen``."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING, Any

import click

from ada_contract_tests.targets.open import UNSIGNED
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.signing import parse_secret, verify
from ada_mockserver.http_server import base_url, bind, make_server
from ada_mockserver.private_files import open_private
from ada_mockserver.recording import Redactor
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.paths import ABSENT, get
from ada_schemas.errors import DocumentError, SignatureError, UsageError
from ada_schemas.foreign_json import read_json
from ada_schemas.shown import shown, shown_json
from ada_schemas.validation import validate
from adakit.options import CONTRACT, SECRET_HELP, Whole, use_contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_mockserver.delivery.http import Headers
    from ada_mockserver.http_server import Message, Receive, Send
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile

__all__ = ["LARGEST_BODY", "Listener", "command"]

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes of a request's body that are taken; a larger one is answered 413."""

_SHOWN = 4000
LONGEST_NAME = 200


@click.command("listen")
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8788, show_default=True, help="0: a free one."
)
@click.option("--secret", help=SECRET_HELP)
@click.option("--record", metavar="FILE", help="Append what comes, without people, texts and secrets.")
@click.option("-n", "--count", type=Whole(1), help="End after so many requests.")
@click.option("-q", "--quiet", is_flag=True, help="One line a request, without its body.")
@CONTRACT
def command(
    host: str,
    port: int,
    secret: str | None,
    record: str | None,
    count: int | None,
    quiet: bool,
    contract: str | None,
) -> None:
    """Receive webhooks: verify them, validate them against the contract, and show them.

    Answers 200, 401 to what does not verify, and 400 to what is no JSON. With -n the exit code is 1 when a
    request did not verify or is not valid; it is 2 when the recording cannot be written, which ends it.
    """
    known = use_contract(contract)
    listener = Listener(_secret(secret, known.profile), quiet=quiet, count=count, contract=known)
    with ExitStack() as stack:
        if record is not None:
            listener.recording = stack.enter_context(_open(record))
        ended_by = asyncio.run(_listen(listener, host, port))
    if listener.failure is not None:
        raise listener.failure
    if ended_by == signal.SIGINT:
        raise KeyboardInterrupt
    if listener.bad:
        raise SystemExit(1)


def _secret(option: str | None, profile: Profile) -> str | None:
    secret = os.environ.get(profile.secret_variable) if option is None else option
    if not profile.families or secret in (None, UNSIGNED) or (option is None and not secret):
        return None
    parse_secret(str(secret))
    return secret


def _open(name: str) -> IO[bytes]:
    try:
        return open_private(name)
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror}.") from error


def _append(recording: IO[bytes], line: bytes) -> None:
    """Write a line whole or not at all; raises UsageError when that fails."""
    end, rest = os.fstat(recording.fileno()).st_size, memoryview(line)
    try:
        while rest:
            rest = rest[recording.write(rest) :]
    except OSError as error:
        with suppress(OSError):
            os.ftruncate(recording.fileno(), end)
        raise UsageError(f"{recording.name} cannot be written: {error.strerror}.") from error


async def _listen(listener: Listener, host: str, port: int) -> int | None:
    """Serve until there were enough requests or a signal; returns the signal."""
    with bind(host, port) as bound:
        server = make_server(listener)

        def announce() -> None:
            click.echo(
                f"Listening on {click.style(f'{base_url(bound)}/', bold=True)} (any path); Ctrl-C stops."
            )
            if listener.secret is None:
                click.echo(f"Signatures are not verified: {listener.unverified}")

        def end() -> None:
            server.should_exit = True

        server.on_started, listener.on_end = announce, end
        await server.serve(sockets=[bound])
    click.echo(f"{listener.received} received, {listener.bad} of them bad.")
    return server.ended_by


class Listener:
    """The ASGI application: verifies, validates, shows, records and answers each request.

    It takes ``count`` requests, then calls ``on_end`` and answers 503. When it can record or show no more it
    calls ``on_end``, too, and answers 507; then ``failure`` is the reason.
    """

    def __init__(
        self, secret: str | None, *, quiet: bool, count: int | None, contract: Contract | None = None
    ) -> None:
        self.secret = secret
        self._contract = contract or shipped()
        self.recording: IO[bytes] | None = None
        self.received = self.bad = 0
        self.on_end: Callable[[], None] | None = None
        self.failure: OSError | UsageError | None = None
        self._quiet = quiet
        self._count = count
        self._clock = SystemClock()
        # Of one secret, all recordings replace the same id by the same.
        self._redactor = Redactor(parse_secret(secret) if secret else secrets.token_bytes(32))

    @property
    def unverified(self) -> str:
        """The reason for which signatures are not verified where there is no secret."""
        profile = self._contract.profile
        if not profile.families:
            return f"those of {profile.provider} are of a kind that adakit does not know."
        return f"there is no secret. Give it with --secret or in {profile.secret_variable}."

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._serve(scope, receive, send)
        except (OSError, UsageError) as error:
            self.failure = self.failure or error
            if self.on_end is not None:
                self.on_end()
            await _answer(send, 507)

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        if scope["method"] != "POST":
            _say_refused(scope, "405: a webhook is a POST")
            await _answer(send, 405, (b"allow", b"POST"))
            return
        size = next((int(value) for name, value in headers if name == "content-length"), 0)
        body, more = bytearray(), True
        while more and max(size, len(body)) <= LARGEST_BODY:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if max(size, len(body)) > LARGEST_BODY:
            _say_refused(scope, f"413: the body is larger than {LARGEST_BODY >> 20} MB")
            await _answer(send, 413)
        elif self.received == self._count:
            await _answer(send, 503)
        else:
            self.received += 1
            try:
                await _answer(send, self._judge(headers, bytes(body)))
            finally:
                if self.received == self._count and self.on_end is not None:
                    self.on_end()

    def _judge(self, headers: Headers, body: bytes) -> int:
        """Verify, validate, record and show a request; returns the status that answers it."""
        now = self._clock.now()
        verified, problems = self._verified(headers, body, now)
        try:
            event: Any = read_json(body, name="the body")
            event_type, invalid = self._validated(event, headers)
        except DocumentError:
            event, event_type, invalid = None, f"({len(body)} bytes)", ["not JSON"]
        if self.recording is not None:
            _append(self.recording, self._redactor.line(headers, body, at=now, verified=verified))
        status = 401 if problems else 400 if event is None else 200
        self.bad += bool(problems or invalid)
        id_header = f"{self._contract.profile.prefix}-id"
        message_id = shown(dict(headers).get(id_header, f"(no {id_header})"), LONGEST_NAME)
        title = f"{click.style(shown(event_type, LONGEST_NAME), bold=True)} {message_id}"
        self._show(title, event, status, verified, [*problems, *invalid])
        return status

    def _validated(self, event: Any, headers: Headers) -> tuple[str, list[str]]:
        """The type of an event, and what is wrong with it."""
        profile = self._contract.profile
        if profile.type_path:
            said = get(event, profile.type_path)
            found = validate(event, contract=self._contract)
            kind = str("(no type)" if said is ABSENT else said)
            return kind if isinstance(event, dict) else "(no object)", list(map(str, found))
        given = dict(headers).get(profile.type_header.lower(), "") if profile.type_header else ""
        known = self._contract.by_type.get(given)
        if known is None:
            return given or "(no type)", []
        found = validate(event, event=known.name, contract=self._contract)
        return given, list(map(str, found))

    def _verified(self, headers: Headers, body: bytes, now: float) -> tuple[bool | None, list[str]]:
        if self.secret is None:
            return None, []
        try:
            profile = self._contract.profile
            age = profile.tolerance or float("inf")
            verify(self.secret, headers, body, now=now, tolerance=age, prefix=profile.prefix)
        except SignatureError as error:
            return False, [" ".join(part for part in (error.what, error.next_step) if part)]
        return True, []

    def _show(self, title: str, event: Any, status: int, verified: bool | None, problems: list[str]) -> None:
        words = {True: "verified", False: "not verified", None: "unverified"}[verified]
        state = click.style(f"{words}, {'not ' if problems else ''}valid", fg="red" if problems else "green")
        if verified is False:
            state = click.style(words, fg="red")
        click.echo(f"{time.strftime('%H:%M:%S')} {title} {state}, answered {status}")
        for problem in problems:
            click.echo(f"  {click.style('-', fg='red')} {shown(problem)}")
        if event is not None and not self._quiet:
            text = shown_json(event, indent=2)
            cut = f"\n  ... {len(text) - _SHOWN} characters more" if len(text) > _SHOWN else ""
            click.echo("\n".join(f"  {shown(line)}" for line in text[:_SHOWN].splitlines()) + cut)


async def _answer(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    await send(
        {"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", b"0")]}
    )
    await send({"type": "http.response.body"})


def _say_refused(scope: Message, why: str) -> None:
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    click.echo(f"{scope['method']} {shown(target.decode('latin-1'))} answered {why}")
