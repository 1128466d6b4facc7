"""generate, events, schemas, sign and verify: commands that read and write files."""

from __future__ import annotations

import json
import re

import pytest

from ada_mockserver.events.scenarios import SCENARIOS, scenario
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION, event_names
from support.command_line import SECRET, CommandLine

ENDED = "conversation.ended"
TRANSCRIPTION_FILE = str(DOCUMENTED / TRANSCRIPTION)
EVENTS = ", ".join(event_names())
FILES = 8 + 2 * len(event_names())
"""The files of a directory: a schema and an example an event, and those about all of them."""


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path)


def message(outcome):
    """The error, without the program's name."""
    assert outcome.out == ""
    assert outcome.err.startswith("adakit: ")
    return outcome.err.removeprefix("adakit: ")


# --- generate ---


@pytest.mark.parametrize("name", [*event_names(), "v1.conversation.ended", *SCENARIOS])
def test_generate(adakit, name):
    """Every event and scenario is printed as NDJSON, valid in the closed form, the same for the same seed."""
    first = adakit("generate", name, "--seed", 5)
    assert (first.code, first.err) == (0, "")
    steps = len(scenario(name, seed=5).steps) if name in SCENARIOS else 1
    assert len(first.out.splitlines()) == steps
    assert adakit("generate", name, "--seed", 5) == first
    checked = adakit("schemas", "validate", "--closed", "-", stdin=first.out.encode())
    assert (checked.code, checked.out.count(": valid (v1.")) == (0, steps)


def test_a_drawn_seed(adakit):
    """Without a seed one is drawn and told, and gives the same again; two draws share no ids."""
    first, other = adakit("generate", ENDED), adakit("generate", ENDED)
    seed = re.fullmatch(r"seed (\d+)\n", first.err)[1]
    assert adakit("generate", ENDED, "--seed", seed).out == first.out
    ids = [set(re.findall(r'_id":"([^"]+)"', outcome.out)) for outcome in (first, other)]
    assert not ids[0] & ids[1]


def test_many(adakit):
    """With -n there are many events, none with the ids of another."""
    lines = adakit("generate", ENDED, "-n", 20, "--seed", 5).out.splitlines()
    assert len({json.loads(line)["data"]["conversation_id"] for line in lines}) == 20


def test_set_and_unset(adakit):
    """Members are set and taken away by their path."""
    out = adakit(
        "generate", ENDED, "--seed", 5, "--set", 'data.metadata={"a": 1}', "--unset", "data.channel_id"
    ).out
    data = json.loads(out)["data"]
    assert data["metadata"] == {"a": 1}
    assert "channel_id" not in data


def test_an_output_file(adakit):
    """One event in a file is its exact bytes; several are lines."""
    printed = adakit("generate", ENDED, "--seed", 5).out
    assert adakit("generate", ENDED, "--seed", 5, "-o", "one.json").out == ""
    assert (adakit.folder / "one.json").read_text(encoding="utf-8") == printed.rstrip("\n")
    adakit("generate", ENDED, "--seed", 5, "-n", 2, "-o", "two.ndjson")
    assert (adakit.folder / "two.ndjson").read_text(encoding="utf-8").startswith(printed)


def test_a_case(adakit):
    """A case is the event that the check would send."""
    out = adakit(
        "generate",
        "conversation.message",
        "--seed",
        5,
        "--case",
        "conversation.message/union:data.content:file",
    ).out
    assert json.loads(out)["data"]["content"]["type"] == "file"


