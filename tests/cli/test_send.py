"""``adakit send``, to an endpoint in a thread that keeps what it gets."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from ada_mockserver.delivery import keepalive
from ada_mockserver.delivery.response_parser import Failure
from ada_mockserver.delivery.signing import verify
from support.command_line import SECRET, CommandLine

ENDED = "conversation.ended"


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path)


@pytest.fixture
def sending(adakit, endpoint):
    def send(*arguments, **options):
        outcome = adakit("send", "--to", endpoint.url, *arguments, ADA_WEBHOOK_SECRET=SECRET, **options)
        return replace(outcome, out=outcome.out.replace(endpoint.url, "URL"))

    return send


def bodies(endpoint):
    return [body for _, body in endpoint.requests]


def test_an_event(adakit, endpoint, sending):
    """An event is sent, signed, as `generate` prints it, and its outcome is a line."""
    outcome = sending(ENDED, "--seed", 5)
    assert (outcome.code, outcome.err) == (0, "")
    ((headers, body),) = endpoint.requests
    assert body.decode() + "\n" == adakit("generate", ENDED, "--seed", 5).out
    verify(SECRET, dict(headers), body, now=float(headers["svix-timestamp"]))
    assert re.fullmatch(
        r"v1\.conversation\.ended          200 in \d+ ms  conversation\.ended 1\n1 of 1 delivered to URL\n",
        outcome.out,
    )


def test_a_drawn_seed(adakit, endpoint, sending):
    """Without a seed the drawn one is told, and repeats the bytes under another svix-id."""
    seed = sending(ENDED).err.split()[-1]
    sending(ENDED, "--seed", seed)
    first, second = endpoint.requests
    assert first[1] == second[1]
    assert first[0]["svix-id"] != second[0]["svix-id"]


def test_a_scenario(adakit, endpoint, sending):
    """The events of a scenario are sent in their order."""
    sending("handoff", "--seed", 5)
    printed = adakit("generate", "handoff", "--seed", 5).out
    assert [body.decode() for body in bodies(endpoint)] == printed.splitlines()


@pytest.mark.parametrize("count", [5, 50])
def test_same_seed_same_bytes_with_any_concurrency(adakit, endpoint, sending, count):
    """However many connections there are, the bytes are those of `generate`, and each story in its order."""
    printed = adakit("generate", "traffic", "--seed", 5, "-n", count).out.encode().splitlines()
    assert len(set(printed)) == len(printed)
    for concurrency in (1, 7):
        endpoint.requests = []
        assert sending("traffic", "--seed", 5, "-n", count, "--concurrency", concurrency).code == 0
        assert sorted(bodies(endpoint)) == sorted(printed)
        ids = [headers["svix-id"] for headers, _ in endpoint.requests]
        assert len(set(ids)) == len(ids)
        sent = {}
        for body in bodies(endpoint):
            data = json.loads(body)["data"]
            sent.setdefault(data.get("end_user_id"), []).append(printed.index(body))
        sent.pop(None, None)  # changes of the configuration are about nobody
        assert len(sent) > 3
        assert all(places == sorted(places) for places in sent.values())


def test_a_case(adakit, endpoint, sending):
    """A case is sent as the check sends it, hostile bytes too."""
    sending("conversation.created", "--case", "any/body:malformed-json:text")
    assert bodies(endpoint) == [b"upstream timed out"]


def test_an_event_without_a_type(adakit, endpoint, sending):
    """An event whose type was taken away is sent all the same."""
    outcome = sending(ENDED, "--unset", "type")
    assert outcome.code == 0
    assert outcome.out.startswith("(no type)  ")
    assert "type" not in json.loads(bodies(endpoint)[0])


def test_headers(adakit, endpoint, sending):
    """Further headers are sent, and replace usual ones of the same name."""
    sending(ENDED, "-H", "User-Agent: mine", "-H", "x-a: 1")
    headers = [(name.lower(), value) for name, value in endpoint.requests[0][0].items()]
    assert [value for name, value in headers if name == "user-agent"] == ["mine"]
    assert ("x-a", "1") in headers


def test_unsigned(adakit, endpoint, sending):
    """With --secret none requests have no signature."""
    assert sending(ENDED, "--secret", "none").code == 0
    assert "svix-signature" not in endpoint.requests[0][0]


# --- payloads ---


def test_a_payload_is_sent_byte_for_byte(adakit, endpoint, sending):
    """A file is sent as it is, whatever it holds."""
    for content in (b'{"a":1}\n', b"\xff\x00", b"", b"{\n}\n", b'{"a":1}\n{"b":'):
        (adakit.folder / "file").write_bytes(content)
        assert sending("--payload", "file").code == 0
        assert bodies(endpoint).pop() == content
        endpoint.requests.clear()


def test_lines_of_json(adakit, endpoint, sending):
    """What `generate` prints is sent a line at a time, so that one can be piped into the other."""
    printed = adakit("generate", "handoff", "--seed", 5).out
    outcome = sending("--payload", "-", stdin=printed.encode())
    assert outcome.code == 0
    assert [body.decode() for body in bodies(endpoint)] == printed.splitlines()


def test_a_payload_many_times(adakit, endpoint, sending):
    """With -n a file is sent so often."""
    (adakit.folder / "file").write_bytes(b"{}")
    sending("--payload", "file", "-n", 3)
    assert bodies(endpoint) == [b"{}"] * 3


def test_many_are_counted(adakit, endpoint, sending):
    """Beyond forty, deliveries are counted in place of shown."""
    assert len(sending(ENDED, "-n", 40).out.splitlines()) == 41
    assert sending(ENDED, "-n", 41).out.startswith("41 of 41 delivered to ")


# --- failures ---


def test_a_refusal(adakit, endpoint, sending):
    """An answer other than 2xx is a failed delivery, exit code 1."""
    endpoint.outcome = 500
    outcome = sending(ENDED)
    assert outcome.code == 1
    assert outcome.out.endswith("0 of 1 delivered to URL\n")


def test_a_dropped_connection(adakit, endpoint, sending):
    """A delivery without an answer is a failed one, and says why."""
    endpoint.outcome = 0
    outcome = sending(ENDED)
    assert outcome.code == 1
    assert re.search(
        r"\nfirst failure: 127\.0\.0\.1:\d+ closed the connection without answering \(after 0\.\d\d s\)\.\n$",
        outcome.out,
    )


@pytest.mark.parametrize(
    ("kind", "step", "shown"),
    [
        ("tls", "Name the authority's file with --cacert.", "Name the authority's file with --cacert."),
        ("dns", "", "Is the service running, and the URL right?"),
        ("refused", "", "Is the service running, and the URL right?"),
    ],
)
def test_no_connection(sending, monkeypatch, kind, step, shown):
    """Where no connection can be made, exit code 3 and a next step."""

    async def no_way(_):
        raise Failure(kind, "is no way", step)

    monkeypatch.setattr(keepalive, "connect", no_way)
    outcome = sending(ENDED, "-n", 100)
    assert (outcome.code, outcome.out) == (3, "")
    assert re.search(
        rf"adakit: 127\.0\.0\.1:\d+ is no way \(after \d\.\d\d s\)\.\n  {re.escape(shown)}\n$", outcome.err
    )


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
def test_what_cannot_be_sent(adakit, endpoint, sending, arguments, error):
    """What is wrong is said in one line, and nothing is sent."""
    outcome = sending(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.partition("adakit: ")[2].startswith(error)
    assert endpoint.requests == []


def test_no_secret(adakit):
    """Without a secret both ways to give one are named, and the URL, which may hold credentials, is not."""
    outcome = adakit("send", ENDED, "--to", "http://me:pw@h/")
    assert outcome.code == 2
    assert outcome.err == (
        "adakit: No secret to sign the requests with.\n"
        "  Give it with --secret or in ADA_WEBHOOK_SECRET; --secret none sends them unsigned.\n"
    )


@pytest.mark.parametrize("url", ["https://h/", "HTTPS://h/"])
def test_certificates(adakit, url):
    """The certificates' file is read before anything is sent, however the scheme is written."""
    outcome = adakit("send", ENDED, "--to", url, "--cacert", "no.pem", "--secret", SECRET)
    assert outcome.code == 2
    assert outcome.err == "adakit: The file 'no.pem' cannot be read: No such file or directory.\n"


@pytest.mark.parametrize("option", ["--rate", "--duration", "--timeout"])
@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1"])
def test_numbers(adakit, endpoint, sending, option, value):
    """Rates and times are finite and above zero."""
    outcome = sending(ENDED, option, value)
    assert outcome.code == 2
    assert f"Invalid value for '{option}'" in outcome.err
