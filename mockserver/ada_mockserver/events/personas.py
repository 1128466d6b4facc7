"""Invented people: names and addresses in several languages, for end users and agents.

The pools of the shipped locales are data files, so the same seed gives the same people everywhere and no
third-party package is needed to read them. They are drawn from Faker by
``python -m ada_mockserver.events.personas build``; ``build --check`` says whether the files are what the
installed Faker would give. A locale that is not shipped is drawn when it is asked for, which needs the extra
``faker``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ada_mockserver.events.ids import below, digits, pick, source
from ada_mockserver.events.payload import members
from ada_schemas.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

__all__ = ["SHIPPED_LOCALES", "Persona", "Personas", "namesake"]

SHIPPED_LOCALES = ("ar_SA", "de_DE", "en_CA", "en_GB", "en_US", "es_ES", "fr_CA", "fr_FR", "ja_JP", "pt_BR")
"""The locales whose pools come with the package."""

_POOL_SIZE = 60
_FAMILY_NAME_FIRST = frozenset({"hu", "ja", "ko", "zh"})
_RESERVED_DOMAINS = ("example.com", "example.org", "example.net")  # RFC 2606: nobody's mailbox
_ROMANISED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True, slots=True)
class Persona:
    """One invented person; the address is on a domain reserved for examples."""

    first_name: str
    last_name: str
    display_name: str
    email: str

    @property
    def avatar(self) -> str:
        """The address of a picture, on a host reserved for examples."""
        return _avatar(self.email)

    def profile(self) -> dict[str, str]:
        """What an end user's profile holds of it."""
        return {**members(self), "avatar": self.avatar}


@lru_cache(maxsize=2_048)
def _avatar(email: str) -> str:
    return f"https://example.com/avatars/{email.partition('@')[0]}.png"


@dataclass(frozen=True, slots=True)
class Personas:
    """The people of one locale.

    ``locale`` is written ``de_DE``; ``faker`` is the version of Faker that the people were drawn from.
    """

    locale: str
    faker: str
    people: tuple[Persona, ...]

    @property
    def language(self) -> str:
        """The locale as ``profile.language`` states it: BCP 47, such as ``de-DE``."""
        return self.locale.replace("_", "-")

    @classmethod
    def load(cls, locale: str) -> Personas:
        """The pool of ``locale``, written ``de_DE`` or ``de-DE``, in any letter case.

        A locale that is not shipped is drawn from Faker: the same people for one version of Faker and
        Python, American names where Faker has none of its own. Raises ``MissingExtraError`` where that
        needs the extra ``faker``, and ``UsageError`` for a locale that nobody knows.
        """
        match = re.fullmatch(r"([a-z]{2,3})[_-]([a-z]{2})", locale, re.ASCII | re.IGNORECASE)
        if match is None:
            raise _unknown(locale)
        return _load(f"{match[1].lower()}_{match[2].upper()}")

    def pick_two(self, rng: Random) -> tuple[Persona, Persona]:
        """Two different people, drawn from ``rng``."""
        first, second = below(rng, len(self.people)), below(rng, len(self.people) - 1)
        return self.people[first], self.people[second + (second >= first)]


@lru_cache(maxsize=32)
def _load(locale: str) -> Personas:
    if locale in SHIPPED_LOCALES:
        file = resources.files("ada_mockserver") / "data" / f"personas.{locale}.json"
        document = json.loads(file.read_text(encoding="utf-8"))
        people = tuple(Persona(**person) for person in document["personas"])
        return Personas(document["locale"], document["faker"], people)
    return _draw(locale)


def namesake(
    rng: Random, locale: str, *, first_name: str = "", last_name: str = "", name: str = ""
) -> Persona:
    """A person of that name: what is not given of it follows from the rest, and an address is drawn."""
    family_first = locale[:2] in _FAMILY_NAME_FIRST
    if not (first_name or last_name):
        first_name, _, last_name = name.partition(" ")
        if family_first and last_name:
            first_name, last_name = last_name, first_name
    order = (last_name, first_name) if family_first else (first_name, last_name)
    display = name or " ".join(filter(None, order))
    address = f"{_mailbox(first_name, last_name, locale, set(), rng)}@{pick(rng, _RESERVED_DOMAINS)}"
    return Persona(first_name, last_name, display, address)


