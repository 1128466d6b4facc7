"""The contract in the formats of other tools: OpenAPI, AsyncAPI, TypeScript, typed Python, an npm package."""

from __future__ import annotations

__all__: list[str] = []
