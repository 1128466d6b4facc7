"""The check of a consumer of another provider than the default one, made up here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ada_contract_tests import Options, check
from ada_contract_tests.engine.check import planned
from ada_contract_tests.engine.reproduction import Reproduction
from ada_contract_tests.suites.registry import all_cases, case_named
from ada_schemas.contract.contract import contract_in
from support.parcels import contract_directory

if TYPE_CHECKING:
    from pathlib import Path

    from ada_contract_tests import Report
    from ada_schemas import Contract

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))

DOCUMENT = """
openapi: 3.1.0
info: {title: Parcels API, version: "1"}
webhooks:
  parcelSent:
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Sent'}
            example:
              event: parcel.sent
              uuid: 0d6b6a62-4d5e-4d5c-9a6a-0f6d1b8f3c11
              occurredAt: "2026-03-04T10:11:12Z"
              parcel: {parcelId: prc_8fj2Kd93ms, status: moving, weight: 300, stops: [{city: Ghent}], note: left at 9}
  parcelLost:
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Lost'}
components:
  schemas:
    Sent:
      type: object
      required: [event, uuid, occurredAt, parcel]
      properties:
        event: {type: string, enum: [parcel.sent]}
        uuid: {type: string, format: uuid}
        occurredAt: {type: string, format: date-time}
        parcel: {$ref: '#/components/schemas/Parcel'}
    Lost:
      type: object
      required: [event, uuid, parcel]
      properties:
        event: {type: string, enum: [parcel.lost]}
        uuid: {type: string, format: uuid}
        parcel: {$ref: '#/components/schemas/Parcel'}
        found_by: {type: [string, 'null']}
    Parcel:
      type: object
      required: [parcelId, status]
      properties:
        parcelId: {type: string}
        status: {type: string, enum: [moving, resting]}
        weight: {type: integer}
        stops: {type: array, items: {type: object, required: [city], properties: {city: {type: string}}}}
        note: {type: string}
"""
PROFILE = """
provider = "Parcels"
[event]
type = "event"
[signature]
headers = ["webhook"]
secret_variable = "PARCELS_SECRET"
"""


class Consumer:
    """A consumer as its document asks for; ``remembers`` is a header, or a member of the payload.

    One fault of those in `FAULTS` may be planted.
    """

    def __init__(self, remembers: str = "webhook-id", fault: str = "", tolerance: int = 300) -> None:
        self.remembers = remembers
        self.tolerance = tolerance
        self.fault = fault
        self.seen: set[str] = set()
        self.record: list[dict[str, str]] = []

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        """The status of an answer to a delivery."""
        if not is_authentic(headers, body, tolerance=10**9 if self.fault == "any age" else self.tolerance):
            return 200 if self.fault == "forged" else 401
        try:
            event = json.loads(body)
            if self.fault == "enum" and event["parcel"]["status"] not in ("moving", "resting"):
                return 500
            if self.fault == "null" and event.get("found_by", "") is None:
                return 500
            done = handled(event)
            known = str(headers.get(self.remembers) or event[self.remembers])
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return 422
        again = known in self.seen and self.fault != "again"
        status = "ignored" if done is None else "duplicate" if again else "handled"
        self.seen.add(known)
        self.record.append({"webhook_id": headers["webhook-id"], "type": event["event"], "status": status})
        return 202

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"] == "/seen":
            status, answer = 200, json.dumps(self.record).encode()
        else:
            status, answer = self.answer(headers, body), b""
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": answer})


def is_authentic(headers: dict[str, str], body: bytes, *, tolerance: int) -> bool:
    """True for a signature by Standard Webhooks that is not old."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if (
        not message_id
        or not re.fullmatch("[0-9]{1,12}", timestamp)
        or abs(time.time() - int(timestamp)) > tolerance
    ):
        return False
    digest = hmac.digest(KEY, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}" in headers.get("webhook-signature", "").split()


def handled(event: dict[str, Any]) -> str | None:
    """What is done with an event; each member that is there has the type that is documented."""
    if event["event"] not in ("parcel.sent", "parcel.lost"):
        return None
    parcel = event["parcel"]
    cities = [stop["city"].title() for stop in parcel.get("stops", [])]
    return f"{parcel['parcelId'].strip()} {parcel['status'].lower()} {parcel.get('weight', 0) + 1} {cities}"


