"""``adakit listen``."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import click

from ada_contract_tests.targets.open import UNSIGNED
from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.signing import parse_secret, verify
from ada_mockserver.receiver import Received, Receiver, Reply
from ada_mockserver.recording import Redactor
from ada_schemas.errors import SignatureError, UsageError
from ada_schemas.validation import validate
from adakit.options import printable

__all__ = ["command"]

_SHOWN = 4000


@click.command("listen")
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8788, show_default=True, help="0: a free one."
)
@click.option("--secret", help="The endpoint's signing secret, or none; else ADA_WEBHOOK_SECRET.")
@click.option("--record", metavar="FILE", help="Append what comes, without people, texts and secrets.")
@click.option("-n", "--count", type=click.IntRange(1), help="End after so many requests.")
@click.option("-q", "--quiet", is_flag=True, help="One line a request, without its body.")
def command(
    host: str, port: int, secret: str | None, record: str | None, count: int | None, quiet: bool
) -> None:
    """Receive webhooks: verify them, validate them against the contract, and show them.

    Answers 200, 401 to what does not verify, and 400 to what is no JSON. With -n the exit code is 1 when a
    request did not verify or is not valid.
    """
    listener = _Listener(_secret(secret), quiet=quiet, count=count)
    with ExitStack() as stack:
        if record is not None:
            listener.recording = stack.enter_context(_open(record))
        asyncio.run(_listen(listener, host, port))
    if listener.bad:
        raise SystemExit(1)


def _secret(option: str | None) -> str | None:
    secret = os.environ.get("ADA_WEBHOOK_SECRET") if option is None else option
    if secret in (None, UNSIGNED) or (option is None and not secret):
        return None
    parse_secret(str(secret))
    return secret


def _open(name: str) -> IO[bytes]:
    try:
        return Path(name).open("ab")
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror}.") from error


async def _listen(listener: _Listener, host: str, port: int) -> None:
    receiver = Receiver(listener.handle)
    chosen = await receiver.start(host, port)
    url = f"http://[{host}]:{chosen}/" if ":" in host else f"http://{host}:{chosen}/"
    click.echo(f"Listening on {click.style(url, bold=True)} (any path); Ctrl-C stops.")
    if listener.secret is None:
        click.echo(
            "Signatures are not verified: there is no secret. Give it with --secret or in ADA_WEBHOOK_SECRET."
        )
    try:
        await listener.done.wait()
        await asyncio.sleep(0)  # the last answer goes out
    finally:
        await receiver.stop()
        click.echo(f"{listener.received} received, {listener.bad} of them bad.")


class _Listener:
    """Judges, shows, records and answers each request."""

    def __init__(self, secret: str | None, *, quiet: bool, count: int | None) -> None:
        self.secret = secret
        self.recording: IO[bytes] | None = None
        self.received = self.bad = 0
        self.done = asyncio.Event()
        self._quiet = quiet
        self._count = count
        self._clock = SystemClock()
        # Of one secret, all recordings replace the same id by the same.
        self._redactor = Redactor(parse_secret(secret) if secret else secrets.token_bytes(32))

    async def handle(self, request: Received) -> Reply:
        """Answer one request."""
        if request.method != "POST":
            click.echo(f"{request.method} {printable(request.target)} answered 405: a webhook is a POST")
            return Reply(405, (("allow", "POST"),))
        self.received += 1
        try:
            return self._judge(request)
        finally:
            if self._count is not None and self.received >= self._count:
                asyncio.get_running_loop().call_soon(self.done.set)

    def _judge(self, request: Received) -> Reply:
        now = self._clock.now()
        verified, problems = self._verified(request, now)
        try:
            event: Any = json.loads(request.body)
            invalid = [str(violation) for violation in validate(event)]
            event_type = str(event.get("type", "(no type)")) if isinstance(event, dict) else "(no object)"
        except (ValueError, RecursionError):
            event, event_type, invalid = None, f"({len(request.body)} bytes)", ["not JSON"]
        if self.recording is not None:
            self.recording.write(
                self._redactor.line(request.headers, request.body, at=now, verified=verified)
            )
            self.recording.flush()
        status = 401 if problems else 400 if event is None else 200
        self.bad += bool(problems or invalid)
        self._show(request, event, event_type, status, verified, [*problems, *invalid])
        return Reply(status)

    def _verified(self, request: Received, now: float) -> tuple[bool | None, list[str]]:
        if self.secret is None:
            return None, []
        try:
            verify(self.secret, request.headers, request.body, now=now)
        except SignatureError as error:
            return False, [" ".join(part for part in (error.what, error.next_step) if part)]
        return True, []

    def _show(
        self,
        request: Received,
        event: Any,
        event_type: str,
        status: int,
        verified: bool | None,
        problems: list[str],
    ) -> None:
        headers = {name.lower(): value for name, value in request.headers}
        words = {True: "verified", False: "not verified", None: "unverified"}[verified]
        state = click.style(f"{words}, {'not ' if problems else ''}valid", fg="red" if problems else "green")
        if verified is False:
            state = click.style(words, fg="red")
        click.echo(
            f"{time.strftime('%H:%M:%S')} {click.style(printable(event_type), bold=True)}"
            f" {printable(headers.get('svix-id', '(no svix-id)'))} {state}, answered {status}"
        )
        for problem in problems:
            click.echo(f"  {click.style('-', fg='red')} {printable(problem)}")
        if event is not None and not self._quiet:
            text = json.dumps(event, indent=2, ensure_ascii=False)
            cut = f"\n  ... {len(text) - _SHOWN} characters more" if len(text) > _SHOWN else ""
            click.echo("\n".join(f"  {printable(line)}" for line in text[:_SHOWN].splitlines()) + cut)