def _unknown(locale: str) -> UsageError:
    shipped = ", ".join(SHIPPED_LOCALES)
    return UsageError(
        f"There are no personas for the locale '{locale}'.",
        next_step=f"Shipped are {shipped}; with the extra 'faker' also Faker's own, such as fi_FI.",
    )


def _render(personas: Personas) -> str:
    """The data file of a pool: one person a line, so that a change of one person is a change of one line."""
    lines = ",\n".join(json.dumps(members(person), ensure_ascii=False) for person in personas.people)
    head = f'"locale": "{personas.locale}",\n"faker": "{personas.faker}"'
    return f'{{\n{head},\n"personas": [\n{lines}\n]\n}}\n'


def _faker(feature: str) -> Any:
    try:
        return import_module("faker")
    except ModuleNotFoundError as error:
        if error.name != "faker":
            raise
        raise MissingExtraError(feature, "faker") from None


def _draw(locale: str) -> Personas:
    """Draw a pool from the installed Faker, women and men in turn."""
    faker = _faker(f"The locale '{locale}'")
    if locale not in import_module("faker.config").AVAILABLE_LOCALES:
        raise _unknown(locale)
    fake = faker.Faker(locale)
    fake.seed_instance(f"adakit/{locale}")
    rng = source("adakit", locale)
    people: dict[str, Persona] = {}
    taken: set[str] = set()
    for _ in range(_POOL_SIZE * 100):
        if len(people) == _POOL_SIZE:
            break
        gender = "male" if len(people) % 2 else "female"
        first, last = fake.format(f"first_name_{gender}"), fake.format(f"last_name_{gender}")
        order = (last, first) if locale.partition("_")[0] in _FAMILY_NAME_FIRST else (first, last)
        display = " ".join(order)
        if display not in people:
            local = _mailbox(first, last, locale, taken, rng)
            people[display] = Persona(first, last, display, f"{local}@{pick(rng, _RESERVED_DOMAINS)}")
    return Personas(locale, faker.VERSION, tuple(people.values()))


def _mailbox(first: str, last: str, locale: str, taken: set[str], rng: Random) -> str:
    """A local part in ASCII that nobody has yet: the name where it can be romanised, else a neutral word."""
    names = [_romanise(name, locale) for name in (first, last) if name]
    local = ".".join(names) if all(names) else f"guest.{digits(rng, 4)}"
    while local in taken:
        local = f"{local.rstrip('0123456789')}{digits(rng, 4)}"
    taken.add(local)
    return local


def _romanise(name: str, locale: str) -> str:
    """``name`` in a-z and hyphens, or nothing where its script is not Latin."""
    lowered = name.lower().translate(_ROMANISED)
    if locale.startswith("de_"):
        lowered = lowered.translate(_GERMAN)
    plain = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return re.sub(r"[^a-z]+", "-", plain).strip("-") if plain.isascii() else ""


def _build(*, check: bool, folder: Path) -> int:
    """Write the data files of the shipped locales, or only compare them; returns the exit code."""
    version = _faker("Building the personas").VERSION
    stale = []
    for locale in SHIPPED_LOCALES:
        file = folder / f"personas.{locale}.json"
        content = _render(_draw(locale))
        if not check:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8", newline="\n")
        elif not file.is_file() or file.read_text(encoding="utf-8") != content:
            stale.append(file.name)
    if stale:
        sys.stderr.write(
            f"Not what Faker {version} gives: {', '.join(stale)}\n"
            "  Write them anew with: python -m ada_mockserver.events.personas build\n"
        )
        return 1
    sys.stdout.write(f"{len(SHIPPED_LOCALES)} locales of {_POOL_SIZE} personas, Faker {version}\n")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the module as a command; returns 0, or 1 where ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m ada_mockserver.events.personas")
    build = parser.add_subparsers(required=True).add_parser("build", help="draw the shipped pools from Faker")
    build.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    build.add_argument(
        "--into", type=Path, default=Path(__file__).parents[1] / "data", help="another folder for the files"
    )
    options = parser.parse_args(arguments)
    try:
        return _build(check=options.check, folder=options.into)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
