"""Texts from outside on the command line: files, names of files, keys of documents, arguments, requests."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from ada_mockserver.clock import SystemClock
from ada_mockserver.delivery.signing import authentic_headers
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION
from adakit.commands.listen import Listener
from support.command_line import SECRET, CommandLine
from support.raw_server import closed_port

if TYPE_CHECKING:
    from pathlib import Path

RAW = "\x1b\x07\x9b\x7f\u200f\u202e\u2028\u2066"
MARK = f"{RAW[0]}]0;mark{RAW[1:]}"
LONG = MARK + "A" * 300_000
EVENT = json.dumps({"type": f"v1.{LONG}", "data": {LONG: LONG}}, ensure_ascii=False)
MEMBER = json.dumps(
    {"type": "v1.conversation.ended", "timestamp": LONG, "data": {LONG: LONG}}, ensure_ascii=False
)
DEEP = "[" * 100_000


@pytest.fixture
def adakit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> CommandLine:
    return CommandLine(monkeypatch, capsys, tmp_path)


def is_safe(*texts: str) -> None:
    text = "".join(texts)
    assert set(RAW) & set(text) == set()
    assert len(text) < 50_000
    assert "mark" in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([f"no{MARK}"], 2),
        (["check", f"--no{MARK}"], 2),
        (["check", "--jobs", MARK], 2),
        (["check", f"http://127.0.0.1/{MARK}", "--secret", "none"], 2),
        (["check", f"no_module_{MARK}:app"], 2),
        (["check", "x:app", "--case", MARK], 2),
        (["check", "x:app", "--events", MARK], 2),
        (["check", "--explain", MARK], 2),
        (["check", "x:app", "--report", f"json={MARK}/x"], 2),
        (["check", "x:app", "--ignores", MARK], 2),
        (["generate", MARK], 2),
        (["generate", "conversation.ended", "--set", f"data.{MARK}.x=1"], 2),
        (["send", "conversation.ended", "--to", f"http://127.0.0.1/{MARK}", "--secret", "none"], 2),
        (["replay", MARK, "--to", "http://127.0.0.1", "--secret", "none"], 2),
        (["sign", "--id", MARK, "--secret", SECRET], 2),
        (["schemas", "validate", MARK], 2),
        (["schemas", "diff", "--against", MARK], 2),
        (["schemas", "show", MARK], 2),
        (["serve", "--api-key", MARK], 2),
    ],
)
def test_arguments(adakit: CommandLine, arguments: list[str], code: int) -> None:
    """An argument is repeated in an error as it may be printed."""
    outcome = adakit(*arguments)
    assert outcome.code == code
    assert set(RAW) & set(outcome.out + outcome.err) == set()
    assert outcome.err.isprintable() or "\n" in outcome.err


SURROGATE = rb'{"type": "v1.conversation.message", "timestamp": "x", "data": {"content": {"type": "\ud800"}}}'


def test_a_lone_surrogate(adakit: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    """A text that has no form in UTF-8 is judged like any other, wherever it stands."""
    assert heard(capsys, SURROGATE)[0] == 200
    outcome = adakit("schemas", "validate", "-", stdin=SURROGATE)
    assert (outcome.code, outcome.out) == (0, "standard input: valid (v1.conversation.message)\n")
    outcome = adakit("schemas", "validate", "--closed", "-", stdin=SURROGATE)
    assert outcome.code == 1
    assert "  data.content: expected an object of type text," in outcome.out


def test_an_argument_forges_no_line(adakit: CommandLine) -> None:
    """A line break in an argument does not begin a line of its own."""
    for arguments in (
        ["a\nPASS"],
        ["events", "a\nPASS"],
        ["check", "--a\nPASS"],
        ["check", "a\nPASS:app"],
        ["generate", "a\nPASS"],
    ):
        assert "\nPASS" not in adakit(*arguments).err


@pytest.mark.parametrize(
    "arguments",
    [
        ["sign", f"--timestamp={SECRET}"],
        ["sign", SECRET, "--secret", SECRET],
        ["verify", "-H", SECRET],
        ["verify", "a", SECRET],
        ["listen", SECRET],
        ["replay", "a", f"--to=http://127.0.0.1/ {SECRET}", SECRET],
        [SECRET],
    ],
)
def test_a_secret_in_the_wrong_place(adakit: CommandLine, arguments: list[str]) -> None:
    """A secret that was given as something else is not repeated by the error."""
    outcome = adakit(*arguments)  # which looks for the secret
    assert outcome.code == 2
    assert "whsec_***" in outcome.err


@pytest.mark.parametrize("content", [EVENT, MEMBER, f"{EVENT}\n{MEMBER}\n"])
@pytest.mark.parametrize("options", [[], ["--json"], ["--closed"]])
def test_validate(adakit: CommandLine, content: str, options: list[str]) -> None:
    """What a payload holds, and how its file is called, steers no terminal and fills none."""
    (adakit.folder / f"a{MARK}").write_text(content)
    outcome = adakit("schemas", "validate", f"a{MARK}", *options)
    assert outcome.code in (0, 1)
    is_safe(outcome.out, outcome.err)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_observe(adakit: CommandLine, form: str) -> None:
    """Nor does what a recording holds."""
    (adakit.folder / "a").write_text(f"{EVENT}\n{MEMBER}\n")
    outcome = adakit("schemas", "observe", "a", "--format", form)
    assert outcome.code == 0
    is_safe(outcome.out, outcome.err)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_diff(adakit: CommandLine, form: str) -> None:
    """Nor do the keys and texts of a document."""
    document = (DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8")
    key = json.dumps(f"ended{MARK}")
    (adakit.folder / f"a{MARK}.yaml").write_text(document.replace(" ended_by:", f" {key}:"))
    outcome = adakit("schemas", "diff", "--against", f"a{MARK}.yaml", "--format", form)
    assert outcome.code == 1
    assert "ended_by" in outcome.out
    is_safe(outcome.out, outcome.err)


def test_replay(adakit: CommandLine) -> None:
    """Nor does the type of a recorded event."""
    (adakit.folder / "a").write_text(EVENT)
    with closed_port() as port:
        outcome = adakit("replay", "a", "--to", f"http://127.0.0.1:{port}", "--secret", SECRET)
    assert outcome.code == 3
    is_safe(outcome.out, outcome.err)


def heard(capsys: pytest.CaptureFixture[str], body: bytes, message_id: str = "msg_1") -> tuple[int, str]:
    """(status, what is printed) of a request to ``adakit listen``."""
    listener, sent = Listener(SECRET, quiet=False, count=None), []
    headers = authentic_headers([SECRET], message_id="msg_1", timestamp=int(SystemClock().now()), body=body)
    pairs = [(n.encode(), (message_id if n == "svix-id" else v).encode("latin-1")) for n, v in headers]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, int]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": pairs, "raw_path": b"/", "query_string": b""}
    asyncio.run(listener(scope, receive, send))  # type: ignore[arg-type]  # as much of ASGI as it takes
    return sent[0]["status"], capsys.readouterr().out


@pytest.mark.parametrize("body", [EVENT, MEMBER])
def test_listen(capsys: pytest.CaptureFixture[str], body: str) -> None:
    """Nor does a request that is received."""
    status, out = heard(capsys, body.encode())
    assert status == 200
    is_safe(out)


def test_listen_to_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor does its svix-id."""
    status, out = heard(capsys, b"{}", "\x1b]0;mark\x9b" + "A" * 50_000)
    assert status == 401
    is_safe(out)


@pytest.mark.parametrize(
    "body",
    [DEEP, '{"a":' * 100_000, "[" * 500 + "]" * 500, '{"a": 1e400}', '{"a": ' + "9" * 5_000 + "}", "NaN"],
)
def test_foreign_json(adakit: CommandLine, capsys: pytest.CaptureFixture[str], body: str) -> None:
    """JSON beyond all bounds is a line and the documented exit code, or an answer of 400."""
    assert heard(capsys, body.encode())[0] == 400
    (adakit.folder / "a").write_text(body)
    for arguments in (
        ["schemas", "validate", "a"],
        ["schemas", "observe", "a"],
        ["replay", "a", "--to", "http://127.0.0.1:9", "--secret", SECRET],
        ["schemas", "diff", "--against", "a"],
    ):
        outcome = adakit(*arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith("adakit: ")
        assert len(outcome.err) < 500
