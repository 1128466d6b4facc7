"""Build the stacks and say which are there: `python -m corpus.stacks [install] [--json]`.

`install` first installs what is missing; `--json` writes those that are left out, and why.
"""

from __future__ import annotations

import json
import sys

from corpus.stacks import STACKS, build, install, left_out

if "install" in sys.argv[1:]:
    install()
build()
absent = left_out()
if "--json" in sys.argv[1:]:
    sys.stdout.write(json.dumps(absent) + "\n")
    sys.exit()
for name in STACKS:
    state = f"left out, for lack of {absent[name]}" if name in absent else "ready"
    sys.stdout.write(f"{name:<8} {state}\n")
