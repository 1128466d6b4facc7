"""``schemas diff``, ``observe`` and ``--contract`` as a person runs them."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ada_mockserver import EventFactory
from ada_schemas import event_names
from ada_schemas.contract.contract import DOCUMENTED, TRANSCRIPTION
from ada_schemas.contract.yaml_reader import parse_yaml
from support.command_line import SECRET, CommandLine
from support.drift.edits import EDITS

ADA_DOCUMENT = os.environ.get("ADAKIT_ADA_OPENAPI")


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path)


@pytest.fixture
def edited(tmp_path):
    """Writes our document with the named edits to a file."""

    def write(*names: str, file: str = "edited.yaml") -> str:
        document: Any = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")
        for name in names:
            next(edit for edit in EDITS if edit.id == name).make(document)
        (tmp_path / file).write_text(json.dumps(document), encoding="utf-8")
        return file

    return write


# --- diff ---


def test_nothing_but_what_we_correct(adakit, edited):
    """The document itself differs in nothing; what we correct is listed with its reason, and is no alarm."""
    outcome = adakit("schemas", "diff", "--against", edited(), "--strict", "--json")
    assert outcome.code == 0
    result = json.loads(outcome.out)
    assert {change["class"] for change in result["changes"]} == {"corrected"}
    assert result["summary"]["corrected"] == len(result["changes"]) == 31
    assert all(len(change["reason"]) > 20 and change["source"] for change in result["changes"])


@pytest.mark.skipif(ADA_DOCUMENT is None, reason="ADAKIT_ADA_OPENAPI does not name Ada's openapi.yaml")
def test_nothing_but_what_we_correct_in_adas_own_document(adakit):
    """Against Ada's document there are no changes either, in structure and in words; its REST API is named."""
    outcome = adakit("schemas", "diff", "--against", ADA_DOCUMENT, "--strict", "--json")
    assert outcome.code == 0
    result = json.loads(outcome.out)
    assert {change["class"] for change in result["changes"]} == {"corrected"}
    assert result["summary"]["corrected"] == 31
    (note,) = result["notes"]
    assert note.endswith("(`paths:`); they are no part of the webhook contract and are not compared.")


@pytest.mark.parametrize(
    ("name", "code", "strict_code"),
    [
        ("a member is removed", 1, 1),
        ("a new event", 0, 1),
        ("a required member becomes optional", 0, 1),
        ("an enum value goes", 0, 1),
        ("another description", 0, 1),
        ("a component is renamed", 0, 1),
        ("the REST API alone", 0, 0),
    ],
)
def test_exit_codes(adakit, edited, name, code, strict_code):
    """1 for a breaking change; with --strict for any change; the REST API is none."""
    file = edited(name)
    assert adakit("schemas", "diff", "--against", file).code == code
    assert adakit("schemas", "diff", "--against", file, "--strict").code == strict_code


def test_a_change_as_text(adakit, edited):
    """Text names the class and what it means, the event, the path and what has changed."""
    out = adakit("schemas", "diff", "--against", edited("a member is renamed", "a new enum value")).out
    assert out.startswith(
        "Breaking: what a consumer reads is gone or is something else\n"
        "  v1.conversation.ended data.ended_by\n"
        "      renamed to closed_by\n"
        "\n"
        "Additive: something new, which the versioning policy announces and a consumer must survive\n"
        "  v1.conversation.message data.author.role\n"
        "      new value supervisor\n"
    )
    assert out.endswith("adakit -> edited.yaml: 1 breaking, 1 additive (31 corrected by us)\n")


def test_a_change_as_json(adakit, edited):
    """JSON has the values before and after."""
    out = adakit("schemas", "diff", "--against", edited("an enum value is renamed"), "--json").out
    assert json.loads(out)["changes"][0] == {
        "class": "breaking",
        "event": "v1.conversation.message",
        "path": "data.author.role",
        "what": "the value human_agent is now human",
        "before": ["end_user", "ai_agent", "human_agent"],
        "after": ["end_user", "ai_agent", "human"],
    }


def test_a_change_as_markdown(adakit, edited):
    """Markdown is a table a class, fit for an issue."""
    file = edited("null by nullable")
    out = adakit("schemas", "diff", "--against", file, "--markdown", "-o", "drift.md")
    assert (out.code, out.out) == (1, "")
    text = (adakit.folder / "drift.md").read_text(encoding="utf-8")
    assert "| v1.conversation.message | `data.message_id` | may be null now |\n" in text


