"""The commands that a failure names: what failed under pytest fails with them too."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys

import pytest

EXAMPLE = "conversation.ended/example:documented"
STATUS = "conversation.ended/status:200"

FORGETFUL = """
import json

from ada_contract_tests.engine import witness
from plain_shop import app as shop

witness.QUIET = 0.1  # what comes late is not the matter here

seen = []

async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/_seen":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(seen).encode()})
    else:
        ids = [value.decode() for name, value in scope.get("headers", ()) if name == b"svix-id"]
        seen.extend({"svix_id": each, "type": "", "status": "rejected"} for each in ids)
        await shop(scope, receive, send)

def entries():
    return seen
"""

WITNESS = "import pytest\n\n@pytest.fixture(scope='session')\ndef ada_witness():\n    return {}\n"


def command(run, case):
    """The line behind ``or`` of a failure, which repeats it without pytest; None if there is none."""
    lines = [line.removeprefix("  or         ") for line in run.failure(case) if line.startswith("  or ")]
    return lines[0] if lines else None


def repeated(project, line):
    """The exit code of such a line, and what it printed."""
    name, *arguments = shlex.split(line)
    assert name == "adakit"
    with contextlib.chdir(project.path):
        done = subprocess.run(
            [sys.executable, "-m", "adakit", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("status", "case", "configured", "rule", "option"),
    [
        pytest.param("200", EXAMPLE, {"ada_seen_url": "/_seen"}, "ADA601", "--seen-url /_seen", id="witness"),
        pytest.param("202", STATUS, {"ada_accept": "200"}, "ADA401", "--accept 200", id="accept"),
        pytest.param("202", STATUS, {"ada_strict": "true"}, "ADA401", "--strict", id="strict"),
    ],
)
def test_what_judged_is_in_the_command(project, status, case, configured, rule, option):
    """Options that decide whether a case fails are in the command that repeats it, wherever they stand."""
    project.add("plain_shop.py", ("return 200", f"return {status}"))
    project.write("forgetful.py", FORGETFUL)
    project.configure("forgetful:app", **configured)
    run = project.run(f"pyproject.toml::{case}")
    assert run.cases("FAILED") == [case]
    line = command(run, case)
    assert option in line
    code, said = repeated(project, line)
    assert code == 1
    assert rule in said


def test_witness_fixture_as_a_path(project):
    """A path that the fixture gives is in the command too."""
    project.add("plain_shop.py")
    project.write("forgetful.py", FORGETFUL)
    project.write("conftest.py", WITNESS.format(repr("/_seen")))
    project.configure("forgetful:app")
    line = command(project.run(f"pyproject.toml::{EXAMPLE}"), EXAMPLE)
    assert "--seen-url /_seen" in line


def test_witness_function(project):
    """Where a function is the witness no command can ask it: the only one is pytest's."""
    project.add("plain_shop.py")
    project.write("forgetful.py", FORGETFUL)
    project.write("conftest.py", f"import forgetful\n{WITNESS.format('forgetful.entries')}")
    project.configure("forgetful:app")
    run = project.run(f"pyproject.toml::{EXAMPLE}")
    assert run.cases("FAILED") == [EXAMPLE]
    assert command(run, EXAMPLE) is None
