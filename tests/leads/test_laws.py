"""What holds in every world, whatever its records say."""

from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.find import Found
from mappings.canonical import Lead
from tests.leads.world import TODAY, World, rules

Row = dict[str, Any]
MAYBE = st.none() | st.booleans()
SELDOM = st.sampled_from((None, None, None, False, True))
DAYS = st.none() | st.integers(-400, 200).map(lambda n: TODAY + timedelta(days=n))
PRODUCTS = ("plan", "plus", "chat", "desk", "none")
ACCOUNT = st.fixed_dictionaries(
    {
        "account": st.fixed_dictionaries(
            {
                "employees": st.none() | st.integers(-10, 3000),
                "employees_reported": st.none() | st.integers(0, 3000),
                "free_users": st.none() | st.integers(0, 40),
                "do_not_contact": SELDOM,
                "legal_hold": SELDOM,
                "invoice_overdue": SELDOM,
                "customer_since": DAYS,
                "owner_id": st.sampled_from((None, "o1", "o1", "o2", "o3", "gone")),
                "industry": st.sampled_from((None, "Retail", "Foods")),
                "currency": st.sampled_from((None, "USD", "JPY")),
                "parent_id": st.sampled_from((None, None, "a00", "a01", "a02", "nowhere")),
            }
        ),
        "subscription": st.lists(
            st.fixed_dictionaries(
                {
                    "product_id": st.sampled_from(PRODUCTS),
                    "seats_paid": st.none() | st.integers(-1, 300),
                    "seats_used": st.none() | st.integers(0, 300),
                    "unit_price": st.none() | st.integers(0, 5000),
                    "starts_on": DAYS,
                    "ends_on": DAYS,
                    "cancelled": SELDOM,
                    "auto_renews": MAYBE,
                }
            ),
            max_size=3,
        ),
        "purchase": st.lists(
            st.fixed_dictionaries(
                {
                    "product_id": st.sampled_from(PRODUCTS),
                    "bought_on": st.integers(1, 400).map(lambda n: TODAY - timedelta(days=n)),
                    "amount": st.none() | st.integers(0, 90000),
                }
            ),
            max_size=3,
        ),
        "opportunity": st.lists(
            st.fixed_dictionaries({"is_closed": MAYBE, "is_won": MAYBE, "closes_on": DAYS}), max_size=1
        ),
        "contact": st.lists(
            st.fixed_dictionaries(
                {
                    "role": st.sampled_from((None, "champion", "decision_maker")),
                    "no_phone": MAYBE,
                    "no_email": SELDOM,
                    "do_not_contact": SELDOM,
                }
            ),
            max_size=2,
        ),
        "case": st.lists(st.fixed_dictionaries({"severity": st.just("high"), "is_closed": MAYBE}), max_size=1),
    }
)
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


def _rows(accounts: list[dict[str, Any]]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {table: list(given) for table, given in SHARED.items()}
    rows["account"] = []
    for place, spec in enumerate(accounts):
        account = f"a{place:02d}"
        rows["account"].append({"id": account, "name": f"Example Industries {place:03d}", **spec["account"]})
        for table in ("subscription", "purchase", "opportunity", "contact", "case"):
            named = ({"id": f"{table}-{account}-{n}", "account_id": account, **row} for n, row in enumerate(spec[table]))
            rows.setdefault(table, []).extend(named)
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


@settings(max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACCOUNT, min_size=25, max_size=40))
def test_the_laws_hold(accounts: list[dict[str, Any]]) -> None:
    rows = _rows(accounts)
    found, answers = _found(rows)
    _every_lead_is_lawful(rows, found)
    backwards, same = _found({table: list(reversed(given)) for table, given in rows.items()})
    assert backwards.leads == found.leads, "the order of rows must not matter"
    assert same == answers
    again, unchanged = _found({**rows, **_written(found.leads)})
    assert again.leads == found.leads, "our own open leads, fed back, change nothing"
    assert unchanged == answers
    tomorrow, _ = _found({**rows, **_written(found.leads)}, today=TODAY + timedelta(days=1))
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
        assert lead.value >= 0, lead


def _open_leads_stay(today: Found, tomorrow: Found) -> None:
    later = {(lead.account_id, lead.play, lead.product): lead for lead in tomorrow.leads}
    for lead in today.leads:
        same = later.get((lead.account_id, lead.play, lead.product))
        if lead.state == "open" and same is not None:
            assert same.state in ("open", "held"), (lead, same)
            assert (same.key, same.due, same.contact_id) == (lead.key, lead.due, lead.contact_id)