def test_hostile_bytes(adakit):
    """A case that is no event gives the bytes that the check would send."""
    case = ("--case", "any/body:no-object:null", "-o", "body")
    assert adakit("generate", "conversation.created", *case).code == 0
    assert (adakit.folder / "body").read_bytes() == b"null"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ["conversation.mesage"],
            "There is no event and no scenario 'conversation.mesage'.\n  Did you mean conversation.message?",
        ),
        (["handof"], "There is no event and no scenario 'handof'.\n  Did you mean handoff? Events: "),
        (["zzz"], "There is no event and no scenario 'zzz'.\n  Events: "),
        ([ENDED, "--set", "data.x"], "'data.x' sets nothing.\n  Write it as path=value, "),
        (
            [ENDED, "--set", "nope.x=1"],
            "The path 'nope.x' leads nowhere: there is no 'nope'.\n  There are: type, ",
        ),
        ([ENDED, "--unset", "nope"], "The path 'nope' leads nowhere: there is no 'nope'.\n"),
        ([ENDED, "--locale", "xx"], "There are no personas for the locale 'xx'.\n  Shipped are "),
        ([ENDED, "-o", "no/file"], "no/file cannot be written: No such file or directory.\n"),
        (
            [ENDED, "--case", "conversation.ended/example:complet"],
            "There is no case 'conversation.ended/example:complet'.\n  Did you mean conversation.ended/example:",
        ),
        (
            [ENDED, "--seed", "3", "--case", "conversation.message/status:200"],
            "conversation.message/status:200 is no case of conversation.ended.\n  Name its event: conversation",
        ),
        (
            [ENDED, "--seed", "3", "--case", "conversation.ended/signature:unsigned"],
            "conversation.ended/signature:unsigned is about the delivery, not about the event.\n  Repeat it with",
        ),
        (["handoff", "--case", "x"], "--case goes with an event, and handoff is a scenario.\n"),
        ([ENDED, "--set", 'data.x="\\ud800"'], "The payload cannot be written as JSON: "),
    ],
)
def test_what_cannot_be_generated(adakit, arguments, error):
    """What is wrong with a name, a path, a locale, a case or a file is said, and what to do."""
    outcome = adakit("generate", *arguments)
    assert outcome.code == 2
    assert message(outcome).startswith(error)


# --- events ---


def test_events(adakit):
    """Every event type is listed with its number of cases."""
    outcome = adakit("events")
    assert outcome.code == 0
    assert all(f"v1.{name} " in outcome.out for name in event_names())


def test_events_as_json(adakit):
    """As JSON the numbers of cases are those of the check."""
    rows = json.loads(adakit("events", "--json").out)
    cases = json.loads(adakit("check", "--list", "--json").out)
    assert [row["name"] for row in rows] == event_names()
    assert [row["cases"] for row in rows] == [sum(c["event"] == row["name"] for c in cases) for row in rows]


# --- schemas ---


def test_schemas_list(adakit):
    """The schema of each event is listed with its file, the bundle last."""
    rows = json.loads(adakit("schemas", "list", "--json").out)
    assert [row["type"] for row in rows] == [*(f"v1.{name}" for name in event_names()), "(all events)"]
    assert adakit("schemas", "list").out.splitlines()[-1].endswith("bundle.schema.json")


@pytest.mark.parametrize("arguments", [[ENDED], ["v1.conversation.ended"], [ENDED, "--closed"], ["bundle"]])
def test_schemas_show(adakit, arguments):
    """A schema is printed as JSON."""
    assert json.loads(adakit("schemas", "show", *arguments).out)["$schema"].endswith("2020-12/schema")


def test_a_schema_that_does_not_exist(adakit):
    """A wrong name suggests the nearest."""
    outcome = adakit("schemas", "show", "conversation.endd")
    assert outcome.code == 2
    assert message(outcome).startswith(
        "There is no event 'conversation.endd'.\n  Did you mean conversation.ended? The events are: "
    )


def test_schemas_export(adakit):
    """What is written is counted, whatever else lies in the folder."""
    (adakit.folder / "out").mkdir()
    (adakit.folder / "out" / "mine.json").write_text("{}", encoding="utf-8")
    assert adakit("schemas", "export", "-o", "out").out == f"Wrote {FILES} files to out\n"
    assert len(list((adakit.folder / "out").rglob("*.json"))) == FILES - 2
    assert (
        adakit("schemas", "export", "--closed", "-o", "closed").out
        == f"Wrote {len(event_names())} files to closed\n"
    )
    assert adakit("schemas", "export", "--cases", "-o", "all").code == 0
    index = json.loads((adakit.folder / "all" / "cases" / "index.json").read_text(encoding="utf-8"))
    assert all((adakit.folder / "all" / "cases" / case["file"]).is_file() for case in index["cases"])
    both = adakit("schemas", "export", "--cases", "--closed", "-o", "both")
    assert (both.code, message(both)) == (
        2,
        "--closed writes schemas alone; it does not go with --cases.\n",
    )


def test_schemas_export_endpoint(adakit):
    """With a path there is one file more: a document of an endpoint that receives the chosen events."""
    chosen = ("--endpoint", "/hooks/ada", "--events", "conversation.*", "--events", "!*.ended")
    assert adakit("schemas", "export", "-o", "out", *chosen).out == f"Wrote {FILES + 1} files to out\n"
    document = json.loads((adakit.folder / "out" / "endpoint.openapi.json").read_text(encoding="utf-8"))
    assert list(document["paths"]) == ["/hooks/ada"]
    assert list(document["components"]["schemas"]) == ["ConversationCreated", "ConversationMessage"]


