"""Advice: a faulty consumer each, in process, and the sentences that a team reads about it."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, HttpUrl
from werkzeug.datastructures import Headers

from ada_contract_tests.advice import advice_of
from support.faulty_consumers import findings_of

CREATED, MESSAGE, USER = "conversation.created", "conversation.message", "end_user.created"
FILE = f"{MESSAGE}/union:data.content:file"
NEW_ROLE = f"{MESSAGE}/forward:new-value:data.author.role"


def told(handle, case):
    """The advice about one case, the line of the user's in it as AT."""
    (finding,) = findings_of(handle, case)
    return re.sub(r"\btest_advice_of_faults\.py:\d+", "AT", advice_of(finding))


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    role: Any = None
    id: Any = None
    display_name: Any = None
    avatar: Any = None


class Role(BaseModel):
    role: Literal["end_user", "ai_agent", "human_agent"]


class Profile(BaseModel):
    email: str


class Media(BaseModel):
    url: HttpUrl


def munged(event, _):
    """A layer before the handler turns empty lists into nothing."""
    return list(event["tags"] or None)


def to_header(event, _):
    Headers([("X-Name", event["data"]["author"]["display_name"])])


def to_file(event, _):
    Path("/nowhere", event["data"]["content"]["filename"]).write_bytes(b"")


def by_type(event, _):
    _, _ = event["data"]["content"]["mime_type"].replace(";", "/").split("/")


def presigned(event, _):
    Media(url=event["data"]["content"]["url"] + "a" * 2083)


def only_known(event, _):
    Strict.model_validate(event["data"]["author"])


def closed(event, _):
    Role.model_validate(event["data"]["author"])


def table(event, _):
    {"end_user": 1, "ai_agent": 2}[event["data"]["author"]["role"]]


def e_mail(event, _):
    Profile.model_validate(event["data"]["profile"])


def fixed_format(event, _):
    datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")


def compares(event, _):
    return datetime.fromisoformat(event["timestamp"]) < datetime.fromisoformat("2020-01-01T00:00:00+00:00")


def latin(event, _):
    event["data"]["content"]["body"].encode("latin-1")


def reads_metadata(event, _):
    event["data"]["metadata"]["region"]


def strips(event, _):
    event["data"]["author"]["id"].strip()


def dict_of_region(region=None):
    return {"region": region}


def spreads(event, _):
    dict_of_region(**event["data"]["metadata"])


def narrow_column(event, _):
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE kept (number INTEGER)")
        db.execute("INSERT INTO kept VALUES (?)", (event["data"]["metadata"]["adakit_entry"] * 2,))


def not_null(event, _):
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE kept (author TEXT NOT NULL)")
        db.execute("INSERT INTO kept VALUES (?)", (event["data"]["author"]["id"],))


def unique_time(event, _):
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE kept (sent TEXT UNIQUE)")
        db.executemany("INSERT INTO kept VALUES (?)", [(event["timestamp"],)] * 2)


def varchar(event, _):
    if len(event["data"]["content"]["body"]) > 255:
        raise RuntimeError("(psycopg.errors) value too long for type character varying(255)")


def indexed(event, _):
    raise RuntimeError(
        f"index row size {len(event['data']['content']['url'])} exceeds btree version 4 maximum 2704"
    )


def serialises_again(event, raw):
    return (401, "") if json.dumps(event).encode() != raw else None


HTTP = {
    "pydantic": '{"detail":[{"type":"missing","loc":["body","data","metadata"],"msg":"Field required","input":{}}]}',
    "zod": '[{"received":"x","code":"invalid_enum_value","path":["data","author","role"],"message":"Invalid"}]',
    "node": "TypeError: Cannot read properties of null (reading 'trim')<br> at f (/srv/node_modules/a/i.js:1:1)"
    "<br> at handle (/srv/app/server.js:33:20)",
    "django": "<html>KeyError at /hook 'body' Exception Location: /srv/app/views.py, line 12, in hook</html>",
}