def test_an_older_release_is_a_base(adakit, edited):
    """Directories of schema files are compared in the receiver's form, and either side may be older."""
    adakit("schemas", "generate", "--from", edited(), "-o", "old")
    adakit("schemas", "generate", "--from", edited("a member is removed", "a new event"), "-o", "new")
    (adakit.folder / "old" / "source.openapi.json").unlink()
    found = json.loads(adakit("schemas", "diff", "--base", "old", "--against", "new", "--json").out)[
        "changes"
    ]
    assert [(c["class"], c["event"], c["path"]) for c in found] == [
        ("breaking", "v1.conversation.ended", "data.updated_at"),
        ("additive", "v1.conversation.reopened", ""),
    ]
    assert adakit("schemas", "diff", "--base", "old").out == (
        f"note: {RECEIVERS.format('old')}\nold -> adakit: no change\n"
    )
    back = json.loads(adakit("schemas", "diff", "--base", "new", "--json").out)["summary"]
    assert (back["breaking"], back["additive"]) == (1, 1)


RECEIVERS = (
    "{} holds schemas for a receiver and no source.openapi.json: what they leave open (bounds, patterns, most"
    " formats, closed objects, required members of the envelope, types within a union) cannot be compared."
)


@pytest.mark.parametrize("between", ["directories", "ours and a directory"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a format is dropped in a branch", ("loosened", "data.content:file.url")),
        ("a maximum length", ("tightened", "data.message_id")),
        ("an object is closed", ("tightened", "data.author")),
        ("the envelope becomes required", ("tightened", "timestamp")),
        ("a pattern", ("tightened", "data.channel_id")),
        ("a value may have a further type", ("breaking", "data.channel:custom.metadata.*")),
    ],
)
def test_a_directory_says_what_its_document_says(adakit, edited, between, name, said):
    """What the schema files of a receiver leave open is compared nevertheless, by the document beside them."""
    adakit("schemas", "generate", "--from", edited(), "-o", "old")
    adakit("schemas", "generate", "--from", edited(name), "-o", "new")
    base = ["--base", "old"] if between == "directories" else []
    outcome = adakit("schemas", "diff", *base, "--against", "new", "--json", "--strict")
    changes = [c for c in json.loads(outcome.out)["changes"] if c["class"] != "corrected"]
    assert [(c["class"], c["path"]) for c in changes] == [said]
    assert outcome.code == 1


def test_a_renamed_branch_is_only_that_between_schema_files(adakit, edited):
    """That the tag of a branch is required, which we correct, is not told apart from its name."""
    adakit("schemas", "generate", "--from", edited(), "-o", "old")
    adakit("schemas", "generate", "--from", edited("a link is renamed"), "-o", "new")
    for directory in ("old", "new"):
        (adakit.folder / directory / "source.openapi.json").unlink()
    changes = json.loads(adakit("schemas", "diff", "--base", "old", "--against", "new", "--json").out)[
        "changes"
    ]
    assert [(c["class"], c["path"], c["what"]) for c in changes] == [
        ("breaking", "data.content:link", "renamed to hyperlink")
    ]


def test_our_own_export_is_our_contract(adakit):
    """openapi.json is recognised as the receiver's form of the contract."""
    adakit("schemas", "export", "-o", "out")
    outcome = adakit("schemas", "diff", "--against", "out/openapi.json", "--strict")
    assert (outcome.code, outcome.out) == (
        0,
        f"note: {RECEIVERS.format('out/openapi.json')}\nadakit -> out/openapi.json: no change\n",
    )


def test_nothing_to_compare_with(adakit):
    """Without another contract there is nothing to say."""
    outcome = adakit("schemas", "diff")
    assert outcome.code == 2
    assert outcome.err == (
        "adakit: Nothing to compare with.\n  Name a file, a URL or a directory with --against.\n"
    )


def test_a_directory_without_schemas(adakit):
    """A directory that holds no schema files is named, with what makes them."""
    (adakit.folder / "empty").mkdir()
    outcome = adakit("schemas", "diff", "--against", "empty")
    assert (outcome.code, outcome.err) == (
        2,
        (
            "adakit: empty holds no schema files.\n"
            "  Name a directory that `adakit schemas export` or `generate` wrote.\n"
        ),
    )


# --- documents that cannot be used, from the web ---


