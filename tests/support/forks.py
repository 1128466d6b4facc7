"""Runs of pytest, each in a process of its own that is forked from one which has imported the kit already.

Starting Python and importing the kit and pytest takes longer than most runs of the plugin's tests. A fork has
both at once, and everything else as ``python -m pytest`` has it: its own modules, environment, folder, standard
streams and exit code. What a run imports is tested elsewhere (test_cost.py), in processes that are started anew.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import ada_contract_tests


class ForkServer:
    """The process that forks. Close it, and it ends."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )

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


def serve() -> None:
    """Fork for every line of the standard input; in a fork, return once it is ready to be pytest."""
    for module in pkgutil.walk_packages(ada_contract_tests.__path__, f"{ada_contract_tests.__name__}."):
        importlib.import_module(module.name)
    ada_contract_tests.all_cases()  # what is read once a process is read once for all runs
    gc.freeze()  # a fork need not look through what is here already
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            return become(json.loads(line))
        report(pid)
        report(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    sys.exit()


def report(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def become(request: dict) -> None:
    """Take the place, the environment and the standard streams of the run that is asked for."""
    for number, name in enumerate((os.devnull, request["output"], request["errors"])):
        file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["args"]
    own = str(Path(__file__).parents[1])
    sys.path[:] = [request["folder"], *(place for place in sys.path if place not in ("", own))]


if __name__ == "__main__":
    serve()
    sys.exit(pytest.main())
