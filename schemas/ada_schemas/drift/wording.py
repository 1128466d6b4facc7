"""The wording of two documents beside the contract: descriptions, examples, spelling of the same schemas.

Our transcription says everything in words of its own, so Ada's words cannot be compared with ours. What Ada's
document said when it was transcribed is known by its fingerprints (``documented/wording.json``, made by
``python -m ada_schemas.drift.wording FILE``): a hash tells that a text has changed and holds none of it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ada_schemas.contract.contract import DOCUMENTED
from ada_schemas.contract.paths import branched
from ada_schemas.drift.compare import Change
from ada_schemas.drift.normal_form import Objects
from ada_schemas.drift.sources import side_of
from ada_schemas.errors import some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ada_schemas.drift.normal_form import Form
    from ada_schemas.drift.sources import Side, Webhook

__all__ = ["described_otherwise", "wording", "wording_changes"]

Wording = dict[str, dict[str, str]]
"""place (``event path``) -> what is said (``description``) -> fingerprint"""
WRITTEN = "the way the schema is written"
FILE = "wording.json"


def wording(side: Side, names: dict[str, str]) -> Wording:
    """The fingerprints of all that a side says; ``names`` gives the event type for each webhook's key."""
    found: Wording = {"": {k: _fingerprint(v) for k, v in side.prose.items()}}
    for webhook in side.webhooks:
        event = names.get(webhook.key, webhook.type)
        found[event] = {k: _fingerprint(v) for k, v in webhook.prose.items()}
        for path, said in _said(webhook.payload):
            found[f"{event} {path}"] = {k: _fingerprint(v) for k, v in said.items()}
    return found


def _said(payload: Form) -> Iterator[tuple[str, dict[str, Any]]]:
    for form in payload.walk():
        yield form.path, {**form.prose, WRITTEN: form.written}
        for kind in form.kinds.values():
            for branch in kind.branches if isinstance(kind, Objects) else ():
                if branch.label:
                    yield branched(form.path, branch.label), branch.prose


def _fingerprint(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@lru_cache(maxsize=1)
def _published() -> Wording:
    """The words of Ada's document when it was transcribed."""
    loaded: Wording = json.loads((DOCUMENTED / FILE).read_text(encoding="utf-8"))
    return loaded


def wording_changes(
    base: Side,
    against: Side,
    pairs: list[tuple[Webhook, Webhook]],
    changed: set[str],
    *,
    ours: Literal["base", "against"] | None,
) -> Iterator[Change]:
    """The changes of wording on places that both sides have; one change a place.

    ``changed`` names the events in which more than words has changed: there, how schemas are written
    goes without saying. ``ours`` tells which side is our transcription, if one is.
    """
    names = {new.key: old.type or new.type for old, new in pairs}
    said = wording(against, names)
    known = wording(base, {})
    if ours == "base":
        known = max(known, _published(), key=lambda words: _in_common(words, said))
    elif ours == "against":
        said = max(said, _published(), key=lambda words: _in_common(words, known))
    texts = {f"{names[w.key]} {path}": s for _, w in pairs for path, s in _said(w.payload)}
    for place, words in said.items():
        if place not in known:
            continue
        event, _, path = place.partition(" ")
        differing = [k for k in dict.fromkeys([*known[place], *words]) if known[place].get(k) != words.get(k)]
        facets = [k for k in differing if k != WRITTEN]
        if facets:
            changed.add(event)
            after = {k: texts.get(place, {}).get(k) for k in facets if k in words and place in texts}
            yield Change(
                "documentation", event, path, _phrase(facets, known[place], words), None, after or None
            )
    yield from _written_otherwise(known, said, changed, [names[w.key] for _, w in pairs])


def described_otherwise(pairs: list[tuple[Webhook, Webhook]]) -> Iterator[Change]:
    """Descriptions that differ between schemas in the receiver's form; Ada's words for ours are no change."""
    for old, new in pairs:
        event = old.type or new.type
        before = dict(_said(old.payload))
        for path, said in _said(new.payload):
            one, other = (words.get("description") for words in (before.get(path, {}), said))
            known = _published().get(f"{event} {path}" if path else event, {})
            theirs = known.get("description") == (None if other is None else _fingerprint(other))
            if path in before and one != other and not theirs:
                yield Change("documentation", event, path, "another description", one, other)


def _in_common(words: Wording, said: Wording) -> int:
    return sum(
        fingerprint == said.get(place, {}).get(key)
        for place, found in words.items()
        for key, fingerprint in found.items()
        if key == "description"
    )


def _phrase(facets: list[str], old: dict[str, str], new: dict[str, str]) -> str:
    states = {k: "new" if k not in old else "no" if k not in new else "another" for k in facets}
    return ", ".join(f"{state} {name}" for name, state in states.items())


def _written_otherwise(
    known: Wording, said: Wording, changed: set[str], events: list[str]
) -> Iterator[Change]:
    for event in events:
        places = [
            place.partition(" ")[2] or "the payload"
            for place, words in said.items()
            if place.startswith(f"{event} ")
            and place in known
            and words.get(WRITTEN) != known[place].get(WRITTEN)
        ]
        if places and event not in changed:
            what = f"written otherwise, the same on the wire: {some(places)}"
            yield Change("documentation", event, "", what)


def _main(location: str) -> None:
    """Write the fingerprints of Ada's document, once its contract has been transcribed."""
    text = json.dumps(wording(side_of(location), {}), indent=1, sort_keys=True) + "\n"
    Path(str(DOCUMENTED / FILE)).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    _main(sys.argv[1])
