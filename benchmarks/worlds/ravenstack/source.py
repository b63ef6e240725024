"""RavenStack: 500 made-up SaaS accounts, read as they are, dirt included.

Decided here: the three plan tiers are the products; a subscription's price is mrr / seats; usage rows belong to
the account and plan of their subscription, and the later of two rows with one usage_id is dropped; urgent and
high tickets are both high; a satisfaction score is an answer to a survey on the day its ticket was closed. There
are no employee counts and no deals, and none are made up.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ENDS: Final = datetime(2024, 12, 31, 12, 0, tzinfo=UTC)
"""Noon of the last day in the data: the emulator's clock is set to it."""
PRICES: Final = {"Basic": 19.0, "Pro": 49.0, "Enterprise": 199.0}
"""Monthly price of a seat by plan tier, lowest tier first, as mrr / seats shows for every paid subscription."""
_SEVERITY: Final = {"urgent": "high", "high": "high", "medium": "normal", "low": "low"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A row of ravenstack_accounts.csv."""

    id: str
    name: str
    industry: str
    country: str
    signed_up: str
    churned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A row of ravenstack_subscriptions.csv; `unit_price` is mrr / seats, dates are ISO, `ends_on` may be None."""

    id: str
    account: str
    plan: str
    seats: int
    unit_price: float
    starts_on: str
    ends_on: str | None
    churned: bool
    auto_renews: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A row of ravenstack_feature_usage.csv, with the account and plan of its subscription."""

    id: str
    account: str
    plan: str
    on: str
    feature: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A row of ravenstack_support_tickets.csv; times are ISO with zone."""

    id: str
    account: str
    severity: str
    opened_at: str
    closed_at: str | None
    score: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Churn:
    """A row of ravenstack_churn_events.csv."""

    id: str
    account: str
    on: str
    reason: str
    refund: float
    came_back: bool
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RavenStack:
    """The whole data set; `repeated` counts the usage rows dropped for a usage_id seen before."""

    accounts: tuple[Account, ...]
    subscriptions: tuple[Subscription, ...]
    usage: tuple[Usage, ...]
    repeated: int
    tickets: tuple[Ticket, ...]
    churn: tuple[Churn, ...]

    @property
    def scored(self) -> tuple[Ticket, ...]:
        """The tickets whose requester said how satisfied they were."""
        return tuple(ticket for ticket in self.tickets if ticket.score is not None)


def read(folder: Path) -> RavenStack:
    """The five files of the folder. Raises KeyError for usage of a subscription that is not there."""
    subscriptions = tuple(_subscription(row) for row in _rows(folder, "subscriptions"))
    by_id = {subscription.id: subscription for subscription in subscriptions}
    rows = list(_rows(folder, "feature_usage"))
    first = {row["usage_id"]: row for row in reversed(rows)}
    usage = tuple(_usage(row, by_id[row["subscription_id"]]) for row in rows if first[row["usage_id"]] is row)
    return RavenStack(
        accounts=tuple(_account(row) for row in _rows(folder, "accounts")),
        subscriptions=subscriptions,
        usage=usage,
        repeated=len(rows) - len(usage),
        tickets=tuple(_ticket(row) for row in _rows(folder, "support_tickets")),
        churn=tuple(_churn(row) for row in _rows(folder, "churn_events")),
    )


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with (folder / f"ravenstack_{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _account(row: dict[str, str]) -> Account:
    return Account(
        id=row["account_id"],
        name=row["account_name"],
        industry=row["industry"],
        country=row["country"],
        signed_up=row["signup_date"],
        churned=_true(row["churn_flag"]),
    )


def _subscription(row: dict[str, str]) -> Subscription:
    seats = int(row["seats"])
    return Subscription(
        id=row["subscription_id"],
        account=row["account_id"],
        plan=row["plan_tier"],
        seats=seats,
        unit_price=round(float(row["mrr_amount"]) / seats, 2) if seats else 0.0,
        starts_on=row["start_date"],
        ends_on=row["end_date"] or None,
        churned=_true(row["churn_flag"]),
        auto_renews=_true(row["auto_renew_flag"]),
    )


def _usage(row: dict[str, str], subscription: Subscription) -> Usage:
    return Usage(
        id=row["usage_id"],
        account=subscription.account,
        plan=subscription.plan,
        on=row["usage_date"],
        feature=row["feature_name"],
        count=int(row["usage_count"]),
    )


def _ticket(row: dict[str, str]) -> Ticket:
    return Ticket(
        id=row["ticket_id"],
        account=row["account_id"],
        severity=_SEVERITY[row["priority"]],
        opened_at=_moment(row["submitted_at"]) or "",
        closed_at=_moment(row["closed_at"]),
        score=int(float(row["satisfaction_score"])) if row["satisfaction_score"] else None,
    )


def _churn(row: dict[str, str]) -> Churn:
    return Churn(
        id=row["churn_event_id"],
        account=row["account_id"],
        on=row["churn_date"],
        reason=row["reason_code"],
        refund=float(row["refund_amount_usd"] or 0),
        came_back=_true(row["is_reactivation"]),
        words=row["feedback_text"] or None,
    )


def _true(text: str) -> bool:
    return text.strip().upper() == "TRUE"


def _moment(text: str) -> str | None:
    """`2023-07-28 3:00` or `2023-07-27`, in UTC, as ISO 8601 with milliseconds."""
    if not text:
        return None
    pattern = "%Y-%m-%d %H:%M" if " " in text else "%Y-%m-%d"
    return f"{datetime.strptime(text, pattern).replace(tzinfo=UTC):%Y-%m-%dT%H:%M:%S}.000Z"