@pytest.fixture
def site():
    """A site that answers with what its pages hold: path -> (status, headers, body)."""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = pages.get(self.path, (404, {}, b"gone"))
            self.send_response(status)
            for name, value in ({"content-length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", pages
        server.shutdown()
        thread.join()


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)
DIAMONDS = {
    "openapi": "3.1.0",
    "webhooks": {
        "w": {
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}
                }
            }
        }
    },
    "components": {
        "schemas": {
            f"S{n}": {
                "type": "object",
                "properties": {k: {"$ref": f"#/components/schemas/S{n + 1}"} for k in "ab"},
            }
            for n in range(30)
        }
        | {"S30": {"type": "string"}}
    },
}
HOSTILE = {
    "an error": ((503, {}, b"later"), "answered 503 Service Unavailable."),
    "a page": (
        (200, {}, b"<!DOCTYPE html><title>Log in</title>"),
        "is an HTML page, not an OpenAPI document.",
    ),
    "a login": ((302, {"location": "/login"}, b""), "is an HTML page, not an OpenAPI document."),
    "a loop": (
        (302, {"location": "/document"}, b""),
        "answered 302 The HTTP server returned a redirect error",
    ),
    "cut off": ((200, {"content-length": "999"}, b"openapi: 3.1.0"), "was cut off after 14 of 999 bytes."),
    "half": ((200, {}, b"webhooks: {a: {post: {"), "is not valid YAML at line 2: "),
    "a bomb": ((200, {}, BOMB.encode()), "expands to more than 2,000,000 values through its aliases."),
    "recursive": ((200, {}, b"a: &a [*a]"), "is nested more than 100 levels deep, or refers to itself."),
    "latin": ((200, {}, b"a: \xe9\xe8"), "is not UTF-8 text: "),
    "rest": (
        (200, {}, b"openapi: 3.0.0\npaths: {}"),
        "has no `webhooks:` section (it is an OpenAPI 3.0.0 document).",
    ),
    "large": ((200, {}, b"# " + b"x" * (21 * 1024 * 1024)), "is larger than 20 MB."),
}


@pytest.mark.parametrize("command", ["diff", "generate"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_document_from_the_web_that_cannot_be_used(adakit, site, command, kind):
    """An answer that is no document ends in one clear error that names the address and the reason."""
    address, pages = site
    pages["/login"] = HOSTILE["a page"][0]
    pages["/document"], message = HOSTILE[kind]
    url = f"{address}/document"
    arguments = ["diff", "--against", url] if command == "diff" else ["generate", "--from", url, "-o", "out"]
    outcome = adakit("schemas", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"adakit: {url}")
    assert message in outcome.err
    assert not (adakit.folder / "out").exists()


def test_a_document_that_grows_as_it_is_read(adakit):
    """A comparison refuses it; what is generated has fewer levels, which is said."""
    (adakit.folder / "doc.json").write_text(json.dumps(DIAMONDS), encoding="utf-8")
    diffed = adakit("schemas", "diff", "--against", "doc.json")
    assert diffed.code == 2
    assert "20,000" in diffed.err
    generated = adakit("schemas", "generate", "--from", "doc.json", "-o", "out")
    said = "webhook w describes more than 20,000 members: optional ones more than 8 levels deep; left out."
    assert (generated.code, generated.err) == (0, f"warning: doc.json: {said}\n")


def test_a_document_from_the_web_is_generated_from(adakit, site, edited):
    """A URL that answers with a document works as a file does."""
    address, pages = site
    pages["/openapi.yaml"] = (200, {}, (adakit.folder / edited("a new event")).read_bytes())
    outcome = adakit("schemas", "generate", "--from", f"{address}/openapi.yaml", "-o", "own")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.endswith("8 events, 22 files changed in own\n")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "object", "required": 5}, "`required` is a number, not a list of names"),
        ({"type": 7}, "`type` is a number, not a type or a list of types"),
        ({"enum": "x"}, "`enum` is a text, not a list of plain values"),
        ({"oneOf": []}, "`oneOf` is empty, not a list of schemas"),
        ({"properties": ["a"]}, "`properties` is a list, not a mapping of schemas"),
        ({"maxLength": "9"}, "`maxLength` is a text, not a number"),
    ],
)
def test_a_malformed_schema_is_named(adakit, schema, said):
    """A keyword that holds something else is named with its place: an error of a comparison, else a warning."""
    payload = {"type": "object", "properties": {"type": {"const": "v1.x"}, "data": schema}}
    body = {"content": {"application/json": {"schema": payload}}}
    document = {"openapi": "3.1.0", "webhooks": {"w": {"post": {"requestBody": body}}}}
    (adakit.folder / "doc.json").write_text(json.dumps(document), encoding="utf-8")
    diffed = adakit("schemas", "diff", "--against", "doc.json")
    assert (diffed.code, diffed.err) == (2, f"adakit: doc.json: w#data cannot be read: {said}.\n")
    generated = adakit("schemas", "generate", "--from", "doc.json", "-o", "out")
    assert generated.code == 0
    assert generated.err == f"warning: doc.json: w#data cannot be read: {said}; left out.\n"