def test_schemas_export_of_another_contract(adakit):
    """The files of a contract of one's own are written from its directory, the document of an endpoint too."""
    adakit("schemas", "generate", "--from", TRANSCRIPTION_FILE, "-o", "theirs")
    source = adakit.folder / "theirs" / "source.openapi.json"
    theirs = json.loads(source.read_text(encoding="utf-8"))
    del theirs["webhooks"]["end-user-updated-webhook"]
    source.write_text(json.dumps(theirs), encoding="utf-8")
    outcome = adakit("schemas", "export", "--contract", "theirs", "--endpoint", "/in", "-o", "out")
    assert outcome.code == 0
    document = json.loads((adakit.folder / "out" / "endpoint.openapi.json").read_text(encoding="utf-8"))
    assert len(document["components"]["schemas"]) == len(event_names()) - 1
    assert not (adakit.folder / "out" / "end_user.updated.schema.json").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--endpoint", "/in", "--closed"],
            "--closed writes schemas alone; it does not go with --endpoint.\n",
        ),
        (
            ["--events", "conversation.*"],
            "--events chooses what the endpoint receives.\n  Give its path with --endpoint.\n",
        ),
        (
            ["--endpoint", "/in", "--events", "conversation.endd"],
            f"No event fits 'conversation.endd'.\n  Did you mean conversation.ended? The events are: {EVENTS}.\n",
        ),
        (["--endpoint", "/in", "--events", "any"], "The endpoint would receive no event.\n"),
        (
            ["--endpoint", "/in?a=b"],
            "'/in?a=b' is not the path of an endpoint.\n  It is like /webhooks/ada: no host, no query.\n",
        ),
    ],
)
def test_schemas_export_no_endpoint(adakit, options, said):
    """What cannot be an endpoint is a usage error, and nothing is written."""
    outcome = adakit("schemas", "export", "-o", "out", *options)
    assert (outcome.code, message(outcome)) == (2, said)
    assert not (adakit.folder / "out").exists()


@pytest.mark.parametrize("closed", [[], ["--closed"]])
def test_schemas_export_to_no_folder(adakit, closed):
    """A folder that cannot be made, or has no name, is a usage error."""
    (adakit.folder / "file").write_text("", encoding="utf-8")
    outcome = adakit("schemas", "export", "-o", "file", *closed)
    assert (outcome.code, message(outcome)) == (2, "file cannot be written: File exists.\n")
    outcome = adakit("schemas", "export", "-o", "", *closed)
    assert (outcome.code, message(outcome)) == (2, "The name of the directory is empty.\n")


def test_schemas_generate(adakit):
    """Schemas are generated into a folder, and a check finds what was changed there."""
    assert adakit("schemas", "generate", "-o", "out").out.endswith(
        f"{len(event_names())} events, {FILES} files changed in out\n"
    )
    assert (
        adakit("schemas", "generate", "-o", "out").out
        == f"{len(event_names())} events, 0 files changed in out\n"
    )
    assert adakit("schemas", "generate", "--check", "-o", "out").code == 0
    (adakit.folder / "out" / "index.json").write_text("{}", encoding="utf-8")
    outcome = adakit("schemas", "generate", "--check", "-o", "out")
    assert (outcome.code, outcome.out.splitlines()[0]) == (1, "index.json differs")


def test_the_committed_schemas(adakit):
    """The schema files of this installation are what the documents generate."""
    assert (
        adakit("schemas", "generate", "--check").out
        == f"The schema files of {len(event_names())} events are up to date.\n"
    )


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "doc.yaml does not exist.\n"),
        (b"<!doctype html><p>log in", "doc.yaml is an HTML page, not an OpenAPI document.\n"),
        (b"openapi: [3", "doc.yaml is not valid YAML at line "),
        (b"\xff\xfe", "doc.yaml is not UTF-8 text: "),
        (b"", "doc.yaml is not an OpenAPI document: its top level is empty.\n"),
        (b"a: &a\n  b: *a\n", "doc.yaml is nested more than 100 levels deep, or refers to itself.\n"),
        (b"openapi: 3.1.0\npaths: {}\n", "doc.yaml has no `webhooks:` section"),
    ],
)
def test_a_document_that_cannot_be_used(adakit, content, error):
    """What is wrong with a document is said with its name."""
    if content is not None:
        (adakit.folder / "doc.yaml").write_bytes(content)
    outcome = adakit("schemas", "generate", "--from", "doc.yaml", "-o", "out")
    assert outcome.code == 2
    assert message(outcome).startswith(error)
    assert not (adakit.folder / "out").exists()


