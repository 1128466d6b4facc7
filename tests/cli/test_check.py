"""``adakit check`` and ``adakit demo``, on applications in process."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import partial

import pytest

from ada_contract_tests.suites.selection import Selection
from adakit.commands import demo
from adakit.demo.consumer import PATH
from support.command_line import SECRET, CommandLine

GOOD, BUGGY = "adakit.demo.consumer:app", "adakit.demo.buggy:app"
EXAMPLE = "conversation.ended/example:complete"
FEW = Selection(select="ADA101,ADA103,ADA301")

APPLICATION = """
import os


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError
    body = b"secret " + os.environ["ADA_WEBHOOK_SECRET"].encode() + b" {where}"
    await send({{"type": "http.response.start", "status": {status}, "headers": []}})
    await send({{"type": "http.response.body", "body": body.replace(b"WHERE", scope["raw_path"])}})


def create_app():
    return app


def broken():
    raise RuntimeError("no settings")


number = 5
"""


@pytest.fixture
def adakit(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path)


@pytest.fixture
def shop(adakit, request):
    """Writes an application that answers every request alike; gives its module's name."""

    def write(status=500, where=""):
        name = "shop_" + re.sub(r"\W", "_", request.node.name)
        (adakit.folder / f"{name}.py").write_text(
            APPLICATION.format(status=status, where=where), encoding="utf-8"
        )
        return name

    return write


# --- good and bad consumers ---


def test_a_good_consumer(adakit):
    """A good consumer passes; a secret is made and put into the environment before it is imported."""
    outcome = adakit("check", GOOD, "--path", PATH, "--select", "ADA1,ADA3")
    assert (outcome.code, outcome.err) == (0, "")
    assert re.search(r"\nPASS  adakit\.demo\.consumer:app: \d+ passed", outcome.out)
    assert os.environ["ADA_WEBHOOK_SECRET"].startswith("whsec_")
    assert os.environ["ADA_WEBHOOK_SECRET"] not in outcome.out


def test_a_buggy_consumer(adakit):
    """A consumer with a bug fails, and the report names its cause once."""
    outcome = adakit("check", BUGGY, "--path", PATH, "--select", "ADA103", "--seed", 5)
    assert outcome.code == 1
    assert "1. error 2 cases, one cause: KeyError: 'body' (buggy.py:18)" in outcome.out
    assert "2. error" not in outcome.out
    assert f"repeat     adakit check {BUGGY} --path {PATH} --case conversation.message/" in outcome.out
    assert "FAIL" in outcome.out
    assert "(seed 5)" in outcome.out


def test_the_line_that_repeats_a_finding(adakit):
    """The line that a finding prints finds the same again."""
    first = adakit("check", BUGGY, "--path", PATH, "--select", "ADA103", "--json")
    finding = json.loads(first.out)["findings"][0]
    again = json.loads(adakit(*finding["reproduce"][0].split()[1:], "--json").out)
    assert [f["case"] for f in again["findings"]] == [finding["case"]]
    assert again["findings"][0]["changes"] == finding["changes"]


def test_json(adakit):
    """As JSON the report is all that is printed; the exit code is the same."""
    outcome = adakit("check", BUGGY, "--path", PATH, "--select", "ADA103", "--json")
    report = json.loads(outcome.out)
    assert (outcome.code, report["exit_code"], outcome.err) == (1, 1, "")


def test_report_files(adakit):
    """Reports are written beside what is printed."""
    outcome = adakit("check", GOOD, "--path", PATH, "--case", EXAMPLE, "--report", "json=report.json")
    assert outcome.code == 0
    report = json.loads((adakit.folder / "report.json").read_text(encoding="utf-8"))
    assert [case["id"] for case in report["cases"]] == [EXAMPLE]
    assert "PASS" in outcome.out


