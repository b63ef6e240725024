"""How many more people could use it, in an account and in its group."""

from random import Random

from leads.facts.headroom import HEADROOM, measured, within_reach
from leads.facts.percentile import percentile
from tests.leads.revenue.payers import Row, Told, made, picked, seen
from tests.leads.world import World

MEASURED = {"account_id": "string", "industry": "string", "employees": "int64", "employees_reported": "int64",
            "paid_users": "int64", "monthly": "int64"}  # fmt: skip


def _reach(engine: World, rows: list[Row], **numbers: float) -> dict[str, Row]:
    numbers = {**HEADROOM.numbers, **numbers}
    known = engine.stage("measured", measured(made(rows, MEASURED), numbers))
    found = engine.engine.to_pyarrow(within_reach(known, numbers)).to_pylist()
    return {row["account_id"]: row for row in found}


def _peers(industry: str, n: int) -> list[Row]:
    return [
        {"account_id": f"{industry}{i}", "industry": industry, "employees": 100, "paid_users": i + 1}
        for i in range(n)
    ]


def test_the_ceiling_is_what_the_best_tenth_of_comparable_accounts_reach(engine: World) -> None:
    few = {"account_id": "few", "industry": "Twenty", "employees": 199, "paid_users": None}
    rows = _reach(engine, [*_peers("Twenty", 20), *_peers("Nineteen", 19), few])
    assert picked(rows["Twenty0"], "ceiling", "ceiling_n", "headroom", "reachable") == (180, 20, 99, 17)
    assert picked(rows["Nineteen0"], "ceiling", "ceiling_n", "reachable") == (180, 39, 17)
    assert rows["Twenty19"]["reachable"] == 0, "above the ceiling already"
    assert picked(rows["few"], "headroom", "headroom_reason", "reachable") == (None, "paid_users_missing", None)
    assert _reach(engine, [*_peers("Nineteen", 19)], comparable=19)["Nineteen0"]["ceiling_n"] == 19


def test_without_anybody_who_pays_there_is_no_ceiling(engine: World) -> None:
    row = _reach(engine, [{"account_id": "alone", "employees": 10, "paid_users": 0, "monthly": None}])["alone"]
    assert picked(row, "headroom", "headroom_value", "penetration", "ceiling", "reachable") == (
        10, None, None, None, None
    )  # fmt: skip


def test_headroom_says_why_it_abstains(engine: World) -> None:
    cases = [
        (None, None, None, "employees_missing"), (0, None, None, "employees_missing"),
        (-1, None, None, "employees_negative"), (49, None, 0, None), (50, None, 1, None), (4999, None, 3, None),
        (5000, None, 4, None), (100, 75, 1, None), (100, 74, 1, "employees_conflict"),
        (100, -1, 1, "employees_conflict"),
    ]  # fmt: skip
    given = [
        {"account_id": str(n), "employees": one, "employees_reported": other, "paid_users": 10, "monthly": 1000}
        for n, (one, other, _band, _reason) in enumerate(cases)
    ]
    found = _reach(engine, given)
    for n, (_one, _other, band, reason) in enumerate(cases):
        row = found[str(n)]
        assert picked(row, "band", "headroom_reason") == (band, reason)
        assert (row["headroom"] is None) == (row["headroom_value"] is None) == (reason is not None)


def test_a_percentile_is_the_first_value_that_enough_rows_do_not_exceed(engine: World) -> None:
    dice = Random(1)
    groups = {str(n): sorted(dice.randint(0, 9) for _ in range(dice.randint(1, 40))) for n in range(100)}
    rows = made([{"g": g, "v": v} for g, values in groups.items() for v in values], {"g": "string", "v": "int64"})
    for share in (0.1, 0.9):
        found = engine.engine.to_pyarrow(percentile(rows, "g", value="v", share=share)).to_pylist()
        told = {row["g"]: (row["at"], row["n"]) for row in found}
        assert told == {g: (values[-(-len(values) * round(share * 10) // 10) - 1], len(values))
                        for g, values in groups.items()}  # fmt: skip


def test_every_account_has_a_root_whatever_people_entered(told: Told) -> None:
    roots = {key[0]: row["root"] for key, row in told["group"].items()}
    assert {roots[id] for id in ("top", "mid", "low", "lost", "franc")} == {"top"}, "no such parent, no parent"
    assert {roots[id] for id in ("ring-a", "ring-b", "ring-c", "tail")} == {"ring-a"}
    assert (roots["self"], roots["whole"]) == ("self", "whole")
    assert {key[0] for key, row in told["group"].items() if row["group_members"]} == {"top", "ring-a"}


def test_the_group_is_told_at_its_ultimate_parent(told: Told) -> None:
    row, ceiling = seen(told, "group", "top"), seen(told, "headroom", "top")["ceiling"]
    assert picked(row, "group_members", "group_paying", "group_abstained", "group_headroom") == (5, 2, 1, 700)
    assert picked(row, "group_users", "group_monthly") == (100, 50_000), "francs are not dollars"
    assert row["group_reachable"] == 700 * ceiling // 1000
    assert row["group_value"] == row["group_reachable"] * 6000
    assert picked(row, "group_member", "group_member_employees", "group_record") == ("Low", 400, "low")
    assert picked(row, "group_paid_seats", "group_paid_record", "group_product_name") == (100, "top-sub", "Suite")
