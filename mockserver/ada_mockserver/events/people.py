"""Who and what a run of events is about: one end user, one channel, one conversation, and the agents.

Everything is drawn from a seed and a key, so the events of one key belong together, whatever their order,
and the events of two keys have nothing in common but the AI Agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ada_mockserver.events.ids import below, between, digits, hexadecimal, object_id, pick, source
from ada_mockserver.events.payload import Author, Channel, Conversation, EndUser, Metadata

if TYPE_CHECKING:
    from ada_mockserver.events.personas import Persona, Personas

__all__ = ["HANDOFF_INTEGRATION", "Cast", "Surface", "draw_cast", "member_id"]

Surface = Literal["custom", "voice", "email"]
"""The channel of a conversation: a custom messaging channel, or one of Ada's own for voice or e-mail."""

HANDOFF_INTEGRATION = "zendesk_chat"
"""The integration of every handoff here, one of those in ``/reference/conversations/getting-started``."""

# Payload times lie in the 150 days from 2026-01-05, so that they are past and the same for everyone.
_FIRST_TIME = 1_767_571_200_000
_TIME_RANGE = 150 * 86_400_000

_HANDLES = ("acme", "acme-shop", "acme-travel", "acme-home", "acme-outdoor")
_CUSTOM_NAMES = ("Mobile app", "Web messenger", "Help centre", "Storefront chat")
_NATIVE = {
    "voice": ("Voice", "Calls to the phone number of the AI Agent", "voice", False),
    "email": ("Email", "Mail to the support address", "email", True),
}


@dataclass(frozen=True, slots=True)
class Cast:
    """One end user in one conversation on one channel, with the agents who may answer.

    ``persona`` is who the end user is, ``agent`` the human agent of a handoff, always someone else;
    ``agent_id`` is the agent's id as a user of the dashboard, which messages do not show.
    """

    persona: Persona
    agent: Persona
    agent_id: str
    end_user: EndUser
    conversation: Conversation

    @property
    def authors(self) -> dict[str, Author]:
        """The authors of messages by their role; only the end user's id is not null."""
        user, agent = self.end_user, self.agent
        made = (
            Author("end_user", user.id, user.avatar, user.display_name),
            Author("ai_agent", None, "https://example.com/avatars/ai-agent.png", "Acme Assistant"),
            Author("human_agent", None, agent.avatar, agent.display_name),
        )
        return {author.role: author for author in made}


def member_id(seed: str, member: Persona) -> str:
    """The user id of a member of the team that runs the AI Agent, the same in every event."""
    rng = source(seed, "member", member.email)
    return object_id(rng, _FIRST_TIME - below(rng, 365 * 86_400_000))


def draw_cast(seed: str, personas: Personas, key: str, surface: Surface = "custom") -> Cast:
    """The cast that ``seed`` and ``key`` give; ids and times are the same in every locale.

    Of a caller (``voice``) only the language is known, so that ``display_name`` is null there.
    """
    domain, channel = _agent_domain(seed), _channel(seed, surface)
    rng = source(seed, "cast", key)
    met = _FIRST_TIME + below(rng, _TIME_RANGE)
    opened = met + between(rng, 900, 45_000)
    end_user_id = object_id(rng, met)
    conversation_id = object_id(rng, opened)
    number, sunshine = digits(rng, 8), hexadecimal(rng, 24)
    vip, orders = rng.random() < 0.5, between(rng, 1, 40)
    visits, cart = between(rng, 1, 60), between(rng, 10, 400) + between(rng, 1, 99) / 100
    persona, agent = personas.pick_two(rng)
    end_user = EndUser(
        id=end_user_id,
        created_at=met,
        updated_at=met,
        external_id=f"crm-{number}" if channel.custom else None,
        **({} if surface == "voice" else persona.profile()),
        language=personas.language,
        metadata={"plan": "plus" if vip else "basic", "vip": vip, "orders": orders},
        sunshine_user_id=sunshine if channel.custom else None,
    )
    about: Metadata = {"locale": personas.language, "returning": visits > 1, "visits": visits}
    if channel.custom:
        about |= {"initial_url": "https://shop.example.com/help", "cart_total": cart}
    conversation = Conversation(conversation_id, channel, end_user_id, opened, domain, metadata=about)
    return Cast(persona, agent, member_id(seed, agent), end_user, conversation)


@lru_cache(maxsize=8)
def _agent_domain(seed: str) -> str:
    return f"{pick(source(seed, 'agent'), _HANDLES)}.ada.support"


@lru_cache(maxsize=24)
def _channel(seed: str, surface: Surface) -> Channel:
    """The one channel of its kind that the AI Agent has, created in the year before the first event."""
    rng = source(seed, "channel", surface)
    created = _FIRST_TIME - below(rng, 365 * 86_400_000)
    channel_id = object_id(rng, created)
    if surface == "custom":
        name = pick(rng, _CUSTOM_NAMES)
        return Channel(
            id=channel_id,
            name=name,
            description="Messages that our own applications send through the Conversations API",
            modality="messaging",
            markdown=rng.random() < 0.5,
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