# --- observe ---


def recorded(adakit, *events, file="recorded.ndjson"):
    text = "".join(json.dumps(event) + "\n" for event in events)
    (adakit.folder / file).write_text(text, encoding="utf-8")
    return file


def message(**data):
    event = EventFactory(seed=1).event("conversation.message")
    return {**event, "data": {**event["data"], **data}}


def test_documented_events_show_nothing_new(adakit):
    """Every event that the kit makes is documented."""
    events = EventFactory(seed=2)
    file = recorded(adakit, *(events.event(name) for name in event_names()))
    outcome = adakit("schemas", "observe", file, "--strict")
    assert (outcome.code, outcome.out) == (0, "7 events: nothing that is not documented\n")


def test_what_is_not_documented_is_counted(adakit):
    """Members, values, branches, types, nulls and events are counted, each with examples."""
    author = message()["data"]["author"]
    file = recorded(
        adakit,
        message(author={**author, "role": "supervisor"}),
        message(author={**author, "role": "supervisor", "team": "billing"}),
        message(content={"type": "carousel", "cards": []}, message_id=None),
        message(channel={"type": "native", "id": 7, "name": "n", "description": "d", "modality": "fax"}),
        {"type": "v1.conversation.reopened", "timestamp": "t", "data": {}},
        {"type": "v1.conversation.ended", "timestamp": "t"},
    )
    outcome = adakit("schemas", "observe", file, "--json")
    assert outcome.code == 0
    result = json.loads(outcome.out)
    found = {
        (o["kind"], o["event"], o["path"], o["detail"]): (o["count"], o["of"], o["examples"])
        for o in result["observed"]
    }
    message_type = "v1.conversation.message"
    assert result["events"] == 6
    assert found == {
        ("absent", "v1.conversation.ended", "data", "absent"): (1, 1, []),
        ("member", message_type, "data.author.team", "string"): (1, 4, ["billing"]),
        ("value", message_type, "data.author.role", '"supervisor"'): (2, 4, ["supervisor"]),
        ("value", message_type, "data.channel:native.modality", '"fax"'): (1, 4, ["fax"]),
        ("branch", message_type, "data.content", "carousel"): (1, 4, [{"type": "carousel", "cards": []}]),
        ("type", message_type, "data.channel:native.id", "integer"): (1, 4, [7]),
        ("null", message_type, "data.message_id", "null"): (1, 4, [None]),
        ("event", "v1.conversation.reopened", "", "v1.conversation.reopened"): (
            1,
            1,
            [{"type": "v1.conversation.reopened", "timestamp": "t", "data": {}}],
        ),
    }
    assert adakit("schemas", "observe", file, "--strict").code == 1


def test_observed_as_text_and_without_examples(adakit):
    """Text says what, where and how often; values are left out where that is asked."""
    file = recorded(adakit, message(mood="sad"))
    assert adakit("schemas", "observe", file).out == (
        "v1.conversation.message data.mood\n"
        '    member that is not documented: string, in 1 of 1 events, for example "sad"\n'
        "1 events: 1 thing that is not documented\n"
    )
    assert "sad" not in adakit("schemas", "observe", file, "--no-examples").out
    assert "| `data.mood` |" in adakit("schemas", "observe", file, "--markdown").out


def test_records_and_broken_lines(adakit):
    """An event may lie in a record; lines that hold none are named, and the rest is read."""
    events = [
        {"payload": message(mood="sad"), "headers": {}},
        {"body": json.dumps(message(mood="glad")), "received": "t"},
    ]
    text = "".join(json.dumps(event) + "\n" for event in events) + "\n{broken\n[1]\n"
    outcome = adakit("schemas", "observe", "-", "--json", stdin=text.encode())
    result = json.loads(outcome.out)
    assert (result["events"], result["observed"][0]["count"]) == (2, 2)
    assert result["unread"] == [
        "standard input, line 4 is not valid JSON: Expecting property name enclosed in double quotes at line 1, column 2.",
        "standard input, line 5 holds no event: no object with a `type`.",
    ]


