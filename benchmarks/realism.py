"""Twenty conversations of adakit beside twenty of jsf, as transcripts: it writes docs/realism.md.

``python benchmarks/realism.py``; jsf is that of ``--peers PYTHON``. What is drawn is drawn from fixed seeds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measuring import BENCHMARKS, ROOT, SCHEMAS, Run

from ada_mockserver.events.scenarios import Teller

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["conversations", "transcript", "written"]

CONVERSATIONS = 20
SEED = 20
PAGE = ROOT / "docs" / "realism.md"

INTRODUCTION = f"""# What the events read like

{CONVERSATIONS} conversations of `adakit generate traffic`, as they come: nobody picked them. Below each stand
as many events of the same types that jsf, which knows nothing but a schema, made from the same schema files.
Written by `python benchmarks/realism.py`.

A line is an event: its `timestamp`; for a message the channel, in brackets the integration that has taken
over, who wrote and what. `-` is a member that is null or absent.
"""


def conversations() -> Iterator[list[dict[str, Any]]]:
    """The events of one conversation after the other, of all that an AI Agent's days hold."""
    teller = Teller("traffic", seed=SEED)
    for index in count():
        events = [step.payload for step in teller.tell(index).steps]
        if any(event["type"] == "v1.conversation.created" for event in events):
            yield events


def by_jsf(types: Iterable[str], python: Path) -> list[dict[str, Any]]:
    """An event of each of the types, as jsf makes it."""
    script = BENCHMARKS / "contenders" / "jsf_conversations.py"
    names = [name.removeprefix("v1.") for name in types]
    command = [python, script, SCHEMAS, str(SEED), *names]
    said = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    return [json.loads(line) for line in said.splitlines()]


def transcript(events: list[dict[str, Any]]) -> str:
    """The lines of a conversation."""
    return "\n".join(map(_line, events))


def _line(event: dict[str, Any]) -> str:
    data, name = event.get("data") or {}, event["type"].removeprefix("v1.")
    match name:
        case "conversation.message":
            author = _object(data.get("author"))
            who = f"{_text(author.get('display_name'))} ({_text(author.get('role'))})"
            what = _said(_object(data.get("content")))
            handoff = data.get("handoff_integration")
            channel = _object(data.get("channel"))
            by = f" [{_text(handoff)}]" if handoff else ""
            what = f"{_text(channel.get('name'))}, {_text(channel.get('modality'))}{by} | {who}: {what}"
        case "conversation.created":
            what = f"begins, end user {_text(data.get('end_user_id'))}, {_metadata(data)}"
        case "conversation.ended":
            what = f"ended by {_text(_object(data.get('ended_by')).get('role'))}"
        case "conversation.handoff.ended":
            what = f"{_text(data.get('handoff_integration'))} hands back"
        case _:
            profile = _object(data.get("profile"))
            shown = (profile.get(member) for member in ("display_name", "email", "language"))
            what = f"{name}: {', '.join(map(_text, shown))}, {_metadata(profile)}"
    return f"{_text(event.get('timestamp')):<30} {what}"


def _said(content: dict[str, Any]) -> str:
    match content.get("type"):
        case "link":
            return f"<{_text(content.get('link_text'))}: {_text(content.get('url'))}>"
        case "file":
            url = _text(content.get("url"))
            of = f"{_text(content.get('filename'))}, {_text(content.get('mime_type'))}"
            return f"<file {of}, {url[:60]}{'...' if len(url) > 60 else ''}>"
    return _text(content.get("body"))


def _metadata(thing: dict[str, Any]) -> str:
    return json.dumps(thing.get("metadata"), ensure_ascii=False) if thing.get("metadata") else "no metadata"


def _text(value: object) -> str:
    """A value on one line."""
    return "-" if value is None else " ".join(str(value).split())


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def written(pairs: Iterable[tuple[list[dict[str, Any]], list[dict[str, Any]]]]) -> str:
    """The page."""
    parts = [INTRODUCTION]
    for number, (ours, theirs) in enumerate(pairs, 1):
        parts += [f"## {number}", "", "adakit", ""]
        parts += ["```text", transcript(ours), "```", "", "jsf", "", "```text", transcript(theirs), "```", ""]
    return "\n".join(parts)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, default=Run.peers, metavar="PYTHON")
    python = parser.parse_args().peers.absolute()
    ours = list(islice(conversations(), CONVERSATIONS))
    theirs = iter(by_jsf((event["type"] for events in ours for event in events), python))
    pairs = [(events, list(islice(theirs, len(events)))) for events in ours]
    PAGE.write_text(written(pairs), encoding="utf-8")


if __name__ == "__main__":
    main()
