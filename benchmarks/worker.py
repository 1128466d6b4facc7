"""The process of one contender: ``python benchmarks/worker.py MODULE:FUNCTION [ARGUMENT ...]``.

The function, called with the arguments, answers what is timed: a function of a count. For each line of
standard input, a count, it is called, and what it answers is printed as a line of JSON.
"""

from __future__ import annotations

import importlib
import json
import sys


def main() -> None:
    """Serve until standard input ends."""
    name, *arguments = sys.argv[1:]
    module, _, function = name.partition(":")
    run = getattr(importlib.import_module(module), function)(*arguments)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(int(line))), flush=True)


if __name__ == "__main__":
    main()
