"""The tables and columns every part speaks of, whatever CRM they were read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

Kind = Literal["text", "integer", "number", "money", "boolean", "date"]
"""What a canonical column holds. `money` is an integer in minor units (cents, yen) of the row's `currency`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a canonical table: its kind, whether a mapping must fill it, and what it means."""

    kind: Kind
    doc: str
    required: bool = False
    choices: tuple[str, ...] = ()
    """The only values a text column may hold; empty: any."""
    within: tuple[int, int] | None = None
    """The least and the largest number it may hold; what is outside reads as missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One canonical table: a row a thing, keyed by the CRM's own record id."""

    doc: str
    columns: Mapping[str, Column]


def _table(doc: str, **columns: Column) -> Table:
    return Table(doc=doc, columns=MappingProxyType(columns))


def _must(kind: Kind, doc: str, *choices: str) -> Column:
    return Column(kind=kind, doc=doc, required=True, choices=choices)


def _may(kind: Kind, doc: str, *choices: str) -> Column:
    return Column(kind=kind, doc=doc, choices=choices)


_ID = _must("text", "the CRM's record id (18 characters in Salesforce)")
_ACCOUNT = _must("text", "the account it belongs to; rows without one are left out")
_CURRENCY = _may("text", "ISO 4217 code; the company's currency where the CRM has none")

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        "account": _table(
            "A customer organisation.",
            id=_ID,
            name=_must("text", "as people know it"),
            parent_id=_may("text", "the account that owns this one"),
            owner_id=_may("text", "the CSM"),
            industry=_may("text", "the CRM's value, or the mapping's"),
            country=_may("text", "the CRM's value, or the mapping's"),
            employees=_may("integer", "people who work there; missing or negative makes headroom abstain"),
            employees_reported=_may(
                "integer", "a second source of the same count; a conflict makes headroom abstain"
            ),
            paid_users=_may(
                "integer", "paid users, where the CRM keeps the total; else the seats of live subscriptions"
            ),
            free_users=_may("integer", "people there who use the free edition"),
            currency=_CURRENCY,
            do_not_contact=_may("boolean", "nobody may sell to this account"),
            legal_hold=_may("boolean", "a dispute is open"),
            invoice_overdue=_may("boolean", "an invoice is unpaid past its date"),
            customer_since=_may("date", "first day as a customer"),
            onboarded_on=_may("date", "day the onboarding was completed; missing while it is open"),
            onboarding_started_on=_may("date", "day the onboarding began; missing: not tracked"),
            fiscal_month=Column(
                kind="integer", doc="last month of its fiscal year, 1 to 12; anything else is missing", within=(1, 12)
            ),
        ),
        "product": _table(
            "Something that is sold: a plan, an option or another service.",
            id=_ID,
            code=_must("text", "SKU; the same product has the same code in every CRM"),
            name=_must("text", "as people know it"),
            family=_may("text", "plans of one family replace each other"),
            tier=_may("integer", "place in its family, 1 the lowest plan"),
            list_price=_may("money", "price of one unit a month"),
            currency=_CURRENCY,
            is_flat=_may("boolean", "list_price is for all seats together, however many; missing means no"),
            is_option=_may("boolean", "sold on top of a plan, not instead of one"),
            is_active=_may("boolean", "still sold; missing means yes"),
            complements=_may("text", "codes of the products it goes well with, separated by ;"),
            specialist=_may("text", "queue or owner (name or id) who sells it; a product with one is tossed up"),
            sla_days=_may("integer", "days the specialist has to answer"),
        ),
        "subscription": _table(
            "Seats of a product that an account pays for, or paid for.",
            id=_ID,
            account_id=_ACCOUNT,
            product_id=_may("text", "record id of the product"),
            seats_paid=_may("integer", "seats under contract"),
            seats_since=_may("date", "day since which it has that many seats; missing: nobody changed them"),
            seats_used=_may("integer", "seats in use"),
            unit_price=_may("money", "price of one seat a month"),
            currency=_CURRENCY,
            starts_on=_may("date", "first day; missing: always"),
            ends_on=_may("date", "last day of the current term; missing: open-ended"),
            cancelled=_may("boolean", "ended or will end, whatever the dates say"),
            auto_renews=_may("boolean", "renews without anybody's signature"),
        ),
        "purchase": _table(
            "One line of a won deal.",
            id=_ID,
            account_id=_ACCOUNT,
            opportunity_id=_may("text", "the won deal; lines of one deal are one basket"),
            product_id=_may("text", "record id of the product"),
            quantity=_may("number", "units"),
            amount=_may("money", "total of the line"),
            currency=_CURRENCY,
            bought_on=_must("date", "day the deal was won"),
        ),
        "opportunity": _table(
            "A deal, open or decided.",
            id=_ID,
            account_id=_ACCOUNT,
            name=_may("text", "as people know it"),
            owner_id=_may("text", "who works it"),
            product_id=_may("text", "what it is about, where one product is"),
            is_closed=_may("boolean", "decided"),
            is_won=_may("boolean", "decided, and won"),
            amount=_may("money", "total"),
            currency=_CURRENCY,
            closes_on=_may("date", "expected or real day of the decision"),
            created_on=_may("date", "day it was entered"),
        ),
        "contact": _table(
            "A person at an account.",
            id=_ID,
            account_id=_ACCOUNT,
            name=_must("text", "full name"),
            title=_may("text", "job title"),
            role=_may(
                "text",
                "part in a purchase: decision_maker, champion, user, other",
                "decision_maker",
                "champion",
                "user",
                "other",
            ),
            no_phone=_may("boolean", "refused telephone calls: no phone approach, ever"),
            no_email=_may("boolean", "opted out of e-mail"),
            do_not_contact=_may("boolean", "refused every channel"),
            left_on=_may("date", "day the person left the account; missing: still there"),
        ),
        "activity": _table(
            "A task, call, mail or meeting, by whomever.",
            id=_ID,
            account_id=_may("text", "the account it is about"),
            contact_id=_may("text", "the person it is about"),
            owner_id=_may("text", "who does it"),
            kind=_must("text", "task, call, email or meeting", "task", "call", "email", "meeting"),
            subject=_may("text", "one line"),
            is_closed=_may("boolean", "done"),
            on=_may("date", "day it happened or is due"),
        ),
        "case": _table(
            "A request for help.",
            id=_ID,
            account_id=_ACCOUNT,
            contact_id=_may("text", "who asked"),
            product_id=_may("text", "product it is about, or that would solve it: its record id or its code"),
            severity=_may("text", "high, normal or low", "high", "normal", "low"),
            is_closed=_may("boolean", "solved"),
            opened_on=_may("date", "day it came in"),
            closed_on=_may("date", "day it was solved"),
        ),
        "engagement": _table(
            "Something a person there did on the web, in a mail or in the product's shop window.",
            id=_ID,
            account_id=_ACCOUNT,
            contact_id=_may("text", "who did it"),
            product_id=_may("text", "product it was about: its record id or its code"),
            kind=_must("text", "page_view, pricing_view, help_view, mail_click, locked_feature"),
            weight=_may("number", "how much it says; missing means 1"),
            on=_must("date", "day"),
        ),
        "feedback": _table(
            "An answer to a survey.",
            id=_ID,
            account_id=_ACCOUNT,
            contact_id=_may("text", "who answered"),
            kind=_must("text", "nps or csat", "nps", "csat"),
            score=_must("number", "nps 0..10, csat 1..5"),
            on=_must("date", "day"),
        ),
        "usage": _table(
            "How much an account used a product on a day (or in the week that ends on it).",
            id=_ID,
            account_id=_ACCOUNT,
            product_id=_may("text", "what was used"),
            on=_must("date", "day"),
            quantity=_must("number", "active users, calls, gigabytes: one measure a mapping"),
        ),
        "owner": _table(
            "A person or queue that records can belong to.",
            id=_ID,
            name=_must("text", "full name, or the queue's"),
            kind=_may("text", "person or queue", "person", "queue"),
            is_active=_may("boolean", "may own things; missing means yes"),
        ),
        "rate": _table(
            "What one unit of a currency is worth in the company's currency, from a day on.",
            id=_ID,
            currency=_must("text", "ISO 4217 code of the currency"),
            starts_on=_may("date", "first day, missing: always; holds until the next one of its currency starts"),
            rate=_may("number", "units of the company's currency for one of it"),
            inverse=_may("number", "units of it for one of the company's currency; read where rate is empty"),
            into=_may(
                "text", "ISO 4217 code of the currency the rate is told in; missing: the base currency, or yours"
            ),
            is_base=_may("boolean", "this currency is the one that the CRM tells its rates in"),
        ),
        "ours": _table(
            "A task, lead record or place on a list that Tossup wrote, as the CRM holds it now.",
            id=_ID,
            key=_must("text", "the lead's key, see mappings.canonical.LeadKey"),
            kind=_must("text", "task, lead or member (of a campaign or list)", "task", "lead", "member"),
            contact_id=_may("text", "the person who is the member"),
            owner_id=_may("text", "who holds it now"),
            status=_may("text", "the CRM's own status"),
            is_closed=_may("boolean", "completed, converted, disqualified; of a member: responded, or taken off"),
            outcome=_may(
                "text",
                "what a person decided about it; missing: nobody said",
                "accepted",
                "won",
                "lost",
                "declined",
                "returned",
                "snoozed",
            ),
            reason=_may("text", "why they decided so, in their own words"),
            snooze_until=_may("date", "day until which they want to hear nothing of it"),
            opportunity_id=_may("text", "the deal that a lead record was converted to: decided, it says won or lost"),
            csm=_may("text", "name of the CSM who tossed it up, as it was then"),
            due_on=_may("date", "day to have acted by, as the record says now"),
            created_on=_may("date", "day Tossup wrote it"),
            decided_on=_may(
                "date",
                "day a person closed or answered it, or last changed it; says nothing while it is open",
            ),
            withdrawn_on=_may(
                "date",
                "day Tossup closed it itself, where nobody said or changed anything since; from our ledger",
            ),
            touched=_may(
                "text",
                "what people changed of it since, while it is open: answered, begun, deferred, edited, reassigned, "
                "rescheduled, reworded; or that they deleted it; from our ledger",
            ),
            deferred_to=_may("date", "the later day that people put it off to; from our ledger"),
        ),
    }
)

