"""The plugin in a pytest run: what it adds where it is not used, and what a run through it takes."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

from measuring import Part, Run, run_part
from one_run import PLUGIN_LIMIT, through_pytest
from startup import LIMIT, built, made, start_up

__all__ = ["plugin"]

PAIRS = 9
TURNS = 3


def plugin(run: Run) -> list[Part]:
    """The tables of the plugin."""
    idle = Part(
        "Start-up of pytest",
        "`pytest -q` on one trivial test, in pairs: in an environment with pytest alone, and in one that "
        "has the built wheel, or Schemathesis, as well; neither is used. `startup.py` measures it by "
        "itself.",
        ["pytest with", "of pytest alone", "spread", "ms alone", "ms with it"],
    )
    used = Part(
        "A run through pytest",
        "All cases of the check as pytest items, as a share of the time that `adakit check` takes of the "
        "same consumer together with as many empty tests: 1 is a plugin that costs nothing. Processor "
        "time. `one_run.py` measures it by itself.",
        ["", "of check and empty tests"],
    )
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
        base = Path(name)
        wheel = built(base)
        compared = start_up(base, wheel, 1 if run.quick else PAIRS)
        share = through_pytest(made(base / "this", "pytest", wheel), base, 1 if run.quick else TURNS)
    for one in compared:
        low, high = min(one.ratios), max(one.ratios)
        times = (f"{seconds * 1000:.0f}" for seconds in (one.before, one.after))
        idle.rows.append([one.name, f"{one.median:.3f}", f"{low:.3f} to {high:.3f}", *times])
    used.rows.append(["adakit", f"{share:.3f}"])
    if compared[0].median > LIMIT:
        idle.broken.append(f"Start-up: {compared[0].median:.3f} of pytest alone, at most {LIMIT}")
    if share > PLUGIN_LIMIT:
        used.broken.append(f"A run through pytest: {share:.3f}, at most {PLUGIN_LIMIT}")
    return [idle, used]


if __name__ == "__main__":
    run_part(plugin, __doc__)
