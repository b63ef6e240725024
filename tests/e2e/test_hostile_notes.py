"""Notes of a hundred kilobytes that attack: answers, tasks that people rewrote, and columns that texts quote."""

import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.command import Ended, run
from tests.jobs.small import CRMS, QUIET, Company, company, small_world

ATTACK = (
    '=HYPERLINK("//evil.example");<script>alert(1)</script> \\\'; DELETE FROM Account -- {account}'
    " \u202e\x00\x1b[2J\t\U0001f469\u200d\U0001f4bb\r\n"
)
NOTE = {"salesforce": (ATTACK * 1_500)[:131_072], "hubspot": (ATTACK * 800)[:60_000]}
"""As long as a field takes: Salesforce 131,072 characters, HubSpot 65,536 (of which an emoji is two)."""
BODY = {"salesforce": NOTE["salesforce"][:32_000], "hubspot": NOTE["hubspot"]}
SHORT = {"salesforce": NOTE["salesforce"][:255], "hubspot": NOTE["hubspot"]}
"""Of a task Salesforce takes 32,000 characters of description, and no long field beside it."""
LONG = {
    "salesforce": ("Long_Note__c", {"type": "LongTextArea", "length": 131_072, "visibleLines": 3}),
    "hubspot": ("long_note", {"type": "string", "fieldType": "textarea", "groupName": "own"}),
}
OBJECTS = {"salesforce": ("Account", "Lead"), "hubspot": ("companies", "leads")}
DECLINED, REWRITTEN, SNOOZED = "a201", "a101", "a102"
ALLOWED = {"p", "ul", "li", "b", "strong", "br", "a", "href", "h3", "h4", "em", "i", "ol"}
WORDS = {
    "subject": "{account}: a note",
    "why": "{account} says {x_note}",
    "script": "Hello {contact}, this is {owner} from {company} about {product}: {x_note}",
    "next_step": "Call until {due}.",
}


class Tags(HTMLParser):
    """The names of a page's tags and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs)}


@pytest.fixture(scope="module", params=CRMS)
def noted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company whose notes are mapped: as an account's own column, which a play quotes, and as a lead's reason.

    It was synced before people wrote, and after.
    """
    crm, folder = request.param, tmp_path_factory.mktemp("notes") / "store"
    with company(crm, folder, small_world((REWRITTEN, SNOOZED), (DECLINED,))) as here:
        name, shape = LONG[crm]
        for object in OBJECTS[crm]:
            here.org.define(object, [{"name": name, "label": "Long note", **shape}])
        _map(Path(here.env["TOSSUP_CONFIG"]), crm, name)
        here.edit("update", QUIET, "account", **{name: NOTE[crm]})
        accounts = len(here.records("account"))
        assert _said(here, "sync", "--yes", "--json").json()["refused"] == 0
        here.later()
        _people_write(here)
        here.later()
        told = _said(here, "sync", "--yes", "--json").json()
        assert (told["refused"], told["conflicts"], len(here.records("account"))) == (0, 0, accounts)
        yield here


def _map(rules: Path, crm: str, name: str) -> None:
    yaml = YAML(typ="safe", pure=True)
    mapping = yaml.load((rules / f"{crm}.yaml").read_text("utf-8"))
    mapping["read"]["account"]["extra"] = {"note": {"field": name, "kind": "text"}}
    lead = next(one for one in mapping["write"]["lead"] if one["object"].lower().startswith("lead"))
    lead["reason"], lead["read"]["reason"] = {"field": name}, name
    yaml.dump(mapping, rules / f"{crm}.yaml")
    plays = yaml.load((rules / "plays.yaml").read_text("utf-8"))
    plays["noted"] = {"motion": "upsell", "pattern": "noted", "when": "x_note is not null", "value": 6000}
    plays["noted"] |= {"product": "main_product", "evidence": ["x_note"]}
    yaml.dump(plays, rules / "plays.yaml")
    for language in ("en", "ja"):
        texts = yaml.load((rules / f"texts.{language}.yaml").read_text("utf-8"))
        texts["plays"]["noted"] = WORDS
        texts["words"]["fact.x_note"] = "Note"
        yaml.dump(texts, rules / f"texts.{language}.yaml")


def _people_write(here: Company) -> None:
    """A specialist declines, a CSM rewrites a task, another puts one off; each says why at length."""
    reason = LONG[here.crm][0]
    here.edit("update", DECLINED, "lead", response="declined", **{reason: NOTE[here.crm]})
    here.edit("update", REWRITTEN, "task", body=BODY[here.crm])
    here.edit("update", SNOOZED, "task", response="snoozed", snooze="2026-12-02", reason=SHORT[here.crm])


def _sound(text: str) -> bool:
    """Whether nothing in it reorders a line, drives a terminal or ends a text."""
    return not [c for c in text if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\u200c\u200d"]


def _written(here: Company) -> dict[str, dict[str, Any]]:
    """Every task and lead record of ours but the one that a person rewrote, by key."""
    rewritten = here.of(REWRITTEN, "task")[here.names["key"]]
    found = {**here.ours("task"), **here.ours("lead")}
    return {key: one for key, one in found.items() if key != rewritten}


def _said(here: Company, *words: str) -> Ended:
    ended = run(*words, folder=here.settings.state_dir.parent, variables=here.env)
    assert ended.code == 0, ended
    assert "Traceback" not in ended.err
    return ended


def test_notes_of_a_hundred_kilobytes_are_cut_where_they_are_quoted_and_kept_where_they_stand(noted: Company) -> None:
    noted.later()
    assert _said(noted, "sync", "--yes", "--json").json()["written"] == 0
    # what people wrote stands as they wrote it
    note, names = LONG[noted.crm][0], noted.names
    assert noted.of(QUIET, "account")[note] == NOTE[noted.crm]
    assert noted.of(DECLINED, "lead")[note] == NOTE[noted.crm]
    assert noted.of(REWRITTEN, "task")[names["body"]] == BODY[noted.crm]
    assert noted.of(SNOOZED, "task")[names["reason"]] == SHORT[noted.crm]
    # what Tossup wrote of it is short, plain and harmless
    written = _written(noted)
    quoting = {key: one for key, one in written.items() if "=HYPERLINK" in f"{one.get(names['body'])}"}
    assert {key.split("/")[1] for key in quoting} == {"noted", "just_bought_tossup"}
    for key, one in written.items():
        texts = [str(one.get(names[name]) or "") for name in ("subject", "body", "lead_body", "note")]
        assert all(_sound(text) and len(text) < 6_000 for text in texts), key
        assert noted.crm != "hubspot" or Tags(texts[1]).found <= ALLOWED, key
    assert all("…" in one[names["body"]] for one in quoting.values())


def test_whoever_reads_the_notes_sees_them_whole_in_files_and_harmless_on_a_terminal(noted: Company) -> None:
    found = _said(noted, "leads", "--json", "--csv", "leads.csv").json()
    (lead,) = [one for one in found if one["play"] == "noted"]
    assert [one["value"] for one in lead["evidence"]] == [NOTE[noted.crm]]
    assert lead["state"] == "open"
    file = (noted.settings.state_dir.parent / "leads.csv").read_text("utf-8")
    assert not [line for line in file.splitlines() if line.startswith("=") or ',"=' in line or ",=" in line]
    names = [noted.account(key)[noted.names["name"]] for key in (QUIET, DECLINED)]
    for words in (("leads",), ("runs",), ("plan",), *(("explain", name) for name in names)):
        shown = _said(noted, *words)
        assert _sound(shown.out + shown.err), words