def test_a_file_without_events(adakit):
    """A file of something else is refused, with the first reason."""
    (adakit.folder / "log").write_text("hello\n", encoding="utf-8")
    outcome = adakit("schemas", "observe", "log")
    assert outcome.code == 2
    assert outcome.err.startswith("adakit: log holds no event.\n  log, line 1 is not valid JSON: ")
    assert (
        adakit("schemas", "observe", "nope").err
        == "adakit: nope cannot be read: No such file or directory.\n"
    )


# --- a contract of one's own ---

NEWER = (
    "a new event",
    "a new required member",
    "a new branch of a union",
    "a member is removed",
    "null by a list of types",
    "a string becomes an object",
)


@pytest.fixture
def own(adakit, edited):
    """The directory of a contract that has moved."""
    assert adakit("schemas", "generate", "--from", edited(*NEWER), "-o", "own").code == 0
    return "own"


def test_events_of_another_contract(adakit, own):
    """Events have the members, kinds and types of the contract that is named, and are valid by it."""
    handoff = adakit("generate", "conversation.handoff.ended", "--contract", own, "--seed", 3)
    assert json.loads(handoff.out)["data"]["agent_count"] == 7
    reopened = adakit("generate", "conversation.reopened", "--contract", own, "--seed", 3, "-n", 2)
    made = [json.loads(line) for line in reopened.out.splitlines()]
    assert {event["type"] for event in made} == {"v1.conversation.reopened"}
    assert len({event["data"]["conversation_id"] for event in made}) == 2
    story = adakit("generate", "handoff", "--contract", own, "--seed", 3).out + handoff.out + reopened.out
    checked = adakit("schemas", "validate", "--closed", "--contract", own, "-", stdin=story.encode())
    assert (checked.code, checked.out.count(": valid (v1.")) == (0, len(story.splitlines()))
    assert adakit("generate", "conversation.reopened").code == 2


def test_the_check_with_another_contract(adakit, own):
    """The cases are those of the contract, and the lines that repeat one name it."""
    listed = adakit("check", "--list", "--contract", own)
    assert "ADA103  conversation.message/union:data.content:carousel\n" in listed.out
    assert "ADA101  conversation.reopened/example:complete\n" in listed.out
    outcome = adakit(
        *("check", "adakit.demo.buggy:app", "--path", "/webhooks/ada", "--contract", own),
        *("--events", "conversation.message", "--select", "ADA103"),
    )
    assert outcome.code == 1
    assert "--contract own" in outcome.out
    assert "carousel" not in adakit("check", "--list").out


