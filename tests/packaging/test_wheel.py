"""What the distribution holds, and what it says of itself."""

from __future__ import annotations

import configparser
import json
import re
from email import message_from_bytes

import pytest

from ada_mockserver.events.personas import SHIPPED_LOCALES
from ada_schemas import event_names

PACKAGES = {"ada_schemas", "ada_mockserver", "ada_contract_tests", "adakit"}


@pytest.fixture(scope="module")
def metadata(wheel_files):
    (name,) = [name for name in wheel_files if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(wheel_files[name])


def requirements(metadata):
    """(name of the package, extra or "") of every requirement."""
    found = set()
    for line in metadata.get_all("Requires-Dist"):
        extra = re.search(r"extra == ['\"](\w+)['\"]", line)
        found.add((re.match(r"[\w.-]+", line)[0], extra[1] if extra else ""))
    return found


def test_packages(wheel_files):
    """The wheel holds the four packages and its own metadata, and nothing else."""
    tops = {name.partition("/")[0] for name in wheel_files}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES
    assert len(tops) == len(PACKAGES) + 1


def test_typed(wheel_files):
    """Every package is marked as typed."""
    assert {name.partition("/")[0] for name in wheel_files if name.endswith("/py.typed")} == PACKAGES


def test_few_files(wheel_files):
    """The wheel holds fewer than 500 files: pytest reads the list of every installed one when it starts.

    Reading 240 entries took 0.8 ms of a start-up of 130.
    """
    assert len(wheel_files) < 500


def test_no_leftovers(wheel_files):
    """Caches, tests and editors' files stay out of the wheel."""
    assert [name for name in wheel_files if re.search(r"__pycache__|\.pyc$|~$|/\.|(^|/)tests?/", name)] == []


def test_data_files(wheel_files):
    """The schema files, the documented payloads and the personas are in the wheel."""
    expected = {f"ada_schemas/v1/{event}.schema.json" for event in event_names()}
    expected |= {"ada_schemas/v1/bundle.schema.json", "ada_schemas/v1/index.json"}
    assert expected == {name for name in wheel_files if name.startswith("ada_schemas/v1/")}
    expected |= {
        f"ada_schemas/documented/{name}.yaml"
        for name in ("ada-webhooks.openapi", "constraints", "corrections")
    }
    expected |= {f"ada_mockserver/data/personas.{locale}.json" for locale in SHIPPED_LOCALES}
    assert expected <= set(wheel_files)
    for name in wheel_files:
        if name.endswith(".json"):
            json.loads(wheel_files[name])


def test_entry_points(wheel_files):
    """It installs one command and one pytest plugin."""
    (name,) = [name for name in wheel_files if name.endswith(".dist-info/entry_points.txt")]
    parser = configparser.ConfigParser()
    parser.read_string(wheel_files[name].decode())
    assert {section: dict(parser[section]) for section in parser.sections()} == {
        "console_scripts": {"adakit": "adakit.cli:main"},
        "pytest11": {"adakit": "ada_contract_tests.pytest.plugin"},
    }


def test_requirements(metadata):
    """It runs on Python 3.11 and newer, and brings ten packages."""
    assert metadata["Name"] == "adakit"
    assert metadata["Requires-Python"] == ">=3.11"
    core = {name for name, extra in requirements(metadata) if not extra}
    assert core == {
        "click",
        "fastdigest",
        "h11",
        "httptools",
        "jinja2",
        "jsonschema",
        "jsonschema-rs",
        "pyyaml",
        "rich",
        "uvicorn",
    }


def test_extras(metadata):
    """The extra ``all`` brings what every other extra brings, but those that register a pytest plugin."""
    extras = set(metadata.get_all("Provides-Extra"))
    assert {"all", "faker"} <= extras
    brought = {extra: {n for n, e in requirements(metadata) if e == extra} for extra in extras}
    assert brought["all"] == set().union(
        *(brought[extra] for extra in extras - {"all", "locust", "schemathesis"})
    )
    assert brought["faker"] == {"faker"}
    assert brought["fuzz"] == {"hypothesis"}
    assert brought["all"].isdisjoint({"locust", "schemathesis"})


def test_licence_and_description(metadata, wheel_files):
    """The licence and the README travel with the wheel."""
    assert metadata["License-Expression"] == "Apache-2.0"
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel_files)
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().startswith("# adakit")


def test_sdist(sdist_files, wheel_files):
    """The sdist holds the sources of all that is in the wheel."""
    roots = {"ada_schemas": "schemas", "ada_mockserver": "mockserver", "ada_contract_tests": "contract_tests"}
    packaged = [name for name in wheel_files if ".dist-info/" not in name]
    assert {f"{roots.get(name.partition('/')[0], 'cli')}/{name}" for name in packaged} <= set(sdist_files)
    assert {"pyproject.toml", "README.md", "LICENSE"} <= set(sdist_files)
