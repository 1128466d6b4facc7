"""Start one consumer: `python -m corpus.serve ID --port 0`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import sys
from pathlib import Path

from corpus.stacks import STACKS, run

HERE = Path(__file__).parent

MODULES = {
    "fastapi": "fastapi_app",
    "flask": "flask_app",
    "django": "django_app",
    "aiohttp": "aiohttp_app",
    "asgi": "asgi_app",
    "wsgi": "wsgi_app",
    "queue": "queue_app",
}


def main() -> None:
    """Find the consumer in the manifest and run it in this process until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m corpus.serve", description=__doc__)
    parser.add_argument("id", help="a consumer's id, as in manifest.json")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    options = parser.parse_args()
    manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    frameworks = {entry["id"]: entry["framework"] for entry in manifest["consumers"]}
    framework = frameworks.get(options.id)
    if framework is None:
        sys.exit(f"no such consumer: {options.id}")
    secret = os.environ.get("ADA_WEBHOOK_SECRET")
    if not secret:
        sys.exit("ADA_WEBHOOK_SECRET is not set")
    if framework in {"express", "node-http"}:
        node = shutil.which("node") or sys.exit("node is not installed")
        os.execv(node, [node, str(HERE / "node" / "server.mjs"), options.id, str(options.port)])  # noqa: S606
    if framework in STACKS:
        run(options.id, framework, options.port)
        return
    module = importlib.import_module(f"corpus.consumers.{MODULES[framework]}")
    module.serve(options.id, secret, options.port)


if __name__ == "__main__":
    main()
