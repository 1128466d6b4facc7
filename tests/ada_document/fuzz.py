"""Schemathesis against the running mock: ``python -m ada_document.fuzz [arguments of st run]``.

By the mock's own document, and by Ada's, which ADAKIT_ADA_OPENAPI names; SCHEMATHESIS names the command if it
is not ``st``. The mock delivers nothing meanwhile: the webhooks that are created have made-up addresses.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from ada_document.amendments import ada_documents, amend
from ada_document.staging import thing
from ada_mockserver.clock import SystemClock
from ada_mockserver.http_server import ServerThread, bind, make_server
from ada_mockserver.mock.api.document import document
from ada_mockserver.mock.assembly import create_app, running
from ada_mockserver.mock.state.transaction import MockContext
from ada_mockserver.mock.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "fuzz-key"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,ignored_auth,use_after_free,ensure_resource_availability"
)
"""What must hold. What is left out says more than the documents do: data that fits the schemas may still be
refused (an unknown event type)."""

ENDS = {"delete-webhook", "end-conversation", "end-handoff", "delete-end-users", "request-erasure"}
ENDS |= {"delete-source", "delete-articles", "delete-article", "delete-tag", "delete-instruction"}
"""Operations after which others would not find what they name; each is given things of its own."""


def main(arguments: list[str]) -> int:
    """Try the mock by each document: with ids that are made up, then with ids of things that exist."""
    ours = document().served
    documents = {"the mock's document": (ours, "/api")}
    for name, theirs in ada_documents().items():
        prefix = "" if next(iter(theirs["paths"])).startswith("/api") else "/api"
        documents[name] = (amend(theirs, name), prefix)
    url = os.environ.get("ADAKIT_FUZZ_DB", "sqlite://")
    context = MockContext(Database(url), SystemClock(), random.SystemRandom())
    app = create_app(context, keys=[KEY])
    server = ServerThread(make_server(app, log_level="error"), bind("127.0.0.1", 0), running(context))
    server.start()
    codes = []
    try:
        for name, (described, prefix) in documents.items():
            with tempfile.TemporaryDirectory() as made:
                folder = Path(made)
                (folder / "document.json").write_text(json.dumps(described), encoding="utf-8")
                base = f"{server.url}{prefix}"
                if described is ours:
                    _say(f"== {name}, ids made up")
                    codes.append(run(base, folder, arguments))
                _say(f"== {name}, ids of things that exist")
                (folder / "schemathesis.toml").write_text(
                    "\n".join(known_ids(server.url, described)), encoding="utf-8"
                )
                codes.append(run(base, folder, ["--phases=coverage,fuzzing", *arguments]))
    finally:
        server.stop()
    return max(codes)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(url: str, folder: Path, arguments: list[str]) -> int:
    """One round; the folder may have a configuration."""
    done = subprocess.run(
        [
            os.environ.get("SCHEMATHESIS", "st"),
            "run",
            "document.json",
            f"--url={url}",
            f"--header=Authorization: Bearer {KEY}",
            f"--checks={CHECKS}",
            "--mode=all",
            "--continue-on-failure",
            *arguments,
        ],
        cwd=folder,
        check=False,
    )
    return done.returncode


def known_ids(url: str, described: dict[str, Any]) -> Iterator[str]:
    """Schemathesis' configuration with the ids of things that exist, for each operation that names some."""

    def call(method: str, path: str, body: Any = None) -> Any:
        target = f"{url}{path}" if path.startswith("/_mock") else f"{url}/api/v2{path}"
        request = Request(target, None if body is None else json.dumps(body).encode(), method=method)
        request.add_header("authorization", f"Bearer {KEY}")
        request.add_header("content-type", "application/json")
        with urlopen(request) as response:
            return json.load(response)

    ours = {(each.method, each.path): each for each in document().operations.values()}
    kinds = {kind for each in ours.values() for kind in each.things.values()}
    shared = {kind: thing(call, kind) for kind in sorted(kinds)}
    for path, item in described["paths"].items():
        for method in item:
            operation = ours.get((method.upper(), path.removeprefix("/api").rstrip("/")))
            if operation is None or not operation.things:
                continue
            given = {
                f"path.{parameter}": thing(call, kind) if operation.id in ENDS else shared[kind]
                for parameter, kind in operation.things.items()
            }
            yield "[[operations]]"
            yield f"include-path = {json.dumps(path)}\ninclude-method = {json.dumps(method.upper())}"
            members = ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in given.items())
            yield f"parameters = {{ {members} }}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
