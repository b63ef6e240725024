"""A company's customers as plain facts, before any CRM gives them ids and spellings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Refusal = Literal["phone", "email", "everything"]
ActivityKind = Literal["task", "call", "email", "meeting"]
EngagementKind = Literal["page_view", "pricing_view", "help_view", "mail_click", "locked_feature"]
Outcome = Literal["accepted", "won", "lost", "declined", "returned", "snoozed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A person or a queue that records belong to; its name is its key."""

    name: str
    kind: Literal["person", "queue"] = "person"
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that is sold; `list_price` is for one unit a month, in the world's currency, major units."""

    code: str
    name: str
    family: str
    list_price: float
    tier: int | None = None
    is_option: bool = False
    is_active: bool = True
    complements: tuple[str, ...] = ()
    specialist: str | None = None
    sla_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer; `key` and `parent` are keys of this world, not record ids."""

    key: str
    name: str
    industry: str
    country: str
    currency: str
    parent: str | None = None
    owner: str | None = None
    employees: int | None = None
    employees_reported: int | None = None
    free_users: int = 0
    do_not_contact: bool = False
    legal_hold: bool = False
    invoice_overdue: bool = False
    customer_since: date | None = None
    onboarding_started: date | None = None
    onboarding_completed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at an account."""

    key: str
    account: str
    first_name: str
    last_name: str
    title: str
    email: str
    role: Literal["decision_maker", "champion", "user", "other"]
    refuses: tuple[Refusal, ...] = ()
    left_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Seats of a product for a term; `unit_price` is one seat a month in the account's currency."""

    key: str
    account: str
    product: str
    seats_paid: int | None
    seats_used: int | None
    unit_price: float
    starts_on: date
    ends_on: date
    cancelled: bool = False
    auto_renews: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product in a deal; the line's total is quantity x unit_price."""

    product: str
    quantity: int
    unit_price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A sale, decided or not, in the account's currency; `offered` is its amount where nobody entered lines."""

    key: str
    account: str
    name: str
    owner: str | None
    outcome: Literal["open", "won", "lost"]
    created_on: date
    closes_on: date
    lines: tuple[Line, ...]
    offered: float = 0.0

    @property
    def amount(self) -> float:
        """The sum of the lines, or what was offered."""
        return sum(line.quantity * line.unit_price for line in self.lines) if self.lines else self.offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request for help."""

    key: str
    account: str
    contact: str | None
    subject: str
    severity: Literal["high", "normal", "low"]
    opened_on: date
    closed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A task, call, mail or meeting; `on` is the day it happened or is due."""

    key: str
    account: str
    contact: str | None
    owner: str | None
    kind: ActivityKind
    subject: str
    on: date
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Active users of a product in the week that ends on a day."""

    account: str
    product: str
    on: date
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """An answer to a survey: nps 0..10, csat 1..5."""

    account: str
    contact: str | None
    kind: Literal["nps", "csat"]
    score: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Something a person there did on the web, in a mail or in the product; without a weight it counts once."""

    account: str
    contact: str | None
    product: str
    kind: EngagementKind
    on: date
    weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A task that Tossup wrote in the past, closed since, and what a person answered.

    `is_tossup`: a lead record went to a specialist too, whose status says the outcome instead of an answer.
    """

    key: str
    account: str
    play: str
    product: str
    contact: str | None
    owner: str | None
    subject: str
    on: date
    outcome: Outcome | None = None
    is_tossup: bool = False

    @property
    def cycle(self) -> str:
        """The calendar quarter it was written in: 2026Q4."""
        return f"{self.on.year}Q{(self.on.month + 2) // 3}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one unit of `currency` is worth in the world's currency from `since` on; None: from ever on."""

    currency: str
    since: date | None
    worth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything an example company knows of its customers at one moment.

    `cast` says which accounts (by key) play which part; `currency` is the company's own.
    """

    name: str
    at: datetime
    currency: str
    owners: tuple[Owner, ...]
    products: tuple[Product, ...]
    accounts: tuple[Account, ...]
    contacts: tuple[Contact, ...]
    subscriptions: tuple[Subscription, ...]
    deals: tuple[Deal, ...]
    cases: tuple[Case, ...]
    activities: tuple[Activity, ...]
    usage: tuple[Usage, ...]
    feedback: tuple[Feedback, ...]
    engagement: tuple[Engagement, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    rates: tuple[Rate, ...] = ()
    cast: Mapping[str, tuple[str, ...]]
