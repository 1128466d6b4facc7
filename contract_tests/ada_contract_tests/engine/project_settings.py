"""The settings of a project for both entrances: ``[tool.adakit]`` in its pyproject.toml."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from ada_contract_tests.engine.ignores import FORM, speaks_of
from ada_contract_tests.handoff import BODY_FORM, HEADER_FORM, read_handoff
from ada_schemas.errors import UsageError, did_you_mean, either

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ada_contract_tests.handoff import Handoff
    from ada_schemas.contract.contract import Contract

__all__ = ["handoff_of", "ignores_in"]

PATH, BODY, HEADER, CONVERSATION, API = (
    f"handoff-{name}" for name in ("path", "body", "header", "conversation", "api")
)
SETTINGS = ("ignores", PATH, BODY, HEADER, CONVERSATION, API)


def ignores_in(folder: Path, contract: Contract | None = None) -> tuple[str, ...]:
    """The declarations of ``ignores``, as `read_ignores` takes them; raises UsageError for a bad table.

    With the ``contract`` of another provider those of its events count; the others are about Ada's.
    """
    declared = _texts(_table(folder), "ignores", folder, FORM)
    if contract is None or contract.is_ada:
        return declared
    return tuple(text for text in declared if speaks_of(text, contract))


def handoff_of(
    folder: Path,
    *,
    path: str | None = None,
    body: str | None = None,
    headers: Sequence[str] = (),
    conversation: str | None = None,
    api: str | int | None = None,
    started_in: Path | None = None,
    contract: Contract | None = None,
) -> Handoff | None:
    """The handoff that options name, or the settings of a folder; None where neither names a path.

    A file with a body that an option names is looked for where the command was ``started_in``. Only our own
    ``contract``, which None stands for, has handoffs: with another the settings do not count. Raises
    UsageError for what cannot be used.
    """
    table = _table(folder)
    if contract is not None and not contract.is_ada:
        if path:
            provider = contract.profile.provider
            raise UsageError(
                f"--handoff-path does not fit the contract of {provider}, which has no handoffs.",
                next_step="Leave out --handoff-path, or --contract.",
            )
        return None
    return read_handoff(
        path or _text(table, PATH, folder),
        body=body or _text(table, BODY, folder),
        headers=headers or _texts(table, HEADER, folder, HEADER_FORM),
        conversation=conversation or _text(table, CONVERSATION, folder),
        api=table.get(API) if api is None else api,
        folder=(started_in or folder) if body else folder,
    )


def _table(folder: Path) -> dict[str, Any]:
    file = folder / "pyproject.toml"
    try:
        content = file.read_text(encoding="utf-8") if file.is_file() else ""
        table = tomllib.loads(content).get("tool", {}).get("adakit", {}) if "adakit" in content else {}
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}.", next_step="Mend it, as [tool.adakit] counts."
        ) from error
    if not isinstance(table, dict):
        raise UsageError(f"{file}: tool.adakit is no table.", next_step="Write it as [tool.adakit].")
    for name in table:
        if name not in SETTINGS:
            step = f"{did_you_mean(name, SETTINGS)} Its settings are {either(SETTINGS)}.".strip()
            raise UsageError(f"{file}: [tool.adakit] has no setting {name!r}.", next_step=step)
    return table


def _texts(table: dict[str, Any], name: str, folder: Path, step: str) -> tuple[str, ...]:
    texts = table.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _unfit(folder, name, "list of texts", step)
    return tuple(texts)


def _text(table: dict[str, Any], name: str, folder: Path) -> str | None:
    """The text of a setting, or None; a body may be a table."""
    value = table.get(name)
    if name == BODY and isinstance(value, dict):
        try:
            return json.dumps(value, ensure_ascii=False)
        except TypeError:  # a date, say
            raise _unfit(folder, name, "JSON", BODY_FORM) from None
    if value is not None and not isinstance(value, str):
        raise _unfit(folder, name, "text", f'Write it as {name} = "...".')
    return value


def _unfit(folder: Path, name: str, form: str, step: str) -> UsageError:
    file = folder / "pyproject.toml"
    return UsageError(f"{file}: {name} in [tool.adakit] is no {form}.", next_step=step)
