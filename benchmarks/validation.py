"""Validations a second of events against our schema files, beside other validators."""

from __future__ import annotations

import sys
import tempfile
from itertools import islice
from pathlib import Path

from contenders import ours
from measuring import (
    SCHEMAS,
    Contender,
    Part,
    Run,
    measured,
    node_worker,
    python_worker,
    rated,
    run_part,
)

__all__ = ["validation"]

EVENTS = 1_000


def validation(run: Run) -> list[Part]:
    """The table of validation."""
    part = Part(
        "Validation",
        f"Events a second, of the same {EVENTS:,} of whole conversations with a handoff, parsed before, "
        "each against the committed schema file of its type, compiled before. Each validator has to find "
        "all of them valid and one without its data not. fastjsonschema and ajv compile schemas to code of "
        "their language. `ada_schemas.validate` asks jsonschema-rs, finds the schema by the event's type, "
        "and holds an event against what the documentation ties together as well.",
        ["", "events/s", "of jsonschema-rs", "spread"],
    )
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder, "events.ndjson")
        events.write_bytes(b"\n".join(islice(ours.bodies("handoff"), 20 if run.quick else EVENTS)))

        def python(name: str, interpreter: str | Path, function: str) -> Contender:
            return Contender(name, python_worker(interpreter, f"contenders.{function}", events, SCHEMAS))

        contenders = [
            python("jsonschema-rs", sys.executable, "validators:make_jsonschema_rs"),
            python("`ada_schemas.validate`", sys.executable, "ours:make_validate"),
            python("jsonschema", sys.executable, "validators:make_jsonschema"),
            python("fastjsonschema", run.peers, "validators:make_fastjsonschema"),
            Contender("ajv (Node)", node_worker("validate.mjs", events, SCHEMAS)),
        ]
        results, part.left_out = measured(contenders, rounds=run.rounds, seconds=run.seconds / 2)
    rated(part, results, "jsonschema-rs")
    return [part]


if __name__ == "__main__":
    run_part(validation, __doc__)
