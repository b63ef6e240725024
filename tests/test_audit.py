"""The audit of what Tossup is made of can fail: it does where something is wrong."""

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


INSTALLED = {
    "tossup": ("1", ["requests>=2", 'pytest; extra == "test"', "ibis[duckdb]"]),
    "requests": ("2.32.3", ["idna"]),
    "idna": ("3.10", []),
    "pytest": ("9", []),
    "ibis": ("12", ['duckdb; extra == "duckdb"', 'pyspark; extra == "spark"']),
    "duckdb": ("2", []),
    "pyspark": ("4", []),
}


def test_runtime_is_what_tossup_needs_and_no_more(audit: ModuleType) -> None:
    assert audit.closure(INSTALLED) == {"requests", "idna", "ibis", "duckdb"}


def test_a_release_with_a_known_hole_is_told(audit: ModuleType) -> None:
    (told,) = audit.below_floors(INSTALLED, "# words\nrequests>=2.32.4  # CVE-1: leaks\nidna>=3.7\nabsent>=1\n")
    assert told == "requests 2.32.3 is older than >=2.32.4: CVE-1: leaks"


@pytest.mark.parametrize(
    ("licence", "wrong"),
    [
        ({"license": {"id": "GPL-3.0-only"}}, True),
        ({"expression": "AGPL-3.0-or-later"}, True),
        ({"license": {"name": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}}, True),
        ({"expression": "MIT OR GPL-2.0-only"}, False),
        ({"license": {"id": "LGPL-3.0-only"}}, False),
        ({"license": {"id": "Apache-2.0"}}, False),
        (None, True),
    ],
)
def test_licences_that_bind_our_users_and_missing_ones_are_told(
    audit: ModuleType, licence: dict[str, object] | None, wrong: bool
) -> None:
    bill = {"components": [{"name": "Some_Thing", "licenses": [licence] if licence else []}]}
    assert bool(list(audit.wrong_in(bill, {"some-thing"}))) is wrong


def test_what_is_missing_from_the_bill_is_told(audit: ModuleType) -> None:
    assert list(audit.wrong_in({"components": []}, {"requests"})) == ["requests is not in the bill of materials"]


def test_that_nobody_was_asked_is_wrong_unless_it_is_known(audit: ModuleType) -> None:
    assert [*audit.unasked(0, offline=False)] == ["no vulnerability service was asked: see why, or say --offline"]
    assert not [*audit.unasked(0, offline=True), *audit.unasked(80, offline=False)]


def test_the_floors_can_be_read_and_hold_here(audit: ModuleType) -> None:
    installed = audit.installed_in(Path(sys.executable))
    assert len(audit.closure(installed)) > 30
    assert list(audit.below_floors(installed, audit.FLOORS.read_text("utf-8"))) == []


def _lowest(one: Requirement) -> Version:
    return max(Version(part.version) for part in one.specifier if part.operator == ">=")


def test_what_pip_may_install_of_what_we_ask_for_is_no_older_than_its_floor(audit: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [text for name in ("spark", "postgres") for text in project["optional-dependencies"][name]]
    asked = [Requirement(text) for text in (*project["dependencies"], *extras)]
    # each release of psycopg[binary] asks for the same release of psycopg-binary
    lowest = {audit.plain(one.name): (str(_lowest(one)), []) for one in asked}
    lowest["psycopg-binary"] = lowest["psycopg"]
    assert list(audit.below_floors(lowest, audit.FLOORS.read_text("utf-8"))) == []