def test_no_secret_is_shown(adakit, shop):
    """A consumer that prints its secret does not make the report print it, in any form."""
    outcome = adakit("check", f"{shop()}:app", "--report", "json=r.json", ADA_WEBHOOK_SECRET=SECRET)
    assert outcome.code == 1
    assert "answer     secret whsec_..." in outcome.out
    assert SECRET.removeprefix("whsec_") not in (adakit.folder / "r.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "seen"),
    [("hook", "/hook"), ("/hook", "/hook"), ("/hook?x=1", "/hook"), ("/a b", "/a%20b"), (None, "/")],
)
def test_paths(adakit, shop, path, seen):
    """A path is given with or without its slash, with or without a query."""
    option = [] if path is None else ["--path", path]
    outcome = adakit("check", f"{shop(where='at WHERE.')}:app", *option, "--case", EXAMPLE)
    assert f" at {seen}." in outcome.out


def test_a_factory(adakit, shop):
    """An application may be made by a function without arguments."""
    assert adakit("check", f"{shop(200)}:create_app()", "--case", EXAMPLE).code == 0


def test_strict(adakit, shop):
    """Warnings make no exit code, unless they are to."""
    options = ["check", f"{shop(204)}:app", "--select", "ADA401"]
    outcome = adakit(*options)
    assert outcome.code == 0
    assert "7 passed, 7 warnings" in outcome.out
    outcome = adakit(*options, "--strict")
    assert outcome.code == 1
    assert "0 passed, 7 failed" in outcome.out
    assert adakit(*options, "--accept", "200").code == 1
    assert adakit("check", f"{shop(204)}:app", "--case", EXAMPLE, "--accept", "2xx").code == 0


def test_a_consumer_that_verifies_nothing(adakit, shop):
    """With --secret none nothing is signed, ADA3xx is left out, and the report says so."""
    outcome = adakit("check", GOOD, "--secret", "none", "--select", "ADA101,ADA3xx", "--json")
    report = json.loads(outcome.out)
    assert {case["rule"] for case in report["cases"]} == {"ADA101"}
    assert report["notes"] == ["Requests were not signed (secret: none), so the rules ADA3xx were left out."]
    assert "--secret none" in report["findings"][0]["reproduce"][0]


def test_every_signed_event_is_refused(adakit, shop):
    """A consumer that refuses everything gets one finding, which asks about the secret."""
    outcome = adakit("check", f"{shop(401)}:app")
    assert outcome.code == 1
    assert outcome.out.count(" error 1 case: ") == 1
    assert "every correctly signed event is refused: secret mismatch?" in outcome.out


# --- what to check ---


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (":app", "':app' has no module before the colon.\n"),
        ("shop", "'shop' names no application: there is no colon.\n"),
        ("SHOP:", "'{shop}:' has no application after the colon.\n"),
        ("SHOP:nope", "{shop} has no 'nope'.\n"),
        ("SHOP:number", "{shop}:number is an int, not an application.\n"),
        ("SHOP:broken()", "{shop}:broken() failed: RuntimeError: no settings ({shop}.py:"),
        ("no_such_module:app", "There is no module 'no_such_module'.\n"),
        ("shop.py:app", "'shop.py:app' holds a path where a module's name is expected.\n"),
        ("127.0.0.1:8000", "'127.0.0.1:8000' looks like a URL without http://.\n"),
        ("ftp://host/", "'ftp://host/' is neither an http:// or https:// URL nor a module:app.\n"),
        ("http://", "The URL 'http://' names no host.\n"),
        ("http://h:99999/", "The URL cannot be read: Port out of range 0-65535.\n"),
        ("http://h/a b", "The URL holds a space or a control character.\n"),
        ("http://me:pw@h/", "The URL holds a user name or a password, which would end up in reports.\n"),
        ("http://h/?token=s3cret", "No secret to sign the requests to http://h/?token=... with.\n"),
    ],
)
def test_targets_that_cannot_be_used(adakit, shop, target, error):
    """What is wrong with a target is said, with what to do, and without what may be a credential."""
    name = shop()
    outcome = adakit("check", target.replace("SHOP", name))
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("adakit: " + error.format(shop=name))
    assert outcome.err.count("\n  ") >= 1
    assert "pw" not in outcome.err
    assert "s3cret" not in outcome.err


