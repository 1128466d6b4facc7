"""``profile.toml``: what no OpenAPI document says of a provider, proposed for its user to correct."""

from __future__ import annotations

import json
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from ada_schemas.contract.profile import FORWARD, SUCCESSES, Profile, namespace_of

if TYPE_CHECKING:
    from ada_schemas.contract.proposal import Proposal

__all__ = ["profile_text"]

MEANINGS = {
    "ADA201": "members that are not documented yet",
    "ADA202": "values that are not documented yet, of members with listed values",
    "ADA203": "event types that are not documented yet",
    "ADA204": "members in another order",
    "ADA205": "ids of another form or length",
    "ADA206": "further headers",
}
"""What a provider may send tomorrow, by the rule."""
WIDTH = 108


TEMPLATE = """\
How {provider} delivers its webhooks, as far as its OpenAPI document does not say it. Correct what is wrong:
adakit reads this file with --contract DIR, and generating the schema files again keeps it.
= provider = {provider_name}
{further}
= [event]
The member of the body that holds the event type, with dots between the names of a way inside; empty where a
header holds it. {about_type}
= type = {type_path}
The header that holds the event type, if one does.
= type_header = {type_header}
Only these event types, such as "order.*"; all of them where the list is empty.
= only = {only}

= [signature]
What the names of the signature headers begin with. "webhook": webhook-id, webhook-timestamp and so on,
as Standard Webhooks have it. "svix": svix-id and so on. Both, where both are sent. Empty: a signature of
another kind, or none; requests go out without one. {about_signature}
= headers = {headers}
The environment variable that holds the secret (whsec_...), for adakit and for an application in process.
= secret_variable = {secret_variable}
How old a delivery may be, in seconds; 0 where none is too old.
= tolerance = {tolerance}

= [delivery]
What counts as delivered: "2xx"; "200", where another answer is an error; "200 preferred", where another
2xx is a warning.
= success = {success}
Seconds within which an answer must come.
= timeout = {timeout}
Further headers of each delivery, such as {{"X-Delivery" = "{{id}}"}}: {{id}}, {{timestamp}} and {{type}} are
filled in.
= headers = {{}}

= [versioning]
What {provider} may send without a new version. Consumers are checked with it; say false where the
documentation promises that it never comes.
{policy}
"""


def profile_text(proposal: Proposal) -> str:
    """The text of the file, with comments: what each entry means, and where its value comes from."""
    profile = proposal.profile
    told = TEMPLATE.format(
        provider=profile.provider,
        provider_name=_text(profile.provider),
        further="".join(f"= {name} = {_text(value)}\n" for name, value in _further(profile).items()),
        about_type=proposal.about_type,
        type_path=_text(profile.type_path),
        type_header=_text(profile.type_header),
        only=json.dumps(list(profile.only)),
        about_signature=proposal.about_signature,
        headers=json.dumps(list(profile.families)),
        secret_variable=_text(profile.secret_variable),
        tolerance=f"{profile.tolerance:g}",
        success=_text(next(name for name, value in SUCCESSES.items() if value == profile.accept)),
        timeout=f"{profile.timeout:g}",
        policy="\n".join(
            f"= {rule} = {_holds(rule, profile)}  # {_meaning(rule, profile)}" for rule in FORWARD
        ),
    )
    lines: list[str] = []
    for is_entry, some in groupby(told.splitlines(), lambda line: not line or line.startswith("= ")):
        if is_entry:
            lines += [line.removeprefix("= ") for line in some]
        else:
            lines += [f"# {line}" for line in textwrap.wrap(" ".join(some), WIDTH, break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def _meaning(rule: str, profile: Profile) -> str:
    """What a rule is about; one that does not hold is none that the document allows."""
    return MEANINGS[rule] if rule in profile.policy else f"{MEANINGS[rule]}: the document allows none"


def _further(profile: Profile) -> dict[str, str]:
    """What a profile says of its provider beside the name, where that does not follow from it."""
    usual = Profile(sender=profile.provider, namespace=namespace_of(profile.provider))
    names = ("sender", "documentation", "namespace")
    said = {name: getattr(profile, name) for name in names}
    return {name: value for name, value in said.items() if value != getattr(usual, name)}


def _holds(rule: str, profile: Profile) -> str:
    return json.dumps(rule in profile.policy)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
