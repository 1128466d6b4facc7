"""Copies of an event to take away: commands, a test, and programs that verify a signature.

All of them hold the event's own bytes, and none a secret: that is in ADA_WEBHOOK_SECRET, or in the variable
that the contract's profile names.
"""

from __future__ import annotations

import base64
import json
import keyword
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ada_mockserver.delivery.signing import PARTS
from ada_mockserver.events.payload import encode
from ada_mockserver.mock.console.payload_review import review
from ada_mockserver.mock.outbox.attempt import masked
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.shapes import Object
from ada_schemas.errors import UsageError
from ada_schemas.shown import shown_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ada_mockserver.delivery.http import Headers
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile

__all__ = ["Origin", "again_with_adakit", "again_with_curl", "as_pytest_case", "verifying"]

LONGEST_BODY = 32 * 1024
"""Bytes of a body that stand in a snippet; a longer one is fetched from the mock."""

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """The contract that an event is of, and its ``event_type``; ``directory`` names the contract in commands.

    It is named where it is another provider's; ``DIR`` stands for a directory that is not known.
    """

    contract: Contract = field(default_factory=shipped)
    directory: str = ""
    event_type: str = ""

    @property
    def profile(self) -> Profile:
        """How the provider delivers."""
        return self.contract.profile

    @property
    def option(self) -> tuple[str, ...]:
        """The option that names the contract in a command."""
        return () if self.contract.is_ada else ("--contract", self.directory or "DIR")

    @property
    def headers(self) -> Headers:
        """The headers of the provider's own that are the same in each delivery of this event."""
        further = self.profile.further_headers(self.event_type)
        return tuple((name, text) for name, text in further if not _SLOT.search(text))


_SLOT = re.compile(r"\{(id|timestamp)\}")


def again_with_curl(
    body: bytes, *, url: str, headers: Headers, fetched_from: str, of: Origin | None = None
) -> str:
    """Commands that send a body with curl, signed anew by ``adakit sign``.

    ``headers`` are those that the endpoint gets beside; a confidential one is named alone. The event is one
    of ours if ``of`` is None.
    """
    of = of or Origin()
    shown = masked((*of.headers, *headers))
    more = [part for name, value in shown if value != "***" for part in ("-H", f"{name}: {value}")]
    hidden = [name for name, value in shown if value == "***"]
    lines = [f"# The endpoint also gets the header {name}, whose value is not shown." for name in hidden]
    post = shlex.join(["curl", "-i", url, "-H", "content-type: application/json", *more])
    sign = shlex.join(["adakit", "sign", "event.json", "--format", "curl", *of.option])
    signature = f" $({sign})" if of.profile.families else ""
    signed = f"{post}{signature} --data-binary @event.json"
    return "\n".join([*lines, _into_file(body, fetched_from), signed])


def again_with_adakit(body: bytes, *, url: str, fetched_from: str, of: Origin | None = None) -> str:
    """Commands that send a body with ``adakit send``; the event is one of ours if ``of`` is None."""
    of = of or Origin()
    more = [part for name, text in of.headers for part in ("--header", f"{name}: {text}")]
    send = shlex.join(["adakit", "send", "--payload", "event.json", "--to", url, *more, *of.option])
    return f"{_into_file(body, fetched_from)}\n{send}"


def _into_file(body: bytes, fetched_from: str) -> str:
    """A shell command that writes a body to event.json, byte for byte."""
    if len(body) > LONGEST_BODY:
        return shlex.join(["curl", "-sSf", fetched_from, "-o", "event.json"])
    return f"{_printed(body)} > event.json"


def _printed(body: bytes) -> str:
    """A shell command that prints a body, byte for byte, whatever a shell or a terminal makes of it."""
    text = _plain(body)
    if text is None:
        return f"printf %s {base64.b64encode(body).decode()} | base64 -d"
    return f"printf %s {shlex.quote(text)}"