def test_no_target(adakit):
    """Without a target, both kinds are named."""
    outcome = adakit("check")
    assert outcome.code == 2
    assert "Name a URL, such as http://127.0.0.1:8000/webhooks, or an application: module:app." in outcome.err


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            ["--case", "conversation.ended/example:complet"],
            "There is no case 'conversation.ended/example:complet'.",
        ),
        (["--select", "ADA999"], "There is no rule 'ADA999'."),
        (["--ignore", "nope/x"], "There is no case 'nope/x'."),
        (["--events", "nope*"], "No event fits 'nope*'."),
        (["--select", "ADA101", "--ignore", "ADA1xx"], "No case is left to run."),
        (["--secret", ""], "The signing secret is empty."),
        (["--secret", "whsec_%"], "The signing secret is not base64: it holds "),
        (["--ignores", "conversation.ended"], "'conversation.ended' is no declaration of what is ignored."),
        (["--ignores", "conversation.begun:data.x=y"], "No event fits 'conversation.begun'."),
        (
            ["--ignores", "conversation.ended:data.ended_by.rule=system"],
            "'conversation.ended:data.ended_by.rule=system': conversation.ended has no member",
        ),
        (
            ["--ignores", "conversation.ended:data.ended_by.role=robot"],
            "'conversation.ended:data.ended_by.role=robot': data.ended_by.role is never 'robot'.",
        ),
        (["-H", "nocolon"], "'nocolon' is not a header."),
        (["--report", "json"], "'json' is no report."),
        (["--report", "pdf=x"], "'pdf=x' is no report."),
        (["--report", "json=no/x"], "no/x cannot be written: its directory does not exist."),
        (["--report", "json=."], ". cannot be written: it is a directory."),
    ],
)
def test_options_that_cannot_be_used(adakit, options, error):
    """What is wrong with an option is said before anything is sent."""
    outcome = adakit("check", GOOD, "--path", PATH, *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"adakit: {error}")


PARTLY = """
import json

SEEN = []


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError
    body, event = b"", {}
    if scope["path"] == "/_seen":
        body = json.dumps(SEEN).encode()
    else:
        event = json.loads((await receive())["body"])
        told = "ignored" if event["data"].get("ended_by", {}).get("role") in ("system", None) else "handled"
        message_id = dict(scope["headers"])[b"svix-id"].decode()
        SEEN.append({"svix_id": message_id, "type": event["type"], "status": told})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""
BY_SYSTEM = "conversation.ended:data.ended_by.role=system"


@pytest.fixture
def partly(adakit, monkeypatch, request):
    """Checks a consumer that ignores what the system ends."""
    name = "partly_" + re.sub(r"\W", "_", request.node.name)
    (adakit.folder / f"{name}.py").write_text(PARTLY, encoding="utf-8")
    chosen = ("--events", "conversation.ended", "--select", "ADA101,ADA102,ADA109,ADA601", "--secret", "none")

    def run(*more):
        monkeypatch.delitem(sys.modules, name, raising=False)  # it begins anew
        return adakit("check", f"{name}:app", "--seen-url", "/_seen", *chosen, *more)

    return run


def test_what_is_ignored_on_purpose(partly, adakit):
    """What is ignored is an error with the declaration to paste; declared, it is counted and fine."""
    outcome = partly()
    assert outcome.code == 1
    assert f"\n              --ignores '{BY_SYSTEM}'\n" in outcome.out
    declared = partly(
        "--ignores",
        BY_SYSTEM,
        "--report",
        "json=r.json",
        "--report",
        "markdown=r.md",
        "--report",
        "html=r.html",
    )
    assert declared.code == 0
    (line,) = re.findall(
        rf"Declared as ignored: {re.escape(BY_SYSTEM)} covered \d+ deliveries\.", declared.out
    )
    report = json.loads((adakit.folder / "r.json").read_text(encoding="utf-8"))
    assert line in report["notes"]
    assert line in (adakit.folder / "r.html").read_text(encoding="utf-8")
    assert line in (adakit.folder / "r.md").read_text(encoding="utf-8").replace("&#95;", "_")


def test_what_is_ignored_in_the_project(partly, adakit):
    """Declarations of the project's pyproject.toml count, and stand in the line that repeats a finding."""
    declared = f"[tool.adakit]\nignores = ['{BY_SYSTEM}']\n"
    (adakit.folder / "pyproject.toml").write_text(declared, encoding="utf-8")
    assert partly().code == 0
    other = "conversation.ended:data.ended_by.role=human_agent"
    (adakit.folder / "pyproject.toml").write_text(declared.replace(BY_SYSTEM, other), encoding="utf-8")
    assert f" --ignores {other} --case " in partly().out


