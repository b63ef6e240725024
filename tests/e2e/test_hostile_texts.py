"""Texts that attack: they are data in every query, page, file and terminal they pass through, on both CRMs."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.command import run
from tests.jobs.small import CRMS, Company, company, small_world
from tests.secrets import Search, left_in

NAMES = {
    "a001": "O'Hara'; DELETE FROM Account-- \\' OR Name LIKE '%",
    "a101": "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;",
    "a102": '=HYPERLINK("https://evil.example";"x")',
    "a103": "👩‍💻 [red]x[/red] {account} \x1b]8;;https://evil.example\x1b\\",
    "a104": "\u202eevil\u200f שלום \U0001d54f 株式会社",
    "a105": "a\x00b\x07c\td",
    "a106": "N" * 255,
}


class Tags(HTMLParser):
    """The tags of a page, with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


@pytest.fixture(scope="module", params=CRMS)
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Customers whose seats are nearly full and whose names, and contacts' names, attack."""
    others = [key for key in NAMES if key != "a001"]
    with company(request.param, tmp_path_factory.mktemp("hostile") / "store", small_world(others)) as served:
        for key, name in NAMES.items():
            contact = next(one for one in served.records(PEOPLE[served.crm]) if f"Person {key[1:]}" in str(one))
            served.person("update", PEOPLE[served.crm], contact, **{LAST[served.crm]: name[:80]})
            served.edit("update", key, "account", name=name)
        yield served


PEOPLE = {"salesforce": "Contact", "hubspot": "contacts"}
LAST = {"salesforce": "LastName", "hubspot": "lastname"}


def test_a_name_of_more_than_a_hundred_kilobytes_is_cut_where_people_read_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # Salesforce takes no name of more than 255 characters, HubSpot none of more than 65,536
    with company("hubspot", tmp_path_factory.mktemp("long") / "store") as served:
        long = "名名<b>" * 13_000
        served.edit("update", "a001", "account", name=long)
        first, again = served.sync(), served.sync()
        assert (first.refused, again.written) == ((), 0)
        tasks = [one for one in served.ours("task").values() if "名" in str(one[served.names["subject"]])]
        assert tasks
        assert all(len(str(one[served.names["subject"]])) <= 80 for one in tasks)
        assert all(len(str(one[served.names["body"]])) < 65_536 for one in tasks)
        assert long in {one[served.names["name"]] for one in served.records("account")}


def test_a_whole_life_with_hostile_names(hostile: Company, tmp_path: Path, record_property: Any) -> None:
    accounts = len(hostile.records("account"))
    first = hostile.sync()
    assert first.refused == ()
    assert first.written >= len(NAMES)
    held = {one[hostile.names["name"]] for one in hostile.records("account")}
    assert set(NAMES.values()) <= held, "an account's name was changed"
    tasks = hostile.ours("task").values()
    assert len(hostile.records("account")) == accounts
    assert len(tasks) >= len(NAMES)
    if hostile.crm == "hubspot":
        bodies = [Tags(str(one[hostile.names["body"]])).found for one in tasks]
        assert set.union(*bodies) <= {
            "p",
            "ul",
            "li",
            "b",
            "strong",
            "br",
            "a",
            "a href",
            "h3",
            "h4",
            "em",
            "i",
            "ol",
        }
    for one in tasks:
        text = f"{one[hostile.names['subject']]}{one[hostile.names['body']]}"
        assert not set(text) & set("\x00\x07\x1b\u202e")
    hostile.later()
    again = hostile.sync()
    assert (again.written, again.refused) == (0, ())
    told = run("leads", "--json", "--csv", "leads.csv", folder=tmp_path, variables=hostile.env)
    assert told.code == 0, told
    said = [told.out, told.err]
    assert set(NAMES.values()) <= {one["account_name"] for one in told.json()}
    for words in (("leads",), ("runs",), ("explain", "O'Hara"), ("plan",)):
        shown = run(*words, folder=tmp_path, variables=hostile.env)
        assert shown.code == 0, shown
        said += [shown.out, shown.err]
        assert not set(shown.out + shown.err) & set("\x00\x07\x1b\u202e\t")
    assert "[red]x[/red]" in run("leads", folder=tmp_path, variables=hostile.env).out.replace("\n", "")
    search, kept = Search(), [*left_in(tmp_path), *left_in(hostile.settings.state_dir)]
    search.through(hostile.org.secrets(), [*(("said", one.encode()) for one in said), *kept], runs=len(said) // 2)
    record_property("searched", str(search))
