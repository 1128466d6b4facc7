"""Events as values: their bytes, which come from templates, are those of their payload."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ada_mockserver.events.event import (
    Began,
    Changed,
    Ended,
    Event,
    HandoffEnded,
    Message,
    ProfileEvent,
)
from ada_mockserver.events.payload import (
    Author,
    Change,
    Channel,
    Conversation,
    EndUser,
    encode,
    file_content,
    link_content,
    text_content,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["%s %d %%", "{0}", '"quoted" \\', "\u2028\x00\x7f", "sample", "message-id", "null"]
)
TIMES = st.integers(0, 4_102_444_800_000)
IDS = st.from_regex(r"[0-9a-f]{24}", fullmatch=True)
METADATA = st.dictionaries(TEXTS, TEXTS | st.booleans() | st.integers() | st.floats(-1e9, 1e9), max_size=3)
CHANNELS = st.builds(
    Channel, IDS, TEXTS, TEXTS, st.sampled_from(["messaging", "voice"]), st.booleans(), TIMES, st.booleans(),
    METADATA,
)  # fmt: skip
CONVERSATIONS = st.builds(Conversation, IDS, CHANNELS, IDS, TIMES, st.just("acme.ada.support"), METADATA)
AUTHORS = st.builds(Author, st.sampled_from(["end_user", "ai_agent"]), st.none() | TEXTS, st.none() | TEXTS)
CONTENTS = (
    st.builds(text_content, TEXTS)
    | st.builds(link_content, TEXTS, st.none() | TEXTS)
    | st.builds(file_content, TEXTS, TEXTS, TEXTS)
    | st.just({"type": "text", "body": "a", "further": 1})
    | st.just({"type": "form"})
)
USERS = st.builds(
    EndUser, IDS, TIMES, TIMES, *[st.none() | TEXTS for _ in range(7)], METADATA, st.none() | TEXTS
)
CHANGES = st.builds(
    Change,
    id=TEXTS,
    at=TIMES,
    entity_type=TEXTS,
    entity_id=IDS,
    entity_name=TEXTS,
    activity=TEXTS,
    interface=TEXTS,
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Message, CONVERSATIONS, TEXTS.map(lambda _: "m-1"), AUTHORS, CONTENTS, st.none() | TEXTS, TIMES, TIMES
    ),
    st.builds(Began, CONVERSATIONS, TIMES),
    st.builds(Ended, CONVERSATIONS, st.sampled_from(["system", "end_user"]), st.none() | IDS, TIMES, TIMES),
    st.builds(HandoffEnded, CONVERSATIONS, TEXTS, TIMES),
    st.builds(ProfileEvent, st.sampled_from(["end_user.created", "end_user.updated"]), USERS, TIMES),
    st.builds(Changed, CHANGES, TIMES),
)


@given(EVENTS)
def test_bytes_are_those_of_the_payload(event: Event) -> None:
    """Whatever the texts, numbers and absences in it, an event's bytes are its payload's."""
    assert event.body() == encode(event.payload())


def test_equal_channels_may_have_different_bytes() -> None:
    """True equals 1 in Python, and two channels that differ in that alone keep their bytes."""
    made = []
    for value in (True, 1):
        channel = Channel(
            "a" * 24, "n", "d", "messaging", markdown=True, created_at=0, custom=True, metadata={"x": value}
        )
        conversation = Conversation("b" * 24, channel, "c" * 24, 0, "acme.ada.support")
        made.append(Message(conversation, "m", Author("ai_agent"), text_content("t"), None, 0, 0))
    assert made[0].conversation.channel == made[1].conversation.channel
    assert b'"x":true' in made[0].body()
    assert b'"x":1' in made[1].body()