# --- the start of a handoff ---

HANDOFFS = """
import pathlib


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    body = (await receive())["body"]
    status = 200
    if scope["path"] == "/start":
        key = dict(scope["headers"]).get(b"x-api-key", b"none")
        with pathlib.Path("started").open("ab") as file:
            file.write(key + b" " + body + b"\\n")
        status = 204 if key == b"s3cret-key" else 500
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": key if status == 500 else b""})
"""


@pytest.fixture
def desk(adakit, request):
    """Writes an application that starts handoffs for who has its key; gives the arguments of a check."""
    name = "desk_" + re.sub(r"\W", "_", request.node.name)
    (adakit.folder / f"{name}.py").write_text(HANDOFFS, encoding="utf-8")
    return ("check", f"{name}:app", "--select", "ADA8xx", "--seed", "5")


def test_handoffs(desk, adakit):
    """With a path, handoffs are started with the header and the body of the flow; the header is not shown."""
    body = '{"conversation": "{conversation_id}"}'
    options = ["--handoff-path", "/start", "--handoff-body", body, "--handoff-conversation", "c7"]
    good = adakit(*desk, *options, "--handoff-header", "X-Api-Key=s3cret-key")
    assert (good.code, good.err) == (0, "")
    lines = (adakit.folder / "started").read_text(encoding="utf-8").splitlines()
    known = 's3cret-key {"conversation": "c7"}'
    assert (len(lines), [lines[0], *lines[2:]]) == (4, [known] * 3)
    bad = adakit(*desk, *options, "--handoff-header", "X-Api-Key=other-key", "--report", "json=r.json")
    assert bad.code == 1
    shown = bad.out + (adakit.folder / "r.json").read_text(encoding="utf-8")
    assert "other-key" not in shown
    assert "--handoff-header X-Api-Key=... --handoff-conversation c7 --case handoff/start:accepted" in shown


