"""The demo world as the records of a HubSpot portal."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from connector.emulator.demo.model import (
    Account,
    Activity,
    Case,
    Contact,
    Deal,
    Engagement,
    Feedback,
    Owner,
    Product,
    Proposal,
    Rate,
    Subscription,
    Usage,
    World,
)

Record = dict[str, Any]
Insert = Callable[[str, list[Record]], list[str]]

_STAGES: Final = {"won": "closedwon", "lost": "closedlost", "open": "contractsent"}
_PRIORITIES: Final = {"high": "HIGH", "normal": "MEDIUM", "low": "LOW"}
_DAY: Final = timedelta(days=1)
_EVER: Final = date(2000, 1, 1)
"""Before anything happened."""
_NEW, _CLOSED = "1", "4"
"""Stages of the support pipeline."""
_INDUSTRIES: Final = {
    "Manufacturing": "MACHINERY",
    "Technology": "COMPUTER_SOFTWARE",
    "Transportation": "LOGISTICS_AND_SUPPLY_CHAIN",
    "Retail": "RETAIL",
    "Healthcare": "HOSPITAL_HEALTH_CARE",
    "Finance": "FINANCIAL_SERVICES",
    "Education": "EDUCATION_MANAGEMENT",
}
_ACTIVITIES: Final = {"task": "tasks", "call": "calls", "email": "emails", "meeting": "meetings"}


class HubSpotFill:
    """Writes a world through a portal's `insert`, remembering which record became of which key."""

    def __init__(self, world: World, insert: Insert) -> None:
        self._world = world
        self._insert = insert
        self._ids: dict[str, str] = {}
        self._currency = {account.key: account.currency for account in world.accounts}
        self._specialists = {each.code: each.specialist or "" for each in world.products}

    def run(self) -> None:
        """Everything, what is referred to first; parents of companies are left to `parents`."""
        world = self._world
        self._put("owners", [(each.name, _owner(each)) for each in world.owners])
        self._insert("exchange_rates", [_rate(each) for each in world.rates])
        self._put("products", [(each.code, _product(each)) for each in world.products])
        self._put("companies", [(each.key, self._company(each)) for each in world.accounts])
        self._put("contacts", [(each.key, self._contact(each)) for each in world.contacts])
        self._put("line_items", [(each.key, self._term_item(each)) for each in world.subscriptions])
        self._insert("subscriptions", [self._subscription(each) for each in world.subscriptions])
        self._put("deals", [(each.key, self._deal(each)) for each in world.deals])
        self._insert("line_items", list(self._lines()))
        self._insert("tickets", [self._ticket(each) for each in world.cases])
        for kind, object in _ACTIVITIES.items():
            self._insert(object, [self._activity(each) for each in world.activities if each.kind == kind])
        self._insert("product_usage", [self._usage(each) for each in world.usage])
        self._insert("feedback_submissions", [self._answer(each) for each in world.feedback])
        self._insert("engagement_event", [self._engagement(each) for each in world.engagement])
        self._insert("tasks", [self._proposal(each) for each in world.proposals])
        self._insert("leads", [self._tossup(each) for each in world.proposals if each.is_tossup])

    def parents(self) -> Iterator[tuple[str, str]]:
        """(company id, id of its parent) of every company that has one; a cycle needs both to exist first."""
        for account in self._world.accounts:
            if account.parent is not None:
                yield self._ids[account.key], self._ids[account.parent]

    def _put(self, object: str, rows: list[tuple[str, Record]]) -> None:
        ids = self._insert(object, [record for _, record in rows])
        self._ids.update(zip((key for key, _ in rows), ids, strict=True))

    def _maybe(self, key: str | None) -> str | None:
        return None if key is None else self._ids[key]

    def _links(self, **keys: str | None) -> dict[str, list[str]]:
        return {object: [self._ids[key]] for object, key in keys.items() if key is not None}

    def _company(self, account: Account) -> Record:
        properties = {
            "name": account.name,
            "hubspot_owner_id": self._maybe(account.owner),
            "industry": _INDUSTRIES[account.industry],
            "country": account.country,
            "numberofemployees": account.employees,
            "free_users": account.free_users,
            "reported_employees": account.employees_reported,
            "do_not_contact": account.do_not_contact,
            "legal_hold": account.legal_hold,
            "invoice_overdue": account.invoice_overdue,
            "customer_since": _day(account.customer_since),
            "onboarding_started": _day(account.onboarding_started),
            "onboarding_completed": _day(account.onboarding_completed),
            "currency_code": account.currency,
            "createdate": _noon(account.customer_since),
        }
        return _record(properties)

    def _contact(self, contact: Contact) -> Record:
        properties = {
            "firstname": contact.first_name,
            "lastname": contact.last_name,
            "jobtitle": contact.title,
            "email": contact.email,
            "hs_email_optout": "email" in contact.refuses,
            "no_phone": "phone" in contact.refuses,
            "no_email": "email" in contact.refuses,
            "do_not_contact": "everything" in contact.refuses,
            "role": contact.role,
            "left_on": _day(contact.left_on),
        }
        return _record(properties, self._links(companies=contact.account))

    def _term_item(self, subscription: Subscription) -> Record:
        return _record(
            {
                "name": subscription.product,
                "hs_product_id": self._ids[subscription.product],
                "quantity": subscription.seats_paid,
                "price": subscription.unit_price,
                "hs_line_item_currency_code": self._currency[subscription.account],
            }
        )

    def _subscription(self, subscription: Subscription) -> Record:
        properties = {
            "hs_name": f"{subscription.product} {subscription.starts_on.isoformat()}",
            "hs_currency_code": self._currency[subscription.account],
            "seats_paid": subscription.seats_paid,
            "seats_used": subscription.seats_used,
            "unit_price": subscription.unit_price,
            "starts_on": _day(subscription.starts_on),
            "ends_on": _day(subscription.ends_on),
            "cancelled": subscription.cancelled,
            "auto_renews": subscription.auto_renews,
            "hs_createdate": _noon(subscription.starts_on),
        }
        return _record(properties, self._links(companies=subscription.account, line_items=subscription.key))

    def _deal(self, deal: Deal) -> Record:
        properties = {
            "dealname": deal.name,
            "pipeline": "default",
            "dealstage": _STAGES[deal.outcome],
            "amount": deal.amount,
            "deal_currency_code": self._currency[deal.account],
            "closedate": _noon(deal.closes_on),
            "createdate": _noon(deal.created_on),
            "hubspot_owner_id": self._maybe(deal.owner),
        }
        return _record(properties, self._links(companies=deal.account))

    def _lines(self) -> Iterator[Record]:
        for deal in self._world.deals:
            for line in deal.lines:
                properties = {
                    "name": line.product,
                    "hs_product_id": self._ids[line.product],
                    "quantity": line.quantity,
                    "price": line.unit_price,
                    "hs_line_item_currency_code": self._currency[deal.account],
                }
                yield _record(properties, self._links(deals=deal.key))

    def _ticket(self, case: Case) -> Record:
        properties = {
            "subject": case.subject,
            "hs_ticket_priority": _PRIORITIES[case.severity],
            "hs_pipeline": "0",
            "hs_pipeline_stage": _NEW if case.closed_on is None else _CLOSED,
            "createdate": _noon(case.opened_on),
            "closed_date": _noon(case.closed_on),
        }
        return _record(properties, self._links(companies=case.account, contacts=case.contact))

    def _activity(self, activity: Activity) -> Record:
        subject = activity.subject
        special: Mapping[str, Record] = {
            "task": {
                "hs_task_subject": subject,
                "hs_task_status": "COMPLETED" if activity.is_closed else "NOT_STARTED",
                "hs_task_type": "TODO",
                "hs_task_completion_date": _noon(activity.on) if activity.is_closed else None,
            },
            "call": {"hs_call_title": subject, "hs_call_status": "COMPLETED"},
            "email": {"hs_email_subject": subject, "hs_email_direction": "EMAIL"},
            "meeting": {"hs_meeting_title": subject, "hs_meeting_outcome": "COMPLETED"},
        }
        properties = {
            **special[activity.kind],
            "hs_timestamp": _noon(activity.on),
            "hs_createdate": _noon(min(activity.on, self._world.at.date() - _DAY)),
            "hubspot_owner_id": self._maybe(activity.owner),
        }
        return _record(properties, self._links(companies=activity.account, contacts=activity.contact))

    def _usage(self, usage: Usage) -> Record:
        properties = {"usage_date": _day(usage.on), "quantity": usage.quantity}
        return _record(properties, self._links(companies=usage.account, products=usage.product))

    def _answer(self, answer: Feedback) -> Record:
        properties = {
            "hs_survey_type": answer.kind.upper(),
            "hs_value": answer.score,
            "hs_submission_timestamp": _noon(answer.on),
        }
        return _record(properties, self._links(companies=answer.account, contacts=answer.contact))

    def _engagement(self, each: Engagement) -> Record:
        properties = {"event_kind": each.kind, "weight": each.weight, "happened_on": _day(each.on)}
        return _record(properties, self._links(companies=each.account, contacts=each.contact, products=each.product))

    def _key(self, each: Proposal) -> str:
        return f"{self._ids[each.account]}/{each.play}/{each.product}/{each.cycle}"

    def _proposal(self, each: Proposal) -> Record:
        properties = {
            "hs_task_subject": each.subject,
            "hs_task_status": "COMPLETED",
            "hs_task_type": "TODO",
            "hs_task_completion_date": _noon(each.on),
            "hs_timestamp": _noon(each.on),
            "hs_createdate": _noon(each.on),
            "hubspot_owner_id": self._maybe(each.owner),
            "tossup_key": self._key(each),
            "tossup_response": None if each.is_tossup else each.outcome,
        }
        return _record(properties, self._links(companies=each.account, contacts=each.contact))

    def _tossup(self, each: Proposal) -> Record:
        properties = {
            "hs_lead_name": each.subject,
            "hubspot_owner_id": self._ids[self._specialists[each.product]],
            "hs_pipeline_stage": "unqualified-stage-id" if each.outcome == "declined" else "qualified-stage-id",
            "hs_createdate": _noon(each.on),
            "tossup_key": self._key(each),
        }
        return _record(properties, self._links(companies=each.account, contacts=each.contact))


def _record(properties: Record, associations: Mapping[str, list[str]] | None = None) -> Record:
    known = {name: value for name, value in properties.items() if value is not None}
    return {"properties": known, "associations": dict(associations or {})}


def _owner(owner: Owner) -> Record:
    first, last = owner.name.split(" ", 1)
    if owner.kind == "queue":
        return {"type": "QUEUE", "firstName": first, "lastName": last}
    email = f"{owner.name.lower().replace(' ', '')}@example.invalid"
    return {"firstName": first, "lastName": last, "email": email, "archived": not owner.is_active}


def _rate(rate: Rate) -> Record:
    return {
        "fromCurrencyCode": rate.currency,
        "conversionRate": rate.worth,
        "effectiveAt": f"{(rate.since or _EVER).isoformat()}T00:00:00Z",
    }


def _product(product: Product) -> Record:
    return _record(
        {
            "name": product.name,
            "hs_sku": product.code,
            "price": product.list_price,
            "product_family": product.family,
            "product_tier": product.tier,
            "is_option": product.is_option,
            "is_active": product.is_active,
            "complements": ";".join(product.complements) or None,
            "specialist": product.specialist,
            "sla_days": product.sla_days,
        }
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _noon(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T12:00:00.000Z"
