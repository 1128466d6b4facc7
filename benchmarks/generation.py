"""Events a second, made and serialised by one process, beside what else makes such events."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import peers
from contenders.limit import MESSAGES
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

__all__ = ["generation"]

LIMIT = "written by hand (limit)"


def generation(run: Run) -> list[Part]:
    """The table of generation."""
    part = Part(
        "Generation, with serialisation",
        "Events a second of one process, to the bytes that go on the wire. The limit is a loop over two "
        f"events, `conversation.created` and {MESSAGES} times `conversation.message`, written out by hand "
        "with random and orjson: fresh ids, times and texts, all documented members. Faker and mimesis "
        "fill the same members of the same two events by their providers, polyfactory data classes with "
        "these members; jsf, Schemathesis and json-schema-faker make them from our schema files, in the "
        "same proportion, with whatever texts. adakit makes whole conversations: people, turns that answer "
        "each other, times that fit, every event valid. All are warm, and take turns; what the command "
        "takes to start is taken off by difference.",
        ["", "events/s", "of the limit", "spread"],
    )
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder, "document.json")
        document.write_text(json.dumps(peers.document()), encoding="utf-8")

        def peer(name: str, function: str, *arguments: str | Path) -> Contender:
            return Contender(name, python_worker(run.peers, f"contenders.{function}", *arguments))

        def ours(name: str, function: str, *arguments: str) -> Contender:
            return Contender(name, python_worker(sys.executable, f"contenders.ours:{function}", *arguments))

        contenders = [
            peer(LIMIT, "limit:make_plain"),
            peer("the same, times in a form of orjson's", "limit:make"),
            ours("adakit, conversations", "make_generation"),
            ours("adakit, handoffs", "make_generation", "handoff"),
            ours("`adakit generate conversation`", "make_command"),
            peer("mimesis by hand", "by_hand:make_mimesis"),
            peer("Faker by hand", "by_hand:make_faker"),
            peer("jsf", "from_schemas:make_jsf", SCHEMAS),
            peer("polyfactory", "from_schemas:make_polyfactory"),
            peer("Schemathesis", "from_schemas:make_schemathesis", document),
            Contender("json-schema-faker (Node)", node_worker("generate.mjs", SCHEMAS, str(MESSAGES))),
        ]
        results, part.left_out = measured(contenders, rounds=run.rounds, seconds=run.seconds)
    rated(part, results, LIMIT)
    return [part]


if __name__ == "__main__":
    run_part(generation, __doc__)
