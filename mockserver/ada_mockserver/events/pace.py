"""The time that people and the AI Agent take on each kind of channel, in milliseconds.

Only sums and products of draws are used: they are the same on every platform, logarithms are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_mockserver.events.ids import between

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

__all__ = [
    "before_close",
    "before_first_mail",
    "before_hand_back",
    "before_hand_over",
    "before_survey",
    "before_update",
    "patience",
    "pause_before",
    "pick_up",
    "silence",
    "working_moment",
]

_SECOND, _MINUTE, _HOUR = 1_000, 60_000, 3_600_000

# By modality and author: the least time to read and think, the most, and the time for each character.
_PACES = {
    "messaging": {
        "end_user": (3 * _SECOND, 26 * _SECOND, 170),
        "ai_agent": (1_200, 4_500, 0),
        "human_agent": (6 * _SECOND, 25 * _SECOND, 130),
    },
    "voice": {
        "end_user": (700, 2_600, 65),
        "ai_agent": (600, 1_600, 60),
        "human_agent": (900, 3_500, 62),
    },
    "email": {
        "end_user": (12 * _MINUTE, 9 * _HOUR, 170),
        "ai_agent": (40 * _SECOND, 4 * _MINUTE, 0),
        "human_agent": (20 * _MINUTE, 5 * _HOUR, 130),
    },
}
_FILE = (5 * _SECOND, 50 * _SECOND)
"""To find a file, or take a photograph, and send it."""
_DISTRACTED = 0.07
"""The share of an end user's messages in a chat that come after a pause of minutes."""

# How long a handoff waits for somebody, and how long the system waits for a word before it ends a
# conversation.
_PICK_UPS = {
    "messaging": (15 * _SECOND, 5 * _MINUTE),
    "voice": (8 * _SECOND, 2 * _MINUTE),
    "email": (30 * _MINUTE, 7 * _HOUR),
}
_SILENCES = {
    "messaging": (10 * _MINUTE, 30 * _MINUTE),
    "voice": (800, 4 * _SECOND),
    "email": (20 * _HOUR, 72 * _HOUR),
}

# Of a hundred conversations so many begin in each hour of the day (UTC), fewer than half at the weekend.
_HOURS = (1, 1, 1, 1, 1, 2, 3, 4, 6, 7, 7, 6, 6, 7, 7, 7, 6, 6, 5, 5, 4, 3, 2, 2)
_DAY_HOURS = tuple(hour for hour, share in enumerate(_HOURS) for _ in range(share))
_WEEK = (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6)
_DAY = 24 * _HOUR


def pause_before(rng: Random, by: str, modality: str, length: int, pace: Mapping[str, float]) -> int:
    """The time that ``by`` takes for a message of ``length`` characters, 0 for a file."""
    least, most, each = _PACES[modality][by]
    random = rng.random
    first = random()
    # The product of two draws: most are quick, some take long.
    taken = least + (most - least) * first * random() + each * length * (0.7 + 0.6 * first)
    if not length:
        taken += between(rng, *_FILE)
    if by == "end_user" and modality == "messaging" and random() < _DISTRACTED:
        taken += between(rng, _MINUTE, 6 * _MINUTE)
    return int(taken * pace[by])


def patience(rng: Random) -> int:
    """The time that the AI Agent waits for an answer before it says that it had none."""
    return between(rng, 3 * _MINUTE, 8 * _MINUTE)


def before_first_mail(rng: Random) -> int:
    """The time until a thread has its first message: that was written before the conversation began."""
    return between(rng, 300, 3_000)


def before_update(rng: Random) -> int:
    """The time until the profile shows what a message said."""
    return between(rng, 150, 1_500)


def before_close(rng: Random, by: str, modality: str) -> int:
    """The time until ``by`` ends a conversation, after the last word in it."""
    if by == "system":
        return silence(rng, modality)
    return between(rng, 2_000, 20_000) if by == "end_user" else between(rng, 300, 3_000)


def before_hand_over(rng: Random) -> int:
    """The time until the AI Agent hands over, after it has said so."""
    return between(rng, 300, 2_500)


def before_hand_back(rng: Random) -> int:
    """The time until a handoff ends, after the last word in it."""
    return between(rng, 2_000, 20_000)


def before_survey(rng: Random) -> int:
    """The time until the link to a survey follows the end of a chat."""
    return between(rng, 1_200, 4_500)


def pick_up(rng: Random, modality: str, pace: Mapping[str, float]) -> int:
    """The time until a human agent takes a conversation over."""
    least, most = _PICK_UPS[modality]
    return int((least + (most - least) * rng.random() * rng.random()) * pace["human_agent"])


def silence(rng: Random, modality: str) -> int:
    """The time without a word after which the system ends a conversation; a line disconnects at once."""
    return between(rng, *_SILENCES[modality])


def working_moment(rng: Random, monday: int, weeks: int) -> int:
    """A moment in the ``weeks`` from ``monday`` (00:00 UTC) at which people have questions."""
    week, day = int(rng.random() * weeks), _WEEK[int(rng.random() * len(_WEEK))]
    hour = _DAY_HOURS[int(rng.random() * len(_DAY_HOURS))]
    return monday + (week * 7 + day) * _DAY + hour * _HOUR + int(rng.random() * _HOUR)