def _plain(body: bytes) -> str | None:
    """The text of a body that can be pasted into a terminal as it is, None for another."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def as_pytest_case(body: bytes, *, event_type: str, of: Origin | None = None) -> str:
    """A test that delivers the event to the target of adakit's pytest plugin.

    An event of our contract is made by ``ada_event`` and has a time of its own; of any other the bytes are
    signed as they are, those of a long one from its fixture file. It is one of ours if ``of`` is None.
    """
    of = of or Origin()
    name = re.sub(r"\W+", "_", event_type.removeprefix("v1."), flags=re.ASCII).strip("_")[:60] or "event"
    event = shipped().by_type.get(event_type) if of.contract.is_ada else None
    payload = review(body, shipped()).payload
    data = payload.get("data") if isinstance(payload, dict) else None
    if len(body) > LONGEST_BODY:
        return _signed_by_hand(name, of, imports=_FILE_IMPORT, body=_FILE_BODY)
    if event is None or not isinstance(data, dict) or not _can_be_made(payload):
        return _signed_by_hand(name, of, imports="", body=_python_bytes(body))
    shape = next((m.shape for m in event.payload.members if m.name == "data"), None)
    documented = [m.name for m in shape.members] if isinstance(shape, Object) else []
    absent = [member for member in documented if member not in data]
    imports = "from ada_contract_tests import ABSENT\n\n\n" if absent else ""
    return _MADE.format(
        name=name, imports=imports, event=_literal(event.name), members=_keywords(data, absent)
    )


_MADE = """\
{imports}def test_{name}(ada_event, ada_deliver):
    event = ada_event(
        {event},
{members}    )
    assert ada_deliver(event).status // 100 == 2
"""

_SIGNED_BY_HAND = """\
import time
{imports}from types import SimpleNamespace

from ada_mockserver import signature_headers


def test_{name}(ada_deliver, ada_secret):
    body = {body}
    message_id, now = f"msg_{{time.time_ns()}}", int(time.time())
    headers = dict({signed})
    event = SimpleNamespace(body=body, headers={{"content-type": "application/json", **headers{further}}})
    assert ada_deliver(event).status // 100 == 2
"""
_SIGNED = "signature_headers([ada_secret], message_id=message_id, timestamp=now, body=body{families})"


def _signed_by_hand(name: str, of: Origin, *, imports: str, body: str) -> str:
    families = "" if of.contract.is_ada else f", families={of.profile.families!r}"
    signed = _SIGNED.format(families=families)
    if families:
        signed = f"\n        {signed}\n    "
    headers = [f"{_quoted(n)}: {_filling(text)}" for n, text in of.profile.further_headers(of.event_type)]
    further = "".join(f", {header}" for header in headers)
    return _SIGNED_BY_HAND.format(name=name, imports=imports, body=body, signed=signed, further=further)


def _filling(text: str) -> str:
    """The value of a header as Python source: a text, with the id and the time of the delivery in it."""
    parts = _SLOT.split(text)
    # A pattern with a group leaves what it found at every second place.
    made = [_FILLED[part] if place % 2 else _quoted(part) for place, part in enumerate(parts) if part]
    return " + ".join(made) or '""'


_FILLED = {"id": "message_id", "timestamp": "str(now)"}

_FILE_IMPORT = "from pathlib import Path\n"
_FILE_BODY = 'Path(__file__).with_name("event.json").read_bytes()  # the fixture file of the event'


def _can_be_made(payload: dict[str, Any]) -> bool:
    """False for a payload that ``ada_event`` cannot make: it sets members of the data, each by its name."""
    if any(not name or "__" in name for name in payload["data"]):
        return False
    if payload.keys() - {"type", "timestamp", "data"}:
        return False
    try:
        encode(payload)
    except (UsageError, RecursionError):  # a lone surrogate, which JSON can spell and no sender writes
        return False
    return True


def _keywords(data: Mapping[str, Any], absent: list[str]) -> str:
    """The members of an event's data as arguments of ``ada_event``, a line each."""
    plain = {k: v for k, v in data.items() if k.isidentifier() and not keyword.iskeyword(k) and "__" not in k}
    lines = [f"{key}={_literal(value, 8)}" for key, value in plain.items()]
    lines += [f"{key}=ABSENT" for key in absent]
    rest = {key: value for key, value in data.items() if key not in plain}
    if rest:
        named = {re.sub(r"([.\\])", r"\\\1", key): value for key, value in rest.items()}
        lines.append(f"**{_literal(named, 8)}")
    return "".join(f"        {line},\n" for line in lines)


