"""A made-up provider, its OpenAPI document, and a contract directory of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.contract import read_contract
from ada_schemas.files.profile import profile_text
from ada_schemas.files.write import render, write

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SECRET_VARIABLE", "contract_directory", "parcels_document"]

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
