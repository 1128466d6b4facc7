"""Say which stacks are there, after installing what is missing if asked: `python -m corpus.stacks [install]`.

`--json` writes those that are left out, and why.
"""

from __future__ import annotations

import json
import sys

from corpus.stacks import STACKS, install, left_out

if "install" in sys.argv[1:]:
    install()
absent = left_out()
if "--json" in sys.argv[1:]:
    sys.stdout.write(json.dumps(absent) + "\n")
    sys.exit()
for name in STACKS:
    state = f"left out, for lack of {absent[name]}" if name in absent else "ready"
    sys.stdout.write(f"{name:<8} {state}\n")
