"""Schemathesis against the running mock: ``python -m ada_document.fuzz [--raw] [arguments of st run]``.

Needs ADAKIT_ADA_OPENAPI, a path of Ada's document; SCHEMATHESIS names the command if it is not ``st``. The
mock delivers nothing meanwhile: the webhooks that are created have made-up addresses. ``--raw`` leaves the
amendments out.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from ada_document.reduction import reduce_document
from ada_mockserver.clock import SystemClock
from ada_mockserver.http_server import ServerThread, bind, make_server
from ada_mockserver.mock.assembly import create_app, running
from ada_mockserver.mock.state.conversations import hand_off, open_conversation
from ada_mockserver.mock.state.records import custom_channel
from ada_mockserver.mock.state.transaction import MockContext
from ada_mockserver.mock.store.database import Database
from ada_mockserver.mock.store.endpoints import create_endpoint
from ada_schemas.contract.documents import load_document

KEY = "fuzz-key"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,ignored_auth,use_after_free,ensure_resource_availability"
)
"""What must hold. What is left out says more than the document does: data that fits the schemas may still be
refused (an unknown event type), and the document names no 405."""


def main(arguments: list[str]) -> int:
    """Try the mock twice: with ids that are made up, and with ids of things that exist."""
    location = os.environ.get("ADAKIT_ADA_OPENAPI")
    if not location:
        sys.exit("ADAKIT_ADA_OPENAPI names no document: give it the path of https://docs.ada.cx/openapi.yaml")
    raw = "--raw" in arguments
    arguments = [argument for argument in arguments if argument != "--raw"]
    document = reduce_document(load_document(location), amended=not raw)
    url = os.environ.get("ADAKIT_FUZZ_DB", "sqlite://")
    context = MockContext(Database(url), SystemClock(), random.SystemRandom())
    app = create_app(context, keys=[KEY])
    server = ServerThread(make_server(app, log_level="error"), bind("127.0.0.1", 0), running(context))
    server.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "reduced.json").write_text(json.dumps(document), encoding="utf-8")
            codes = [run(server.url, folder, arguments)]
            known = asyncio.run_coroutine_threadsafe(known_ids(context), server.loop).result()
            (folder / "schemathesis.toml").write_text(known, encoding="utf-8")
            codes.append(run(server.url, folder, ["--phases=coverage,fuzzing", *arguments]))
    finally:
        server.stop()
    return max(codes)


def run(url: str, folder: Path, arguments: list[str]) -> int:
    """One round; the folder may have a configuration."""
    done = subprocess.run(
        [
            os.environ.get("SCHEMATHESIS", "st"),
            "run",
            "reduced.json",
            f"--url={url}/api",
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


async def known_ids(context: MockContext) -> str:
    """Schemathesis' configuration with the ids of things that exist.

    What ends a conversation or its handoff has one of its own, so that the others find theirs as it is.
    """
    async with context.begin() as transaction:
        channel = await custom_channel(transaction)
        known = [await open_conversation(transaction, channel, None, {}) for _ in range(3)]
        for each in known:
            hand_off(transaction, each)
        webhook = await create_endpoint(
            transaction.session, url="http://127.0.0.1:9/", now=transaction.now, rng=transaction.rng
        )
    conversation = "/v2/conversations/{conversation_id}"
    return f"""
[parameters]
"path.channel_id" = "{channel.id}"
"path.conversation_id" = "{known[0].id}"
"path.end_user_id" = "{known[0].end_user_id}"
"path.id" = "{webhook.id}"

[[operations]]
include-path = "{conversation}/end/"
parameters = {{ "path.conversation_id" = "{known[1].id}" }}

[[operations]]
include-path = "{conversation}/end-handoff/"
parameters = {{ "path.conversation_id" = "{known[2].id}" }}

[[operations]]
include-operation-id = "delete-webhook"
enabled = false
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
