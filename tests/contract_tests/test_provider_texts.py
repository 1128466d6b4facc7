"""Whoever checks a consumer of another provider reads nothing of Ada: in findings, reports, --explain, errors."""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from rich.console import Console

from ada_contract_tests import Options, check
from ada_contract_tests.advice import _tables as advice_tables
from ada_contract_tests.advice import advice_of
from ada_contract_tests.findings import Finding
from ada_contract_tests.reports import RENDERERS
from ada_contract_tests.reports.plain import finding_text
from ada_contract_tests.reports.terminal import print_report
from ada_contract_tests.rules import RULES, rules_of
from ada_contract_tests.suites.edits import FuzzedSequence, Step
from ada_contract_tests.suites.fuzzed import areas
from ada_contract_tests.suites.registry import all_cases
from ada_contract_tests.suites.selection import Selection
from ada_contract_tests.suites.summaries import sequence_summary
from ada_mockserver.clock import ManualClock
from ada_mockserver.delivery.signing import verify
from ada_schemas.contract.contract import ada_profile, contract_in
from ada_schemas.errors import SignatureError
from adakit.commands.check import explanation
from support.command_line import SECRET, CommandLine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ada_contract_tests import Report
    from ada_schemas import Contract

    Answer = Callable[[dict[str, str], bytes], tuple[int, dict[str, str], str]]

DOCUMENT = """
openapi: 3.1.0
info: {title: Parcels, version: "1"}
webhooks:
  sent: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Sent'}}}}}}
  lost: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Lost'}}}}}}
components:
  schemas:
    Sent:
      type: object
      required: [type, at, parcel]
      properties:
        type: {type: string, enum: [parcel.sent]}
        at: {type: string, format: date-time}
        parcel:
          type: object
          required: [id, carrier]
          properties:
            id: {type: string}
            carrier: {type: string, enum: [road, rail]}
            note: {type: [string, 'null']}
            url: {type: string, format: uri}
            email: {type: string, format: email}
            tags: {type: array, items: {type: string}}
            metadata: {type: object, additionalProperties: {type: [string, integer]}}
            way:
              oneOf:
                - {type: object, required: [kind, road], properties: {kind: {const: a}, road: {type: string}}}
                - {type: object, required: [kind, train], properties: {kind: {const: b}, train: {type: integer}}}
    Lost:
      type: object
      required: [type, id]
      properties:
        type: {type: string, enum: [parcel.lost]}
        id: {type: string}
        weight: {type: integer}
"""
PROFILE = """
provider = "Parcels"
[event]
type = "type"
[signature]
headers = ["webhook"]
secret_variable = "PARCELS_SECRET"
tolerance = 120
[delivery]
success = "200 preferred"
timeout = 4
"""
OF_ADA = re.compile(r"\bAda\b|\bADA\b|docs\.ada\.cx|ada\.support|\b[Ss]vix")
OF_ITS_THINGS = re.compile(rf"{OF_ADA.pattern}|conversation|end.user|human|handoff|survey|customer")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The directory of the contract."""
    (tmp_path / "source.openapi.json").write_text(json.dumps(yaml.safe_load(DOCUMENT)), encoding="utf-8")
    (tmp_path / "profile.toml").write_text(PROFILE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def parcels(folder: Path) -> Contract:
    """The contract of the provider."""
    return contract_in(str(folder))


def of_ada(text: str, pattern: re.Pattern[str] = OF_ITS_THINGS) -> list[str]:
    """The lines that speak of Ada, or of what is found in its webhooks alone."""
    return [line for line in text.splitlines() if pattern.search(line)]


def naive(headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
    """Verifies, and takes the event for the ordinary one."""
    try:
        verify(SECRET, headers, body, now=time.time(), prefix="webhook")
    except SignatureError:
        return 400, {}, ""
    event = json.loads(body)
    parcel = event.get("parcel", {"note": "", "carrier": "road", "tags": ["a"], "metadata": {}})
    if len(event) > 4 or len(parcel) > 8:
        return 500, {}, '[{"type": "extra_forbidden", "loc": ["body", "parcel"], "msg": "Extra inputs"}]'
    {"road": 1, "rail": 2}[parcel["carrier"]]
    return 201, {}, (parcel["note"].strip() + parcel["tags"][0]).encode("ascii", "ignore").decode()


def trusting(headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
    """Verifies nothing, and looks into hardly anything."""
    return (500 if b"null" in body or b"duplicate" in body or not headers else 204), {}, ""


ANSWERS: dict[str, Answer] = {
    "naive": naive,
    "trusting": trusting,
    "refuses": lambda *_: (401, {}, "invalid signature"),
    "nowhere": lambda *_: (404, {}, "no"),
    "no method": lambda *_: (405, {}, "no"),
    "small": lambda *_: (413, {}, "payload too large"),
    "other media": lambda *_: (415, {}, "no"),
    "too many": lambda *_: (429, {"retry-after": "60"}, ""),
    "starting": lambda *_: (503, {}, ""),
    "csrf": lambda *_: (403, {}, "CSRF verification failed."),
    "host": lambda *_: (400, {}, "Invalid host header"),
    "login": lambda *_: (302, {"location": "/login?next=/hook"}, ""),
    "moved": lambda *_: (307, {"location": "/hook/"}, ""),
    "basic": lambda *_: (401, {"www-authenticate": 'Basic realm="staging"'}, ""),
    "gateway": lambda *_: (403, {}, '{"message": "Missing Authentication Token"}'),
    "firewall": lambda *_: (403, {"server": "cloudflare"}, "<html><title>Just a moment</title></html>"),
    "query": lambda *_: (422, {}, '{"detail": [{"type": "missing", "loc": ["query", "event"], "msg": "x"}]}'),
    "member": lambda *_: (422, {}, '{"detail": [{"type": "missing", "loc": ["body", "event"], "msg": "x"}]}'),
    "page": lambda *_: (200, {"content-type": "text/html"}, "<html><title>Shop</title></html>"),
    "cannot": lambda *_: (500, {}, "KeyError: 'at'"),
}
"""How consumers answer, by name; most are not the handler at all."""


class Consumer:
    """Answers as it is told; its record says that it handled every event twice, or none of some type."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.record: list[dict[str, str]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        if scope["path"] == "/seen":
            await reply(send, 200, {}, json.dumps(self.record))
        elif self.name == "hangs":
            await asyncio.Event().wait()
        elif self.name != "silent":
            await self.answer(send, headers, body)

    async def answer(self, send: Any, headers: dict[str, str], body: bytes) -> None:
        """Answer a delivery."""
        status, extra, text = ANSWERS.get(self.name, trusting)(headers, body)
        about = {"webhook_id": headers.get("webhook-id"), "type": "parcel.sent"}
        if b"parcel.lost" not in body and "no record" not in self.name:
            self.record += [about | {"status": "ignored" if b"rail" in body else "handled"}] * 2
        await reply(send, status, extra, text)
        if self.name == "late":
            raise KeyError("at")


