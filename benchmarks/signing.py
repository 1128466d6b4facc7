"""Signatures a second, made and verified, beside the libraries of the field."""

from __future__ import annotations

import sys
import tempfile
from itertools import islice
from pathlib import Path

from contenders import ours
from measuring import Contender, Part, Run, measured, python_worker, rated, run_part

__all__ = ["SECRET", "signing"]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of endpoints that this starts


def signing(run: Run) -> list[Part]:
    """The tables of signing and of verifying."""
    said = {
        "sign": "Signatures a second over the bodies of the same 100 events. svix and standardwebhooks are "
        "given their texts and have decoded the secret before; `ada_mockserver.sign` takes bytes, and "
        "checks and decodes the secret in each call.",
        "verify": "Signed events verified a second, the same 100, each by its three headers and the raw "
        "body. standardwebhooks parses the event as well; `ada_mockserver.verify` decodes the secret in "
        "each call.",
    }
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder, "events.ndjson")
        events.write_bytes(b"\n".join(islice(ours.bodies(), 100)))
        for what, sentence in said.items():
            part = Part(f"Signatures: {what}", sentence, ["", "events/s", "of svix", "spread"])
            function = f"contenders.signers:make_{what}"
            contenders = [
                Contender("svix", python_worker(run.peers, function, "svix", SECRET, events)),
                Contender(
                    "standardwebhooks", python_worker(run.peers, function, "standardwebhooks", SECRET, events)
                ),
                Contender(
                    f"`ada_mockserver.{what}`",
                    python_worker(sys.executable, f"contenders.ours:make_{what}", SECRET, events),
                ),
            ]
            results, part.left_out = measured(contenders, rounds=run.rounds, seconds=run.seconds / 2)
            rated(part, results, "svix")
            tables.append(part)
    return tables


if __name__ == "__main__":
    run_part(signing, __doc__)
