"""The bounds of one try: what it may write and reach, how long it may take, how much memory it may take."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["Broken", "bounded", "confined", "require"]

SECONDS = 5.0
"""Processor time that one try may take."""
MEMORY = 100 * 1024
"""KiB by which one try may grow the process."""
HANGS = 20
"""Seconds after which a try is interrupted; the process ends after three times as many."""


class Broken(AssertionError):  # noqa: N818 - a promise is broken; that is no error of the fuzzer
    """A promise that was broken; ``kind`` is the same for the same promise, whatever the input."""

    def __init__(self, kind: str, what: str = "") -> None:
        self.kind = kind
        super().__init__(f"{kind}\n{what}" if what else kind)


class Escaped(BaseException):
    """A try reaches out of its folder. No handler of ours may swallow it."""


def require(held: object, kind: str, what: object = "") -> None:
    """Raise `Broken` unless the promise held."""
    if not held:
        raise Broken(kind, str(what))


_CHANGES = {"os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}
"""Events of the interpreter that change files, with the place of the path among their arguments."""
_FORBIDDEN = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_allowed: list[tuple[Path, ...]] = []
_hosts = ("127.0.0.1", "::1")


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _allowed:
        return
    path: Any = None
    if event == "open":
        path = arguments[0] if arguments[2] & _WRITING else None
    elif event in _CHANGES:
        path = arguments[_CHANGES[event]]
    elif event in _FORBIDDEN:
        raise Escaped(f"{event} {arguments[:1]}")
    elif event == "socket.connect" and arguments[1][0] not in _hosts:
        raise Escaped(f"{event} {arguments[1]}")
    if isinstance(path, str | bytes | os.PathLike) and os.fspath(path) != os.devnull:
        real = Path(os.path.realpath(os.fsdecode(path)))
        if not any(real.is_relative_to(folder) for folder in _allowed[-1]):
            raise Escaped(f"{event} {real}")


@contextlib.contextmanager
def confined(*folders: Path) -> Iterator[None]:
    """Let nothing be written outside of the folders, no process be started, no other machine be asked."""
    if _watch not in _installed:
        sys.addaudithook(_watch)
        _installed.append(_watch)
    _allowed.append(tuple(folder.resolve() for folder in folders))
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    except Escaped as escaped:
        raise Broken("something outside of what was asked for", str(escaped)) from None
    finally:
        sys.dont_write_bytecode = before
        _allowed.pop()


_installed: list[Any] = []


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Raise `Broken` for a try that takes too long or too much memory."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Broken("it takes too long", f"interrupted after {HANGS} s")

    size, began = _reset_peak(), time.process_time()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        faulthandler.dump_traceback_later(3 * HANGS, exit=True, file=sys.__stderr__)
        signal.setitimer(signal.ITIMER_REAL, HANGS)
        yield
        taken = time.process_time() - began
        grown = _peak() - size
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()
    require(taken < SECONDS, "it takes too long", f"{taken:.1f} s")
    require(grown < MEMORY, "it takes too much memory", f"{grown // 1024} MB")


def _reset_peak() -> int:
    """Forget the most memory that was held; returns what is held now, in KiB."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak()


def _peak() -> int:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:  # no Linux: memory is not measured
        return 0
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0])
