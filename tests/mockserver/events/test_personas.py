"""The personas: pools that come with the package, and those drawn from Faker on demand."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from ada_mockserver.events import personas
from ada_mockserver.events.ids import source
from ada_mockserver.events.personas import SHIPPED_LOCALES, Personas, namesake
from ada_schemas.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

DATA = resources.files("ada_mockserver") / "data"
SHIPPED = "ar_SA, de_DE, en_CA, en_GB, en_US, es_ES, fr_CA, fr_FR, ja_JP, pt_BR"

needs_faker = pytest.mark.skipif(find_spec("faker") is None, reason="the extra 'faker' is not installed")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.fixture
def no_faker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``import faker`` fail as if it were not installed."""

    def refuse(name: str) -> object:
        raise ModuleNotFoundError(f"No module named '{name}'", name=name)

    monkeypatch.setattr(personas, "import_module", refuse)
    personas._load.cache_clear()


@pytest.mark.parametrize("locale", SHIPPED_LOCALES)
def test_shipped_pool(locale: str) -> None:
    """A shipped pool has sixty people with names, and unique addresses in ASCII on reserved domains."""
    pool = Personas.load(locale)
    emails = [person.email for person in pool.people]
    assert (pool.locale, len(pool.people), len(set(emails))) == (locale, 60, 60)
    for person in pool.people:
        local, _, domain = person.email.partition("@")
        assert domain in {"example.com", "example.org", "example.net"}
        assert local
        assert local.isascii()
        assert local == local.lower()
        assert person.avatar == f"https://example.com/avatars/{local}.png"
        first, last = person.first_name, person.last_name
        assert first
        assert last
        assert person.display_name in {f"{first} {last}", f"{last} {first}"}


@pytest.mark.parametrize("locale", SHIPPED_LOCALES)
def test_data_file_has_one_person_a_line(locale: str) -> None:
    """A data file holds one person a line and the version of Faker that it was drawn from."""
    text = (DATA / f"personas.{locale}.json").read_text(encoding="utf-8")
    document = json.loads(text)
    assert list(document) == ["locale", "faker", "personas"]
    assert document["faker"].count(".") == 2
    assert sum(line.startswith('{"first_name": ') for line in text.splitlines()) == 60
    assert "\\u" not in text


def test_pools_are_small() -> None:
    """All shipped pools together stay below 300 KB."""
    assert sum(len((DATA / f"personas.{name}.json").read_bytes()) for name in SHIPPED_LOCALES) < 300_000


def test_japanese_names_put_the_family_first() -> None:
    """A Japanese display name starts with the family name."""
    for person in Personas.load("ja_JP").people:
        assert person.display_name == f"{person.last_name} {person.first_name}"


@pytest.mark.parametrize("spelling", ["de_DE", "de-DE", "DE-de", "de_de"])
def test_spellings_of_a_locale(spelling: str) -> None:
    """A locale may be written with underscore or hyphen in any letter case, and gives a BCP 47 language."""
    pool = Personas.load(spelling)
    assert (pool.locale, pool.language) == ("de_DE", "de-DE")


def test_two_people_differ() -> None:
    """Two people drawn together are never the same one, and everyone may be second."""
    pool = Personas.load("en_US")
    small = Personas("en_US", "", pool.people[:3])
    pairs = {small.pick_two(source(n)) for n in range(100)}
    assert len(pairs) == 6
    assert all(first != second for first, second in pairs)


@pytest.mark.parametrize("locale", ["xx", "", "english", "de_DE_1", "de DE", "eſ_ES"])
def test_malformed_locale(locale: str, no_faker: None) -> None:
    """A malformed locale is a usage error that lists the shipped ones, with Faker or without."""
    with pytest.raises(UsageError) as caught:
        Personas.load(locale)
    assert not isinstance(caught.value, MissingExtraError)
    assert str(caught.value) == (
        f"There are no personas for the locale '{locale}'.\n"
        f"  Shipped are {SHIPPED}; with the extra 'faker' also Faker's own, such as fi_FI."
    )


def test_other_locale_without_faker(no_faker: None) -> None:
    """A locale beyond the shipped ones names the command that installs what it needs."""
    with pytest.raises(MissingExtraError) as caught:
        Personas.load("fi_FI")
    assert str(caught.value) == (
        "The locale 'fi_FI' needs the extra 'faker', which is not installed.\n"
        "  Install it with: pip install 'adakit[faker]'"
    )
    assert len(Personas.load("de_DE").people) == 60


def test_build_without_faker(no_faker: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Building without Faker writes nothing, says what to install and exits with 2."""
    assert personas.main(["build"]) == 2
    assert "pip install 'adakit[faker]'" in capsys.readouterr().err


def test_broken_faker_is_not_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Faker that fails to import something else is not reported as missing."""

    def refuse(name: str) -> object:
        raise ModuleNotFoundError("No module named 'tzdata'", name="tzdata")

    monkeypatch.setattr(personas, "import_module", refuse)
    personas._load.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="tzdata"):
        Personas.load("fi_FI")


@needs_faker
@pytest.mark.parametrize(("locale", "language"), [("fi_FI", "fi-FI"), ("ru-ru", "ru-RU"), ("ko_KR", "ko-KR")])
def test_locale_drawn_from_faker(locale: str, language: str) -> None:
    """A locale that Faker knows is drawn on demand, the same people every time."""
    personas._load.cache_clear()
    first = Personas.load(locale)
    personas._load.cache_clear()
    second = Personas.load(locale)
    assert first is not second
    assert first == second
    assert (first.language, len({person.email for person in first.people})) == (language, 60)
    assert all(person.email.isascii() for person in first.people)


