"""Compares the payloads of one event, place by place, and sorts what differs by what it means."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ada_schemas.contract.paths import branched, joined, within
from ada_schemas.drift.limits import limit_changes
from ada_schemas.drift.normal_form import ANY, NULL, RECURSIVE, Form, Items, Objects, Scalars, Structure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["CLASSES", "Change", "compare", "likeness", "same_payload"]

UNFOLDINGS = 40
"""So often in all are schemas that contain themselves followed again, to meet others that do."""
CLOSE = 0.6
"""From this similarity on, two names are taken for one that was changed."""

CLASSES = {
    "breaking": "what a consumer reads is gone or is something else",
    "loosened": "what may come is less bound, in ways that the versioning policy announces",
    "additive": "something new, which the versioning policy announces and a consumer must survive",
    "tightened": "what may come is more bound; a consumer of the old contract takes all of it",
    "documentation": "nothing changes on the wire",
    "corrected": "the published document is wrong, silent or too loose here",
}
"""The classes, the gravest first, with what each means to a consumer (/reference/introduction/versioning)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    ``event`` is the event type (empty for the document as a whole), ``path`` a shape path in its payload
    (empty for the event itself, ``header:name`` for a header), ``before`` and ``after`` are JSON values where
    there is something short to show. ``reason`` and ``source`` are those of a correction.
    """

    kind: str
    event: str
    path: str
    what: str
    before: Any = None
    after: Any = None
    reason: str = ""
    source: str = ""

    @property
    def place(self) -> str:
        """Event and path as one name."""
        event = "every event" if self.event == "*" else self.event
        return " ".join(part for part in (event, self.path) if part) or "the document"


def _shown(values: Any) -> str:
    """Values as a phrase: ``a, b and c``."""
    texts = [str(v) if isinstance(v, str) else repr(v) for v in values]
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def compare(event: str, before: Form, after: Form) -> list[Change]:
    """The changes of the payload of an event (or of the headers beside it), in documented order."""
    comparison = _Comparison(event)
    comparison.forms(before, after, before.path)
    return comparison.settled()


def same_payload(before: Form, after: Form, *, apart_from: str = "") -> bool:
    """True for two payloads that are the same on the wire, the member ``apart_from`` left out."""
    return all(change.path == apart_from for change in compare("", before, after))


@dataclass(frozen=True, slots=True)
class _Loose:
    """A member that is on one side only."""

    path: str
    name: str
    form: Form


class _Comparison:
    def __init__(self, event: str) -> None:
        self._event = event
        self._found: list[Change] = []
        self._gone: list[_Loose] = []
        self._fresh: list[_Loose] = []
        self._unfolding = 0

    def settled(self) -> list[Change]:
        """The changes found; a member that went here and came there is one that moved."""
        found = list(self._found)
        for gone in self._gone:
            for fresh in self._fresh:
                if fresh.name == gone.name and _same(gone.form, fresh.form):
                    self._fresh.remove(fresh)
                    moved = Change("breaking", self._event, gone.path, f"moved to {fresh.path}")
                    found = [
                        moved if c.path == gone.path and c.what == "removed" else c
                        for c in found
                        if c.path != fresh.path
                    ]
                    break
        return found

    def _say(self, kind: str, path: str, what: str, before: Any = None, after: Any = None) -> None:
        change = Change(kind, self._event, path, what, before, after)
        if change not in self._found:
            self._found.append(change)

    def forms(self, before: Form, after: Form, path: str) -> None:
        """Compare what may stand at a place."""
        folded = (RECURSIVE in before.kinds, RECURSIVE in after.kinds)
        if folded[0] != folded[1] and self._unfolding < UNFOLDINGS:
            # One side follows a schema that contains itself further than the other.
            self._unfolding += 1
            self.forms(_unfolded(before), _unfolded(after), path)
            return
        old, new = set(before.kinds), set(after.kinds)
        if old != new:
            self._kinds(old, new, path)
        for kind in [k for k in before.kinds if k in after.kinds]:
            match before.kinds[kind], after.kinds[kind]:
                case Scalars() as one, Scalars() as other:
                    self._scalars(one, other, path)
                case Items() as one, Items() as other:
                    self._items(one, other, path)
                case Objects() as one, Objects() as other:
                    self._objects(one, other, path)

    def _kinds(self, old: set[str], new: set[str], path: str) -> None:
        def say(kind: str, what: str) -> None:
            self._say(kind, path, what, sorted(old), sorted(new))

        if ANY in old or ANY in new:
            what = f"any value became {_kinds(new)}" if ANY in old else f"{_kinds(old)} became any value"
            say("tightened" if ANY in old else "breaking", what)
            return
        if not old or not new:
            say("breaking", "nothing may stand here any more" if old else f"nothing became {_kinds(new)}")
            return
        if NULL in new - old:
            say("breaking", "may be null now")
        if NULL in old - new:
            say("tightened", "is never null any more")
        values = old - {NULL}, new - {NULL}
        if values[0] and not values[1]:
            say("breaking", "is always null now")
        elif values[1] and not values[0]:
            say("breaking", f"null became {_kinds(new)}")
        old, new = values
        if not old or not new:
            return
        fresh = {k for k in new - old if not (k == "integer" and "number" in old)}
        gone = {k for k in old - new if not (k == "integer" and "number" in new)}
        if fresh or gone:
            say("breaking" if fresh else "tightened", f"{_kinds(old)} became {_kinds(new)}")

    def _limits(
        self, before: dict[str, Any], after: dict[str, Any], path: str, apart_from: Collection[str] = ()
    ) -> None:
        phrases: dict[str, list[str]] = {}
        for kind, phrase in limit_changes(before, after, apart_from=apart_from):
            phrases.setdefault(kind, []).append(phrase)
        for kind, said in phrases.items():
            self._say(kind, path, "; ".join(said), before, after)

    def _scalars(self, before: Scalars, after: Scalars, path: str) -> None:
        self._limits(before.limits, after.limits, path)
        old, new = before.enum, after.enum
        if old is None and new is None:
            return
        if old is None or new is None:
            said = f"only {_shown(new)} from now on" if old is None else "any value, no longer a list of them"
            kind = "loosened" if new is None or after.open else "tightened"
            self._say(kind, path, said, old and list(old), new and list(new))
            return
        if before.open != after.open:
            kind = "loosened" if after.open else "tightened"
            said = "other values may come" if after.open else "no other values come any more"
            self._say(kind, path, said, list(old), list(new))
        self._values(old, new, path)

    def _values(self, old: tuple[Any, ...], new: tuple[Any, ...], path: str) -> None:
        gone, fresh = [v for v in old if v not in new], [v for v in new if v not in old]
        for value in list(gone):
            fitting = (v for v in fresh if old.index(value) == new.index(v) or likeness(value, v) >= CLOSE)
            renamed = next(fitting, None)
            if renamed is not None:
                self._say("breaking", path, f"the value {value} is now {renamed}", list(old), list(new))
                gone.remove(value)
                fresh.remove(renamed)
        if fresh:
            self._say("additive", path, f"new value {_shown(fresh)}", list(old), list(new))
        if gone:
            self._say("tightened", path, f"{_shown(gone)} is no value any more", list(old), list(new))

    def _bounded(self, before: Items | Structure, after: Items | Structure, path: str) -> None:
        """Limits; those that hold schemas, by what is in these."""
        alone = [k for k in (*before.parts, *after.parts) if (k in before.parts) != (k in after.parts)]
        whole = [k for k in alone if k not in ("prefixItems", "patternProperties")]
        parts = [k for k in dict.fromkeys([*before.parts, *after.parts]) if k not in whole]
        self._limits(before.limits, after.limits, path, parts)
        for key in parts:
            old, new = before.parts.get(key, {}), after.parts.get(key, {})
            for name in dict.fromkeys([*old, *new]):
                one, other = old.get(name), new.get(name)
                if one is not None and other is not None:
                    self.forms(one, other, one.path)
                else:
                    self._part(key, before if one is None else one, after if other is None else other)

    def _part(self, key: str, before: Form | Items | Structure, after: Form | Items | Structure) -> None:
        """The demands of one side on a place that the other has on all such places, if at all."""
        path = before.path if isinstance(before, Form) else after.path if isinstance(after, Form) else ""
        one, other = _unnamed(before, path), _unnamed(after, path)
        if isinstance(one, bool):
            self._say(
                "tightened" if one else "loosened", path, f"{key} is demanded" if one else "may be here"
            )
        elif isinstance(other, bool):
            self._say(
                "loosened" if other else "breaking", path, f"{key} demands it no more" if other else "removed"
            )
        else:
            self.forms(one, other, path)

    def _items(self, before: Items, after: Items, path: str) -> None:
        self._bounded(before, after, path)
        inner = within(path)
        self.forms(before.items or _anything(inner), after.items or _anything(inner), inner)

    def _objects(self, before: Objects, after: Objects, path: str) -> None:
        if len(before.branches) == len(after.branches) == 1:
            self._structures(before.branches[0], after.branches[0], path)
            return
        tag = before.tag or after.tag
        old, new = list(before.branches), list(after.branches)
        for one, other in list(_matches(old, new, tag)):
            old.remove(one)
            new.remove(other)
            place = _branch_path(path, one)
            names = one.constant(tag), other.constant(tag)
            if None not in names and names[0] != names[1]:
                self._say("breaking", place, f"renamed to {names[1]}", *names)
                # The rest is compared as one branch.
                other = replace(other, members={**other.members, tag: one.members[tag]})  # noqa: PLW2901 - as said
            self._structures(one, other, place)
        for one in old:
            self._say("breaking", _branch_path(path, one), "removed")
        for other in new:
            self._say("additive", _branch_path(path, other), "new branch")

    def _structures(self, before: Structure, after: Structure, path: str) -> None:
        unnamed = [n for n in after.limits.get("required", ()) if n not in before.members]
        kept = {k: v for k, v in after.limits.items() if k != "required"}
        # That a member is demanded which is described no more says nothing beside that it is removed.
        self._bounded(before, replace(after, limits=kept | ({"required": unnamed} if unnamed else {})), path)
        renamed = dict(_renames(before, after))
        for name, (form, required) in before.members.items():
            place = joined(path, name)
            if name in after.members:
                other, other_required = after.members[name]
                self.forms(form, other, place)
            elif name in renamed:
                _, other_required = after.members[renamed[name]]
                self._say("breaking", place, f"renamed to {renamed[name]}", name, renamed[name])
            else:
                self._say("breaking", place, "removed")
                self._gone.append(_Loose(place, name, form))
                continue
            if required and not other_required:
                self._say("loosened", place, "may be absent now", "required", "optional")
            elif other_required and not required:
                self._say("tightened", place, "is always present now", "optional", "required")
        for name, (form, required) in after.members.items():
            if name not in before.members and name not in renamed.values():
                place = joined(path, name)
                always = ", always present" if required else ""
                null = " or null" if NULL in form.kinds and len(form.kinds) > 1 else ""
                self._say("additive", place, f"new member{always}: {_kinds(set(form.kinds))}{null}")
                self._fresh.append(_Loose(place, name, form))
        self._extra(before, after, path)

    def _extra(self, before: Structure, after: Structure, path: str) -> None:
        inner = within(path)
        old, new = before.extra, after.extra
        if isinstance(old, bool) and isinstance(new, bool):
            if old != new:
                said = "takes undocumented members now" if new else "takes no undocumented members any more"
                self._say("loosened" if new else "tightened", path, said)
            return
        if old is False or new is False:
            self._say("loosened" if old is False else "tightened", inner, "undocumented members")
            return
        one = old if isinstance(old, Form) else _anything(inner)
        other = new if isinstance(new, Form) else _anything(inner)
        are_described = isinstance(old, Form) and isinstance(new, Form)
        if are_described or (not before.members and not after.members):
            self.forms(one, other, inner)
            return
        # Beside named members, what else may come is nothing that a consumer reads unless it is described.
        for change in compare(self._event, replace(one, path=inner), other):
            kind = "tightened" if change.kind == "tightened" else "loosened"
            self._found.append(replace(change, kind=kind))


def _anything(path: str) -> Form:
    return Form(path, {ANY: Scalars()}, {}, None)


def _unfolded(form: Form) -> Form:
    return form if form.unfolded is None else form.unfolded()


def _unnamed(side: Form | Items | Structure, path: str) -> Form | bool:
    """The form of a place: its own, or that which a whole that does not name the place demands there."""
    if isinstance(side, Form):
        return side
    return (side.items or _anything(path)) if isinstance(side, Items) else side.extra


def _same(one: Form, other: Form) -> bool:
    return not compare("", one, other)


def likeness(one: Any, other: Any) -> float:
    """The likeness of two names, from 0 to 1."""
    return difflib.SequenceMatcher(None, str(one), str(other)).ratio()


def _kinds(kinds: set[str]) -> str:
    names = {ANY: "any value", RECURSIVE: "a schema that contains itself"}
    return " or ".join(names.get(k, k) for k in sorted(kinds - {NULL})) or NULL


def _renames(before: Structure, after: Structure) -> Iterator[tuple[str, str]]:
    """Members that went and came with the same form, and with a name, a place or words in common."""
    fresh = [name for name in after.members if name not in before.members]
    order, new_order = list(before.members), list(after.members)
    for name in order:
        if name in after.members:
            continue
        form = before.members[name][0]
        fitting = [n for n in fresh if _same(form, after.members[n][0])]
        likely = [
            n
            for n in fitting
            if order.index(name) == new_order.index(n)
            or likeness(name, n) >= CLOSE
            or (form.prose.get("description", 0) == after.members[n][0].prose.get("description", 1))
        ]
        if likely:
            best = max(likely, key=lambda n: likeness(name, n))
            fresh.remove(best)
            yield name, best


def _branch_path(path: str, branch: Structure) -> str:
    return branched(path, branch.label) if branch.label else path


def _matches(old: list[Structure], new: list[Structure], tag: str) -> Iterator[tuple[Structure, Structure]]:
    """The branches in pairs, old and new: by tag, else by what is in them."""
    left, right = list(old), list(new)

    def pairs(fits: Any) -> Iterator[tuple[Structure, Structure]]:
        for one in list(left):
            other = next((b for b in right if fits(one, b)), None)
            if other is not None:
                left.remove(one)
                right.remove(other)
                yield one, other

    if tag:
        yield from pairs(lambda a, b: a.constant(tag) is not None and a.constant(tag) == b.constant(tag))
    yield from pairs(lambda a, b: _alike(a, b, tag) == 1.0)
    yield from pairs(lambda a, b: (not tag or b.constant(tag) is None) and _alike(a, b, tag) >= 0.5)


def _alike(one: Structure, other: Structure, tag: str) -> float:
    names = set(one.members) | set(other.members)
    names.discard(tag)
    if not names:
        return 1.0
    both = [n for n in names if n in one.members and n in other.members]
    return sum(_same(one.members[n][0], other.members[n][0]) for n in both) / len(names)
