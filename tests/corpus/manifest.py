"""Write manifest.json from the cases: `python -m corpus.manifest`; `--check` only compares it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from corpus import cases  # noqa: F401
from corpus.correct import CORRECT
from corpus.probe import CASES

MANIFEST = Path(__file__).with_name("manifest.json")


def manifest() -> dict[str, Any]:
    """What manifest.json holds."""
    buggy = [
        {
            "id": case.id,
            "framework": case.framework,
            "correct": False,
            "bug": case.bug,
            "family": case.family,
            "split": case.split,
            "witness_only": case.witness_only,
            "by_design": case.by_design,
        }
        for case in CASES.values()
    ]
    correct = [
        {
            "id": one.id,
            "framework": one.framework,
            "correct": True,
            "about": one.about,
            "bug": None,
            "family": None,
            "split": one.split,
            "witness_only": False,
            "by_design": None,
        }
        for one in CORRECT.values()
    ]
    return {"command": "python -m corpus.serve ID --port 0", "consumers": correct + buggy}


def main() -> None:
    """Write the file, or compare it."""
    text = json.dumps(manifest(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if MANIFEST.read_text(encoding="utf-8") == text else "manifest.json is out of date")
    MANIFEST.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
