"""Renders a comparison of contracts, and what recorded events show, as text, JSON or Markdown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ada_schemas.drift.compare import CLASSES
from ada_schemas.drift.observation import KINDS
from ada_schemas.shown import shown, shown_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from ada_schemas.drift import Change, Drift, Observation, Observed

__all__ = ["DIFF_RENDERERS", "OBSERVATION_RENDERERS"]

TITLES = {
    "breaking": "Breaking",
    "loosened": "Loosened",
    "additive": "Additive",
    "tightened": "Tightened",
    "documentation": "Documentation only",
    "corrected": "Corrected by us",
}


def _groups(drift: Drift) -> list[tuple[str, tuple[Change, ...]]]:
    return [(kind, drift.of(kind)) for kind in CLASSES if drift.of(kind)]


def _verdict(drift: Drift) -> str:
    counted = [
        f"{len(found)} {TITLES[kind].lower()}" for kind, found in _groups(drift) if kind != "corrected"
    ]
    corrected = len(drift.of("corrected"))
    tail = f" ({corrected} corrected by us)" if corrected else ""
    what = ", ".join(counted) if counted else "no change"
    return f"{drift.base} -> {drift.against}: {what}{tail}"


def _diff_as_text(drift: Drift) -> str:
    lines = []
    for kind, found in _groups(drift):
        lines.append(f"{TITLES[kind]}: {CLASSES[kind]}")
        for change in found:
            lines.append(f"  {change.place}")
            lines.append(f"      {change.what}")
            if change.reason:
                lines.append(f"      because: {change.reason} ({change.source})")
        lines.append("")
    lines += [f"note: {note}" for note in drift.notes]
    return "\n".join(map(shown, [*lines, _verdict(drift)])) + "\n"


def _change_as_json(change: Change) -> dict[str, Any]:
    entry: dict[str, Any] = {"class": change.kind, "event": change.event, "path": change.path}
    entry["what"] = change.what
    if change.before is not None or change.after is not None:
        entry |= {"before": change.before, "after": change.after}
    if change.reason:
        entry |= {"reason": change.reason, "source": change.source}
    return entry


def _diff_as_json(drift: Drift) -> str:
    result = {
        "base": drift.base,
        "against": drift.against,
        "summary": {kind: len(drift.of(kind)) for kind in CLASSES},
        "changes": [_change_as_json(change) for change in drift.changes],
        "notes": list(drift.notes),
    }
    return shown_json(result, indent=2, default=str) + "\n"


def _cell(text: str) -> str:
    return shown(" ".join(text.split())).replace("|", "\\|").replace("<", "&lt;")


def _code(text: str) -> str:
    """A code span, in more backticks than the text has in a row; "" for no text."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{_cell(text)}{pad}{fence}" if text else ""


def _table(columns: list[str], rows: list[list[str]]) -> list[str]:
    """A table of as many cells a row as there are columns."""
    cells = [columns, ["---"] * len(columns), *(row[: len(columns)] for row in rows)]
    return [f"| {' | '.join(row)} |" for row in cells]


def _diff_as_markdown(drift: Drift) -> str:
    lines = ["# Contract drift", "", _cell(_verdict(drift)), ""]
    for kind, found in _groups(drift):
        columns = ["event", "path", "what", *(["reason"] if kind == "corrected" else [])]
        said = CLASSES[kind]
        lines += [f"## {TITLES[kind]}", "", f"{said[0].upper()}{said[1:]}.", ""]
        rows = [
            [_cell(c.event).replace("*", "every event"), _code(c.path), _cell(c.what), _cell(c.reason)]
            for c in found
        ]
        lines += [*_table(columns, rows), ""]
    lines += [f"Note: {_cell(note)}\n" for note in drift.notes]
    return "\n".join(lines).rstrip("\n") + "\n"


DIFF_RENDERERS: dict[str, Callable[[Drift], str]] = {
    "text": _diff_as_text,
    "json": _diff_as_json,
    "markdown": _diff_as_markdown,
}


def _observed_what(observed: Observed) -> str:
    detail = "" if observed.kind in ("null", "absent") else f": {observed.detail}"
    return f"{KINDS[observed.kind]}{detail}"


def _how_often(observed: Observed) -> str:
    return f"{observed.count} of {observed.seen}"


def _total(observation: Observation) -> str:
    found = len(observation.observed)
    what = f"{found} things that are not documented" if found != 1 else "1 thing that is not documented"
    unread = f"; {len(observation.unread)} lines not read" if observation.unread else ""
    return f"{observation.events} events: {what if found else 'nothing that is not documented'}{unread}"


def _observation_as_text(observation: Observation) -> str:
    lines = []
    for observed in observation.observed:
        lines.append(f"{' '.join(p for p in (observed.event, observed.path) if p)}")
        example = f", for example {observed.examples[0]}" if observed.examples else ""
        lines.append(f"    {_observed_what(observed)}, in {_how_often(observed)} events{example}")
    lines += [f"note: {line}" for line in observation.unread[:5]]
    return "\n".join(map(shown, [*lines, _total(observation)])) + "\n"


def _observation_as_json(observation: Observation) -> str:
    result = {
        "events": observation.events,
        "observed": [
            {"kind": o.kind, "event": o.event, "path": o.path, "detail": o.detail, "count": o.count}
            | {"of": o.seen, "examples": list(map(_parsed, o.examples))}
            for o in observation.observed
        ],
        "unread": list(observation.unread),
    }
    return shown_json(result, indent=2) + "\n"


def _parsed(text: str) -> Any:
    """An example as the JSON value that it is; one that was cut short stays text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _observation_as_markdown(observation: Observation) -> str:
    lines = ["# What recorded events show", "", _cell(_total(observation)), ""]
    rows = []
    for o in observation.observed:
        example = _code(o.examples[0]) if o.examples else ""
        rows.append([_cell(o.event), _code(o.path), _cell(_observed_what(o)), _how_often(o), example])
    lines += _table(["event", "path", "what", "events", "example"], rows) if rows else []
    return "\n".join(lines) + "\n"


OBSERVATION_RENDERERS: dict[str, Callable[[Observation], str]] = {
    "text": _observation_as_text,
    "json": _observation_as_json,
    "markdown": _observation_as_markdown,
}
