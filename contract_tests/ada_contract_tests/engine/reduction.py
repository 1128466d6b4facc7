"""Reduction: the smallest event, or sequence, that still fails.

Works on the edits of an event and the deliveries of a sequence, not on what Hypothesis drew: what fails may
have come from a kept failure or from Schemathesis, and the verdict on it may be the witness's, long after it
was drawn. Parts are taken away by delta debugging (Zeller and Hildebrandt, 2002), so that at the end none can
be spared; then values become shorter and plainer, each as far as it goes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ada_contract_tests.suites.edits import FuzzedEvent, FuzzedSequence, is_visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ada_contract_tests.suites.edits import Edit, Fuzzed, Step

__all__ = ["reduced"]

T = TypeVar("T")
F = TypeVar("F", FuzzedEvent, FuzzedSequence)
PLAIN = "a"
"""The character that stands for any other."""


async def reduced(
    fuzzed: Fuzzed,
    fails: Callable[[Any], Awaitable[bool]],
    *,
    is_atom: Callable[[Edit], bool] = lambda _: False,
) -> Fuzzed:
    """The smallest that ``fails``, made from one that does; no part of it can be taken away.

    ``fails`` is asked once for each that is tried; it says False for one that cannot be sent. The value of an
    edit that ``is_atom`` stays as it is.
    """
    while True:
        smaller: Fuzzed
        if isinstance(fuzzed, FuzzedSequence):
            smaller = await _plainer_steps(await _fewer_parts(fuzzed, fails), fails)
        else:
            smaller = await _plainer_values(await _fewer_parts(fuzzed, fails), fails, is_atom)
        if smaller == fuzzed:
            return fuzzed
        fuzzed = smaller


async def _fewer_parts(fuzzed: F, fails: Callable[[F], Awaitable[bool]]) -> F:
    parts = await fewest(fuzzed.parts, lambda parts: fails(fuzzed.with_parts(parts)))
    return fuzzed.with_parts(parts)


async def _plainer_values(
    fuzzed: FuzzedEvent, fails: Callable[[FuzzedEvent], Awaitable[bool]], is_atom: Callable[[Edit], bool]
) -> FuzzedEvent:
    edits = list(fuzzed.edits)
    for number, edit in enumerate(edits):

        async def fails_with(value: Any, at: int = number, edit: Edit = edit) -> bool:
            return await fails(
                replace(fuzzed, edits=(*edits[:at], replace(edit, value=value), *edits[at + 1 :]))
            )

        if edit.op == "put" and not is_atom(edit):
            edits[number] = replace(edit, value=await plainest(edit.value, fails_with))
    return replace(fuzzed, edits=tuple(edits))


async def _plainer_steps(
    fuzzed: FuzzedSequence, fails: Callable[[FuzzedSequence], Awaitable[bool]]
) -> FuzzedSequence:
    """The deliveries with as few edits, and as few conversations and people, as possible."""
    steps = list(fuzzed.steps)
    for number, step in enumerate(steps):

        async def fails_as(other: Step, at: int = number) -> bool:
            return await fails(replace(fuzzed, steps=(*steps[:at], other, *steps[at + 1 :])))

        async def fails_with(edits: Sequence[Edit], step: Step = step, as_: Any = fails_as) -> bool:
            return bool(await as_(replace(step, edits=tuple(edits))))

        if step.edits:
            steps[number] = replace(step, edits=tuple(await fewest(step.edits, fails_with)))
    fuzzed = replace(fuzzed, steps=tuple(steps))
    for simpler in (_renumbered, _a_second_apart, _as_it_is):
        other = simpler(fuzzed)
        if other != fuzzed and await fails(other):
            fuzzed = other
    return fuzzed


def _renumbered(fuzzed: FuzzedSequence) -> FuzzedSequence:
    """The same with conversations and people numbered from 0, and the events of one name in each of them."""
    used = dict.fromkeys(n for step in fuzzed.steps for n in (step.talk, step.person))
    numbers = {number: at for at, number in enumerate(used)}
    ordinals: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for event, talk, person, ordinal in (step.key for step in fuzzed.steps):
        ordinals[event, talk, person].add(ordinal)
    steps = (
        replace(
            step,
            talk=numbers[step.talk],
            person=numbers[step.person],
            ordinal=sorted(ordinals[step.event, step.talk, step.person]).index(step.ordinal),
        )
        for step in fuzzed.steps
    )
    return replace(fuzzed, steps=tuple(steps))


def _a_second_apart(fuzzed: FuzzedSequence) -> FuzzedSequence:
    """The same with times that are a second apart, in the order in which the events happened."""
    times = sorted({step.at for step in fuzzed.steps})
    return replace(fuzzed, steps=tuple(replace(step, at=times.index(step.at)) for step in fuzzed.steps))


def _as_it_is(fuzzed: FuzzedSequence) -> FuzzedSequence:
    """The same with no delivery late, or once more, but after one that makes it that."""
    before: list[Step] = []
    for step in fuzzed.steps:
        again = sum(step.key == other.key for other in before)
        before.append(replace(step, again=again, late=any(other.at > step.at for other in before)))
    return replace(fuzzed, steps=tuple(before))


async def fewest(parts: Sequence[T], fails: Callable[[list[T]], Awaitable[bool]]) -> list[T]:
    """The fewest parts that fail, in their order: none of them can be taken away. All of them do fail."""
    kept, size = list(parts), len(parts)
    while kept:
        at, shorter = 0, False
        while at < len(kept):
            rest = kept[:at] + kept[at + size :]
            if await fails(rest):
                kept, shorter = rest, True
            else:
                at += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return kept


async def plainest(value: Any, fails: Callable[[Any], Awaitable[bool]]) -> Any:
    """The plainest value of its kind that fails; ``value`` does."""
    match value:
        case str():
            return await _plainest_text(value, fails)
        case bool() | None:
            return value
        case int() | float():
            return await _plainest_number(value, fails)
        case list():
            return await _plainest_list(value, fails)
        case dict() if "type" not in value:  # a branch of a union is whole
            return await _plainest_map(value, fails)
    return value


async def _plainest_text(text: str, fails: Callable[[Any], Awaitable[bool]]) -> str:
    for filling in dict.fromkeys((PLAIN, *_most_common(text))):
        plain = filling * len(text)
        if text == plain or await fails(plain):  # how much of it there is counts
            return await _shortest(filling, len(text), fails)
    text = "".join(await fewest(text, lambda some: _fails_as_text(some, fails)))
    for at in range(min(len(text), MOST_CHARACTERS)):
        if text[at] != PLAIN and await fails(plainer := f"{text[:at]}{PLAIN}{text[at + 1 :]}"):
            text = plainer
    return text


def _most_common(text: str) -> list[str]:
    """The character that a text has most of, of those that can be seen."""
    return [character for character, _ in Counter(filter(is_visible, text)).most_common(1)]


async def _shortest(filling: str, size: int, fails: Callable[[Any], Awaitable[bool]]) -> str:
    return filling * await _least(1, size, lambda fewer: fails(filling * fewer))


async def _fails_as_text(characters: Sequence[str], fails: Callable[[Any], Awaitable[bool]]) -> bool:
    text = "".join(characters)
    return is_visible(text) and await fails(text)


MOST_CHARACTERS = 40
"""Characters of a text that are made plainer one by one."""


async def _least(low: int, high: int, fails: Callable[[int], Awaitable[bool]]) -> int:
    """The least number from ``low`` on that fails, as far as halving finds it; ``high`` does."""
    while low < high:
        middle = (low + high) // 2
        if await fails(middle):
            high = middle
        else:
            low = middle + 1
    return high


async def _plainest_number(number: float, fails: Callable[[Any], Awaitable[bool]]) -> int | float:
    for simple in (0, 1, -1, 0.5):
        if type(simple) is type(number) and simple != number and await fails(simple):
            return simple
    if isinstance(number, int):
        sign = -1 if number < 0 else 1
        return sign * await _least(1, abs(number), lambda size: fails(sign * size))
    for digits in range(1, 4):
        rounded = float(f"{number:.{digits}g}")
        if rounded != number and await fails(rounded):
            return rounded
    return number


async def _plainest_list(values: list[Any], fails: Callable[[Any], Awaitable[bool]]) -> list[Any]:
    kept = await fewest(values, fails)
    for at, value in enumerate(kept):
        if isinstance(value, str):
            kept[at] = await plainest(value, lambda new, at=at: fails([*kept[:at], new, *kept[at + 1 :]]))  # type: ignore[misc]  # a default argument
    return kept


async def _plainest_map(entries: dict[str, Any], fails: Callable[[Any], Awaitable[bool]]) -> dict[str, Any]:
    kept = dict(await fewest(list(entries.items()), lambda some: fails(dict(some))))
    if len(kept) > MOST_ENTRIES:
        return kept
    for key, value in kept.items():
        kept[key] = await plainest(value, lambda new, key=key: fails({**kept, key: new}))  # type: ignore[misc]  # a default argument
    for key in list(kept):
        renamed = {("key" if name == key else name): value for name, value in kept.items()}
        if key != "key" and len(renamed) == len(kept) and await fails(renamed):
            kept = renamed
    return kept


MOST_ENTRIES = 8
"""Entries of a map whose values are made plainer one by one."""