@pytest.fixture
def parcels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contract:
    """The contract of the provider, whose secret is in the environment."""
    (tmp_path / "source.openapi.json").write_text(json.dumps(yaml.safe_load(DOCUMENT)), encoding="utf-8")
    (tmp_path / "profile.toml").write_text(PROFILE, encoding="utf-8")
    monkeypatch.setenv("PARCELS_SECRET", SECRET)
    return contract_in(str(tmp_path))


def checked(consumer: Consumer, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of a consumer, with its witness."""
    monkeypatch.setattr(sys.modules[__name__], "app", consumer, raising=False)
    return check(f"{__name__}:app", Options(contract=contract, path="/hooks", seen_url="/seen", seed=7))


@pytest.mark.parametrize("remembers", ["webhook-id", "uuid"])
def test_a_consumer_that_does_as_its_document_says(
    parcels: Contract, remembers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said of it, whether it knows a delivery again by its header or by an id in the payload."""
    report = checked(Consumer(remembers), parcels, monkeypatch)
    assert [(f.case, f.expected, f.got) for f in report.findings] == []
    assert report.notes == ()
    events = {result.case.event for result in report.results}
    assert events == {"parcel.sent", "parcel.lost", "any"}
    families = {result.case.rule[:4] for result in report.results}
    assert families == {"ADA1", "ADA2", "ADA3", "ADA4", "ADA5"}


REFUSALS = {f"ADA{number}" for number in (301, 302, 303, 304, 305, 310)}
FAULTS = {
    "any age": {"ADA304", "ADA305", "ADA602"},
    "forged": {*REFUSALS, "ADA501", "ADA502", "ADA503", "ADA504"},
    "enum": {"ADA202"},
    "null": {"ADA104", "ADA505"},
    "again": {"ADA603"},
}
"""The rules that a consumer with a fault breaks."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_consumer_with_a_fault(parcels: Contract, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its fault is found by the rules that are about it, and by no other."""
    report = checked(Consumer(fault=fault), parcels, monkeypatch)
    assert {finding.rule for finding in report.findings} == FAULTS[fault]


def test_the_lines_that_repeat_a_case(tmp_path: Path) -> None:
    """They name the contract; what a profile adds to a request is in the line for curl."""
    directory = contract_directory(tmp_path, ('type_header = ""', 'type_header = "X-Kind"'))
    contract = contract_in(str(directory))
    url, chosen = "http://127.0.0.1:8000/hooks", ("--contract", "parcels")
    case = case_named("parcel.sent/enum:parcel.status:lost", contract)
    told = Reproduction(url, None, 7, contract=chosen, known=contract).lines(case)
    which = f"--case {case.id} --seed 7 --contract parcels"
    assert told == (
        f"adakit check {url} --contract parcels --case {case.id} --seed 7",
        f"adakit send parcel.sent {which} --to {url}",
        (
            f"adakit generate parcel.sent {which} -o event.json && curl -i {url} -H content-type:application/json"
            " -H X-Kind:parcel.sent $(adakit sign event.json --format curl --contract parcels)"
            " --data-binary @event.json"
        ),
    )


def test_signatures_of_another_kind_have_no_cases(tmp_path: Path) -> None:
    """What cannot be signed is not forged either, and does not count as left out."""
    directory = contract_directory(tmp_path, headers=("X-Parcel-Signature",))
    contract = contract_in(str(directory))
    assert contract.profile.families == ()
    cases = all_cases(contract)
    assert not any(case.is_about_signing for case in cases)
    assert len(planned(Options(contract=contract, accept="200"))) == len(cases)


def test_a_short_tolerance_is_not_overstepped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that comes again with a new timestamp was signed no longer ago than the profile allows."""
    (tmp_path / "source.openapi.json").write_text(json.dumps(yaml.safe_load(DOCUMENT)), encoding="utf-8")
    (tmp_path / "profile.toml").write_text(f"{PROFILE}tolerance = 60\n", encoding="utf-8")
    monkeypatch.setenv("PARCELS_SECRET", SECRET)
    report = checked(Consumer(tolerance=60), contract_in(str(tmp_path)), monkeypatch)
    assert [(f.case, f.expected, f.got) for f in report.findings] == []
    summaries = {result.case.summary for result in report.results if result.case.rule == "ADA304"}
    assert summaries == {"signed correctly, 2 minutes ago", "signed correctly, a day ago"}
