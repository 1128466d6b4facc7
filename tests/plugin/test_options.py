"""The options, their bad values, and targets that cannot be used."""

from __future__ import annotations

import json
import socket

import pytest

from ada_contract_tests import all_cases

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FIRST = "conversation.created/example:documented"

RECORDER = """
import pathlib

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    body = (await receive())["body"]
    headers = dict(scope["headers"])
    with pathlib.Path("recorded").open("ab") as file:
        file.write(headers[b"svix-id"] + b" " + body + b"\\n")
    assert b"svix-signature" not in headers
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""


def ids(condition):
    """The ids of the cases of an event; those of no event go with every selection of events."""
    return [case.id for case in all_cases() if case.event != "any" and condition(case)]


@pytest.mark.parametrize(
    ("option", "value", "condition"),
    [
        ("select", "ADA101,ADA203", lambda case: case.rule == "ADA101"),
        (
            "ignore",
            "ADA1xx,ADA2xx,ADA3,*/status:200",
            lambda case: case.rule > "ADA4" and case.rule != "ADA401",
        ),
        ("events", "v1.audit_log.*,!end_user.created", lambda case: case.event == "audit_log.emitted"),
    ],
    ids=["select", "ignore", "events"],
)
def test_selecting_options(plain, option, value, condition):
    """ada_select, ada_ignore and ada_events choose the cases, in the file as on the command line."""
    expected = [f"pyproject.toml::{case}" for case in ids(condition)]
    given = plain.run("--collect-only", "-qq", f"--ada-{option}", value)
    plain.configure("plain_shop:app", **{f"ada_{option}": value.split(",")})
    configured = plain.run("--collect-only", "-qq")
    for run in (given, configured):
        assert [line for line in run.lines if "::" in line and "::any/" not in line] == expected


def test_command_line_wins(plain):
    """An option on the command line overrides the same option in the file."""
    plain.configure("nowhere:app", ada_path="/nowhere", ada_select=["ADA999"], ada_ignore=["ADA101"])
    run = plain.run(
        *("--ada-target", "plain_shop:app", "--ada-path", "/webhooks/ada"),
        *("--ada-select", "ADA101", "--ada-ignore", "ADA102"),
    )
    assert run.outcomes == {f"pyproject.toml::{case}": "PASSED" for case in ids(lambda c: c.rule == "ADA101")}


STATUS = "conversation.ended/status:200"


@pytest.mark.parametrize(
    ("accept", "outcomes"),
    [(None, {STATUS: "PASSED"}), ("200", {STATUS: "FAILED"}), ("2xx", {})],
    ids=["default", "200", "2xx"],
)
def test_accept(project, accept, outcomes):
    """That a consumer answers 202 is a warning; with ada_accept = 200 it fails, with 2xx it is fine."""
    project.add("plain_shop.py", ("return 200", "return 202"))
    project.configure("plain_shop:app", ada_accept=accept, ada_select=["ADA101", "ADA401"])
    run = project.run("-k", "conversation.ended")
    examples = ids(lambda case: case.rule == "ADA101" and case.event == "conversation.ended")
    assert {case: run.outcomes[f"pyproject.toml::{case}"] for case in run.cases()} == {
        **dict.fromkeys(examples, "PASSED"),
        **outcomes,
    }
    warning = "adakit: 1 warning (ADA401 1): -rP shows them, --ada-strict fails on them"
    assert (warning in run.lines) == (accept is None)


def test_seed(project):
    """The seed repeats the payloads to the byte, never the message ids; another seed gives others."""
    project.write("recorder.py", RECORDER)
    project.configure("recorder:app", ada_secret="none", ada_select=["ADA101"])

    def record(*args):
        run = project.run(*args)
        assert run.code == 0
        recorded = (project.path / "recorded").read_bytes().splitlines()
        (project.path / "recorded").unlink()
        pairs = [line.split(b" ", 1) for line in recorded]
        return run.seed, [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    seed, first_ids, first = record()
    again_seed, again_ids, again = record("--ada-seed", seed)
    other_seed, _, other = record()
    assert (again_seed, again) == (seed, first)
    assert not set(again_ids) & set(first_ids)
    assert other_seed != seed
    assert other != first


def test_unsigned(project):
    """With ada_secret = none nothing is signed, and the cases about signatures are left out."""
    project.write("recorder.py", RECORDER.replace('status": 200', 'status": 500'))
    project.configure("recorder:app", ada_secret="none", ada_events=["conversation.ended"])
    run = project.run()
    ran = set(run.cases())
    forged = {case.id for case in all_cases() if case.expect.handled == "never"}
    assert not ran & forged
    assert {*ids(lambda case: case.event == "conversation.ended" and case.rule < "ADA3")} <= ran
    assert run.failure("conversation.ended/example:documented")[-1] == (
        "  or         adakit check recorder:app --path /webhooks/ada --secret none"
        f" --case conversation.ended/example:documented --seed {run.seed}"
    )


def test_options_in_the_line_to_repeat(project):
    """What was given on the command line is in the line that repeats a case, except the secret."""
    project.write("recorder.py", RECORDER)
    project.write("pytest.ini", "")
    options = ["--ada-target", "recorder:app", "--ada-path", "/web hooks", "--ada-select", "ADA101"]
    run = project.run(*options, "--ada-secret", SECRET)
    (repeat,) = {line for line in run.lines if f"pytest pytest.ini::{FIRST}" in line}
    assert repeat == (
        f"  repeat     pytest pytest.ini::{FIRST} --ada-seed {run.seed}"
        " --ada-target recorder:app --ada-path '/web hooks' --ada-select ADA101"
    )
    assert SECRET.removeprefix("whsec_") not in run.text


BAD = [
    pytest.param(("--ada-seed", "x"), 4, "--ada-seed: invalid int value: 'x'", id="seed"),
    pytest.param(
        ("--ada-accept", "3xx"), 2, "adakit: '3xx' is no status to accept.\n  Give 200 or 2xx.", id="accept"
    ),
    pytest.param(
        ("--ada-select", "ADA999"), 2, "adakit: There is no rule 'ADA999'.\n  Did you mean ADA", id="select"
    ),
    pytest.param(
        ("--ada-ignore", "conversation.ended/nul:data.ended_by.id"),
        2,
        "adakit: There is no case 'conversation.ended/nul:data.ended_by.id'.\n"
        "  Did you mean conversation.ended/null:data.ended_by.id? List them with: adakit check --list",
        id="ignore",
    ),
    pytest.param(
        ("--ada-events", "message"),
        2,
        "adakit: No event fits 'message'.\n  The events are: conversation.created, ",
        id="events",
    ),
    pytest.param(
        ("--ada-select", "ADA101", "--ada-ignore", "ADA101"),
        2,
        "adakit: No case is left to run.\n",
        id="nothing-left",
    ),
]


@pytest.mark.parametrize(("arguments", "code", "message"), BAD)
def test_bad_options(plain, arguments, code, message):
    """A bad option is one clear error before anything is sent, without a traceback."""
    run = plain.run(*arguments)
    assert run.code == code
    said = run.text + run.errors
    assert said.count(message) == 1
    assert "Traceback" not in said
    assert not run.outcomes


BAD_TARGETS = [
    pytest.param("plain_shp:app", "There is no module 'plain_shp'.", "Did you mean plain_shop?", id="module"),
    pytest.param(
        "plain_shop:application",
        "plain_shop has no 'application'.",
        "Did you mean plain_shop:app?",
        id="application",
    ),
    pytest.param(
        "plain_shop",
        "'plain_shop' names no application: there is no colon.",
        "Try plain_shop:app",
        id="colon",
    ),
    pytest.param(
        "localhost:8000/hooks",
        "'localhost:8000/hooks' looks like a URL without http://.",
        "Give it as http://localhost:8000/hooks",
        id="scheme",
    ),
    pytest.param(
        "http://localhost:8000/hooks",
        "No secret to sign the requests to http://localhost:8000/hooks with.",
        "Give it with --ada-secret or in ADA_WEBHOOK_SECRET; --ada-secret none sends them unsigned.",
        id="url-without-secret",
    ),
]


@pytest.mark.parametrize(("target", "what", "next_step"), BAD_TARGETS)
def test_bad_target(plain, target, what, next_step):
    """A target that cannot be used fails one case, with the reason; the others are not run for it."""
    run = plain.run("--ada-target", target, "--ada-select", "ADA101", "-rs")
    assert run.failure(FIRST) == [f"adakit: {what}", f"  {next_step}"]
    assert run.cases("FAILED") == [FIRST]
    assert run.cases("SKIPPED") == ids(lambda case: case.rule == "ADA101")[1:]
    assert f": adakit: not sent: {what}" in run.text
    assert run.code == 1


def test_bad_secret(plain):
    """A secret that is none fails one case, and is not shown."""
    run = plain.run("--ada-secret", "whsec_@@not-base64@@", "--ada-select", "ADA101")
    assert run.cases("FAILED") == [FIRST]
    assert len(run.cases("SKIPPED")) == len(run.cases()) - 1
    assert run.failure(FIRST)[0].startswith("adakit: The signing secret is not base64: ")
    assert "@@" not in run.text


def test_refused_connection(plain):
    """Where nothing listens one case fails and says so; the others are not tried."""
    with socket.socket() as bound:  # bound and not listening: the port is nobody else's, and refuses
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        target = ("--ada-target", f"http://127.0.0.1:{port}/hooks", "--ada-secret", SECRET)
        run = plain.run(*target, "--ada-select", "ADA101")
    assert run.cases("FAILED") == [FIRST]
    assert len(run.cases("SKIPPED")) == len(run.cases()) - 1
    what, next_step = run.failure(FIRST)
    assert what.startswith(f"adakit: 127.0.0.1:{port} refused the connection (after 0.")
    assert next_step == "  Does the server run, and on that port?"


def test_hanging_consumer(project):
    """Where nothing is answered within ada_timeout there is one failure, as the command has one finding."""
    project.write(
        "hanging.py",
        "import asyncio\n\nasync def app(scope, receive, send):\n"
        "    if scope['type'] != 'http':\n        raise NotImplementedError\n"
        "    await asyncio.Event().wait()\n",
    )
    project.configure("hanging:app", ada_select=["ADA101"], ada_timeout="0.2")
    run = project.run("-rs")
    assert run.cases("FAILED") == [FIRST]
    assert run.cases("SKIPPED") == ids(lambda case: case.rule == "ADA101")[1:]
    headline = "no event gets an answer: no answer in time: expected an answer within 0.2 s, got no answer in"
    assert run.failure(FIRST)[0].startswith(headline)
    stopped = "Stopped: every ordinary event fails in the same way, so the rest was not sent."
    assert f": adakit: {stopped}" in run.text


def test_secret_is_made(plain):
    """Without a secret one is made for an application in process, and is shown nowhere."""
    plain.write(
        "conftest.py",
        "import json\nimport os\nimport pathlib\n\n"
        "pathlib.Path('seen.json').write_text(json.dumps(os.environ['ADA_WEBHOOK_SECRET']))\n",
    )
    first = plain.run("--ada-select", "ADA101,ADA302", "-vv", "--setup-show")
    made = json.loads((plain.path / "seen.json").read_text())
    second = plain.run("--ada-select", "ADA101")
    assert (first.code, second.code) == (0, 0)
    assert made.startswith("whsec_")
    assert made.removeprefix("whsec_") not in first.text
    assert json.loads((plain.path / "seen.json").read_text()) != made


OLD = "import pytest\n\npytest.version_tuple = (7, 1, 3)\npytest.__version__ = '7.1.3'\n"


def test_old_pytest(plain):
    """A pytest that lacks what the cases need is named in one line; a run without a target is not concerned."""
    plain.write("old.py", OLD)
    run = plain.run(plugins=("old",))
    assert run.errors.strip() == (
        "ERROR: adakit: its cases need pytest 7.2 or newer, and this is 7.1.3: pip install --upgrade pytest"
    )
    assert run.code == 4
    plain.configure(None)
    plain.write("test_own.py", "def test_own():\n    pass\n")
    assert plain.run(plugins=("old",)).outcomes == {"test_own.py::test_own": "PASSED"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ada-timeout", "soon"), "adakit: ada_timeout is 'soon'.\n  Give a number above 0."),
        (("--ada-jobs", "0.5"), "adakit: ada_jobs is '0.5'.\n  Give a whole number from 1 to 256."),
        (("--ada-header", "no"), "adakit: 'no' is no header.\n  Write it as name: value, in ada_header."),
    ],
)
def test_bad_value(plain, options, said):
    """An option that cannot be used is named before anything is sent."""
    assert said in plain.run(*options).text


def test_further_headers(project):
    """ada_header sends further headers along, as --header of the command does."""
    asking = RECORDER.replace(
        'assert b"svix-signature" not in headers',
        'assert (headers[b"x-shop"], headers[b"x-mode"]) == (b"7", b"test")',
    )
    project.write("recorder.py", asking)
    project.configure("recorder:app", ada_select=["ADA101"], ada_header=["x-shop: 7", "x-mode: test"])
    run = project.run()
    assert run.cases("PASSED") == run.cases()
    assert run.code == 0


HANDOFF = """
import json


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    body = (await receive())["body"]
    if scope["path"] == "/start":
        assert (dict(scope["headers"])[b"x-key"], json.loads(body)) == (b"a b", {"id": "c7"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""


def test_handoffs(project):
    """With ada_handoff_path handoffs are started too, with the body and the headers of the flow."""
    project.write("desk.py", HANDOFF)
    project.configure(
        "desk:app",
        ada_select=["ADA801,ADA803"],
        ada_handoff_path="/start",
        ada_handoff_body='{"id": "{conversation_id}"}',
        ada_handoff_header=["x-key=a b"],
        ada_handoff_conversation="c7",
    )
    run = project.run()
    assert run.cases("PASSED") == run.cases() == ["handoff/start:accepted", "handoff/start:again"]
    failing = project.run("--ada-handoff-conversation", "c8", "--ada-ignore", "handoff/start:again")
    assert (failing.code, failing.cases("FAILED")) == (1, ["handoff/start:accepted"])
    assert " --ada-handoff-conversation c8\n" in failing.text
    assert " --handoff-header x-key=... --handoff-conversation c8 --case" in failing.text
    wrong = project.run("--ada-handoff-path", "start")
    assert "adakit: 'start' is no path of the target.\n  Write it as /webhooks/start-handoff." in wrong.text


FETCHING = """
import asyncio
import json
import urllib.error
import urllib.request


def status_of(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return 204 if json.load(answer)["data"] else 500
    except urllib.error.HTTPError as error:
        return 404 if error.code == 404 else 502


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    conversation = json.loads((await receive())["body"])["ada_conversation_id"]
    url = f"http://127.0.0.1:{PORT}/api/v2/conversations/{conversation}/messages/"
    status = await asyncio.to_thread(status_of, url)
    if status == FAILING:
        raise RuntimeError("no")
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""


@pytest.mark.parametrize(("failing", "outcomes"), [(0, ["PASSED"] * 2), (204, ["FAILED", "SKIPPED"])])
def test_transcripts_for_handoffs(project, failing, outcomes):
    """With ada_handoff_api the run serves the transcripts that the endpoint asks for, of known conversations."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    project.write("desk.py", f"PORT, FAILING = {port}, {failing}\n{FETCHING}")
    project.configure(
        "desk:app", ada_select=["ADA801,ADA802"], ada_handoff_path="/start", ada_handoff_api=str(port)
    )
    run = project.run()
    ids = ["handoff/start:accepted", "handoff/start:unknown-conversation"]
    assert run.outcomes == dict(zip((f"pyproject.toml::{each}" for each in ids), outcomes, strict=True))


FIRST_IGNORED = "conversation.created:data.metadata=empty"
SECOND_IGNORED = "conversation.created:data.metadata=absent"


def test_what_is_ignored_on_purpose(project):
    """Declarations of the file, of [tool.adakit] and of the command line add up, and each is counted."""
    project.add("plain_shop.py")
    project.configure("plain_shop:app", ada_ignores=[FIRST_IGNORED], ada_select=["ADA101"])
    file = project.path / "pyproject.toml"
    third = "end_user.created:data.external_id=null"
    file.write_text(
        f"[tool.adakit]\nignores = ['{third}']\n" + file.read_text(encoding="utf-8"), encoding="utf-8"
    )
    run = project.run("--ada-ignores", SECOND_IGNORED)
    assert run.code == 0
    told = [line.split(" covered ")[0] for line in run.lines if "Declared as ignored" in line]
    assert told == [f"adakit: Declared as ignored: {text}" for text in (third, FIRST_IGNORED, SECOND_IGNORED)]


def test_a_declaration_that_cannot_be_used(plain):
    """A bad declaration is an error of the collection, in one line."""
    plain.configure("plain_shop:app", ada_ignores=["conversation.created:data.metadata=full"])
    run = plain.run()
    assert "data.metadata is never 'full'." in run.text
    assert run.code != 0