def _literal(value: Any, indent: int = 0) -> str:
    """A value of JSON as Python source, a member a line where it is long."""
    flat = _flat(value)
    if not isinstance(value, dict | list) or not value or indent + len(flat) < _WIDTH:
        return flat
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        entries = [f"{inner}{_flat(k)}: {_literal(v, indent + 4)},\n" for k, v in value.items()]
        return "{\n" + "".join(entries) + " " * indent + "}"
    return "[\n" + "".join(f"{inner}{_literal(v, indent + 4)},\n" for v in value) + " " * indent + "]"


def _flat(value: Any) -> str:
    match value:
        case str():
            return _quoted(value)
        case dict():
            return "{" + ", ".join(f"{_flat(k)}: {_flat(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flat, value)) + "]"
    return repr(value)


def _quoted(text: str) -> str:
    """A text as Python source, in double quotes where that needs no more escapes."""
    written = repr(text)
    return f'"{written[1:-1]}"' if written[0] == "'" and '"' not in text and "\\'" not in written else written


def _python_bytes(body: bytes) -> str:
    """Bytes as Python source, readable where they are text."""
    text = _plain(body)
    return f"{_quoted(text)}.encode()" if text is not None else repr(body)


def verifying(
    body: bytes, signature: Mapping[str, str], *, fetched_from: str, variable: str = "ADA_WEBHOOK_SECRET"
) -> dict[str, str]:
    """By the name of a language: a program that says whether the signature of a delivery is valid.

    ``signature`` holds the headers ``svix-id``, ``svix-timestamp`` and ``svix-signature``, or those that
    begin with ``webhook``; ``variable`` is the environment variable that has the secret.
    """
    told = [
        next((value for name, value in signature.items() if name.endswith(f"-{part}")), "") for part in PARTS
    ]
    long = len(body) > LONGEST_BODY
    python_body = _python_bytes(body)
    node_body = _node_bytes(body)
    shell_body = _printed(body)
    python_imports = ""
    if long:
        python_imports = "import urllib.request\n"
        python_body = f"urllib.request.urlopen({_quoted(fetched_from)}).read()"
        node_body = f"Buffer.from(await (await fetch({json.dumps(fetched_from)})).arrayBuffer())"
        shell_body = shlex.join(["curl", "-sSf", fetched_from])
    python = _PYTHON.format(*map(_quoted, told), body=python_body, imports=python_imports, variable=variable)
    node = _NODE.format(*map(shown_json, told), body=node_body, variable=variable)
    shell = _SHELL.format(*map(shlex.quote, told), body=shell_body, variable=variable)
    return {"Python": python, "Node": node, "Shell": shell}


def _node_bytes(body: bytes) -> str:
    text = _plain(body)
    if text is None:
        return f'Buffer.from("{base64.b64encode(body).decode()}", "base64")'
    return f"Buffer.from({shown_json(text)})"


_PYTHON = """\
import base64
import hashlib
import hmac
import os
{imports}
message_id = {0}
timestamp = {1}
signatures = {2}
body = {body}

secret = os.environ["{variable}"].removeprefix("whsec_")
signed = f"{{message_id}}.{{timestamp}}.".encode() + body
expected = hmac.digest(base64.b64decode(secret), signed, hashlib.sha256)
given = [base64.b64decode(each[3:]) for each in signatures.split() if each.startswith("v1,")]
valid = any(hmac.compare_digest(expected, each) for each in given)
print("valid" if valid else "not valid")
"""

_NODE = """\
import {{ createHmac, timingSafeEqual }} from "node:crypto";

const id = {0};
const timestamp = {1};
const signatures = {2};
const body = {body};

const secret = Buffer.from(process.env.{variable}.replace(/^whsec_/, ""), "base64");
const expected = createHmac("sha256", secret).update(`${{id}}.${{timestamp}}.`).update(body).digest();
const given = signatures.split(" ").filter(each => each.startsWith("v1,"))
  .map(each => Buffer.from(each.slice(3), "base64"));
const valid = given.some(each => each.length === expected.length && timingSafeEqual(each, expected));
console.log(valid ? "valid" : "not valid");
"""

_SHELL = """\
id={0}
timestamp={1}
signatures={2}
body() {{ {body}; }}

key=$(printf %s "${{{variable}#whsec_}}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
expected=$({{ printf %s "$id.$timestamp."; body; }} \\
  | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
case " $signatures " in
  *" v1,$expected "*) echo valid ;;
  *) echo "not valid" ;;
esac
"""
