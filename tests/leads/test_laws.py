"""What holds in every world, whatever its records say."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import date, timedelta
from random import Random
from typing import Any

from leads.find import Found
from mappings.canonical import Lead
from tests.leads.world import TODAY, World, rules

Row = dict[str, Any]
PRODUCTS = ("plan", "plus", "chat", "desk", "none")


def _seldom(dice: Random) -> bool | None:
    return dice.choice((None, None, None, None, False, True))


def _day(dice: Random) -> date | None:
    return dice.choice((None, TODAY + timedelta(days=dice.randint(-400, 200))))


def _number(dice: Random, low: int, high: int) -> int | None:
    return dice.choice((None, *(dice.randint(low, high) for _ in range(4))))


def _account(dice: Random) -> Row:
    return {
        "employees": _number(dice, -10, 3000),
        "employees_reported": dice.choice((None, None, None, 1000)),
        "free_users": _number(dice, 0, 20),
        "do_not_contact": _seldom(dice),
        "legal_hold": _seldom(dice),
        "invoice_overdue": _seldom(dice),
        "customer_since": _day(dice),
        "owner_id": dice.choice((None, "o1", "o1", "o1", "o2", "o2", "o3", "gone")),
        "industry": dice.choice((None, "Retail", "Foods")),
        "currency": dice.choice((None, "USD", "JPY")),
        "parent_id": dice.choice((None, None, None, "a000", "a001", "a002", "nowhere")),
    }


def _subscription(dice: Random) -> Row:
    return {
        "product_id": dice.choice(PRODUCTS),
        "seats_paid": _number(dice, -1, 100),
        "seats_used": _number(dice, 0, 150),
        "unit_price": _number(dice, 0, 5000),
        "starts_on": _day(dice),
        "ends_on": _day(dice),
        "cancelled": _seldom(dice),
        "auto_renews": _seldom(dice),
    }


def _purchase(dice: Random) -> Row:
    product, amount = dice.choice(PRODUCTS), _number(dice, 0, 90000)
    return {"product_id": product, "amount": amount, "bought_on": TODAY - timedelta(days=dice.randint(1, 400))}


def _deal(dice: Random) -> Row:
    return {"is_closed": dice.random() < 0.8, "is_won": dice.choice((None, False, True)), "closes_on": _day(dice)}


def _contact(dice: Random) -> Row:
    role = dice.choice((None, "champion", "decision_maker"))
    return {"role": role, "no_phone": _seldom(dice), "no_email": _seldom(dice), "do_not_contact": _seldom(dice)}


def _case(dice: Random) -> Row:
    return {"severity": dice.choice(("high", "low", None)), "is_closed": dice.choice((None, True, True))}


OF_ACCOUNT: Mapping[str, Callable[[Random], Row]] = {
    "subscription": _subscription, "purchase": _purchase, "opportunity": _deal, "contact": _contact, "case": _case,
}  # fmt: skip
SHARED: Mapping[str, list[Row]] = {
    "owner": [
        {"id": "o1", "name": "Owner 1"},
        {"id": "o2", "name": "Owner 2"},
        {"id": "o3", "name": "Owner 3", "is_active": False},
    ],
    "product": [
        {"id": "plan", "code": "PLAN", "name": "Plan", "family": "P", "tier": 1, "list_price": 900,
         "complements": "DESK;CHAT"},
        {"id": "plus", "code": "PLUS", "name": "Plan Plus", "family": "P", "tier": 2, "list_price": 1900},
        {"id": "chat", "code": "CHAT", "name": "Chat", "complements": "PLAN"},
        {"id": "desk", "code": "DESK", "name": "Desk", "list_price": 700, "specialist": "Desk Sales", "sla_days": 2},
    ],
}  # fmt: skip


def _rows(seed: int) -> dict[str, list[Row]]:
    """A world of 120 accounts, most of them odd in some way."""
    dice = Random(seed)
    rows: dict[str, list[Row]] = {table: list(given_rows) for table, given_rows in SHARED.items()}
    rows |= {"account": [], **{table: [] for table in OF_ACCOUNT}}
    for place in range(120):
        account = f"a{place:03d}"
        rows["account"].append({"id": account, "name": f"Example Industries {place:03d}", **_account(dice)})
        for table, make in OF_ACCOUNT.items():
            for n in range(dice.choice((0, 1, 1, 2))):
                rows[table].append({"id": f"{table}-{account}-{n}", "account_id": account, **make(dice)})
    for contact in rows["contact"]:
        contact["name"] = f"Contact {contact['id']}"
    return rows


def _found(rows: Mapping[str, list[Row]], **options: Any) -> tuple[Found, list[Row]]:
    with closing(World(rows)) as world:
        found = world.find(rules(), **options)
        return found, sorted(found.accounts.to_pyarrow().to_pylist(), key=lambda row: row["account_id"])


def _written(leads: tuple[Lead, ...]) -> dict[str, list[Row]]:
    """What the CRM holds after the open leads were written today."""
    opened = [lead for lead in leads if lead.state == "open"]
    ours: list[Row] = []
    tasks: list[Row] = []
    for place, lead in enumerate(opened):
        task = {"id": f"task{place:03d}", "owner_id": lead.owner_id}
        ours.append({**task, "key": str(lead.key), "kind": "task", "is_closed": False, "created_on": TODAY})
        if lead.is_tossup:
            ours.append({"id": f"lead{place:03d}", "key": str(lead.key), "kind": "lead", "created_on": TODAY})
        about = {"account_id": lead.account_id, "contact_id": lead.contact_id, "on": lead.due}
        tasks.append({**task, **about, "kind": "task", "subject": f"About Plan and Desk {place}", "is_closed": False})
    return {"ours": ours, "activity": tasks}


def test_the_laws_hold() -> None:
    rows = _rows(0)
    found, answers = _found(rows)
    _every_lead_is_lawful(rows, found)
    assert any(lead.state == "open" for lead in found.leads), "a world without open leads proves nothing"
    written = {**rows, **_written(found.leads)}
    again, same = _found({table: list(reversed(of)) for table, of in written.items()})
    assert again.leads == found.leads, "neither the order of rows nor our own open leads, fed back, change anything"
    assert same == answers
    tomorrow, _ = _found(written, today=TODAY + timedelta(days=1))
    _open_leads_stay(found, tomorrow)


def _every_lead_is_lawful(rows: Mapping[str, list[Row]], found: Found) -> None:
    silent = {row["id"] for row in rows["account"] if row["do_not_contact"]}
    unknown = {row["id"] for row in rows["account"] if (row["employees"] or 0) <= 0}
    refused = {row["id"] for row in rows["contact"] if row["do_not_contact"]}
    assert [str(lead.key) for lead in found.leads] == sorted({str(lead.key) for lead in found.leads})
    for lead in found.leads:
        assert lead.evidence, lead
        assert (lead.state == "open") == (not lead.reasons), lead
        assert not (lead.account_id in silent and lead.state != "suppressed"), lead
        assert not (lead.account_id in unknown and lead.play == "company_wide"), lead
        assert lead.contact_id not in refused, lead
        assert 0 < lead.p_win < 1, lead
        assert lead.value is None or lead.value > 0, lead


def _open_leads_stay(today: Found, tomorrow: Found) -> None:
    later = {(lead.account_id, lead.play, lead.product): lead for lead in tomorrow.leads}
    for lead in today.leads:
        same = later.get((lead.account_id, lead.play, lead.product))
        if lead.state == "open" and same is not None:
            assert same.state in ("open", "held"), (lead, same)
            assert (same.key, same.due, same.contact_id) == (lead.key, lead.due, lead.contact_id)
