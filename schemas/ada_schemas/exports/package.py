"""The npm package: ``package.json`` beside the schemas' package."""

from __future__ import annotations

import json

__all__ = ["package_json"]


def package_json(version: str) -> str:
    """The text of the file; its version is that of the contract."""
    files = "./ada_schemas/v1"
    content = {
        "name": "ada-webhook-schemas",
        "version": version,
        "description": "JSON Schemas, types and examples of the webhook events of an Ada AI Agent.",
        "license": "Apache-2.0",
        "keywords": ["ada", "webhooks", "json-schema", "openapi", "asyncapi", "typescript"],
        "files": [
            "ada_schemas/v1/**/*.json",
            "ada_schemas/v1/events.d.ts",
            "ada_schemas/v1/CHANGES.md",
            "README.md",
        ],
        "types": f"{files}/events.d.ts",
        "exports": {
            ".": {"types": f"{files}/events.d.ts", "default": f"{files}/bundle.schema.json"},
            "./*": f"{files}/*",
            "./package.json": "./package.json",
        },
    }
    return json.dumps(content, indent=2) + "\n"
