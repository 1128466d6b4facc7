"""A made-up provider, its OpenAPI document, and a contract directory of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.contract import read_contract
from ada_schemas.files.profile import profile_text
from ada_schemas.files.write import render, write

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CONSUMER", "SECRET_VARIABLE", "contract_directory", "parcels_document"]

SECRET_VARIABLE = "PARCELS_WEBHOOK_SECRET"


def parcels_document(*, headers: tuple[str, ...] = (), place: str = "event") -> dict[str, Any]:
    """Two webhooks, whose type is told by a member; ``place`` "" takes it away, ``headers`` are described."""
    parcel = {
        "type": "object",
        "required": ["parcel_id", "status"],
        "properties": {
            "parcel_id": {"type": "string", "example": "prc_8fj2Kd93ms"},
            "status": {"type": "string", "enum": ["packed", "moving", "lost"]},
            "note": {"type": ["string", "null"]},
        },
    }

    def webhook(name: str) -> dict[str, Any]:
        told = {place: {"type": "string", "enum": [name]}} if place else {}
        schema = {
            "type": "object",
            "required": [*told, "uuid", "parcel"],
            "properties": {**told, "uuid": {"type": "string", "format": "uuid"}, "parcel": parcel},
        }
        return {
            "post": {
                "summary": name,
                "parameters": [{"name": header, "in": "header"} for header in headers],
                "requestBody": {"content": {"application/json": {"schema": schema}}},
            }
        }

    return {
        "openapi": "3.1.0",
        "info": {"title": "Parcels API", "version": "1"},
        "webhooks": {name: webhook(name) for name in ("parcel.sent", "parcel.lost")},
    }


def contract_directory(folder: Path, *changes: tuple[str, str], **of_the_document: Any) -> Path:
    """A contract as `adakit init` writes it; each change replaces a text in its profile."""
    directory = folder / "parcels"
    directory.mkdir()
    source = directory / "source.json"
    source.write_text(json.dumps(parcels_document(**of_the_document)), encoding="utf-8")
    text = profile_text(read_contract(str(source)).proposal)
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    write({"profile.toml": text}, directory)
    write(render(read_contract(str(source), beside=str(directory))), directory)
    return directory


CONSUMER = """
import base64, hashlib, hmac, json, os, time

KEY = base64.b64decode(os.environ["PARCELS_WEBHOOK_SECRET"].removeprefix("whsec_"))
SEEN = set()


def judged(headers, body):
    try:
        message_id, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        signed = f"{message_id}.{stamp}.".encode() + body
        made = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
        good = any(
            hmac.compare_digest(f"v1,{made}".encode(), one.encode()) for one in headers["webhook-signature"].split()
        )
        if not good or not message_id or abs(time.time() - int(stamp)) > 300:
            return 401
        event = json.loads(body)
        kind = event["event"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return 400
    return 204


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    await send({"type": "http.response.start", "status": judged(headers, body), "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""
"""The source of a consumer that verifies, and takes every event; its secret is read when it is imported."""
