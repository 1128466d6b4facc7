"""The form of a check: what was filled in becomes a target and options, in the words of the command."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ada_contract_tests.engine.check import Options, draw_seed, planned
from ada_contract_tests.engine.fuzzing import FUZZ_FOLDER, FUZZ_SECONDS, FuzzPlan
from ada_contract_tests.suites.selection import Selection
from ada_contract_tests.targets.load_app import is_application_spec
from ada_contract_tests.targets.open import UNSIGNED, open_target, resolve_secret
from ada_mockserver.clock import SystemClock
from ada_mockserver.numbers import finite
from ada_schemas.contract.contract import shipped
from ada_schemas.errors import UsageError
from adakit.options import parse_headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ada_mockserver.mock.store.models import Endpoint
    from ada_schemas.contract.contract import Contract
    from ada_schemas.contract.profile import Profile

__all__ = ["DEFAULTS", "can_fuzz", "defaults_of", "read_form"]

DEFAULTS = {
    "endpoint": "",
    "url": "",
    "secret": "",
    "events": "",
    "select": "",
    "ignore": "",
    "cases": "",
    "accept": "",
    "seen_url": "",
    "ignores": "",
    "headers": "",
    "timeout": "",
    "budget": "120",
    "jobs": "8",
    "seed": "",
    "fuzz": "",
    "strict": "",
    "insecure": "",
}
"""The fields of the form, and what is in them at first; see `defaults_of`."""

_BOUNDS = {
    "timeout": (0.1, 600.0),
    "budget": (0.0, 3600.0),
    "jobs": (1.0, 256.0),
    "seed": (0.0, 1e9),
    "fuzz": (0.0, 10_000.0),
}


def defaults_of(profile: Profile) -> dict[str, str]:
    """The fields of the form with what is in them at first, as the provider delivers."""
    return {**DEFAULTS, "timeout": f"{profile.timeout:g}", "accept": profile.accept or ""}


def can_fuzz() -> bool:
    """True where the extra that draws events is installed."""
    return find_spec("hypothesis") is not None


def read_form(
    given: Mapping[str, str],
    endpoints: Sequence[Endpoint],
    contract: Contract,
    contract_directory: str | None,
) -> tuple[str, Options]:
    """The target and the options of a check, with a seed.

    An endpoint of the mock brings its signing secret and its headers; a URL that is given wins. Raises
    `UsageError` for what cannot be used, before anything is sent.
    """
    profile = contract.profile
    chosen = next((each for each in endpoints if each.id == given["endpoint"] and not given["url"]), None)
    target = chosen.url if chosen is not None else given["url"]
    if not target:
        raise UsageError("There is nothing to check.", next_step="Choose an endpoint, or give a URL.")
    if is_application_spec(target):
        raise UsageError(
            f"{target} is no URL.", next_step="An application is checked by the command: adakit check."
        )
    secret = chosen.secret if chosen is not None else given["secret"] or None
    headers = (
        *(chosen.headers if chosen is not None else ()),
        *parse_headers(tuple(_lines(given["headers"]))),
    )
    seed, fuzz, jobs = (_number(given, name, whole=True) for name in ("seed", "fuzz", "jobs"))
    options = Options(
        secret=secret,
        # As the provider has it, it need not stand in the command that repeats a case.
        accept=None if given["accept"] == (profile.accept or "") else given["accept"] or None,
        selection=Selection(
            select=given["select"],
            ignore=given["ignore"],
            events=tuple(given["events"].replace(",", " ").split()),
            cases=tuple(given["cases"].split()),
        ),
        headers=headers,
        timeout=_number(given, "timeout"),
        jobs=None if jobs is None else int(jobs),
        budget=_number(given, "budget"),
        seed=draw_seed() if seed is None else int(seed),
        insecure=bool(given["insecure"]),
        strict=bool(given["strict"]),
        seen_url=given["seen_url"] or None,
        ignores=tuple(_lines(given["ignores"])),
        fuzz=FuzzPlan(int(fuzz), FUZZ_SECONDS, Path(FUZZ_FOLDER)) if fuzz else None,
        contract=None if contract is shipped() else contract,
        contract_directory=contract_directory,
    )
    open_target(target, path=None, clock=SystemClock(), search_path=())
    resolved = resolve_secret(target, options.secret, profile)
    planned(options, unsigned=resolved.value is None or options.secret == UNSIGNED)
    return target, options


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(given: Mapping[str, str], name: str, *, whole: bool = False) -> float | None:
    text, (least, most) = given[name], _BOUNDS[name]
    if not text:
        return None
    number = finite(text)
    if number is None or not least <= number <= most or (whole and not number.is_integer()):
        kind = "a whole number" if whole else "a number"
        raise UsageError(
            f"{name} cannot be {text!r}.", next_step=f"Give {kind} from {least:g} to {most:.0f}."
        )
    return number