@needs_faker
def test_locale_that_faker_does_not_know() -> None:
    """A well-formed locale that Faker does not know is a usage error that lists the shipped ones."""
    with pytest.raises(UsageError) as caught:
        Personas.load("xx-xx")
    assert str(caught.value) == (
        "There are no personas for the locale 'xx_XX'.\n"
        f"  Shipped are {SHIPPED}; with the extra 'faker' also Faker's own, such as fi_FI."
    )


def test_shipped_locales_do_not_import_faker() -> None:
    """Events in every shipped locale are built without importing Faker."""
    done = python(
        "import sys\n"
        "from ada_mockserver.events.factory import BUILDERS, EventFactory\n"
        "from ada_mockserver.events.personas import SHIPPED_LOCALES\n"
        "from ada_mockserver.events.scenarios import SCENARIOS, scenario\n"
        "for locale in SHIPPED_LOCALES:\n"
        "    [EventFactory(seed=1, locale=locale).event(name) for name in BUILDERS]\n"
        "    [scenario(name, seed=1, locale=locale) for name in SCENARIOS]\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'faker'])\n"
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


@needs_faker
def test_build_writes_what_the_version_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The shipped pools are what the build writes with the Faker that they name, and else of that shape."""
    version = __import__("faker").VERSION
    assert personas.main(["build", "--into", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"10 locales of 60 personas, Faker {version}\n"
    for locale in SHIPPED_LOCALES:
        name = f"personas.{locale}.json"
        built, shipped = ((folder / name).read_text(encoding="utf-8") for folder in (tmp_path, DATA))
        if json.loads(shipped)["faker"] == version:
            assert built == shipped
        else:
            assert len(built.splitlines()) == len(shipped.splitlines())


@needs_faker
def test_check_finds_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``build --check`` writes nothing and names each file that differs or is missing."""
    into = ["--into", str(tmp_path)]
    personas.main(["build", *into])
    assert personas.main(["build", "--check", *into]) == 0
    changed = tmp_path / "personas.de_DE.json"
    changed.write_text(changed.read_text(encoding="utf-8").replace("Erwin", "Ervin"), encoding="utf-8")
    (tmp_path / "personas.ja_JP.json").unlink()
    capsys.readouterr()
    assert personas.main(["build", "--check", *into]) == 1
    error = capsys.readouterr().err
    assert error.splitlines()[0].endswith(" gives: personas.de_DE.json, personas.ja_JP.json")
    assert not (tmp_path / "personas.ja_JP.json").exists()


@needs_faker
@pytest.mark.parametrize(
    ("first", "last", "locale", "expected"),
    [
        ("Jürgen", "Groß", "de_DE", "juergen.gross"),
        ("Élise", "L'Écuyer", "fr_CA", "elise.l-ecuyer"),
        ("Otávio", "da Cunha", "pt_BR", "otavio.da-cunha"),
        ("Łukasz", "Ørsted", "pl_PL", "lukasz.orsted"),
    ],
)
def test_mailbox_is_the_romanised_name(first: str, last: str, locale: str, expected: str) -> None:
    """A Latin name becomes the local part of the address, without accents and as its language writes it."""
    assert personas._mailbox(first, last, locale, set(), source(1)) == expected


def test_mailbox_of_other_scripts_is_neutral() -> None:
    """A name with letters beyond a to z gets a neutral local part, and nobody gets one that is taken."""
    for first, last in (("舞", "坂本"), ("Sigurður", "Jónsson")):
        neutral = personas._mailbox(first, last, "ja_JP", set(), source(1))
        assert neutral.startswith("guest.")
        assert neutral[6:].isdigit()
    taken = {"ana.lima"}
    again = personas._mailbox("Ana", "Lima", "pt_BR", taken, source(1))
    assert again.startswith("ana.lima")
    assert again[8:].isdigit()
    assert taken == {"ana.lima", again}


@pytest.mark.parametrize(
    ("locale", "given", "expected"),
    [
        (
            "en_US",
            {"name": "Ada King Lovelace"},
            ("Ada", "King Lovelace", "Ada King Lovelace", "ada.king-lovelace@"),
        ),
        ("ja_JP", {"name": "Yukawa Hideki"}, ("Hideki", "Yukawa", "Yukawa Hideki", "hideki.yukawa@")),
        ("en_US", {"name": "Cher"}, ("Cher", "", "Cher", "cher@")),
        ("de_DE", {"first_name": "Jörg", "last_name": "Groß"}, ("Jörg", "Groß", "Jörg Groß", "joerg.gross@")),
        ("ja_JP", {"first_name": "秀樹", "last_name": "湯川"}, ("秀樹", "湯川", "湯川 秀樹", "guest.")),
        ("en_US", {"last_name": "King", "name": "A. King"}, ("", "King", "A. King", "king@")),
    ],
)
def test_namesake(locale: str, given: dict[str, str], expected: tuple[str, ...]) -> None:
    """Somebody of a given name has the names that follow from it, in the order of the locale, and an address."""
    found = namesake(source("test"), locale, **given)
    assert (found.first_name, found.last_name, found.display_name) == expected[:3]
    assert found.email.startswith(expected[3])
    assert found.email.rpartition("@")[2] in {"example.com", "example.org", "example.net"}
