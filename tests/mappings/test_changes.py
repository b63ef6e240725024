"""Who owns a field: the three-way comparison, its laws, and plans as text."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.changes import Change, Conflict, FieldChange, Link, Plan, Value, compare, due_now
from mappings.config import Policy
from mappings.same import is_empty, same

POLICIES: tuple[Policy, ...] = ("ours", "if_empty", "create_only", "pin_on_human_edit")

values = st.one_of(
    st.none(),
    st.just(""),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([0.5, 1.0, 12.34]),
    st.sampled_from(["a", "b", " a ", "1", "true", "2026-01-31", "2026-01-31T00:00:00Z", "x\ny", "x\r\ny"]),
)
records = st.dictionaries(st.sampled_from("fgh"), values)
policies = st.dictionaries(st.sampled_from("fgh"), st.sampled_from(POLICIES))


def one(
    ours: Value, theirs: Value, base: Value | None = None, *, wrote: bool = True, policy: Policy = "pin_on_human_edit"
) -> str:
    changes, disputed = compare({"f": ours}, {"f": theirs}, {"f": base} if wrote else {}, {"f": policy})
    return "write" if changes else "conflict" if disputed else "leave"


def test_what_nobody_touched_is_brought_up_to_date() -> None:
    assert one(2, 1, 1) == "write"
    assert one(None, 1, 1) == "write"


def test_what_somebody_else_wrote_is_a_conflict() -> None:
    assert one(2, 3, 1) == "conflict"
    assert one(2, 3, wrote=False) == "conflict"


def test_a_cleared_field_is_not_filled_again() -> None:
    assert one(2, None, 1) == "conflict"
    assert one(2, None, 1, policy="if_empty") == "leave"


def test_an_empty_field_that_we_never_wrote_is_free_to_take() -> None:
    assert one(2, None, wrote=False) == "write"
    assert one(2, "", wrote=False, policy="if_empty") == "write"


@pytest.mark.parametrize(
    ("policy", "told"), [("pin_on_human_edit", "conflict"), ("if_empty", "leave"), ("ours", "write")]
)
def test_a_field_that_held_something_once_was_cleared_by_somebody(policy: Policy, told: str) -> None:
    changes, disputed = compare({"f": 2, "g": 2}, {"f": None, "g": ""}, {}, {"f": policy, "g": "ours"}, {"f"})
    assert [one.name for one in changes if one.name == "g"] == ["g"]
    assert ("f" in {one.name for one in changes}, bool(disputed)) == (told == "write", told == "conflict")


def test_what_held_something_once_and_was_written_by_us_since_goes_by_what_we_wrote() -> None:
    changes, disputed = compare({"f": 2}, {"f": 1}, {"f": 1}, {}, {"f"})
    assert ([one.name for one in changes], disputed) == (["f"], [])


def test_with_nothing_to_say_there_is_nothing_to_dispute() -> None:
    assert one(None, 3, wrote=False) == "leave"
    assert one("", 3, 1) == "leave"


def test_a_field_that_is_ours_is_always_written() -> None:
    assert one(2, 3, 1, policy="ours") == "write"
    assert one(None, 3, wrote=False, policy="ours") == "write"


def test_a_field_to_fill_once_is_left_alone_from_then_on() -> None:
    assert one(2, 1, 1, policy="if_empty") == "leave"
    assert one(2, 1, wrote=False, policy="if_empty") == "leave"


def test_what_is_written_at_creation_is_never_written_to_an_existing_record() -> None:
    assert one(2, None, wrote=False, policy="create_only") == "leave"
    assert one(2, 1, 1, policy="create_only") == "leave"


def test_a_conflict_tells_all_three_values_and_a_change_the_old_and_the_new() -> None:
    changes, disputed = compare({"b": 2, "a": 1}, {"a": None, "b": 9}, {"b": 5}, {})
    assert changes == [FieldChange(name="a", old=None, new=1)]
    assert disputed == [("b", 5, 9, 2)]


@given(records, records, records, policies)
def test_after_applying_there_is_nothing_left_to_do(
    ours: dict[str, Value], theirs: dict[str, Value], base: dict[str, Value], policy: dict[str, Policy]
) -> None:
    changes, disputed = compare(ours, theirs, base, policy)
    written = {change.name: change.new for change in changes}
    again, still = compare(ours, {**theirs, **written}, {**base, **written}, policy)
    assert again == []
    assert still == disputed


@given(records, records, records, policies)
def test_a_value_somebody_else_wrote_is_never_overwritten(
    ours: dict[str, Value], theirs: dict[str, Value], base: dict[str, Value], policy: dict[str, Policy]
) -> None:
    changes, _ = compare(ours, theirs, base, policy)
    for change in changes:
        if policy.get(change.name) != "ours" and not is_empty(theirs.get(change.name)):
            assert change.name in base
            assert same(theirs[change.name], base[change.name])


@given(records, records, records, policies)
def test_every_difference_is_written_shown_or_left_by_policy_and_nothing_else_is(
    ours: dict[str, Value], theirs: dict[str, Value], base: dict[str, Value], policy: dict[str, Policy]
) -> None:
    changes, disputed = compare(ours, theirs, base, policy)
    named = [change.name for change in changes] + [name for name, *_ in disputed]
    assert len(named) == len(set(named))
    for name in named:
        assert not same(ours[name], theirs.get(name))
    assert changes == sorted(changes, key=lambda change: change.name)


planned = st.dictionaries(st.sampled_from("fgh"), st.tuples(values, values)).map(
    lambda fields: [FieldChange(name=name, old=old, new=new) for name, (old, new) in fields.items()]
)


@given(planned, records, policies)
def test_what_moved_since_the_plan_is_written_only_where_the_field_is_ours(
    fields: list[FieldChange], now: dict[str, Value], policy: dict[str, Policy]
) -> None:
    due, moved = due_now(fields, now, policy)
    for one in due:
        shown = next(field for field in fields if field.name == one.name)
        assert policy.get(one.name) == "ours" or same(now.get(one.name), shown.old)
        assert one == FieldChange(name=one.name, old=now.get(one.name), new=shown.new)
    for name, was, holds, wanted in moved:
        assert FieldChange(name=name, old=was, new=wanted) in fields
        assert not same(holds, was)
        assert not same(holds, wanted)
        assert policy.get(name) != "ours"


@given(planned, records, policies)
def test_every_planned_field_is_due_moved_or_done(
    fields: list[FieldChange], now: dict[str, Value], policy: dict[str, Policy]
) -> None:
    due, moved = due_now(fields, now, policy)
    named = [one.name for one in due] + [name for name, *_ in moved]
    done = {one.name for one in fields if same(now.get(one.name), one.new)}
    assert sorted([*named, *done]) == sorted(one.name for one in fields)


@given(planned, records, policies)
def test_what_was_written_is_not_due_again(
    fields: list[FieldChange], now: dict[str, Value], policy: dict[str, Policy]
) -> None:
    due, moved = due_now(fields, now, policy)
    again, still = due_now(fields, {**now, **{one.name: one.new for one in due}}, policy)
    assert (again, still) == ([], moved)


@given(planned, policies)
def test_while_nobody_wrote_everything_that_differs_is_due(
    fields: list[FieldChange], policy: dict[str, Policy]
) -> None:
    due, moved = due_now(fields, {one.name: one.old for one in fields}, policy)
    assert moved == []
    assert {one.name for one in due} == {one.name for one in fields if not same(one.old, one.new)}


def test_when_it_was_computed_is_written_with_something_else_or_not_at_all() -> None:
    stamp, headroom = FieldChange(name="at", old=None, new="2026-11-02"), FieldChange(name="h", old=1, new=2)
    due, moved = due_now([stamp, headroom], {"at": "2026-11-01", "h": 1}, {}, rider="at")
    assert [(one.name, one.old, one.new) for one in due] == [("at", "2026-11-01", "2026-11-02"), ("h", 1, 2)]
    assert moved == []
    assert due_now([stamp, headroom], {"h": 2}, {}, rider="at") == ([], [])
    assert due_now([stamp, headroom], {"h": 9}, {}, rider="at") == ([], [("h", 1, 9, 2)])


@given(values, values)
def test_same_is_symmetric_and_reflexive(left: Value, right: Value) -> None:
    assert same(left, left)
    assert same(left, right) == same(right, left)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (12, 12.0, True),
        (12, "12", True),
        ("12.50", 12.5, True),
        (12, "twelve", False),
        ("007", "7", False),
        (0.1 + 0.2, 0.3, True),
        (12.34, 12.35, False),
        (True, "true", True),
        (False, "FALSE", True),
        (True, 1, True),
        (True, "yes", False),
        (False, None, False),
        ("true", "True", False),
        ("", None, True),
        ("  ", None, True),
        (0, None, False),
        ("2026-01-31", date(2026, 1, 31), True),
        ("2026-01-31T09:00:00Z", "2026-01-31T09:00:00.000+0000", True),
        ("2026-01-31T09:00:00Z", "2026-01-31T18:00:00+09:00", True),
        ("2026-01-31T09:00:00Z", datetime(2026, 1, 31, 18, tzinfo=timezone(timedelta(hours=9))), True),
        ("2026-01-31T09:00:00", datetime(2026, 1, 31, 9), True),  # noqa: DTZ001 - a zoneless moment is UTC
        ("2026-01-31", "2026-01-31T00:00:00.000Z", True),
        ("2026-01-31", "2026-02-01", False),
        ("2026-99-99", "2026-99-99", True),
        ("2026-99-99", "2026-01-01", False),
        ("a\r\nb", "a\nb ", True),
        ("a", "A", False),
        (datetime(2026, 1, 1, tzinfo=UTC), "text", False),
    ],
)
def test_values_are_compared_as_the_crm_means_them(left: object, right: object, expected: bool) -> None:
    assert same(left, right) is expected


FIELD = FieldChange(name="Tossup_Headroom__c", old=None, new=80)
UPDATE = Change(
    object="Account", action="update", id="001A", key=None, key_field=None, fields=(FIELD,), why="headroom"
)
CREATE = Change(
    object="tasks",
    action="create",
    id=None,
    key="9/seat_limit/-/2026Q1",
    key_field="tossup_key",
    fields=(FieldChange(name="hs_task_subject", old=None, new="株式会社サンプル009: 席が足りません"),),
    links=(Link(object="companies", id="9"),),
    why="seat_limit",
)
CONFLICT = Conflict(object="Account", id="001B", field="Tossup_Risk__c", base="none", theirs="high", ours="watch")


def test_a_plan_is_sorted_and_named_by_what_it_would_do() -> None:
    plan = Plan(connection="hubspot:1", changes=(CREATE, UPDATE), conflicts=(CONFLICT,), calls=2)
    same_plan = Plan(connection="hubspot:1", changes=(UPDATE, CREATE), calls=9)
    assert plan.changes == (UPDATE, CREATE)
    assert plan.id == same_plan.id
    assert plan.id != Plan(connection="hubspot:2", changes=(CREATE, UPDATE)).id
    assert (plan.count("create"), plan.count("update"), plan.count("close")) == (1, 1, 0)
    assert (CREATE.ref, UPDATE.ref) == ("9/seat_limit/-/2026Q1", "001A")
    assert UPDATE.values == {"Tossup_Headroom__c": 80}


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(["Account", "Task"]), st.sampled_from(["1", "2"]), values), max_size=4),
    st.data(),
)
def test_a_plan_goes_through_text_unchanged(rows: list[tuple[str, str, Value]], data: st.DataObject) -> None:
    changes = tuple(
        Change(
            object=object,
            action="update",
            id=id,
            key=None,
            key_field=None,
            fields=(FieldChange(name="f", old=value, new=data.draw(values)),),
        )
        for object, id, value in rows
    )
    plan = Plan(connection="salesforce:00D", changes=(*changes, CREATE), conflicts=(CONFLICT,), calls=3)
    text = plan.to_json()
    assert Plan.from_json(text) == plan
    assert Plan.from_json(text).to_json() == text


def test_a_plan_changed_by_hand_is_refused() -> None:
    body = json.loads(Plan(connection="salesforce:00D", changes=(UPDATE,)).to_json())
    body["changes"][0]["fields"][0]["new"] = 81
    with pytest.raises(ValueError, match="was changed after it was made"):
        Plan.from_json(json.dumps(body))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"connection": "x", "changes": [{}], "conflicts": [], "calls": 0}']
)
def test_a_text_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a plan that Tossup wrote"):
        Plan.from_json(text)
