"""Prints events that jsf makes from our schema files: ``jsf_conversations.py FOLDER SEED TYPE ...``."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from faker import Faker
from jsf import JSF


def main() -> None:
    """Print one event for each of the types, as lines of JSON."""
    folder, seed, *names = sys.argv[1:]
    random.seed(int(seed))
    Faker.seed(int(seed))
    makers = {
        name: JSF(json.loads(Path(folder, f"{name}.schema.json").read_bytes())) for name in sorted(set(names))
    }
    for name in names:
        print(json.dumps(makers[name].generate(), ensure_ascii=False))


if __name__ == "__main__":
    main()
