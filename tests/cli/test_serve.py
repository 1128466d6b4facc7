"""``adakit serve``."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from functools import partial

import pytest

from ada_mockserver import verify
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION
from ada_schemas.contract.yaml_reader import parse_yaml
from support.command_line import CommandLine
from support.drift.edits import EDITS
from support.other_provider import doorbell, library

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def served(tmp_path, forks):
    """Starts a server in a process of its own, in the folder of the test."""
    return partial(serving, forks.commands / "adakit", tmp_path)


@contextlib.contextmanager
def serving(command, folder, *options, **environment):
    """A server: the process, and the lines that it says at its start, by what they begin with."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("ADA_")}
    process = subprocess.Popen(
        [command, "serve", "--port", "0", *options],
        cwd=folder,
        env={**env, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = {}
    try:
        for line in process.stdout:
            name, equals, value = line.strip().partition("=")
            if equals:
                said[name] = value
            said.setdefault("lines", []).append(line.strip())
            if line.startswith("Ctrl-C"):
                break
        yield process, said
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        said["out"], said["err"] = out, err


def call(said, path, key, body=None):
    """The status and the JSON of an answer."""
    request = urllib.request.Request(
        said["ADA_BASE_URL"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={} if key is None else {"authorization": f"Bearer {key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_ready_to_use(served):
    """What a client needs is printed: address, key and channel; it listens on loopback alone."""
    with served() as (_, said):
        assert said["ADA_BASE_URL"].startswith("http://127.0.0.1:")
        key = said["ADA_API_KEY"]
        assert key.startswith("mock-")
        status, talk = call(said, "/api/v2/conversations", key, {"channel_id": said["ADA_CHANNEL_ID"]})
        assert (status, talk["status"]) == (201, "active")
        assert call(said, "/api/v2/webhooks", "wrong")[0] == 401
        port = int(said["ADA_BASE_URL"].rpartition(":")[2])
        with open("/proc/net/tcp") as table:  # noqa: PTH123 - no file of ours
            listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
        assert [address for address in listening if address.endswith(f":{port:04X}")] == [
            f"0100007F:{port:04X}"
        ]
    assert said["err"] == ""


def test_secrets_stay_secret(served):
    """A key or a secret that was given is not printed, nor shown where no key is asked for."""
    options = ("--webhook", "http://127.0.0.1:9/hook", "--api-key", "my-own-key")
    with served(*options, ADA_WEBHOOK_SECRET=SECRET) as (_, said):
        (webhook,) = call(said, "/api/v2/webhooks", "my-own-key")[1]["data"]
        key = call(said, f"/api/v2/webhooks/{webhook['id']}/secret/", "my-own-key")[1]["key"]
        assert key == SECRET
        assert call(said, "/api/v2/channels", "my-own-key", {"name": SECRET})[0] == 400
        state = json.dumps(call(said, "/_mock/state", None)[1])
    assert "  ADA_API_KEY is the one that you gave" in [f"  {line}" for line in said["lines"]]
    for text in ("\n".join(said["lines"]), said["out"], said["err"], state):
        assert SECRET.removeprefix("whsec_") not in text
        assert "my-own-key" not in text


def test_cleared(served):
    """After clearing, what was said at the start holds: the channel, and the webhook with its id and secret."""
    with served("--webhook", "http://127.0.0.1:9/hook") as (_, said):
        key, channel = said["ADA_API_KEY"], said["ADA_CHANNEL_ID"]
        (webhook,) = call(said, "/api/v2/webhooks", key)[1]["data"]
        path = f"/api/v2/webhooks/{webhook['id']}/secret/"
        secret = call(said, path, key)[1]
        call(said, "/api/v2/webhooks", key, {"url": "http://127.0.0.1:9/other"})
        call(said, "/api/v2/conversations", key, {"channel_id": channel})
        assert call(said, "/_mock/clear", None, {})[1] == {
            "message": "Everything but the time and the chaos is forgotten."
            " What the server began with is there again."
        }
        state = call(said, "/_mock/state", None)[1]
        assert (state["counts"]["events"], state["counts"]["conversations"]) == (0, 0)
        assert [each["id"] for each in state["webhooks"]] == [webhook["id"]]
        assert call(said, path, key)[1] == secret
        assert call(said, "/api/v2/conversations", key, {"channel_id": channel})[0] == 201
    assert said["err"] == ""


def test_key_of_the_environment(served):
    """ADA_API_KEY is the key where none is given."""
    with served(ADA_API_KEY="from-outside") as (_, said):
        assert call(said, "/api/v2/webhooks", "from-outside")[0] == 200


def test_script_and_limits(served, tmp_path):
    """The script of a file is what answers, limits are Ada's where asked for, and who is called is said."""
    script = "default: [No.]\nhandoffs: {genesys: {url: http://127.0.0.1:9/genesys}}\n"
    (tmp_path / "script.yaml").write_text(script, encoding="utf-8")
    options = ("--script", "script.yaml", "--pace", "instant", "--rate-limits", "--api-key", "k")
    with served(*options, "--handoff-url", "http://127.0.0.1:9/start") as (_, said):
        assert said["lines"][-4:] == [
            "",
            "A handoff to genesys calls http://127.0.0.1:9/genesys",
            "A handoff to custom-handoff calls http://127.0.0.1:9/start",
            "Ctrl-C stops it.",
        ]
        talk = call(said, "/api/v2/conversations", "k", {"channel_id": said["ADA_CHANNEL_ID"]})[1]
        author = {"role": "end_user", "id": talk["end_user_id"]}
        path = f"/api/v2/conversations/{talk['id']}/messages"
        call(said, path, "k", {"author": author, "content": {"type": "text", "body": "Yes?"}})
        bodies = [each["content"]["body"] for each in call(said, path, "k")[1]["data"]]
        assert bodies == ["Yes?", "No."]
        assert 429 in [call(said, "/api/v2/webhooks", "k")[0] for _ in range(150)]


def test_handoffs_are_followed(served):
    """A call that starts a handoff is a line in the log, with what came of it."""
    url = "http://127.0.0.1:9/start"
    with served("--pace", "instant", "--api-key", "k", "--handoff-url", url) as (_, said):
        talk = call(said, "/api/v2/conversations", "k", {"channel_id": said["ADA_CHANNEL_ID"]})[1]
        author = {"role": "end_user", "id": talk["end_user_id"]}
        path = f"/api/v2/conversations/{talk['id']}/messages"
        call(said, path, "k", {"author": author, "content": {"type": "text", "body": "a human, please"}})
        call(said, "/_mock/clock", None, {"advance": 1})  # all that is due is done
    assert said["err"].startswith(f"Handoff to custom-handoff: POST {url}: ")
    assert "refused" in said["err"]


def test_at_a_human_pace(served):
    """Unless another pace is asked for, the AI Agent takes its time to answer, on the mock's clock."""
    with served("--api-key", "k") as (_, said):
        talk = call(said, "/api/v2/conversations", "k", {"channel_id": said["ADA_CHANNEL_ID"]})[1]
        author = {"role": "end_user", "id": talk["end_user_id"]}
        path = f"/api/v2/conversations/{talk['id']}/messages"
        call(said, path, "k", {"author": author, "content": {"type": "text", "body": "hello"}})
        assert len(call(said, path, "k")[1]["data"]) == 1
        call(said, "/_mock/clock", None, {"advance": 10})
        roles = [each["author"]["role"] for each in call(said, path, "k")[1]["data"]]
        assert roles == ["end_user", "ai_agent"]


def test_kept_in_a_file(served):
    """With a file, everything is there again after a restart, the webhook once."""
    options = ("--db", "sqlite:///mock.db", "--webhook", "http://127.0.0.1:9/hook", "--api-key", "k")
    with served(*options) as (_, first):
        pass
    with served(*options) as (process, second):
        assert second["ADA_CHANNEL_ID"] == first["ADA_CHANNEL_ID"]
        assert len(call(second, "/api/v2/webhooks", "k")[1]["data"]) == 1
    assert process.returncode == 0


def test_file_in_use(served, tmp_path):
    """A file that another server uses is a usage error, not two servers that deliver the same."""
    with served("--db", "sqlite:///mock.db"):
        other = subprocess.run(
            [sys.executable, "-m", "adakit", "serve", "--port", "0", "--db", "sqlite:///mock.db"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert (other.returncode, other.stdout) == (2, "")
    assert other.stderr.startswith("adakit: ")
    assert "Traceback" not in other.stderr


def test_ctrl_c(tmp_path):
    """Ctrl-C ends it at once, with exit code 130 and no traceback."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from adakit.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not process.stdout.readline().startswith("Ctrl-C"):
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "\nInterrupted.\n")


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--clock", "slow"], "adakit: 'slow' is no clock.\n"),
        (["--db", "mysql://x"], "adakit: There is no database 'mysql' here.\n"),
        (
            ["--db", "sqlite:///none/mock.db"],
            "adakit: The file none/mock.db cannot be used: unable to open database file.\n",
        ),
        (["--db", "postgresql://u:geheim@127.0.0.1:1/x"], "adakit: The database cannot be used: "),
        (["--db", "sqlite:///text.db"], "adakit: The file text.db cannot be used: file is not a database.\n"),
        (["--script", "none.yaml"], "adakit: none.yaml does not exist.\n"),
        (["--api-key", "schlüssel"], "adakit: The API key is empty, or holds what a header cannot carry.\n"),
        (["--api-key", ""], "adakit: The API key is empty, or holds what a header cannot carry.\n"),
        (["--webhook", "ftp://x"], "adakit: The URL is not a web address.\n"),
        (["--handoff-url", "ftp://x"], "adakit: The URL is not a web address.\n"),
        (["--chaos", "nonsense"], "adakit: "),
        (["--host", "nowhere.invalid"], "adakit: Nothing can listen on nowhere.invalid:0: "),
        (
            ["--db", "postgresql://u:geheim@127.0.0.1:1/x?none=geheim"],
            "adakit: The database cannot be used: connect() got an unexpected keyword argument 'none'.\n",
        ),
    ],
)
def test_usage(adakit, options, message):
    """What cannot be used is one clear line, and exit code 2."""
    (adakit.folder / "text.db").write_text("no database" * 1000, encoding="utf-8")
    done = adakit("serve", "--port", "0", *options)
    assert done.code == 2
    assert done.err.startswith(message)
    assert "geheim" not in done.err


def test_contract(served, tmp_path):
    """With a contract of one's own, its events are what can be subscribed to, and a sample of one is sent."""
    document = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")
    next(edit for edit in EDITS if edit.id == "a new event").make(document)
    (tmp_path / "source.openapi.json").write_text(json.dumps(document), encoding="utf-8")
    with served("--contract", ".", "--chaos", "drop@conversation.reopened") as (_, said):
        status, listed = call(said, "/api/v2/webhooks/event-types", said["ADA_API_KEY"])
        names = [event["name"] for event in listed["data"]]
        assert status == 200
        assert "v1.conversation.reopened" in names
        status, made = call(said, "/_mock/seed", None, {"events": ["conversation.reopened"]})
        assert (status, made["events"][0]["type"]) == (201, "v1.conversation.reopened")


def test_bad_secret(adakit, monkeypatch):
    """A secret that cannot sign is named with where it comes from."""
    monkeypatch.setenv("ADA_WEBHOOK_SECRET", "whsec_!")
    done = adakit("serve", "--port", "0", "--webhook", "http://127.0.0.1:9/")
    assert (done.code, done.err) == (
        2,
        (
            "adakit: The signing secret is not base64: it holds a character other than A-Z, a-z, 0-9, '+', '/'"
            " and '='. It is in ADA_WEBHOOK_SECRET.\n"
            "  Correct ADA_WEBHOOK_SECRET, or unset it, and one is made.\n"
        ),
    )


def test_missing_extra(adakit, monkeypatch):
    """Without the extra, one line names the command that installs it."""
    monkeypatch.setitem(sys.modules, "starlette", None)
    done = adakit("serve")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "adakit: adakit serve needs the extra 'mock', which is not installed.\n"
        "  Install it with: pip install 'adakit[mock]'\n"
    )


LENDING = (
    "  2 event types of Lend & Co, signed in the header webhook-signature; consumers take the secret from"
    " LEND_SECRET"
)


def test_another_provider(served, tmp_path, endpoint):
    """Its announcement says what there is; the webhook is signed with the secret of its variable."""
    library(tmp_path)
    options = ("--contract", ".", "--webhook", endpoint.url, "--chaos", "drop@book.returned")
    with served(*options, LEND_SECRET=SECRET, ADA_WEBHOOK_SECRET="whsec_!") as (_, said):
        url = said["lines"][0].rpartition(" ")[2]
        assert said["lines"] == [
            f"The mock Lend & Co and its console are at {url}",
            "",
            LENDING.strip(),
            "",
            f"Events go to {endpoint.url}, signed with the secret in LEND_SECRET.",
            "It sends events alone: there is no API of Lend & Co.",
            "Ctrl-C stops it.",
        ]
        said["ADA_BASE_URL"] = url
        assert call(said, "/v2/webhooks", "k")[0] == 404
        assert call(said, "/_mock/seed", None, {"events": ["book.lent"]})[0] == 201
        call(said, "/_mock/clock", None, {"advance": 0})  # all that is due is done
    ((headers, body),) = endpoint.requests
    verify(SECRET, dict(headers.items()), body, now=float(headers["webhook-timestamp"]))
    assert said["err"] == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Events go to the endpoints that the console or --webhook adds."),
        (
            ["--webhook", "http://127.0.0.1:9/"],
            "Events go to http://127.0.0.1:9/, signed with a secret that its page reveals.",
        ),
    ],
    ids=["no webhook", "no secret"],
)
def test_where_the_events_of_another_provider_go(served, tmp_path, options, said):
    """The announcement says it, and where the secret is."""
    library(tmp_path)
    with served("--contract", ".", *options) as (_, told):
        assert told["lines"][4] == said


def test_a_provider_that_signs_nothing(served, tmp_path):
    """It is said."""
    doorbell(tmp_path)
    with served("--contract", ".", "--webhook", "http://127.0.0.1:9/") as (_, said):
        assert said["lines"][2:5:2] == [
            "2 event types of Doorbell, which are not signed in a way that is known here",
            "Events go to http://127.0.0.1:9/, unsigned.",
        ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--api-key", "k"], "there is no API that asks for a key"),
        (["--script", "none.yaml"], "there is no AI Agent"),
        (["--pace", "natural"], "there is no AI Agent"),
        (["--handoff-url", "http://127.0.0.1:9/"], "there are no handoffs"),
        (["--rate-limits"], "there is no API that limits calls"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_options_of_adas(adakit, options, reason):
    """With another provider's contract they are refused, each with the reason."""
    library(adakit.folder)
    done = adakit("serve", "--port", "0", "--contract", str(adakit.folder), *options)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"adakit: {options[0]} is for Ada's contract alone: with that of Lend & Co {reason}.\n"
        f"  Leave out {options[0]}, or --contract.\n"
    )


def test_a_bad_secret_of_another_provider(adakit, monkeypatch):
    """It is named with the variable of the profile."""
    library(adakit.folder)
    monkeypatch.setenv("LEND_SECRET", "whsec_")
    done = adakit(
        "serve", "--port", "0", "--contract", str(adakit.folder), "--webhook", "http://127.0.0.1:9/"
    )
    assert (done.code, done.err) == (
        2,
        (
            "adakit: The signing secret has nothing after 'whsec_'. It is in LEND_SECRET.\n"
            "  Correct LEND_SECRET, or unset it, and one is made.\n"
        ),
    )
