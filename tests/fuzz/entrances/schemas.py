"""``adakit schemas generate --from``, ``diff`` and ``--contract``: documents that others wrote."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import jsonschema
import jsonschema_rs
import yaml
from hypothesis import strategies as st

from ada_contract_tests.suites.registry import all_cases
from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.payload import encode
from ada_schemas.contract.contract import SOURCE, contract_in, read_contract, shipped
from ada_schemas.contract.paths import get
from ada_schemas.drift import diff, observe
from ada_schemas.errors import DocumentError
from ada_schemas.files.write import render, write
from ada_schemas.validation import validate
from fuzz.campaign import Entrance
from fuzz.command import LINES, adakit, folder
from fuzz.documents import documents
from fuzz.mutation import less
from fuzz.samples import judge, sampled
from fuzz.sandbox import Broken, bounded, confined, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.shapes import Event

__all__ = ["ENTRANCES"]

T = TypeVar("T")
FORMS = ("json", "ascii", "yaml", "flow")
ENVELOPE = ("type", "timestamp", "data")
BODY = ("post", "requestBody", "content", "application/json", "schema")


@dataclass(frozen=True)
class Written:
    """A document, the form it is written in, and payloads that it may allow, by webhook."""

    document: Any
    form: str
    payloads: tuple[tuple[str, Any], ...] = ()

    @property
    def raw(self) -> bytes:
        """The file."""
        match self.form:
            case "json":
                return json.dumps(self.document, ensure_ascii=False).encode("utf-8", "replace")
            case "ascii":
                return b"\xef\xbb\xbf" + json.dumps(self.document, indent=1).encode()
            case "flow":
                return yaml.safe_dump(self.document, default_flow_style=True, width=10**6).encode()
        return yaml.safe_dump(self.document, sort_keys=False, allow_unicode=True).encode("utf-8", "replace")


@st.composite
def written(draw: st.DrawFn) -> Written:
    """A document with payloads for its webhooks."""
    document = draw(documents())
    payloads = []
    webhooks = document.get("webhooks") if isinstance(document, dict) else None
    for key, item in webhooks.items() if isinstance(webhooks, dict) else ():
        node = item
        for step in BODY:
            node = node.get(step) if isinstance(node, dict) else None
        if node is not None and isinstance(key, str):
            payloads.append((key, sampled(draw, node, document)))
    return Written(document, draw(st.sampled_from(FORMS)), tuple(payloads))


def check_document(given: Written) -> None:
    """A document is refused in few words, or gives files that hold what it says."""
    with folder() as here, bounded(), confined(here):
        Path("doc.yaml").write_bytes(given.raw)
        drift_only = hold_refusal(lambda: diff(against="doc.yaml"))
        contract = hold_refusal(lambda: read_contract("doc.yaml"))
        if contract is None:
            return
        files = render(contract)
        hold_files(files)
        hold_payloads(given, files)
        write({SOURCE: files[SOURCE]}, Path("out"))
        again = contract_in("out")
        require(render(again) == files, "a contract is not what its own directory holds")
        for base in ("doc.yaml", "out") if drift_only else ():  # it looks at more of a document than generate
            found = diff(base=base, against="doc.yaml")
            require(not found.changes, "a document differs from itself", (base, found.changes[:3]))
        for event in contract.events[:2]:
            hold_event(event, contract)
        hold_cases(contract)


def hold_refusal(use: Callable[[], T]) -> T | None:
    """What a document gives; None where it is refused, in an error that says why and names it."""
    try:
        return use()
    except DocumentError as error:
        lines = [error.what, *error.next_step.splitlines()]
        require("doc.yaml" in error.what, "an error that does not name the document", str(error))
        require(len(lines) <= LINES, "an error of too many lines", str(error))
        return None


def strict_json(text: str) -> Any:
    """The JSON of a text, as strict readers take it."""

    def refuse(token: str) -> Any:
        raise Broken("a file that is no JSON", token)

    return json.loads(text, parse_constant=refuse)


def hold_files(files: dict[str, str]) -> None:
    """What is generated is JSON, JSON Schema, and Python that does nothing but define types."""
    for name, text in files.items():
        require(
            re.fullmatch(r"(examples/)?[A-Za-z0-9_][A-Za-z0-9._-]*", name), "a name that is no file's", name
        )
        text.encode()
        value = strict_json(text) if name.endswith(".json") else None
        if name.endswith(".schema.json"):
            require(jsonschema_rs.meta.is_valid(value), "a file that is no JSON Schema", name)
    module = ast.parse(files["models.py"])
    for node in module.body:
        plain = isinstance(node, ast.ImportFrom | ast.ClassDef | ast.Assign | ast.Expr)
        require(plain, "models.py holds more than types", ast.dump(node)[:300])
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            require(
                getattr(node.func, "id", "") == "TypedDict", "models.py calls something", ast.dump(node)[:300]
            )
    compile(module, "models.py", "exec")
    code = re.sub(r'"(?:\\.|[^"\\])*"|/\*.*?\*/|//[^\n]*', "", files["events.d.ts"], flags=re.DOTALL)
    require(
        re.fullmatch(r"[\w\s$|<>{}()\[\];:?,.=&]*", code), "events.d.ts holds more than types", code[-800:]
    )
    require(code.count("{") == code.count("}"), "the braces of events.d.ts do not match", code[-800:])


def hold_payloads(given: Written, files: dict[str, str]) -> None:
    """What the document allows, the schema of a receiver takes."""
    by_type = {event["type"]: event for event in strict_json(files["index.json"])["events"]}
    for key, payload in given.payloads:
        kind = payload.get("type") if isinstance(payload, dict) else None
        event = by_type.get(kind) if isinstance(kind, str) else None
        if event is None or kind in shipped().by_type:  # which we demand more of, by our corrections
            continue
        validator = judge(given.document, ("webhooks", key, *BODY))
        try:
            allowed = validator is not None and validator.is_valid(payload)
        except Exception:  # a judge that breaks is none
            allowed = False
        if not allowed or not set(ENVELOPE) <= payload.keys():  # these, our schemas demand of every document
            continue
        schema = strict_json(files[event["schema"]])
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(payload))
        require(
            not errors,
            "a schema refuses what the document allows",
            (payload, [e.message for e in errors][:3]),
        )


def hold_event(event: Event, contract: Contract) -> None:
    """An event that is made by a contract is valid by it, and shows nothing that it does not document."""
    made = EventFactory(seed=7, contract=contract).event(event.name)
    said = get(made, event.type_path) if event.type_path else event.type
    require(said == event.type, "an event of another type", made)
    for closed in (False, True):
        found = validate(made, event=event.name, contract=contract, closed=closed)
        require(not found, f"a generated event is not valid, closed: {closed}", (made, found))
    if event.type_path != "type":
        return  # recordings are of events that say their type there
    seen = observe([("line 1", encode(made))], contract, name="x").observed
    require(not seen, "a generated event shows what is not documented", (made, seen))


def hold_cases(contract: Contract) -> None:
    """Every case has an id of its own, of plain characters, and an event that can be sent."""
    cases = all_cases(contract)
    ids = [case.id for case in cases]
    twice = [each for each, times in Counter(ids).items() if times > 1]
    require(not twice, "two cases of one id", twice[:3])
    odd = [each for each in ids if not re.fullmatch(r"[A-Za-z0-9.:/_-]+", each)]
    require(not odd, "a case id of odd characters", odd[:3])
    events = EventFactory(seed=7, contract=contract)
    bases = {name: events.event(name) for name in contract.event_names}
    for case in cases:
        if case.payload is not None:
            case.payload.encode(case.payload.change(bases[case.base_event]))


def check_command(given: Written) -> None:
    """What the commands say and write about a document is in order; what they write stays where it belongs."""
    with folder():
        Path("doc.yaml").write_bytes(given.raw)
        outcome = adakit("schemas", "generate", "--from", "doc.yaml", "-o", "out", writes="out")
        for form in ("text", "json", "markdown"):
            drift = adakit("schemas", "diff", "--against", "doc.yaml", "--format", form)
            require(drift.code in (0, 1) or "doc.yaml" in drift.err, "an error without the document", drift)
        if outcome.code == 2:
            require("doc.yaml" in outcome.err, "an error that does not name the document", outcome.err)
            require(not Path("out").exists(), "files of a document that cannot be used", outcome.err)
            return
        require(outcome.code == 0, "a document is neither used nor refused", outcome)
        again = adakit("schemas", "generate", "--from", "doc.yaml", "-o", "out", "--check")
        require(again.code == 0, "the files are not what the same document generates", again.text)
        name = json.loads(Path("out/index.json").read_bytes())["events"][0]["name"]
        made = adakit("generate", name, "--contract", "out", "--seed", "7", raw=True)
        require(made.code == 0, "an event cannot be generated", made)
        Path("event.json").write_bytes(made.out)
        for more in (["validate"], ["validate", "--closed"], ["validate", "--json"], ["observe", "--strict"]):
            held = adakit("schemas", *more, "event.json", "--contract", "out")
            require(held.code == 0, "a generated event is not valid", (made.text, held))
        listed = adakit("check", "--list", "--contract", "out")
        require(listed.code == 0, "the cases of a contract cannot be listed", listed)


def smaller(given: Written) -> Iterator[Written]:
    """The document without a part."""
    if given.form != "json":
        yield replace(given, form="json")
    for number in range(len(given.payloads)):
        yield replace(given, payloads=given.payloads[:number] + given.payloads[number + 1 :])
    for document in less(given.document):
        yield replace(given, document=document)
    for number, (key, payload) in enumerate(given.payloads):
        for one in less(payload):
            changed = (*given.payloads[:number], (key, one), *given.payloads[number + 1 :])
            yield replace(given, payloads=changed)


def shown(given: Written) -> str:
    """The file, and the payloads."""
    return "\n".join([f"{given.form}: {given.raw.decode('utf-8', 'replace')}", *map(repr, given.payloads)])


ENTRANCES = [
    Entrance("document", written(), check_document, shown, smaller),
    Entrance("commands", written(), check_command, shown, smaller),
]
