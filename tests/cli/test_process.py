"""The installed command in a process of its own: pipes, signals, encodings and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ADAKIT = [sys.executable, "-m", "adakit"]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes and signals are POSIX's")


def adakit(*arguments, **environment):
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "ADA_WEBHOOK_SECRET")}
    return subprocess.run(
        [*ADAKIT, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**env, **environment},
        timeout=60,
        check=False,
    )


def test_the_module_and_the_command_are_one():
    """``python -m adakit`` is the command, under its own name."""
    done = adakit("check", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: adakit check ")


def test_exit_code_and_streams():
    """Errors go to standard error."""
    done = adakit("check")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("adakit: No target to check.\n")


@POSIX
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--list"],
        ["generate", "conversation", "-n", "200"],
        ["events"],
        ["check", "adakit.demo.consumer:app", "--path", "/webhooks/ada", "--select", "ADA101"],
    ],
)
def test_a_reader_that_goes(arguments):
    """A reader that wants no more, such as head, ends the command without a word."""
    with subprocess.Popen(
        [*ADAKIT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        errors = process.stderr.read()
    assert process.returncode == 141
    assert [line for line in errors.splitlines() if not line.startswith("seed ")] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["events"], ["generate", "conversation", "--seed", "1"]])
def test_a_full_disk(arguments):
    """Output that cannot be written is one line and exit code 2."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*ADAKIT, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "adakit: The output cannot be written: No space left on device.\n"


@POSIX
def test_an_interruption(tmp_path):
    """Ctrl-C ends a run that waits for an answer at once, with exit code 130."""
    (tmp_path / "waits.py").write_text(
        "import asyncio\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] != 'http':\n"
        "        raise NotImplementedError\n"
        "    print('asked', flush=True)\n"
        "    await asyncio.Event().wait()\n",
        encoding="utf-8",
    )
    # A job in the background ignores Ctrl-C from the start, and so would what it starts.
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{listening}; from adakit.cli import main; main()"]
    with subprocess.Popen(
        [*command, "check", "waits:app"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip() == "Interrupted."


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "adakit.demo.consumer:app", "--path", "/webhooks/ada", "--select", "ADA101,ADA203"],
        ["check", "--explain", "ADA101"],
    ],
)
def test_a_terminal_that_shows_ascii_only(arguments):
    """Where the output cannot hold a character, its code is shown."""
    done = adakit(*arguments, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    "arguments",
    [["generate", "conversation.message", "--locale", "ja_JP", "--seed", "1"], ["schemas", "show", "bundle"]],
)
def test_data_is_utf_8(arguments):
    """Data is UTF-8, whatever the terminal can show."""
    done = adakit(*arguments, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == adakit(*arguments).stdout
    assert json.loads(done.stdout)
