"""Who and what a run of events is about: one end user, one channel, one conversation, and the agents.

Everything is drawn from a seed and a key, so the events of one key belong together, whatever their order,
and the events of two keys have nothing in common but the AI Agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ada_mockserver.events.ids import below, between, hexadecimal, object_id, pick, source
from ada_mockserver.events.pace import working_moment
from ada_mockserver.events.payload import Author, Channel, Conversation, EndUser, Metadata

if TYPE_CHECKING:
    from random import Random

    from ada_mockserver.events.personas import Persona, Personas

__all__ = [
    "AI_AGENT",
    "FIRST_TIME",
    "HANDOFF_INTEGRATION",
    "WEEKS",
    "Cast",
    "Surface",
    "cast_of",
    "draw_cast",
    "member_id",
    "speaker",
]

Surface = Literal["custom", "chat", "voice", "email", "custom-voice", "custom-email"]
"""The channel of a conversation: a custom one, for messages unless it says otherwise, or one of Ada's own."""

HANDOFF_INTEGRATION = "zendesk_chat"
"""The integration of single events, one of those in ``/reference/conversations/getting-started``."""

# Payload times lie in the 22 weeks from Monday, 2026-01-05, so that they are past and the same for everyone.
FIRST_TIME = 1_767_571_200_000
WEEKS = 22

_HANDLES = ("acme", "acme-shop", "acme-travel", "acme-home", "acme-outdoor")
_CUSTOM = {
    "custom": (
        ("Mobile app", "Messages that our own applications send through the Conversations API"),
        ("Web messenger", "The messenger of our web site, by way of the Conversations API"),
        ("WhatsApp", "Messages to our business number, passed on by our messaging service"),
        ("Storefront chat", "The chat of the shop, by way of the Conversations API"),
    ),
    "custom-voice": (("Call centre line", "Calls that our telephone system transcribes"),),
    "custom-email": (("Partner mailbox", "Mail to the address for partners, read by our own service"),),
}
_NATIVE = {
    "chat": ("Chat", "The chat on the web site", "messaging", True),
    "voice": ("Voice", "Calls to the phone number of the AI Agent", "voice", False),
    "email": ("Email", "Mail to the support address", "email", True),
}
_PAGES = ("help", "orders", "returns", "account", "checkout", "contact")


@dataclass(frozen=True, slots=True)
class Cast:
    """One end user in one conversation on one channel, with the agents who may answer.

    ``persona`` is who the end user is, ``agent`` the human agent of a handoff, always someone else.
    """

    persona: Persona
    agent: Persona
    end_user: EndUser
    conversation: Conversation
    seed: str

    @property
    def agent_id(self) -> str:
        """The agent's id as a user of the dashboard, which messages do not show."""
        return member_id(self.seed, self.agent)

    @property
    def authors(self) -> dict[str, Author]:
        """The authors of messages by their role; only the end user's id is not null."""
        agent = self.agent
        return {
            "end_user": speaker(self.end_user),
            "ai_agent": AI_AGENT,
            "human_agent": Author("human_agent", None, agent.avatar, agent.display_name),
        }


AI_AGENT = Author("ai_agent", None, "https://example.com/avatars/ai-agent.png", "Acme Assistant")
"""The AI Agent as an author."""


def speaker(user: EndUser) -> Author:
    """An end user as an author."""
    return Author("end_user", user.id, user.avatar, user.display_name)


@lru_cache(maxsize=1_024)
def member_id(seed: str, member: Persona) -> str:
    """The user id of a member of the team that runs the AI Agent, the same in every event."""
    rng = source(seed, "member", member.email)
    return object_id(rng, FIRST_TIME - below(rng, 365 * 86_400_000))


def draw_cast(seed: str, personas: Personas, key: str, surface: Surface = "custom") -> Cast:
    """The cast that ``seed`` and ``key`` give; ids and times are the same in every locale."""
    return cast_of(source(seed, "cast", key), seed, personas, surface)


def cast_of(rng: Random, seed: str, personas: Personas, surface: Surface, *, met: int | None = None) -> Cast:
    """A cast drawn from ``rng``; the AI Agent and its channels are those of ``seed``.

    ``met`` is when the end user appears (Unix milliseconds), drawn if it is None.

    Of a caller only the language is known, so that ``display_name`` is null there.
    """
    channel = _channel(seed, surface)
    drawn_met = working_moment(rng, FIRST_TIME, WEEKS)
    met = drawn_met if met is None else met
    opened = met + between(rng, 900, 45_000)
    end_user_id = object_id(rng, met)
    conversation_id = object_id(rng, opened)
    persona, agent = personas.pick_two(rng)
    drawn, visits, orders = rng.random(), between(rng, 1, 9), between(rng, 0, 12)
    custom, vip, language = channel.custom, drawn < 0.5, personas.language
    end_user = EndUser(
        end_user_id,
        met,
        met,
        f"crm-{between(rng, 10_000_000, 99_999_999)}" if custom else None,
        *_profile(None if channel.modality == "voice" else persona),
        language=language,
        metadata={"plan": "plus" if vip else "basic", "vip": vip, "orders": orders},
        sunshine_user_id=hexadecimal(rng, 24) if custom else None,
    )
    about: Metadata = {"locale": language, "returning": visits > 1, "visits": visits}
    if custom and channel.modality == "messaging":
        about["initial_url"] = f"https://shop.example.com/{pick(rng, _PAGES)}"
        about["cart_total"] = between(rng, 10, 400) + between(rng, 1, 99) / 100
    conversation = Conversation(
        conversation_id, channel, end_user_id, opened, _agent_domain(seed), metadata=about
    )
    return Cast(persona, agent, end_user, conversation, seed)


def _profile(known: Persona | None) -> tuple[str | None, str | None, str | None, str | None, str | None]:
    """What the profile of an end user says of the person: nothing where it is not known."""
    if known is None:
        return None, None, None, None, None
    return known.first_name, known.last_name, known.display_name, known.avatar, known.email


@lru_cache(maxsize=8)
def _agent_domain(seed: str) -> str:
    return f"{pick(source(seed, 'agent'), _HANDLES)}.ada.support"


@lru_cache(maxsize=48)
def _channel(seed: str, surface: Surface) -> Channel:
    """The one channel of its kind that the AI Agent has, created in the year before the first event."""
    rng = source(seed, "channel", surface)
    created = FIRST_TIME - below(rng, 365 * 86_400_000)
    channel_id = object_id(rng, created)
    if surface in _CUSTOM:
        name, description = pick(rng, _CUSTOM[surface])
        modality = surface.removeprefix("custom-") if surface != "custom" else "messaging"
        return Channel(
            id=channel_id,
            name=name,
            description=description,
            modality=modality,
            markdown=modality != "voice" and rng.random() < 0.5,
            created_at=created,
            custom=True,
            metadata={
                "region": pick(rng, ("amer", "emea", "apac")),
                "beta": False,
                "brand_id": between(rng, 1, 99),
            },
        )
    name, description, modality, markdown = _NATIVE[surface]
    return Channel(channel_id, name, description, modality, markdown, created, custom=False)
