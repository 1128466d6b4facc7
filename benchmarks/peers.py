"""What else one could point at an endpoint: the peers that `mutants` measures beside the check.

*Happy path*: the documented example of every event, signed, as a sender for trying things out sends it.
*Schemathesis*: property-based requests from an OpenAPI document. It leaves out the section `webhooks`, so
the document has a path for every event, and a hook (``signing_hook``) signs each request and sends it to
the endpoint. It is given the documented schemas with closed enums, valid data only, and a promise of a 2xx:
what it does by default, negative data, expects refusals that Ada's documentation does not ask for.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks import Webhook

from ada_schemas import event_names, load

ENDPOINT = "/webhooks/ada"
EXAMPLES = Path(__file__).parents[1] / "schemas" / "ada_schemas" / "v1" / "examples"
TIME_LIMIT = 15.0
"""Seconds that an answer may take, as Ada documents."""
CASES_EACH = 30
"""Cases that Schemathesis makes of an event in its longest phase."""
RUN_LIMIT = 120.0
"""Seconds that Schemathesis may take for a consumer."""
CHECKS = "not_a_server_error,status_code_conformance,positive_data_acceptance"


def document() -> dict[str, Any]:
    """An OpenAPI document with a path for every event; any 2xx is the documented answer."""
    paths = {}
    for name in event_names():
        schema = _open_objects(load(name, closed=True))
        example = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
        content = {"application/json": {"schema": schema, "example": example}}
        paths[f"/{name}"] = {
            "post": {
                "operationId": name,
                "requestBody": {"required": True, "content": content},
                "responses": {"2XX": {"description": "received"}},
            }
        }
    return {"openapi": "3.1.0", "info": {"title": "Ada's webhooks", "version": "1"}, "paths": paths}


def _open_objects(schema: Any) -> Any:
    """The schema without what forbids further members, which Ada may add."""
    if isinstance(schema, dict):
        kept = {k: v for k, v in schema.items() if (k, v) != ("additionalProperties", False)}
        return {key: _open_objects(value) for key, value in kept.items() if key != "$schema"}
    return [_open_objects(value) for value in schema] if isinstance(schema, list) else schema


async def happy_path(port: int, secret: str) -> bool:
    """Whether the endpoint fails one of the documented examples."""
    webhook = Webhook(secret)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=TIME_LIMIT) as client:
        for name in event_names():
            text = (EXAMPLES / f"{name}.json").read_text(encoding="utf-8")
            message_id, now = f"msg_{uuid.uuid4().hex}", int(time.time())
            headers = {
                "content-type": "application/json",
                "svix-id": message_id,
                "svix-timestamp": str(now),
                "svix-signature": webhook.sign(message_id, datetime.fromtimestamp(now, UTC), text),
            }
            try:
                answer = await client.post(ENDPOINT, content=text.encode(), headers=headers)
            except httpx.HTTPError:
                return True
            if not answer.is_success:
                return True
    return False


async def schemathesis(
    port: int,
    secret: str,
    *,
    python: Path,
    described: Path,
    examples: int = CASES_EACH,
    limit: float = RUN_LIMIT,
    hangs: bool = True,
) -> bool:
    """Whether Schemathesis, run by that interpreter on the document, reports a failure.

    ``examples`` is how many cases of an operation it makes in its longest phase, ``limit`` in seconds; where
    the time is up the answer is ``hangs``.

    Raises RuntimeError where it cannot be run: its exit code is neither 0 nor 1.
    """
    environment = {
        **os.environ,
        "ADA_WEBHOOK_SECRET": secret,
        "SCHEMATHESIS_HOOKS": "signing_hook",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    run = await asyncio.create_subprocess_exec(
        str(python), "-m", "schemathesis.cli", "run", str(described), "--url", f"http://127.0.0.1:{port}",
        "--mode", "positive", "--checks", CHECKS, "--max-examples", str(examples), "--no-shrink",
        "--request-timeout", str(TIME_LIMIT), "--max-failures", "1", "--suppress-health-check", "all",
        cwd=described.parent, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limit):
            out, _ = await run.communicate()
    except TimeoutError:
        run.kill()
        await run.wait()
        return hangs
    if run.returncode not in (0, 1):
        raise RuntimeError(f"Schemathesis ended with {run.returncode}: {out.decode()[-400:]}")
    return run.returncode == 1
