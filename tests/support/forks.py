"""Runs of pytest and adakit, each in a process of its own, forked from one which has imported the kit already.

Starting Python and importing the kit, pytest and the frameworks takes longer than most runs of the plugin's tests.
A fork has all that at once, and everything else as ``python -m pytest`` has it: its own modules, environment,
folder, standard streams and exit code. So do the workers of pytest-xdist, which start `sys.executable`: here that is a script that
asks for a fork. What a run imports is tested elsewhere (plugin/test_cost.py), in processes that are started anew,
and the commands as they are installed by packaging/test_installed.py.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from _pytest.config import default_plugins

import ada_contract_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ForkServer:
    """The process that forks. Close it, and it ends.

    ``commands`` is a folder with ``pytest`` and ``adakit``, which run in forks what is asked of them.
    """

    def __init__(self) -> None:
        self._place = Path(tempfile.mkdtemp(prefix="forks"))
        self.commands = self._place / "commands"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(self._place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )
        self._process.stdout.readline()  # it listens

    def pytest(self, *args: str, folder: Path, output: Path, errors: Path, timeout: float) -> int:
        """Run pytest in that folder with the environment of the caller; return its exit code."""
        request = {
            "args": ["pytest", *args],
            "folder": str(folder),
            "environment": {**os.environ, "PYTHONPATH": str(folder)},
            "output": str(output),
            "errors": str(errors),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        watch = threading.Timer(timeout, os.kill, (pid, signal.SIGKILL))
        watch.start()
        code = int(self._process.stdout.readline())
        watch.cancel()
        assert code >= 0, f"pytest {' '.join(args)}: killed by signal {-code}"
        return code

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)
        shutil.rmtree(self._place)


COMMON = (
    "pdb",
    "readline",
    "secrets",
    "unittest",
    "execnet",
    "ada_mockserver.mock.assembly",
    "django.core.wsgi",
    "fastapi",
    "flask",
    "svix.webhooks",
)
"""What else many runs import. Not pytest-xdist: of a plugin that is there before it is named, pytest warns."""

ASKED_FOR = ("ada_contract_tests.schemathesis", "ada_contract_tests.fuzz")
"""Modules of ours that few runs import, with Schemathesis and with Hypothesis."""

STAND_IN = """#!{python} -IS
# Stands for a command: what it is asked for is done by a fork, to which it passes on what would end it.
# Of Python that is `-u -c CODE` alone.
import json, os, signal, socket, sys
name, *args = sys.argv
if os.path.basename(name) == "python" and args[:2] != ["-u", "-c"]:
    os.execv({python!r}, [{python!r}, *args])
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    request = {{"args": [name, *args], "folder": os.getcwd(), "environment": dict(os.environ)}}
    request = json.dumps(request).encode()
    socket.send_fds(asked, [len(request).to_bytes(4, "big")], [0, 1, 2])
    asked.sendall(request)
    os.close(0)
    os.close(1)
    answers = asked.makefile()
    fork = int(answers.readline())
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, _: os.kill(fork, number))
    code = int(answers.readline() or 1)
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


def serve(place: Path) -> Callable[[], object]:
    """Fork for every line of the standard input; in a fork, return what it is for."""
    kit = pkgutil.walk_packages(ada_contract_tests.__path__, f"{ada_contract_tests.__name__}.")
    own = (module.name for module in kit if not module.name.startswith(ASKED_FOR))
    for name in (*own, *(f"_pytest.{name}" for name in default_plugins), *COMMON):
        importlib.import_module(name)
    ada_contract_tests.all_cases()  # what is read once a process is read once for all runs
    gc.freeze()  # a fork need not look through what is here already
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place / "asked"))
    listener.listen()
    code = STAND_IN.format(python=sys.executable, address=str(place / "asked"))
    (place / "commands").mkdir()
    for name in ("python", "commands/pytest", "commands/adakit"):
        (place / name).write_text(code, encoding="utf-8")
        (place / name).chmod(0o700)
    ended, alive = os.pipe()
    if not os.fork():
        os.close(alive)
        return serve_commands(listener, ended)
    report(os.getpid())
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            request = json.loads(line)
            streams = (os.devnull, request["output"], request["errors"])
            become(request, [os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600) for name in streams])
            sys.executable = str(place / "python")
            sys.path.insert(0, request["folder"])
            return pytest.main
        report(pid)
        report(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    sys.exit()


def serve_commands(listener: socket.socket, ended: int) -> Callable[[], object]:
    """Fork for every connection; return in the fork, and end when the process that forks pytest does.

    In between stands a process that waits for the fork, and tells the connection its exit code.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        if ended in select.select([listener, ended], [], [])[0]:
            sys.exit()
        asked, _ = listener.accept()
        if os.fork():
            asked.close()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        size, streams, _, _ = socket.recv_fds(asked, 4, 3)
        request = json.loads(asked.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
        pid = os.fork()
        if pid:
            asked.sendall(f"{pid}\n".encode())
            asked.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
            os._exit(0)
        asked.close()
        become(request, streams)
        name, args = Path(sys.argv[0]).name, sys.argv[1:]
        if name == "python":
            sys.argv = ["-c"]
            sys.path.insert(0, request["folder"])
            return lambda: exec(args[2], {})  # noqa: S102 - as `python -c` does
        sys.argv[0] = name
        return pytest.main if name == "pytest" else importlib.import_module("adakit.cli").main


def report(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def become(request: dict, streams: Sequence[int]) -> None:
    """Take the place, the environment and the standard streams of what is asked for."""
    for number, file in enumerate(streams):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False, errors="backslashreplace")
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["args"]
    own = str(Path(__file__).parents[1])
    sys.path.remove(own)


def run(work: Callable[[], object]) -> NoReturn:
    """Do it and exit as Python does, but for giving back its memory, which would copy what a fork shares."""
    try:
        code = work()
    except SystemExit as exit_:
        code = exit_.code
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(int(code or 0))


if __name__ == "__main__":
    run(serve(Path(sys.argv[1])))
