"""The GitHub action, step by step."""

from __future__ import annotations

import json
import socket
import sys

import pytest

from support.actions import ACTION, run_action

SERVICE = """
import socket, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from adakit.demo.consumer import Consumer

consumer = Consumer()

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(consumer.answer("POST", self.path, tuple(self.headers.items()), body))
        self.send_header("content-length", "0")
        self.end_headers()

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.server_activate()
print("the service listens", flush=True)
server.serve_forever()
"""


@pytest.fixture
def listening():
    """A bound socket, whose number a service is started with, and the address."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.fileno(), f"http://127.0.0.1:{bound.getsockname()[1]}"


def start(folder, number):
    """The command that starts the service, in a compound one as people write them."""
    (folder / "service.py").write_text(SERVICE, encoding="utf-8")
    return f"cd {folder} && {sys.executable} service.py {number}"


def test_good_service(listening, tmp_path):
    """It starts the service, which finds the secret, checks it, writes the summary, and ends it."""
    number, address = listening
    inputs = {
        "target": f"{address}/webhooks/ada",
        "start": start(tmp_path, number),
        "options": "--select ADA101,ADA302 --events conversation.*",
    }
    code, said = run_action(inputs, tmp_path, pass_fds=(number,))
    assert code == 0, said
    report = json.loads((tmp_path / "adakit-report.json").read_text())
    assert report["findings"] == []
    assert (tmp_path / "output.txt").read_text() == f"report={tmp_path}/adakit-report.json\n"
    assert "conversation.message" in (tmp_path / "summary.md").read_text()
    secret = next(line for line in said.splitlines() if line.startswith("::add-mask::whsec_"))
    assert said.count(secret.removeprefix("::add-mask::")) == 1


def test_bad_service(listening, tmp_path):
    """A finding fails the step with the exit code of the check, and shows what the service said."""
    number, address = listening
    inputs = {
        "target": f"{address}/elsewhere",
        "start": start(tmp_path, number),
        "options": "--select ADA101",
    }
    code, said = run_action(inputs, tmp_path, pass_fds=(number,))
    assert code == 1
    assert "the endpoint answers every ordinary event with 404" in said
    assert "::group::What the service said\nthe service listens\n" in said
    assert "404" in (tmp_path / "summary.md").read_text()


def test_no_service(listening, tmp_path):
    """Where nothing listens the step fails as the check does, once it has waited."""
    _, address = listening  # bound and not listening: it refuses
    code, said = run_action({"target": f"{address}/hooks", "wait": "0"}, tmp_path)
    assert code == 3
    assert "refused the connection" in said


def test_installation(listening, tmp_path):
    """The first step installs adakit from the action's own repository."""
    number, address = listening
    inputs = {
        "target": f"{address}/webhooks/ada",
        "start": start(tmp_path, number),
        "options": "--select ADA999",
    }
    code, said = run_action(inputs, tmp_path, install=True, pass_fds=(number,))
    assert (tmp_path / "adakit" / "bin" / "adakit").is_file()
    assert code == 2
    assert "There is no rule 'ADA999'." in said


def test_inputs_are_described():
    """Every input says what it is, and no step puts one into a script, where it could be code."""
    assert all(spec["description"] for spec in ACTION["inputs"].values())
    assert not any("${{" in step["run"] for step in ACTION["runs"]["steps"])
