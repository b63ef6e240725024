"""A plan as people read it: whole, in order, in 80 columns, and harmless whatever the CRM holds."""

import re
import unicodedata
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from connector.errors import GiveUp
from connector.port import Edit
from jobs.editors import with_editors
from jobs.plans import Format, laid_out
from jobs.review.headings import HEADINGS
from jobs.review.markdown import plain
from jobs.review.outline import Outline, outline
from jobs.review.words import brief, said, told, wrote
from mappings.changes import Change, Conflict, FieldChange, Plan, Value

HOSTILE = '<script>alert(1)</script> | `x` @here [a](http://evil.example/x.png) "quoted" & www.evil.example #1'
ACCOUNT, OTHER = "0015e0000000001AAA", "0015e0000000002AAA"
BODY = "WHY NOW\nThey use 148 of 150 seats.\n\n" + "A long script. " * 40


def change(action: str, id: str | None, *fields: tuple[str, Value, Value], **more: str) -> Change:
    told = tuple(FieldChange(name=name, old=old, new=new) for name, old, new in fields)
    known = {"object": "Account", "key": None, "key_field": None, "why": "account facts"}
    return Change(**{**known, "action": action, "id": id, "fields": told, **more})


PLAN = Plan(
    connection="salesforce:00D000000000001AAA",
    changes=(
        change("update", ACCOUNT, ("Tossup_Headroom__c", 39_600.0, 52_800.0), ("At__c", None, "2026-11-03")),
        change("update", OTHER, ("Health__c", "", HOSTILE)),
        change(
            "create",
            None,
            ("Subject", None, "株式会社サンプル: 席が足りません"),
            ("Description", None, BODY),
            object="Task",
            key=f"{ACCOUNT}/seat_limit/-/2026Q4",
            key_field="Tossup_Key__c",
            why="seat_limit",
        ),
        change("close", "00T1", ("Status", "Not Started", "Completed"), object="Task", key=f"{OTHER}/x/-/2026Q4"),
    ),
    conflicts=(
        Conflict(
            object="Account", id=ACCOUNT, field="Risk__c", base="none", theirs="high", ours="watch",
            by="CSM 03", at="2026-11-28T10:00:00Z", source="CRM_UI",
        ),
    ),
    calls=4,
    names={ACCOUNT: "Example Industries 001", OTHER: HOSTILE},
)  # fmt: skip


def shown(format: Format, language: str = "en", plan: Plan = PLAN, width: int = 80) -> str:
    laid = laid_out(outline(plan, HEADINGS[language], stamp="At__c"), format)
    if isinstance(laid, str):
        return laid
    console = Console(file=StringIO(), width=width)
    console.print(laid)
    return console.file.getvalue()


def test_changes_are_grouped_by_object_action_and_reason_and_ordered_by_name() -> None:
    groups = outline(PLAN, HEADINGS["en"]).groups
    assert [(one.object, one.action, one.why, len(one.changes)) for one in groups] == [
        ("Account", "update", "account facts", 2),
        ("Task", "create", "seat_limit", 1),
        ("Task", "close", "account facts", 1),
    ]
    assert [one.id for one in groups[0].changes] == [OTHER, ACCOUNT]


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_format_tells_every_record_field_and_conflict(format: Format, language: str) -> None:
    text = re.sub(r"\\(.)", r"\1", shown(format, language))
    squeezed = re.sub(r"\s+", "", text)
    for part in (PLAN.id, ACCOUNT, "Example Industries 001", "Tossup_Headroom__c", "39,600", "52,800", "Health__c"):
        assert re.sub(r"\s+", "", part) in squeezed, part
    for part in ("席が足りません", "NotStarted", "Completed", "CSM03wrotehigh", "(2026-11-28,CRM_UI)", "watch"):
        assert part in squeezed, part
    words: Outline = outline(PLAN, HEADINGS[language])
    assert re.sub(r"\s+", "", words.headings.conflicts) in squeezed
    assert "At__c" not in text


def test_in_a_terminal_it_fits_80_columns() -> None:
    for line in shown("table").splitlines():
        assert sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line.rstrip()) <= 80, line


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_what_steers_a_terminal_or_reorders_a_line_is_left_out(format: Format) -> None:
    evil = Plan(
        connection="salesforce:00D",
        changes=(change("update", ACCOUNT, ("F__c", "\x1b[31mred", "safe\u202eevil\x07")),),
        names={ACCOUNT: "Example\x1b]0;title\x07 Industries"},
    )
    assert not set(shown(format, plan=evil)) & set("\x1b\x07\u202e")


def test_long_texts_are_cut_in_a_terminal_and_whole_on_the_page() -> None:
    assert BODY.strip()[-40:] not in shown("table")
    page = shown("html")
    assert BODY.strip() in page
    assert "<details><summary>" in page


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = shown("html")
    tags = Tags(page).seen
    assert not {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    for tag, attributes in tags:
        assert not any(name.startswith("on") or name == "src" for name in attributes), tag
        assert (attributes.get("href") or "#").startswith("#")
    policy = next(one["content"] for _, one in tags if one.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert "url(" not in page
    assert "@import" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@given(st.text())
def test_nothing_the_crm_holds_adds_a_tag_to_the_page(text: str) -> None:
    hostile = text[:60] + "x<b onclick=1>'\"--></td>"
    assert tags(plan_of(hostile)) == tags(plan_of("harmless"))


def tags(plan: Plan) -> list[str]:
    """Every tag of its page but those around a text of several lines, which is folded up."""
    folded = {"details", "summary", "em", "pre", "span"}
    return [tag for tag, _ in Tags(shown("html", plan=plan)).seen if tag not in folded]


def plan_of(text: str) -> Plan:
    return Plan(connection="salesforce:00D", changes=(change("update", ACCOUNT, ("F__c", "a", text)),))


def test_in_a_pull_request_hostile_text_is_text_and_tables_keep_their_columns() -> None:
    page = shown("markdown")
    assert "<script" not in page
    assert "@here" not in page
    assert "http://" not in page
    assert "www." not in page
    assert "](" not in page.replace("\\]\\(", "")
    columns = 0
    for line in page.splitlines():
        columns = 0 if not line.startswith("|") else columns or len(re.findall(r"(?<!\\)\|", line))
        assert not line.startswith("|") or len(re.findall(r"(?<!\\)\|", line)) == columns, line


@given(st.text())
def test_plain_markdown_has_no_markup_left(text: str) -> None:
    told = plain(text)
    assert "\n" not in told
    bare = re.sub(r"\\.", "", told)
    assert not set(bare) & set("`*_{}[]()<>|~$@!\\")


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "(empty)"), ("  ", "(empty)"), (True, "yes"), (False, "no"), (4_968_000.0, "4,968,000"), (0.25, "0.25"),
     (7, "7"), ("007", "007")],
)  # fmt: skip
def test_values_are_said_as_people_write_them(value: Value, words: str) -> None:
    assert said(value) == words