def test_generate_from_needs_a_folder(adakit):
    """Another document never overwrites the files of this installation."""
    outcome = adakit("schemas", "generate", "--from", "doc.yaml")
    assert (outcome.code, message(outcome)) == (
        2,
        "--from needs a directory for what it generates.\n  Name one with -o DIR.\n",
    )


# --- schemas validate ---


def test_validate(adakit):
    """A file, several lines of NDJSON, and an unknown event type are valid."""
    adakit("generate", ENDED, "--seed", 5, "-o", "one.json")
    adakit("generate", ENDED, "--seed", 5, "-n", 2, "-o", "two.ndjson")
    new = b'{"type": "v1.new", "timestamp": "x", "data": {}}'
    outcome = adakit("schemas", "validate", "one.json", "two.ndjson", "-", stdin=new)
    assert outcome.code == 0
    assert outcome.out == (
        "one.json: valid (v1.conversation.ended)\n"
        "two.ndjson:1: valid (v1.conversation.ended)\n"
        "two.ndjson:2: valid (v1.conversation.ended)\n"
        "standard input: valid (v1.new, an event type that is not documented; a receiver must accept it)\n"
    )


def test_lines_after_a_byte_order_mark(adakit):
    """An editor's byte order mark does not keep lines from being read."""
    line = b'{"type": "v1.new", "timestamp": "x", "data": {}}\n'
    outcome = adakit("schemas", "validate", "-", stdin=b"\xef\xbb\xbf" + line * 2)
    assert (outcome.code, outcome.out.count(": valid (v1.new,")) == (0, 2)


def test_an_invalid_payload(adakit):
    """What is wrong with a payload is named by its path, as text and as JSON; exit code 1."""
    stdin = b'{"type": "v1.conversation.ended", "timestamp": 5, "data": {}}'
    outcome = adakit("schemas", "validate", "-", stdin=stdin)
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.splitlines()[0] == "standard input: not valid"
    outcome = adakit("schemas", "validate", "--json", "-", stdin=stdin)
    (row,) = json.loads(outcome.out)
    assert (outcome.code, row["payload"], row["valid"]) == (1, "standard input", False)
    assert [violation["path"] for violation in row["violations"]] == ["timestamp"]


@pytest.mark.parametrize(
    ("stdin", "code", "error"),
    [
        (b"", 2, "standard input is empty.\n  It should hold a JSON payload, or one a line.\n"),
        (b" \n\n", 2, "standard input is empty.\n"),
        (b"nul", 2, "standard input is not valid JSON: "),
        (b"\xff", 2, "standard input is not UTF-8 text: "),
        (b'{"a": NaN}', 2, "standard input is not valid JSON: NaN is not JSON.\n"),
        (b"[" * 100_000, 2, "standard input is not valid JSON: nested too deeply.\n"),
        (b'{"type": 1}\n{"broken', 2, "standard input, line 2 is not valid JSON: "),
    ],
)
def test_what_cannot_be_validated(adakit, stdin, code, error):
    """What is no JSON is a usage error that says where."""
    outcome = adakit("schemas", "validate", "-", stdin=stdin)
    assert outcome.code == code
    assert message(outcome).startswith(error)


@pytest.mark.parametrize("stdin", [b"[]", b"5", b'{"type": []}', b"null"])
def test_json_that_is_no_event(adakit, stdin):
    """JSON that is no event is not valid."""
    outcome = adakit("schemas", "validate", "-", stdin=stdin)
    assert outcome.code == 1
    assert outcome.out.startswith("standard input: not valid\n")


# --- sign and verify ---


def signed(adakit, *arguments, **options):
    outcome = adakit("sign", "body", "--format", "curl", *arguments, ADA_WEBHOOK_SECRET=SECRET, **options)
    assert outcome.code == 0
    return outcome.out.split()


@pytest.fixture
def body(adakit):
    (adakit.folder / "body").write_bytes(b'{"a": "\xc3\xa9"}\n')
    return adakit.folder / "body"


def test_round_trip(adakit, body):
    """What is signed verifies, until a byte of it changes or it is too old."""
    headers = signed(adakit)
    assert adakit("verify", "body", *headers).out == "Verifies.\n"
    assert adakit("verify", *headers, stdin=body.read_bytes()).code == 0
    body.write_bytes(body.read_bytes() + b" ")
    outcome = adakit("verify", "body", *headers)
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith("Does not verify (no-match): ")