def test_handoffs_of_the_project(desk, adakit):
    """The settings of the project's pyproject.toml count, and an option wins over them."""
    settings = """[tool.adakit]
handoff-path = "/start"
handoff-header = ["X-Api-Key=s3cret-key"]
handoff-conversation = "c7"
handoff-body = {conversation = "{conversation_id}"}
"""
    (adakit.folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    assert adakit(*desk).code == 0
    assert (
        adakit(
            *desk, "--handoff-body", '{"id": "{conversation_id}"}', "--case", "handoff/start:accepted"
        ).code
        == 0
    )
    lines = (adakit.folder / "started").read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1]) == ('s3cret-key {"conversation": "c7"}', 's3cret-key {"id": "c7"}')


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "handoff-path = 7",
            'handoff-path in [tool.adakit] is no text.\n  Write it as handoff-path = "...".',
        ),
        (
            "handoff-header = 'a=b'",
            "handoff-header in [tool.adakit] is no list of texts.\n  Write it as NAME=VALUE.",
        ),
        (
            "handoff-body = {a = 2020-01-01}",
            "handoff-body in [tool.adakit] is no JSON.\n  Write it as a JSON",
        ),
    ],
)
def test_bad_settings_of_a_handoff(desk, adakit, setting, said):
    """A setting of another type is named."""
    (adakit.folder / "pyproject.toml").write_text(f"[tool.adakit]\n{setting}\n", encoding="utf-8")
    outcome = adakit(*desk, "--handoff-path", "" if "path" in setting else "/start")
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_handoffs_are_listed_with_their_path_alone(adakit):
    """Cases of a handoff are listed where there is a path, the unknown conversation where one is known."""
    listed = [
        adakit("check", "--list", "--select", "ADA503,ADA8xx", *options).out.split()[5::2]
        for options in (
            [],
            ["--handoff-path", "/start"],
            ["--handoff-path", "/start", "--handoff-conversation", "c"],
        )
    ]
    assert [len(ids) for ids in listed] == [len(listed[0]), len(listed[0]) + 2, len(listed[0]) + 3]
    assert listed[2][-3:] == [f"handoff/start:{n}" for n in ("accepted", "unknown-conversation", "again")]


@pytest.mark.parametrize(
    "options",
    [["--timeout", "0"], ["--timeout", "nan"], ["--jobs", "0"], ["--seed", "-1"], ["--accept", "3xx"]],
)
def test_values_out_of_range(adakit, options):
    """Values out of range are usage errors that name the option."""
    outcome = adakit("check", GOOD, *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"'{options[0]}'" in outcome.err


def test_a_case_that_needs_the_wire(adakit):
    """A case that makes no difference in process cannot be the only one."""
    lines = adakit("check", "--list", "--select", "ADA309").out.split()
    outcome = adakit("check", GOOD, "--path", PATH, "--case", lines[1])
    assert outcome.code == 2
    assert "None of the selected cases applies to an application in process." in outcome.err


# --- lists and explanations ---


def test_list(adakit):
    """The cases that would run are listed with their rules, as text and as JSON."""
    out = adakit("check", "--list", "--select", "ADA103").out
    rows = json.loads(adakit("check", "--list", "--select", "ADA103", "--json").out)
    assert [f"{row['rule']}  {row['id']}" for row in rows] == out.splitlines()
    assert {row["rule"] for row in rows} == {"ADA103"}
    assert all(row["event"] and row["summary"] for row in rows)


@pytest.mark.parametrize("options", [["--secret", "none"], []])
def test_list_without_signing(adakit, options):
    """What a consumer that verifies nothing is spared is not listed either."""
    outcome = adakit("check", "--list", *options, ADA_WEBHOOK_SECRET="" if options else "none")
    assert outcome.code == 0
    assert "ADA301" not in outcome.out


def test_explain(adakit):
    """A rule is explained, in any letter case."""
    outcome = adakit("check", "--explain", "ada104")
    assert outcome.code == 0
    assert "ADA104" in outcome.out
    assert "--ignore ADA104" in outcome.out


def test_explaining_a_rule_that_does_not_exist(adakit):
    """A wrong code suggests the nearest."""
    outcome = adakit("check", "--explain", "ADA1O4")
    assert outcome.code == 2
    assert "Did you mean ADA104?" in outcome.err


# --- demo ---


def test_demo(adakit, monkeypatch):
    """The demo finds exactly the planted bug, and leaves the environment's secret unknown.

    It sends a few cases here; packaging/test_installed.py has it send all.
    """
    monkeypatch.setattr(demo, "Options", partial(demo.Options, selection=FEW))
    outcome = adakit("demo", "--seed", 5)
    assert (outcome.code, outcome.err) == (0, "")
    assert "exactly the planted bug was found" in outcome.out
    assert os.environ["ADA_WEBHOOK_SECRET"] not in outcome.out
    assert "  7 events are stored; the service is down: each is refused.\n" in outcome.out
    assert outcome.out.count("attempt 2\n") == 7
