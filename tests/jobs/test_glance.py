"""What people read before they say yes: totals first, a few records by name, and no more than a screen or two."""

from io import StringIO
from unicodedata import east_asian_width

from rich.console import RenderableType

from jobs.glance import FIELDS, glance, left_list
from jobs.result import Left
from jobs.rights import Right, Rights
from jobs.rights_list import rights_list
from jobs.terminal import console
from mappings.changes import Change, Conflict, FieldChange, Plan

MANY = 500


def account(n: int) -> str:
    return f"0015e00000{n:05}AAA"


def change(n: int, *fields: FieldChange, **more: str | None) -> Change:
    known = {
        "object": "Account",
        "action": "update",
        "id": account(n),
        "key": None,
        "key_field": None,
        "why": "undo of run 3",
    }
    return Change(**{**known, **more}, fields=fields)


PLAN = Plan(
    connection="salesforce:00D000000000001AAA",
    changes=(
        *(
            change(n, *(FieldChange(name=f"Tossup_Field_{at:02}__c", old=at * 1000, new=None) for at in range(18)))
            for n in range(MANY)
        ),
        change(
            1,
            FieldChange(name="Subject", old=None, new="株式会社サンプル小売００３様：" + "長い件名" * 30),
            FieldChange(name="WhoId", old=None, new=None),
            object="Task", action="create", id=None, key=f"{account(1)}/seat_limit/-/2026Q4", key_field="K",
            why="seat_limit",
        ),
    ),
    conflicts=tuple(
        Conflict(object="Account", id=account(n), field=field, base=1, theirs=2, ours=3)
        for n in range(4) for field in ("A__c", "B__c")
    ),
    calls=1,
    names={account(n): f"株式会社サンプル{n:03}" for n in range(MANY)},
)  # fmt: skip


def shown(view: RenderableType) -> list[str]:
    out = StringIO()
    console(file=out, width=80).print(view)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def wide(line: str) -> int:
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in line)


def test_a_plan_of_many_accounts_is_read_in_one_go() -> None:
    lines = shown(glance(PLAN))
    assert max(map(wide, lines)) <= 80
    assert len(lines) < 45
    assert lines[1] == f"Plan {PLAN.id} for salesforce:00D000000000001AAA: 501 records, about 1 call"
    assert [line.split() for line in lines[2:4]] == [
        ["+", "create", "Task", "1", "seat_limit"],
        ["~", "update", "Account", "500", "undo", "of", "run", "3"],
    ]
    assert "Task to create, all of them:" in lines
    assert "  ... and 498 more" in lines
    assert sum(line.startswith("~ ") for line in lines) == 2
    assert f"~ 株式会社サンプル000 {account(0)}" in lines
    assert lines.count(f"    ... and {18 - FIELDS} more fields") == 2
    assert "    Tossup_Field_01__c: 1,000 -> (empty)" in lines
    assert not [line for line in lines if "WhoId" in line], "nothing becomes nothing: nobody needs to read that"
    assert "Left to people: 8 fields of 4 records" in lines
    assert "  ... and 6 more" in lines


def test_what_undoing_leaves_is_told_by_record() -> None:
    left = [
        Left(
            object="Account", id=account(n), field=f"F{at:02}__c", reason="touched", text="somebody changed it since"
        )
        for n in range(30)
        for at in range(9)
    ]
    lines = shown(left_list(left, PLAN))
    assert "Left as it is (30 records)" in lines
    assert any(line.startswith(f"Account 株式会社サンプル000 {account(0)}") for line in lines)
    assert sum("F00__c, F01__c" in line for line in lines) == 10
    assert any("... and 20 more" in line for line in lines)
    assert max(map(wide, lines)) <= 80
    (one,) = (line for line in shown(left_list(left[:1], PLAN)) if "Left as it is" in line)
    assert one == "Left as it is (1 record)"


def test_an_empty_plan_says_that_there_is_nothing_to_write() -> None:
    lines = shown(glance(Plan(connection="hubspot:1", changes=())))
    assert "Nothing to write: the CRM holds all of it." in lines


def test_rights_are_told_by_object_the_lacking_first() -> None:
    fields = [f"Field_{n:02}__c" for n in range(40)]
    needed = (
        Right(target="Account", may="read", held=True),
        *(Right(target=f"Account.{name}", may="read", held=True) for name in fields),
        Right(target="Task", may="create", held=False),
        Right(target="Task.Subject", may="edit", held=False),
        Right(target="crm.lists.read", may="scope", held=None),
        Right(target="Customize Application", may="scope", held=None, purpose="setup"),
    )
    excess = (Right(target="Case", may="edit", held=True), Right(target="Lead.Fax", may="edit", held=True))
    lines = shown(rights_list(Rights(connection="salesforce:1", needed=needed, excess=excess)))
    assert max(map(wide, lines)) <= 80
    assert lines[0] == "44 rights that Tossup needs in salesforce:1"
    assert lines[2:5] == ["LACKING: 2 rights", "  Task: create", "    edit Subject"]
    at = lines.index("Held")
    assert lines[at + 1] == "  Account: read"
    assert lines[at + 2].startswith("    read Field_00__c, Field_01__c, ")
    assert lines[at + 3].startswith("         Field_0")
    told = " ".join(" ".join(lines).split())
    assert all(name in told for name in fields)
    assert lines[lines.index("Not told by the CRM") + 1] == "  crm.lists.read"
    assert lines[lines.index("For `tossup setup --apply` alone") + 1] == "  Customize Application"
    assert "objects that Tossup never writes: Case" in told
    assert "fields that Tossup never writes: Lead 1" in told