def test_a_secret_that_is_hardly_one(adakit, body):
    """A short secret verifies what it signed; where nothing matches it is named, as it was cut off most likely."""
    headers = signed(adakit)
    short = "whsec_c2VjcmV0"
    outcome = adakit("verify", "body", *headers, ADA_WEBHOOK_SECRET=short)
    assert outcome.code == 2
    assert message(outcome) == (
        "The signing secret is short: its key has 6 bytes, and keys have 24 or more. No signature matches with it.\n"
        "  Compare the secret with the endpoint's, and verify over the body's raw bytes.\n"
    )
    curl = adakit("sign", "body", "--format", "curl", ADA_WEBHOOK_SECRET=short).out.split()
    assert adakit("verify", "body", *curl, ADA_WEBHOOK_SECRET=short).code == 0


def test_an_old_capture(adakit, body):
    """A captured request is judged by the time that is given, or at any age."""
    headers = signed(adakit, "--timestamp", 1000)
    assert adakit("verify", "body", *headers).out.startswith("Does not verify (too-old): The timestamp is ")
    assert adakit("verify", "body", *headers, "--now", 1299.5).code == 0
    assert adakit("verify", "body", *headers, "--now", 1301).code == 1
    assert adakit("verify", "body", *headers, "--any-age").code == 0


def test_formats(adakit, body):
    """Headers are printed as lines, as options for curl, or as JSON; each time with an id of their own."""
    lines = dict(
        line.split(": ") for line in adakit("sign", "body", ADA_WEBHOOK_SECRET=SECRET).out.splitlines()
    )
    values = json.loads(adakit("sign", "body", "--format", "json").out)
    assert list(lines) == list(values) == ["svix-id", "svix-timestamp", "svix-signature"]
    assert lines["svix-id"] != values["svix-id"]


def test_a_given_id(adakit, body):
    """The id may be given; one that would break a header or a shell line is refused."""
    assert "svix-id:msg_1" in signed(adakit, "--id", "msg_1")
    for bad in ("a b", "a\nb: c", "é", ""):
        outcome = adakit("sign", "body", "--id", bad)
        assert outcome.code == 2
        assert message(outcome).startswith(f"{bad!r} cannot stand in a header as an id.\n")


@pytest.mark.parametrize("command", [["sign", "body"], ["verify", "body", "-H", "svix-id: 1"]])
@pytest.mark.parametrize(
    ("secret", "error"),
    [
        (None, "No secret to "),
        ("", "The signing secret is empty.\n"),
        ("whsec_", "The signing secret has nothing after 'whsec_'.\n"),
        ("whsec_a b", "The signing secret is not base64: it holds a character other than "),
        ("whsec_abc", "The signing secret is not base64: its length or its padding with '=' is wrong.\n"),
        (" whsec_abcd", "The signing secret begins or ends with white space.\n"),
    ],
)
def test_secrets(adakit, body, command, secret, error):
    """What is wrong with a secret is said without showing it."""
    outcome = adakit(*command, *([] if secret is None else ["--secret", secret]))
    assert outcome.code == 2
    assert message(outcome).startswith(error)


def test_the_environment_does_not_stand_in_for_an_empty_option(adakit, body):
    """An option that is there and empty, such as an unset shell variable, is not replaced silently."""
    assert adakit("sign", "body", "--secret", "", ADA_WEBHOOK_SECRET=SECRET).code == 2


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["body"], "No headers to verify.\n  Give svix-id, svix-timestamp and svix-signature, "),
        (["body", "-H", "x"], "'x' is not a header.\n"),
        (["no", "-H", "a: b"], "no does not exist.\n"),
        ([".", "-H", "a: b"], ". is a directory, not a file.\n"),
    ],
)
def test_what_cannot_be_verified(adakit, body, arguments, error):
    """Missing headers and unreadable files are usage errors."""
    outcome = adakit("verify", *arguments, ADA_WEBHOOK_SECRET=SECRET)
    assert outcome.code == 2
    assert message(outcome).startswith(error)


def test_a_time_before_all_times(adakit, body):
    """No receiver takes a negative timestamp, so none is signed, and none is judged by."""
    for arguments in (["sign", "body", "--timestamp", "-1"], ["verify", "body", "-H", "a: b", "--now", "-1"]):
        outcome = adakit(*arguments, ADA_WEBHOOK_SECRET=SECRET)
        assert outcome.code == 2
        assert "is not in the range x>=0." in outcome.err


def test_a_moment_that_is_none(adakit, body):
    """A moment that is not a number cannot make a stale request verify."""
    outcome = adakit("verify", "body", *signed(adakit, "--timestamp", 1000), "--now", "nan")
    assert outcome.code == 2
    assert "'nan' is not a finite number" in outcome.err
