"""``adakit send``, with the wire replaced by one that keeps what it gets."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from ada_mockserver.delivery.http import Request, Response
from ada_mockserver.delivery.signing import verify
from ada_schemas.errors import WireError
from adakit import deliveries
from support.command_line import SECRET, CommandLine

ENDED, URL = "conversation.ended", "http://consumer.example/hook"


class FakeWire:
    """Answers with ``outcome``, a status or an error; the class keeps every request."""

    outcome = 200
    requests: ClassVar[list[Request]] = []

    def __init__(self, *, clock, ssl_context):
        self.clock = clock

    async def send(self, request, *, timeout):
        self.requests.append(request)
        if isinstance(self.outcome, WireError):
            raise self.outcome
        return Response(self.outcome, (), b"", 0.001)


@pytest.fixture
def wire(monkeypatch):
    monkeypatch.setattr(FakeWire, "outcome", 200)
    monkeypatch.setattr(FakeWire, "requests", [])
    monkeypatch.setattr(deliveries, "Wire", FakeWire)
    return FakeWire


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path)


def sending(adakit, *arguments, **options):
    return adakit("send", "--to", URL, *arguments, ADA_WEBHOOK_SECRET=SECRET, **options)


def bodies(wire):
    return [request.body for request in wire.requests]


def test_an_event(adakit, wire):
    """An event is sent, signed, as `generate` prints it, and its outcome is a line."""
    outcome = sending(adakit, ENDED, "--seed", 5)
    assert (outcome.code, outcome.err) == (0, "")
    (request,) = wire.requests
    assert request.url == URL
    assert request.body.decode() + "\n" == adakit("generate", ENDED, "--seed", 5).out
    headers = dict(request.headers)
    verify(SECRET, headers, request.body, now=float(headers["svix-timestamp"]))
    assert outcome.out == (
        "v1.conversation.ended          200 in 1 ms  conversation.ended 1\n"
        "1 of 1 delivered to http://consumer.example/hook\n"
    )


def test_a_drawn_seed(adakit, wire):
    """Without a seed the drawn one is told, and repeats the bytes under another svix-id."""
    seed = sending(adakit, ENDED).err.split()[-1]
    sending(adakit, ENDED, "--seed", seed)
    first, second = wire.requests
    assert first.body == second.body
    assert dict(first.headers)["svix-id"] != dict(second.headers)["svix-id"]


def test_a_scenario(adakit, wire):
    """The events of a scenario are sent in their order."""
    sending(adakit, "handoff", "--seed", 5)
    printed = adakit("generate", "handoff", "--seed", 5).out
    assert [body.decode() for body in bodies(wire)] == printed.splitlines()


def test_a_case(adakit, wire):
    """A case is sent as the check sends it, hostile bytes too."""
    sending(adakit, "conversation.created", "--case", "any/body:malformed-json:text")
    assert bodies(wire) == [b"upstream timed out"]


def test_an_event_without_a_type(adakit, wire):
    """An event whose type was taken away is sent all the same."""
    outcome = sending(adakit, ENDED, "--unset", "type")
    assert outcome.code == 0
    assert outcome.out.startswith("(no type)  ")
    assert "type" not in json.loads(bodies(wire)[0])


def test_headers(adakit, wire):
    """Further headers are sent, and replace usual ones of the same name."""
    sending(adakit, ENDED, "-H", "User-Agent: mine", "-H", "x-a: 1")
    headers = [(name.lower(), value) for name, value in wire.requests[0].headers]
    assert [value for name, value in headers if name == "user-agent"] == ["mine"]
    assert ("x-a", "1") in headers


def test_unsigned(adakit, wire):
    """With --secret none requests have no signature."""
    assert sending(adakit, ENDED, "--secret", "none").code == 0
    assert "svix-signature" not in dict(wire.requests[0].headers)


# --- payloads ---


def test_a_payload_is_sent_byte_for_byte(adakit, wire):
    """A file is sent as it is, whatever it holds."""
    for content in (b'{"a":1}\n', b"\xff\x00", b"", b"{\n}\n", b'{"a":1}\n{"b":'):
        (adakit.folder / "file").write_bytes(content)
        assert sending(adakit, "--payload", "file").code == 0
        assert bodies(wire).pop() == content
        wire.requests.clear()


def test_lines_of_json(adakit, wire):
    """What `generate` prints is sent a line at a time, so that one can be piped into the other."""
    printed = adakit("generate", "handoff", "--seed", 5).out
    outcome = sending(adakit, "--payload", "-", stdin=printed.encode())
    assert outcome.code == 0
    assert [body.decode() for body in bodies(wire)] == printed.splitlines()


def test_a_payload_many_times(adakit, wire):
    """With -n a file is sent so often."""
    (adakit.folder / "file").write_bytes(b"{}")
    sending(adakit, "--payload", "file", "-n", 3)
    assert bodies(wire) == [b"{}"] * 3


def test_many_are_counted(adakit, wire):
    """Beyond forty, deliveries are counted in place of shown."""
    assert len(sending(adakit, ENDED, "-n", 40).out.splitlines()) == 41
    assert sending(adakit, ENDED, "-n", 41).out.startswith("41 of 41 delivered to ")


# --- failures ---


def test_a_refusal(adakit, wire):
    """An answer other than 2xx is a failed delivery, exit code 1."""
    wire.outcome = 500
    outcome = sending(adakit, ENDED)
    assert outcome.code == 1
    assert outcome.out.endswith("0 of 1 delivered to http://consumer.example/hook\n")


def test_a_dropped_connection(adakit, wire):
    """A delivery without an answer is a failed one, and says why."""
    wire.outcome = WireError("It hung up.", kind="dropped")
    outcome = sending(adakit, ENDED)
    assert outcome.code == 1
    assert outcome.out.endswith("first failure: It hung up.\n")


@pytest.mark.parametrize(
    ("kind", "step", "shown"),
    [
        ("tls", "Name the authority's file with --cacert.", "Name the authority's file with --cacert."),
        ("dns", "", "Is the service running, and the URL right?"),
        ("refused", "", "Is the service running, and the URL right?"),
    ],
)
def test_no_connection(adakit, wire, kind, step, shown):
    """Where no connection can be made, exit code 3 and a next step."""
    wire.outcome = WireError("No way.", kind=kind, next_step=step)
    outcome = sending(adakit, ENDED)
    assert outcome.code == 3
    assert outcome.err.endswith(f"adakit: No way.\n  {shown}\n")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "Nothing to send.\n"),
        (["nope"], "There is no event and no scenario 'nope'.\n"),
        ([ENDED, "--set", "nope.x=1"], "The path 'nope.x' leads nowhere: there is no 'nope'.\n"),
        ([ENDED, "--locale", "xx"], "There are no personas for the locale 'xx'.\n"),
        ([ENDED, "--case", "nope"], "There is no case 'nope'.\n"),
        (
            [ENDED, "--case", f"{ENDED}/signature:unsigned"],
            f"{ENDED}/signature:unsigned is about the delivery, ",
        ),
        ([ENDED, "-H", "nocolon"], "'nocolon' is not a header.\n"),
        ([ENDED, "--secret", "whsec_%"], "The signing secret is not base64: it holds "),
        ([ENDED, "--secret", ""], "The signing secret is empty.\n"),
        (["--payload", "no"], "no does not exist.\n"),
        (["--payload", "."], ". is a directory, not a file.\n"),
        ([ENDED, "--payload", "no"], "--payload sends a file as it is; "),
    ],
)
def test_what_cannot_be_sent(adakit, wire, arguments, error):
    """What is wrong is said in one line, and nothing is sent."""
    outcome = sending(adakit, *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.partition("adakit: ")[2].startswith(error)
    assert wire.requests == []


def test_no_secret(adakit, wire):
    """Without a secret both ways to give one are named, and the URL, which may hold credentials, is not."""
    outcome = adakit("send", ENDED, "--to", "http://me:pw@h/")
    assert outcome.code == 2
    assert outcome.err == (
        "adakit: No secret to sign the requests with.\n"
        "  Give it with --secret or in ADA_WEBHOOK_SECRET; --secret none sends them unsigned.\n"
    )


@pytest.mark.parametrize("url", ["https://h/", "HTTPS://h/"])
def test_certificates(adakit, wire, url):
    """The certificates' file is read before anything is sent, however the scheme is written."""
    outcome = adakit("send", ENDED, "--to", url, "--cacert", "no.pem", "--secret", SECRET)
    assert outcome.code == 2
    assert outcome.err == "adakit: The file 'no.pem' cannot be read: No such file or directory.\n"


@pytest.mark.parametrize("option", ["--rate", "--duration", "--timeout"])
@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1"])
def test_numbers(adakit, wire, option, value):
    """Rates and times are finite and above zero."""
    outcome = sending(adakit, ENDED, option, value)
    assert outcome.code == 2
    assert f"Invalid value for '{option}'" in outcome.err
