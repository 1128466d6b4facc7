"""Putting things into the mock in one call, with ids and secrets of one's own where tests need them fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ada_mockserver.events.factory import EventFactory
from ada_mockserver.events.ids import hexadecimal
from ada_mockserver.mock.agent.simulate import Plot, simulate
from ada_mockserver.mock.api.errors import Detail, invalid, no_api, refused
from ada_mockserver.mock.api.things.webhooks import add_webhook, dashboard_members
from ada_mockserver.mock.state.configuration import misfits
from ada_mockserver.mock.state.installations import Integration, callback, install
from ada_mockserver.mock.state.records import add_channel, add_end_user, find_external
from ada_mockserver.mock.store.base import is_id
from ada_mockserver.mock.store.database import find
from ada_mockserver.mock.store.models import StoredChannel
from ada_schemas.errors import AdakitError, UsageError

if TYPE_CHECKING:
    from ada_mockserver.events.payload import Payload
    from ada_mockserver.mock.state.transaction import Transaction

__all__ = ["seed"]

KINDS_OF_ADA = ("channels", "end_users", "stories", "installations")
KINDS = ("webhooks", "channels", "end_users", "stories", "events", "installations")


async def seed(transaction: Transaction, document: dict[str, Any]) -> dict[str, Any]:
    """Make what ``document`` lists, webhooks first; returns what was made, in the same form.

    ``webhooks`` are as the API takes them, and may have a ``secret``, ``channels`` to filter by, and
    ``headers``; ``channels`` may have an ``id``; ``end_users`` are as the API takes them; ``stories`` are
    conversations that begin, each a kind or the members of a `Plot`; ``events`` name events of the contract,
    of each of which a sample is sent; ``installations`` are integrations that an admin installs, by
    ``integration_id`` and with a ``configuration``, each answered with the address that the admin's browser
    goes to next, ``callback_url``. What exists already, by id or external id, is left as it is.
    ``document`` fits the schema ``seed``; raises `ApiError` (400) for what cannot be made all the same, and
    for what Ada alone has where the contract is another provider's.
    """
    contract = transaction.context.contract
    for kind in KINDS_OF_ADA:
        if not contract.is_ada and document.get(kind):
            raise refused(f"$.{kind}", f"cannot be made: {no_api(contract)}")
    made: dict[str, list[Any]] = {kind: [] for kind in KINDS if contract.is_ada or kind not in KINDS_OF_ADA}
    for index, wanted in enumerate(document.get("webhooks", [])):
        where = f"$.webhooks[{index}]"
        endpoint = await add_webhook(
            transaction,
            wanted,
            where,
            secret=wanted.get("secret"),
            **dashboard_members(wanted, where),
        )
        made["webhooks"].append(endpoint.shown())
    for index, wanted in enumerate(document.get("channels", [])):
        made["channels"].append(await _channel(transaction, wanted, f"$.channels[{index}].id"))
    for wanted in document.get("end_users", []):
        known = wanted.get("external_id") and await find_external(transaction.session, wanted["external_id"])
        profile = {name: value for name, value in wanted.get("profile", {}).items() if value is not None}
        user = known or await add_end_user(transaction, external_id=wanted.get("external_id"), **profile)
        made["end_users"].append(user.shown())
    for index, wanted in enumerate(document.get("stories", [])):
        plot = Plot(**(wanted if isinstance(wanted, dict) else {"story": wanted}))
        made["stories"].append(await _story(transaction, plot, f"$.stories[{index}]"))
    for index, name in enumerate(document.get("events", [])):
        made["events"].append(await _event(transaction, name, f"$.events[{index}]"))
    for index, wanted in enumerate(document.get("installations", [])):
        made["installations"].append(await _installation(transaction, wanted, f"$.installations[{index}]"))
    return made


async def _installation(transaction: Transaction, wanted: dict[str, Any], where: str) -> dict[str, Any]:
    integration = await find(transaction.session, Integration, wanted["integration_id"])
    if integration is None:
        raise refused(f"{where}.integration_id", "names no integration")
    if integration.data["status"] == "archived":
        raise refused(f"{where}.integration_id", "names an archived integration, which cannot be installed")
    configuration = wanted.get("configuration", {})
    faults = misfits(integration.data["configuration_fields"], configuration)
    if faults:
        listed = (Detail(f"{where}.configuration{path[1:]}", message) for path, message in faults)
        raise invalid(*listed)
    installation, code = await install(transaction, integration, configuration)
    return {**installation.shown(), "callback_url": callback(integration, code)}


async def _story(transaction: Transaction, plot: Plot, where: str) -> dict[str, Any]:
    try:
        begun = await simulate(transaction, plot)
    except AdakitError as error:
        raise refused(where, " ".join(filter(None, (error.what, error.next_step)))) from None
    dialogue, conversation = begun.dialogue.id, begun.conversation
    return {"story": plot.story, "dialogue": dialogue, "conversation_id": conversation.id}


async def _event(transaction: Transaction, name: str, where: str) -> Payload:
    contract = transaction.context.contract
    factory = EventFactory(seed=hexadecimal(transaction.rng, 16), contract=contract)
    try:
        payload = factory.event(name)
    except UsageError as error:
        raise refused(where, error.what) from None
    await transaction.emit_all(contract.event(name).type, [payload])
    return payload


async def _channel(transaction: Transaction, wanted: dict[str, Any], where: str) -> dict[str, Any]:
    chosen = wanted.get("id") or None
    if chosen is not None and not is_id(chosen):
        raise refused(where, "must be letters and digits, at most 64")
    known = chosen and await find(transaction.session, StoredChannel, chosen)
    channel = known or await add_channel(
        transaction,
        channel_id=chosen,
        name=wanted.get("name", "My Custom Channel"),
        description=wanted.get("description", ""),
        modality=wanted.get("modality", "messaging"),
        markdown=wanted.get("capabilities", {}).get("markdown", False),
        metadata=wanted.get("metadata", {}),
    )
    return channel.shown()