def test_a_long_value_is_one_short_line() -> None:
    assert brief("a\r\n\n b \nc") == "a / b / c"
    assert brief("x" * 99) == "x" * 59 + "…"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({}, "somebody else wrote 12"),
        ({"by": "CSM 03", "at": "2026-11-28T10:00:00Z", "source": "CRM_UI"}, "CSM 03 wrote 12 (2026-11-28, CRM_UI)"),
        ({"source": "IMPORT"}, "somebody else wrote 12 (IMPORT)"),
        (
            {"by": "CSM 03", "at": "2026-11-28T10:00:00Z", "source": "LastModifiedBy"},
            "holds 12 (record last saved by CSM 03, 2026-11-28)",
        ),
    ],
)
def test_a_conflict_says_who_wrote_what_as_far_as_the_crm_tells(edit: dict[str, str], words: str) -> None:
    conflict = Conflict(object="Account", id=ACCOUNT, field="Headroom__c", base=1, theirs=12, ours=40, **edit)
    assert wrote(conflict) == words
    assert told(conflict, PLAN) == (
        f"Account Example Industries 001 ({ACCOUNT}) Headroom__c: {words}; Tossup would write 40; left alone"
    )


def test_an_emptied_field_is_said_to_be_emptied() -> None:
    conflict = Conflict(object="Account", id="9", field="F", base=1, theirs=None, ours=40, by="CSM 03")
    assert told(conflict, None) == "Account 9 F: CSM 03 emptied it; Tossup would write 40; left alone"


class Telling:
    """The part of a CRM that tells of edits."""

    def __init__(self, *edits: Edit, refuses: str = "") -> None:
        self.edits_there, self.refuses = edits, refuses
        self.asked: list[tuple[str, list[str], list[str]]] = []

    def edits(self, object: str, ids: list[str], fields: list[str]):
        self.asked.append((object, list(ids), list(fields)))
        if object == self.refuses:
            raise GiveUp("Our user may not see the history.")
        return iter(self.edits_there)


def test_editors_are_asked_for_once_an_object_and_only_for_what_is_in_conflict() -> None:
    first = Conflict(object="Account", id="1", field="A", base=1, theirs=2, ours=3)
    others = (
        Conflict(object="Account", id="1", field="B", base=1, theirs=2, ours=3),
        Conflict(object="Task", id="9", field="C", base=1, theirs=2, ours=3),
    )
    at = datetime(2026, 11, 28, 10, tzinfo=UTC)
    crm = Telling(Edit(id="1", field="A", at=at, by="CSM 03", source="CRM_UI"), refuses="Task")
    found = with_editors(crm, [first, *others])
    assert crm.asked == [("Account", ["1"], ["A", "B"]), ("Task", ["9"], ["C"])]
    assert (found[0].by, found[0].at, found[0].source) == ("CSM 03", "2026-11-28T10:00:00Z", "CRM_UI")
    assert found[1:] == others
    assert with_editors(crm, []) == ()


def test_counts_and_reasons_read_in_each_language() -> None:
    undone = Plan(
        connection="salesforce:00D",
        changes=(change("remove", "00T1", ("A__c", "gone soon", None), why="undo of run 3"),),
    )
    assert "Account: 1 to take away, because of undo of run 3" in shown("table", plan=undone)
    assert "Account: 除外・削除 1件（理由：実行3の取り消し）" in shown("table", "ja", plan=undone)
    assert "取引先の計算値の変化" in shown("html", "ja")
    assert "because of a customer that is gone" in HEADINGS["en"].why("gone")
    assert HEADINGS["ja"].why("gone_fishing") == "（理由：gone_fishing）", "a play keeps its name"


def test_what_is_taken_away_is_shown_as_it_is_and_not_as_nothing() -> None:
    undone = Plan(connection="salesforce:00D", changes=(change("remove", "00T1", ("A__c", "gone soon", None)),))
    page = shown("html", plan=undone)
    assert "gone soon" in page
    assert HEADINGS["en"].new not in page
    assert HEADINGS["en"].empty not in page


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_nothing_is_said_in_the_companys_language(format: Format) -> None:
    assert "（空）" in shown(format, "ja")
    assert "empty" not in shown(format, "ja")


def test_the_longest_name_of_a_field_of_ours_stays_on_its_line() -> None:
    name = "Tossup_Utilisation_Percent__c"
    plan = Plan(connection="salesforce:00D", changes=(change("update", ACCOUNT, (name, 1, 2)),))
    assert re.search(rf"^  {name} +1 +2 *$", shown("table", plan=plan), flags=re.MULTILINE)
