"""The documents that fuzzing begins with hold what it demands of any document; a broken promise is found."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from fuzz.campaign import Entrance, run
from fuzz.documents import real
from fuzz.entrances.schemas import FORMS, Written, check_command, check_document
from fuzz.sandbox import require


@pytest.mark.parametrize(("name", "form"), list(zip(sorted(real()), [*FORMS, "json"], strict=True)))
def test_a_real_document(name: str, form: str) -> None:
    """It is read, what is generated of it is valid, and every case has an event that can be sent."""
    check_document(Written(real()[name], form))


def test_the_commands_of_a_real_document() -> None:
    """What they say and write is in order."""
    check_command(Written(real()["one_body"], "json"))


def test_a_promise_that_is_broken_is_found_and_made_smaller() -> None:
    """The smallest input, and the seed that repeats it, are told once for all inputs that break it."""

    def check(value: list[int]) -> None:
        require(sum(value) < 100, "a sum", value)

    inputs = st.lists(st.integers(0, 1_000), max_size=5)
    entrance = Entrance("sums", inputs, check, smaller=lambda value: (value[:n] for n in range(len(value))))
    result = run(entrance, first=7, seconds=20)
    (found,) = result.found.values()
    assert (found.kind, found.value, found.seed) == ("a sum", [100], 7)