Motion = Literal["expansion", "upsell", "cross_sell", "churn"]
State = Literal["open", "waiting", "held", "suppressed"]
Action = Literal["task", "list", "fields"]
"""What a lead becomes: somebody's task, a place on a marketing list or campaign, or nothing but account fields."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LeadKey:
    """What makes a lead the same lead tomorrow. Its text is the unique external id in the CRM.

    `cycle` is the contract end (2027-03-31) for plays bound to a term, else the quarter (2026Q4) in which the
    lead first appeared; `product` is the code of the product that the play looks at, or - where it names none.
    What is sold may be another one (Lead.product): the key stays the same when a higher plan comes on the market.
    """

    account_id: str
    play: str
    product: str
    cycle: str

    def __str__(self) -> str:
        """`0015e000004abcdAAA/seat_limit/SUITE-PRO/2026Q4`: readable, sortable, at most 200 characters."""
        return f"{self.account_id}/{self.play}/{self.product}/{self.cycle}"

    @classmethod
    def parse(cls, text: str) -> "LeadKey | None":
        """The key that `text` spells, or None if it is not one of ours."""
        parts = text.split("/")
        if len(parts) != 4 or not all(parts):
            return None
        return cls(account_id=parts[0], play=parts[1], product=parts[2], cycle=parts[3])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a lead is in its state: a gate's code, the value seen and the limit it was held against."""

    code: str
    value: str | int | float | None
    limit: str | int | float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact behind a lead, with the record and field (in the CRM's spelling) it was read from."""

    fact: str
    value: str | int | float
    unit: str
    record: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One opportunity to sell (or to save) with everything a person needs to judge it.

    `product` is the one that is sold, whatever the play looked at (`key.product`): the next plan of the one they
    have. `value` is in minor units of `currency` a year, None where nobody knows it; `p_win` is 0..1; `due` is the
    day to have acted by.
    """

    key: LeadKey
    account_id: str
    account_name: str
    motion: Motion
    pattern: str
    play: str
    product: str | None
    state: State
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]
    priority: Literal["high", "mid", "low"]
    value: int | None
    currency: str
    p_win: float
    owner_id: str | None
    contact_id: str | None
    due: date
    route: str | None = None
    """Queue or owner (name or id) of the specialist who gets a toss-up; None: the account's owner works it."""
    action: Action = "task"
    facts: Mapping[str, str | int | float] = field(default_factory=lambda: MappingProxyType({}))
    """What the texts may quote: {seats_paid}, {seats_used}, {lift}, {n}, ... by name."""

    @property
    def is_tossup(self) -> bool:
        """A cross-sell that a specialist works: it becomes a lead record as well as the CSM's own task."""
        return self.route is not None