def test_send_with_another_contract(adakit, own):
    """A new event is sent as any other."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/hooks"
        outcome = adakit(
            "send", "conversation.reopened", "--to", url, "--contract", own, ADA_WEBHOOK_SECRET=SECRET
        )
        server.shutdown()
        thread.join()
    assert outcome.code == 0
    assert [body["type"] for body in bodies] == ["v1.conversation.reopened"]


@pytest.mark.parametrize(
    ("directory", "message"),
    [("gone", "gone is not a directory."), (".", ". holds no source.openapi.json.")],
)
def test_a_directory_without_a_contract(adakit, directory, message):
    """A directory that was not generated is refused, with what generates one."""
    outcome = adakit("generate", "conversation.ended", "--contract", directory)
    assert (outcome.code, outcome.err) == (
        2,
        f"adakit: {message}\n  Make one with: adakit init --from FILE|URL -o DIR\n",
    )


def written(folder, schema, media="application/json"):
    """Writes a document of one event with a schema as its data."""
    payload = {"type": "object", "properties": {"type": {"const": "v1.x"}, "data": schema}}
    body = {"content": {media: {"schema": payload}}}
    components = {"schemas": {"Node": {"type": "object", "properties": {"next": {"$ref": NODE}}}}}
    document = {
        "openapi": "3.1.0",
        "webhooks": {"w": {"post": {"requestBody": body}}},
        "components": components,
    }
    (folder / "doc.json").write_text(json.dumps(document), encoding="utf-8")


NODE = "#/components/schemas/Node"


def test_a_schema_that_contains_itself_is_read_once(adakit):
    """Where it comes again, anything may stand."""
    written(adakit.folder, {"type": "object", "properties": {"tree": {"$ref": NODE}}})
    outcome = adakit("schemas", "generate", "--from", "doc.json", "-o", "out")
    assert (outcome.code, outcome.err) == (0, "")
    schema = json.loads((adakit.folder / "out" / "x.schema.json").read_text(encoding="utf-8"))
    assert schema["properties"]["data"]["properties"]["tree"]["properties"] == {"next": {}}


def test_a_body_with_a_character_set_is_json(adakit):
    """What is JSON with parameters is read as JSON; a member that never comes is left out."""
    data = {"type": "object", "properties": {"id": {"type": "string"}, "no": False}}
    written(adakit.folder, data, "application/json; charset=utf-8")
    assert adakit("schemas", "generate", "--from", "doc.json", "-o", "out").code == 0
    schema = json.loads((adakit.folder / "out" / "x.schema.json").read_text(encoding="utf-8"))
    assert list(schema["properties"]["data"]["properties"]) == ["id"]


def test_a_body_that_is_no_json_is_named(adakit, edited):
    """Another media type is said as such, not as an event that is gone."""
    outcome = adakit("schemas", "diff", "--against", edited("the body is a form"), "--json")
    said = [c["what"] for c in json.loads(outcome.out)["changes"] if c["class"] == "breaking"]
    assert said == ["sent as application/x-www-form-urlencoded, no longer application/json"]


def test_a_new_member_says_that_it_may_be_null(adakit, edited):
    """All types of a new member are named."""
    outcome = adakit("schemas", "diff", "--against", edited("a new member that may be null"), "--json")
    said = [c["what"] for c in json.loads(outcome.out)["changes"] if c["class"] == "additive"]
    assert said == ["new member: string or null"]


@pytest.mark.skipif(ADA_DOCUMENT is None, reason="ADAKIT_ADA_OPENAPI does not name Ada's openapi.yaml")
def test_adas_words_are_no_change_towards_ours(adakit):
    """Ada's document as the base differs from our transcription in nothing, though the words are others."""
    outcome = adakit("schemas", "diff", "--base", ADA_DOCUMENT, "--strict", "--json")
    assert (outcome.code, json.loads(outcome.out)["changes"]) == (0, [])


STEERING = "a`b|\x1b[31m\u202ec\nd"


def test_names_cannot_steer_a_terminal_or_a_table(adakit):
    """What a terminal would obey is shown as its code, and a table stays a table."""
    document: Any = parse_yaml((DOCUMENTED / TRANSCRIPTION).read_text(encoding="utf-8"), name="ours")
    schema = document["webhooks"]["conversation-ended-webhook"]["post"]["requestBody"]["content"]
    schema["application/json"]["schema"] = {
        "allOf": [
            schema["application/json"]["schema"],
            {"type": "object", "properties": {STEERING: {"type": "string"}}},
        ]
    }
    (adakit.folder / "new.json").write_text(json.dumps(document), encoding="utf-8")
    text = adakit("schemas", "diff", "--against", "new.json").out
    assert "  v1.conversation.ended a`b|\\x1b[31m\\u202ec\\nd\n" in text
    table = adakit("schemas", "diff", "--against", "new.json", "--markdown").out
    assert "| v1.conversation.ended | `` a`b\\|\\x1b[31m\\u202ec d `` |" in table
    refused = adakit("schemas", "diff", "--against", "\x1b[31mgone")
    assert (refused.code, refused.err) == (2, "adakit: \\x1b[31mgone does not exist.\n")


@pytest.mark.parametrize(
    ("options", "both"),
    [
        (["--json", "--markdown"], "json and markdown"),
        (["--format", "markdown", "--json"], "json and markdown"),
    ],
)
def test_one_form(adakit, edited, options, both):
    """Two forms at a time are refused; the same one twice is not."""
    outcome = adakit("schemas", "diff", "--against", edited(), *options)
    assert (outcome.code, outcome.err) == (
        2,
        (
            f"adakit: Only one form can be written, not {both}.\n"
            "  Give one of --format, --json and --markdown.\n"
        ),
    )
    assert adakit("schemas", "diff", "--against", edited(), "--format", "json", "--json").code == 0