@pytest.mark.parametrize(
    ("handle", "case", "advice"),
    [
        (munged, f"{USER}/list:tags:empty",
            ("`tags` may be an empty list. AT finds nothing in place of the empty list: a layer before"
            " it (a parser of parameters, a serializer) turns one into the other, so take `(... or "
            "[])`.")),
        (lambda event, _: event["tags"][0], f"{USER}/list:tags:empty",
            ("`tags` may be an empty list. AT reads an entry of something empty or shorter, where "
            "`tags` is as in this case: ask for its length first.")),
        (to_header, f"{MESSAGE}/text:data.author.display_name:lines",
            ("`data.author.display_name` may hold line breaks and tabs. AT puts "
            "`data.author.display_name` into a header, which takes no line break: encode it (RFC "
            "2231, percent), or strip what is no printable ASCII.")),
        (to_file, f"{MESSAGE}/text:data.content:file.filename:html",
            ("`data.content.filename` is what a person named a file, with slashes, dots and all. AT "
            "makes a path of `data.content.filename`: store the file under an id of your own, and "
            "keep the name beside it.")),
        (by_type, f"{MESSAGE}/form:data.content:file.mime_type:parameters",
            ("`data.content.mime_type` may have parameters (text/plain; charset=utf-8). AT splits "
            "`data.content.mime_type` into a fixed number of parts: take what stands before the first"
            " separator (`.partition`), whatever comes after.")),
        (presigned, f"{MESSAGE}/union:data.content:link",
            ("`data.content` may be of type link, which has members of its own. AT holds "
            "`data.content.url` to an address of at most 2083 characters: pydantic's HttpUrl does; "
            "take AnyUrl or str.")),
        (closed, NEW_ROLE,
            ("`data.author.role` may be a value that is not documented yet. AT closes the list of "
            "values of `data.author.role` (Literal, Enum): type it as str, and have a default for "
            "what is new.")),
        (table, NEW_ROLE,
            ("`data.author.role` may be a value that is not documented yet. AT looks "
            "'adakit_new_value' up in a table that has no entry for it: take `.get(...)` with a "
            "default.")),
        (table, f"{MESSAGE}/enum:data.author.role:human_agent",
            ("`data.author.role` may be human_agent. AT looks 'human_agent' up in a table that has no "
            "entry for it: take `.get(...)` with a default.")),
        (only_known, f"{MESSAGE}/forward:unknown-key:data.author",
            ("`data.author` may have members that are not documented yet. AT forbids members that it "
            "does not know, here `data.author.adakit_new_member`: set extra='ignore' (pydantic's "
            "default), or .passthrough() in zod.")),
        (e_mail, f"{USER}/null:data.profile.email",
            ("`data.profile.email` may be null. AT takes no null for `data.profile.email`: type it as "
            "optional (`str | None`; zod: .nullish()).")),
        (e_mail, f"{USER}/absent:data.profile.email",
            ("`data.profile.email` may be absent. AT requires `data.profile.email`: let it be "
            "optional, None where it is absent (zod: .nullish()).")),
        (fixed_format, f"{CREATED}/time:timestamp:seconds-z",
            ("`timestamp` may be an ISO 8601 time with any fraction of a second, Z or an offset. AT "
            "reads `timestamp` in one fixed format: take datetime.fromisoformat (Python 3.11), which "
            "takes any fraction and offset.")),
        (compares, f"{CREATED}/time:timestamp:naive-seconds",
            ("`timestamp` may be a time without a zone. AT compares a time with a zone and one "
            "without: read `timestamp` as UTC where it has none.")),
        (narrow_column, f"{CREATED}/metadata:data.metadata:integer-64-bit",
            ("A value of `data.metadata` may be an integer of 64 bit. AT puts `data.metadata` into an "
            "integer that is too small for it: take 64 bit (bigint), or keep metadata in a JSON "
            "column.")),
        (latin, f"{MESSAGE}/text:data.content:text.body:cjk",
            ("`data.content.body` may hold characters of any script, here cjk. AT encodes "
            "`data.content.body` as latin-1: encode as UTF-8 (open(..., encoding='utf-8'); headers "
            "and old APIs need percent-encoding).")),
        (reads_metadata, f"{CREATED}/absent:data.metadata",
            ("`data.metadata` may be absent. AT reads `metadata` as if it were always there: read it "
            "with a default (`.get('metadata')`).")),
        (spreads, f"{CREATED}/metadata:data.metadata:odd-keys",
            ("The names in `data.metadata` are free (here: odd keys). AT spreads an object over "
            "arguments (`**`), which takes no `with`: pick the members that you know by name.")),
        (strips, f"{MESSAGE}/null:data.author.id",
            ("`data.author.id` may be null. AT calls `.strip` on nothing: `data.author.id` may be null"
            " or absent, so ask for it first, or take `(... or {})`.")),
        (not_null, f"{MESSAGE}/null:data.author.id",
            ("`data.author.id` may be null. AT stores nothing in the column `author`, which takes no "
            "NULL: make it nullable, or give it a default.")),
        (unique_time, f"{MESSAGE}/null:data.author.id",
            ("`data.author.id` may be null. AT breaks a unique constraint: keep uniqueness for ids "
            "(svix-id, message id), write with ON CONFLICT DO NOTHING or DO UPDATE, and answer 200 to"
            " what is stored already.")),
        (varchar, f"{MESSAGE}/length:data.content:text.body:256-characters",
            ("`data.content.body` may have any length, here 256 characters. AT stores "
            "`data.content.body` in a column of 255 characters: make it `text`, or as long as what "
            "may be sent.")),
        (indexed, f"{MESSAGE}/union:data.content:link",
            ("`data.content` may be of type link, which has members of its own. AT writes "
            "`data.content` into an index, whose rows end at 2704 bytes: index a hash (md5) of long "
            "texts and addresses, or a prefix, or nothing.")),
        (serialises_again, f"{CREATED}/raw:spaced",
            ("The body may be any JSON text of the event, here spaced. Verify over the bytes as "
            "received: in front of the verification no JSON parser, no trimming, no decoding "
            "(Express: express.raw; Flask: request.get_data(); FastAPI: await request.body()).")),
        (lambda *_: (422, HTTP["pydantic"]), f"{CREATED}/absent:data.metadata",
            ("`data.metadata` may be absent. The handler requires `data.metadata`: let it be optional,"
            " None where it is absent (zod: .nullish()).")),
        (lambda *_: (422, HTTP["zod"]), NEW_ROLE,
            ("`data.author.role` may be a value that is not documented yet. The handler closes the "
            "list of values of `data.author.role` (Literal, Enum): type it as str, and have a default"
            " for what is new.")),
        (lambda *_: (500, HTTP["node"]), f"{MESSAGE}/null:data.author.id",
            ("`data.author.id` may be null. server.js:33 reads a member of nothing: `data.author.id` "
            "may be null or absent, so ask for it first (`?.` in JavaScript, `&.` in Ruby).")),
        (lambda *_: (500, HTTP["django"]), FILE,
            ("`data.content` may be of type file, which has members of its own. views.py:12 reads "
            "`body` as if it were always there: read it with a default (`.get('body')`).")),
        (lambda *_: (500, ""), FILE,
            ("`data.content` may be of type file, which has members of its own. Branch on "
            "`data.content.type` before reading what only one type has.")),
    ],
)  # fmt: skip
def test_the_advice_is_that_of_the_fault(handle, case, advice):
    """What to do names the member, the user's line and the validator; where nothing is known, what the kind is."""
    assert told(handle, case) == advice
