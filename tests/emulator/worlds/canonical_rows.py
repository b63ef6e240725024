"""A demo world as canonical rows, keyed by its own keys: what reading either CRM comes to."""

from typing import Any

from connector.emulator.demo.model import World

Rows = dict[str, list[dict[str, Any]]]


def canonical_rows(world: World) -> Rows:
    """Every canonical table that the world fills; money in minor units."""
    currency = {account.key: account.currency for account in world.accounts}

    def minor(amount: float, account: str) -> int:
        return round(amount * (1 if currency[account] == "JPY" else 100))

    return {
        "account": [
            {
                "id": each.key,
                "name": each.name,
                "parent_id": each.parent,
                "owner_id": each.owner,
                "industry": each.industry,
                "country": each.country,
                "employees": each.employees,
                "employees_reported": each.employees_reported,
                "free_users": each.free_users,
                "currency": each.currency,
                "do_not_contact": each.do_not_contact,
                "legal_hold": each.legal_hold,
                "invoice_overdue": each.invoice_overdue,
                "customer_since": each.customer_since,
                "onboarded_on": each.onboarding_completed,
                "onboarding_started_on": each.onboarding_started,
            }
            for each in world.accounts
        ],
        "product": [
            {
                "id": each.code,
                "code": each.code,
                "name": each.name,
                "family": each.family,
                "tier": each.tier,
                "list_price": round(each.list_price * 100),
                "currency": world.currency,
                "is_option": each.is_option,
                "is_active": each.is_active,
                "complements": ";".join(each.complements) or None,
                "specialist": each.specialist,
                "sla_days": each.sla_days,
            }
            for each in world.products
        ],
        "subscription": [
            {
                "id": each.key,
                "account_id": each.account,
                "product_id": each.product,
                "seats_paid": each.seats_paid,
                "seats_used": each.seats_used,
                "unit_price": minor(each.unit_price, each.account),
                "currency": currency[each.account],
                "starts_on": each.starts_on,
                "ends_on": each.ends_on,
                "cancelled": each.cancelled,
                "auto_renews": each.auto_renews,
            }
            for each in world.subscriptions
        ],
        "purchase": [
            {
                "id": f"{deal.key}/{place}",
                "account_id": deal.account,
                "opportunity_id": deal.key,
                "product_id": line.product,
                "quantity": line.quantity,
                "amount": minor(line.quantity * line.unit_price, deal.account),
                "currency": currency[deal.account],
                "bought_on": deal.closes_on,
            }
            for deal in world.deals
            if deal.outcome == "won"
            for place, line in enumerate(deal.lines)
        ],
        "opportunity": [
            {
                "id": each.key,
                "account_id": each.account,
                "name": each.name,
                "owner_id": each.owner,
                "is_closed": each.outcome != "open",
                "is_won": each.outcome == "won",
                "amount": minor(each.amount, each.account),
                "currency": currency[each.account],
                "closes_on": each.closes_on,
                "created_on": each.created_on,
            }
            for each in world.deals
        ],
        "contact": [
            {
                "id": each.key,
                "account_id": each.account,
                "name": f"{each.first_name} {each.last_name}",
                "title": each.title,
                "role": each.role,
                "no_phone": "phone" in each.refuses,
                "no_email": "email" in each.refuses,
                "do_not_contact": "everything" in each.refuses,
                "left_on": each.left_on,
            }
            for each in world.contacts
        ],
        "activity": [
            {
                "id": each.key,
                "account_id": each.account,
                "contact_id": each.contact,
                "owner_id": each.owner,
                "kind": each.kind,
                "subject": each.subject,
                "is_closed": each.is_closed,
                "on": each.on,
            }
            for each in world.activities
        ]
        + [
            {
                "id": each.key,
                "account_id": each.account,
                "contact_id": each.contact,
                "owner_id": each.owner,
                "kind": "task",
                "subject": each.subject,
                "is_closed": True,
                "on": each.on,
            }
            for each in world.proposals
        ],
        "case": [
            {
                "id": each.key,
                "account_id": each.account,
                "contact_id": each.contact,
                "severity": each.severity,
                "is_closed": each.closed_on is not None,
                "opened_on": each.opened_on,
                "closed_on": each.closed_on,
            }
            for each in world.cases
        ],
        "feedback": [
            {
                "id": f"f{place}",
                "account_id": each.account,
                "contact_id": each.contact,
                "kind": each.kind,
                "score": each.score,
                "on": each.on,
            }
            for place, each in enumerate(world.feedback)
        ],
        "usage": [
            {
                "id": f"u{place}",
                "account_id": each.account,
                "product_id": each.product,
                "on": each.on,
                "quantity": each.quantity,
            }
            for place, each in enumerate(world.usage)
        ],
        "engagement": [
            {
                "id": f"e{place}",
                "account_id": each.account,
                "contact_id": each.contact,
                "product_id": each.product,
                "kind": each.kind,
                "weight": each.weight,
                "on": each.on,
            }
            for place, each in enumerate(world.engagement)
        ],
        "ours": [
            {
                "id": each.key if kind == "task" else f"{each.key}-lead",
                "key": f"{each.account}/{each.play}/{each.product}/{each.cycle}",
                "kind": kind,
                "owner_id": each.owner,
                "status": "Completed" if kind == "task" else "Closed",
                "is_closed": True,
                "outcome": None if each.is_tossup and kind == "task" else each.outcome,
                "created_on": each.on,
            }
            for each in world.proposals
            for kind in (("task", "lead") if each.is_tossup else ("task",))
        ],
        "owner": [
            {"id": each.name, "name": each.name, "kind": each.kind, "is_active": each.is_active}
            for each in world.owners
        ],
    }
