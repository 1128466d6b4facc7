"""Tests whose clock stands still, and tests that may open no socket."""

from __future__ import annotations

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

FROZEN = """
import time

import pytest
from ada_mockserver import verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MOMENT = 1_704_164_645.0

@pytest.mark.ada(events="conversation.ended", rules="ADA101")
def test_case(ada_case, monkeypatch):
    before = ada_case.headers
    assert ada_case.headers is before
    monkeypatch.setattr(time, "time", lambda: MOMENT)
    verify(SECRET, ada_case.headers, ada_case.body, now=MOMENT)
    assert ada_case.headers["svix-id"] == before["svix-id"]
    ada_case.check(200)

def test_event(ada_event, monkeypatch):
    event = ada_event("conversation.ended")
    monkeypatch.setattr(time, "time", lambda: MOMENT)
    verify(SECRET, event.headers, event.body, now=MOMENT)

@pytest.mark.ada(events="conversation.created", rules="ADA101")
def test_signed_too_early(ada_case, monkeypatch):
    if ada_case.id.endswith("documented"):
        monkeypatch.setattr(time, "time", lambda: MOMENT - 3600)
        assert ada_case.headers
        monkeypatch.setattr(time, "time", lambda: MOMENT)
        ada_case.check(401)

@pytest.mark.ada(events="conversation.message", rules="ADA101")
def test_signed_by_a_clock_of_its_own(ada_case, monkeypatch):
    if ada_case.id.endswith("documented"):
        monkeypatch.setattr(time, "time", lambda: MOMENT)
        assert ada_case.headers
        ada_case.check(401)
"""


def test_a_frozen_clock(plain):
    """Requests are signed at the moment of use; a refusal for two clocks says that they differ."""
    plain.write("test_shop.py", FROZEN)
    run = plain.run("test_shop.py", "--ada-secret", SECRET)
    assert [name.partition("::")[2] for name, found in run.outcomes.items() if found == "FAILED"] == [
        "test_signed_too_early[conversation.created/example:documented]",
        "test_signed_by_a_clock_of_its_own[conversation.message/example:documented]",
    ]
    said = " ".join(line.removeprefix("E").strip() for line in run.lines)
    assert (
        "The clocks differ: the request was signed at 2024-01-02T02:04:05Z, and the clock of this test stands"
        " at 2024-01-02T03:04:05Z. Read the headers where the clock is frozen, not before." in said
    )
    assert (
        "The clocks may differ: that of this process stands at 2024-01-02T03:04:05Z, by which requests are"
        " signed, and that of the machine at " in said
    )


GUARD = """
import socket

class Guarded(socket.socket):
    def __new__(cls, family=-1, *args, **options):
        if family != socket.AF_UNIX or FORBIDS_ALL:
            raise RuntimeError("no sockets in tests")
        return super().__new__(cls, family, *args, **options)

def pytest_runtest_setup():
    socket.socket = Guarded
"""
OWN = "def test_own():\n    pass\n"


def test_sockets_are_forbidden(plain):
    """The first case fails with a sentence, the others are left out, and the project's own tests run."""
    plain.write("conftest.py", f"FORBIDS_ALL = True\n{GUARD}")
    plain.write("test_own.py", OWN)
    run = plain.run("--ada-select", "ADA101", "--ada-events", "conversation.ended")
    assert list(run.outcomes.values()) == ["FAILED", "SKIPPED", "PASSED"]
    assert (
        "adakit: No delivery can be made here, since sockets are guarded: RuntimeError: no sockets in tests"
        " (conftest.py:8)." in run.text
    )
    assert "With pytest-socket, add --allow-unix-socket (and --allow-hosts=127.0.0.1 for a URL)." in run.text


def test_the_network_is_forbidden(plain):
    """An application in process needs none; for a URL the first case fails with a sentence."""
    plain.write("conftest.py", f"FORBIDS_ALL = False\n{GUARD}")
    plain.write("test_own.py", OWN)
    options = ("--ada-select", "ADA101", "--ada-events", "conversation.ended")
    assert set(plain.run(*options).outcomes.values()) == {"PASSED"}
    run = plain.run(*options, "--ada-target", "http://127.0.0.1:9/hook", "--ada-secret", SECRET)
    assert list(run.outcomes.values()) == ["FAILED", "SKIPPED", "PASSED"]
    assert (
        "127.0.0.1:9 cannot be reached, since sockets are guarded here (RuntimeError: no sockets in tests)"
        in run.text
    )