async def reply(send: Any, status: int, headers: dict[str, str], text: str) -> None:
    """Answer."""
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": text.encode()})


def every_text(report: Report) -> str:
    """All that is read of a report, in every form."""
    terminal = io.StringIO()
    print_report(report, Console(file=terminal, width=400))
    rendered = [render(report) for render in RENDERERS.values()]
    findings = [finding_text(finding, report.profile) for finding in report.findings]
    return "\n".join([terminal.getvalue(), *rendered, *findings])


@pytest.mark.parametrize("name", [*ANSWERS, "hangs", "silent", "late", "no record"])
def test_reports(parcels: Contract, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a consumer does wrong, no report of it speaks of Ada."""
    monkeypatch.setattr(sys.modules[__name__], "app", Consumer(name), raising=False)
    if name != "refuses":  # which is told where the secret that was made up for it stands
        monkeypatch.setenv("PARCELS_SECRET", SECRET)
    options = Options(
        contract=parcels,
        contract_directory="parcels",
        path="/hooks",
        timeout=0.05 if name == "hangs" else None,
        selection=Selection(ignore="ADA107"),
        seen_url="/seen" if name in ("naive", "trusting", "late", "no record") else None,
        strict=name == "trusting",
        seed=7,
    )
    report = check(f"{__name__}:app", options, clock=ManualClock(time.time()))
    assert report.findings
    assert of_ada(every_text(report)) == []


def test_the_page_names_the_provider(parcels: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says whose webhooks were checked; without a contract of another provider they are Ada's."""
    monkeypatch.setattr(sys.modules[__name__], "app", Consumer("refuses"), raising=False)
    for contract, title in ((parcels, "Contract check of Parcels webhooks"), (None, "of Ada webhooks")):
        report = check(
            f"{__name__}:app",
            Options(contract=contract, secret=SECRET, selection=Selection(select="ADA101"), seed=7),
        )
        assert title in RENDERERS["html"](report)


def made_up(case: Any, rule: str, **more: Any) -> Finding:
    """A finding about a case."""
    told = {"expected": case.expect.phrase, "got": "500", "cause": "status 500"} | more
    return Finding(rule=rule, case=case.id, event=case.event, severity="error", summary=case.summary, **told)


@pytest.mark.parametrize("rule", [None, "ADA402", "ADA601", "ADA602"])
def test_advice(parcels: Contract, rule: str | None) -> None:
    """The advice about no case speaks of Ada: on its own rule, on silence, on a loss, on an effect."""
    for case in all_cases(parcels):
        finding = made_up(case, rule or case.rule)
        assert of_ada(finding_text(finding, parcels.profile)) == []
        assert of_ada(advice_of(finding, parcels.profile)) == []


def test_advice_in_words_of_everyone() -> None:
    """No advice of the table speaks of Ada but that about its handoffs, and about a form of its own."""
    kinds, exceptions = advice_tables()
    speaking = [
        kind.case
        for kind in kinds
        if of_ada("\n".join((kind.name, kind.broad, kind.fact, kind.fix, kind.slow)), OF_ADA)
    ]
    assert speaking == [
        r"form:(?P<path>.+domain):(?P<detail>.+)",
        "start:accepted",
        "start:unknown-conversation",
        "start:slow-transcript",
    ]
    assert [entry.said for entry in exceptions if of_ada(entry.says, OF_ADA)] == []


def test_the_names_of_the_headers(parcels: Contract) -> None:
    """Advice calls the headers as the provider of the contract does."""
    (case,) = [c for c in all_cases(parcels) if c.id == "parcel.sent/delivery:duplicate-concurrent"]
    finding = made_up(case, "ADA403")
    assert advice_of(finding, parcels.profile).startswith("The same webhook-id may arrive twice at once.")
    assert advice_of(finding).startswith("The same svix-id may arrive twice at once.")


OF_CONVERSATIONS = {"ADA404", "ADA406", "ADA408", "ADA410", "ADA801", "ADA802", "ADA803", "ADA804"}
"""The rules that have no case without conversations and handoffs, as they say."""


@pytest.mark.parametrize("code", RULES)
def test_explanations(parcels: Contract, code: str) -> None:
    """No rule is explained by Ada's documents; what must hold, and the number of the rule, stay."""
    text = explanation(code, parcels)
    assert of_ada(text, OF_ADA if code in OF_CONVERSATIONS else OF_ITS_THINGS) == []
    assert text.startswith(f"{code}: ")
    run = {case.rule for case in (*all_cases(parcels), *areas(parcels, frozenset(parcels.event_names)))}
    assert run.isdisjoint(OF_CONVERSATIONS)
    told = rules_of(parcels.profile)[code]
    unlike = {
        field.name for field in fields(told) if getattr(told, field.name) != getattr(RULES[code], field.name)
    }
    assert unlike <= {"title", "documents", "source", "must_hold", "breaks", "fix", "phrase"}
    if code != "ADA402":
        assert told.title == RULES[code].title


def test_explanations_of_times(parcels: Contract) -> None:
    """The limits that an explanation names are those of the profile."""
    assert explanation("ADA402", parcels) == (
        "ADA402: answer within 4 s (delivery)\n"
        "\n"
        "Documented      By the profile of the contract a delivery that is not answered within 4 seconds has"
        " failed.\n"
        "Source          profile.toml, [delivery]\n"
        "What must hold  The answer comes within 4 seconds (`--timeout`).\n"
        "What breaks     The event is handled and counted as failed, so it is sent again and handled again.\n"
        "How to fix      Store the event, answer, and do the work afterwards.\n"
        "Switch off      adakit check TARGET --ignore ADA402"
    )
    assert "more than 120 seconds in the past" in explanation("ADA304", parcels)
    assert "Source          the specification of Standard Webhooks\n" in explanation("ADA304", parcels)


def test_adas_own_words() -> None:
    """Ada's rules are explained by its documents, with or without its contract at hand."""
    assert rules_of(ada_profile()) is RULES
    assert RULES["ADA402"].title == "answer within 15 s"
    assert RULES["ADA402"].source == "docs.ada.cx/reference/webhooks/overview"
    assert RULES["ADA603"].documents == "Delivery is at least once; the svix-id tells a repetition."
    assert not [
        code for code, found in RULES.items() if re.search(r"\{(prefix|id|timeout|tolerance)\}", str(found))
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--list"],
        ["--list", "--json"],
        ["--explain", "ADA801"],
        ["--explain", "ADA999"],
        [],
        ["nowhere:app"],
        ["json:loads"],
        ["ftp://parcels"],
        ["json:loads", "--secret", "abc"],
        ["json:loads", "--secret", ""],
        ["json:loads", "--case", "parcel.sent/enum"],
        ["json:loads", "--case", "start:accepted"],
        ["json:loads", "--events", "order.*"],
        ["json:loads", "--select", "ADA9"],
        ["json:loads", "--select", "ADA8"],
        ["json:loads", "--select", "ADA704"],
        ["json:loads", "--ignores", "parcel.sent"],
        ["json:loads", "--ignores", "parcel.sent:parcel.carrier=air"],
        ["json:loads", "--report", "pdf=x"],
        ["json:loads", "--header", "x"],
        ["json:loads", "--handoff-path", "/handoff"],
        ["json:loads", "--secret", "none", "--select", "ADA3"],
    ],
)
@pytest.mark.parametrize("secret", ["", SECRET])
def test_lists_and_errors(
    folder: Path,
    arguments: list[str],
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither the list of cases nor an error of the command speaks of Ada."""
    adakit = CommandLine(monkeypatch, capsys, folder)
    environment = {"PARCELS_SECRET": secret} if secret else {}
    ended = adakit("check", *arguments, "--contract", folder, **environment)
    assert ended.out or ended.err
    pattern = OF_ADA if {"--explain", "--handoff-path", "start:accepted"} & set(arguments) else OF_ITS_THINGS
    assert of_ada(ended.out + ended.err, pattern) == []


def test_no_handoff(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A contract without handoffs has no cases about them: settings of the project are passed over."""
    settings = '[tool.adakit]\nhandoff-path = "/handoff"\n'
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    adakit = CommandLine(monkeypatch, capsys, folder)
    listed = adakit("check", "--list", "--contract", folder)
    assert (listed.code, "handoff/" in listed.out) == (0, False)
    assert "handoff/start:accepted" in adakit("check", "--list").out
    asked = adakit("check", "json:loads", "--handoff-path", "/handoff", "--contract", folder)
    what = "--handoff-path does not fit the contract of Parcels, which has no handoffs."
    assert (asked.code, asked.err) == (2, f"adakit: {what}\n  Leave out --handoff-path, or --contract.\n")


@pytest.mark.parametrize(
    ("event", "whose"),
    [
        ("parcel.sent", "course B"),
        ("conversation.ended", "conversation B"),
        ("end_user.updated", "end user C"),
    ],
)
def test_a_step_of_a_sequence(event: str, whose: str) -> None:
    """A delivery is told with what it is about: of Ada's events a conversation or an end user."""
    assert sequence_summary(FuzzedSequence((Step(event, 1, 2, 0),))) == f"1. {event} of {whose}"


def test_a_provider_that_signs_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No header of a signature is named in what is said of its consumers."""
    profile = PROFILE.replace('["webhook"]', "[]")
    (folder / "profile.toml").write_text(profile, encoding="utf-8")
    monkeypatch.setattr(sys.modules[__name__], "app", Consumer("trusting"), raising=False)
    options = Options(contract=contract_in(str(folder)), path="/hooks", seen_url="/seen", seed=7)
    report = check(f"{__name__}:app", options, clock=ManualClock(time.time()))
    assert report.notes == (
        "Requests were not signed (by the profile of the contract), so the rules ADA3xx were left out.",
    )
    assert {finding.rule for finding in report.findings} >= {"ADA104", "ADA401", "ADA505"}
    assert of_ada(every_text(report), re.compile("webhook-|svix-")) == []
    (case,) = [c for c in all_cases(options.known) if c.id == "parcel.sent/delivery:duplicate-concurrent"]
    advice = advice_of(made_up(case, "ADA403"), report.profile)
    assert advice.startswith("The same id may arrive twice at once.")
