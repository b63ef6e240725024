"""The plays: when to approach an account, and with what. Each is a rule over facts; its numbers are in plays.yaml."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.ground import Ground
from leads.facts.idioms import attach, best, thousandths
from leads.facts.owned import untried
from leads.facts.revenue import MONTHS
from leads.facts.usage import dropped
from mappings.config import Rules

Numbers = Mapping[str, float]

NO_PRODUCT = "-"
CANDIDATE = {
    "account_id": "string", "play": "string", "product": "string", "cycle": "string", "anchor": "string",
    "seats_more": "int64", "value": "int64", "timing": "float64",
}  # fmt: skip
"""What a rule finds. cycle: NULL for the quarter; anchor: the product owned already; value: minor units a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One piece of evidence: the fact's name and column, its unit, and the canonical field it was read from."""

    fact: str
    unit: str
    record: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One play as code. `needs` must be mapped and filled, else the play is asleep; the first proof always holds.

    `quotes` are the facts its texts may use beside the common ones; `numbers` what plays.yaml leaves out.
    """

    find: Callable[[Ground, Numbers], ir.Table]
    needs: tuple[str, ...]
    proofs: tuple[Proof, ...]
    quotes: tuple[str, ...]
    numbers: Numbers


def _free_to_paid(ground: Ground, numbers: Numbers) -> ir.Table:
    """Accounts with at least `free_users` free users, valued at their own revenue per user, else the usual one."""
    accounts = ground.accounts.select(
        "account_id", "currency", "free_users", "paid_users", "monthly", "arppu", "main_product"
    )
    rows = accounts.filter(_.free_users >= int(numbers["free_users"]))
    paying = accounts.filter((_.paid_users > 0) & (_.monthly > 0))
    usual = paying.group_by("currency").aggregate(
        usual=(_.monthly.sum() * MONTHS / _.paid_users.sum()).floor().cast("int64")
    )
    rows = attach(rows, usual, "currency")
    return rows.mutate(
        product=_.main_product, seats_more=_.free_users, value=_.free_users * ibis.coalesce(_.arppu, _.usual)
    )


def _company_wide(ground: Ground, numbers: Numbers) -> ir.Table:
    """Accounts where few pay: at most `max_penetration` of employees, and `min_seats` more within reach.

    Accounts with `free_users` free users or more belong to free_to_paid.
    """
    accounts = ground.accounts.select("account_id", "reachable", "penetration", "arppu", "free_users", "main_product")
    rows = accounts.filter(
        (_.reachable >= int(numbers["min_seats"]))
        & (_.penetration <= thousandths(numbers["max_penetration"]))
        & _.arppu.notnull()
        & (ibis.coalesce(_.free_users, 0) < int(numbers["free_users"]))
    )
    return rows.mutate(product=_.main_product, seats_more=_.reachable, value=_.reachable * _.arppu)


def _group_wide(ground: Ground, numbers: Numbers) -> ir.Table:
    """Ultimate parents of a group where somebody pays and the others, who do not, have `min_seats` of headroom."""
    ceiling = ground.accounts.select("account_id", "ceiling")
    rows = attach(ground.groups, ceiling, "account_id").filter(
        (_.group_paying > 0) & (_.group_headroom >= int(numbers["min_seats"])) & (_.group_monthly > 0)
    )
    rows = rows.mutate(seats_more=(_.group_headroom * _.ceiling / 1000).floor().cast("int64"))
    each = _.group_monthly * MONTHS / _.group_users
    return rows.mutate(value=(_.seats_more * each).floor().cast("int64"))


def _seat_limit(ground: Ground, numbers: Numbers) -> ir.Table:
    """Plans with at least `used_share` of their seats in use: `more_share` more seats, `more_seats` at least."""
    full = _.product_used * 1000 >= _.product_seats * thousandths(numbers["used_share"])
    rows = ground.seats.filter((_.product_seats > 0) & full)
    share = (_.product_seats * thousandths(numbers["more_share"]) / 1000).ceil().cast("int64")
    more = ibis.greatest(share, int(numbers["more_seats"]), _.product_used - _.product_seats)
    rows = rows.mutate(seats_more=more)
    return rows.mutate(value=_.seats_more * _.seat_price * MONTHS, timing=1.2)


def _renewal_window(ground: Ground, numbers: Numbers) -> ir.Table:
    """Contracts that end `first_day` to `last_day` days from now, valued at `uplift` of their yearly price."""
    return ground.renewals.mutate(
        product=ibis.literal(NO_PRODUCT),
        cycle=_.renews_on.cast("string"),
        value=(_.renewal_monthly * MONTHS * thousandths(numbers["uplift"]) / 1000).floor().cast("int64"),
        timing=1.2,
    )


def _affinity_tossup(ground: Ground, numbers: Numbers) -> ir.Table:
    """Products that accounts like this one bought next, with lift and order believed; `per_account` at most."""
    pairs = ground.affinity.select(product="b", anchor="a", lift="lift")
    held = ground.bought.select("account_id", anchor="product")
    rows = _offers(ground, held.inner_join(pairs, "anchor"))
    rows = best(rows, "account_id", "product", value="lift", id="anchor")
    place = ibis.row_number().over(group_by="account_id", order_by=[_.lift.desc(), _.product])
    rows = rows.mutate(place=place).filter(_.place < int(numbers["per_account"]))
    return _priced(ground, rows, numbers)


def _complement_tossup(ground: Ground, numbers: Numbers) -> ir.Table:
    """Products declared to go well with one that the account has and pays for now; `per_account` at most."""
    listed = ground.products.select(anchor="product", list="complements")
    codes = ground.products.select("product", mark=";" + _.product.replace(" ", "") + ";")
    pairs = listed.cross_join(codes).filter(_.list.contains(_.mark) & (_.product != _.anchor))
    held = ground.owned.filter(_.live).select("account_id", anchor="product")
    rows = _offers(ground, held.inner_join(pairs.select("product", "anchor"), "anchor"))
    rows = rows.group_by("account_id", "product").aggregate(anchor=_.anchor.min())
    place = ibis.row_number().over(group_by="account_id", order_by=[_.product, _.anchor])
    rows = rows.mutate(place=place).filter(_.place < int(numbers["per_account"]))
    return _priced(ground, rows, numbers)


def _offers(ground: Ground, rows: ir.Table) -> ir.Table:
    sold = ground.products.select("product", "family", "is_option", "is_active", "specialist")
    rows = rows.inner_join(sold, "product")
    rows = rows.filter(_.is_active & (~_.is_option | _.specialist.notnull()))
    return untried(rows, ground.owned, ground.subscriptions)


def _priced(ground: Ground, rows: ir.Table, numbers: Numbers) -> ir.Table:
    accounts = ground.accounts.select("account_id", "currency", "won_on")
    listed = ground.products.select("product", "list_price", "product_currency")
    rows = attach(rows.select("account_id", "product", "anchor"), accounts, "account_id")
    rows = attach(attach(rows, ground.worth, "product", "currency"), listed, "product")
    own_price = ibis.cases((_.product_currency == _.currency, _.list_price * MONTHS))
    boost = ibis.ifelse(_.won_on.notnull(), numbers["just_bought_timing"], 1.0)
    return rows.mutate(value=ibis.coalesce(_.worth, own_price), timing=boost)


def _seat_reduction_save(ground: Ground, numbers: Numbers) -> ir.Table:
    """Accounts that gave up `share` of their seats, and `seats` at least, since `churn_high.seats_days` ago."""
    fewer = _.seats_then - _.seats_now
    accounts = ground.accounts.select(
        "account_id", "seats_then", "seats_now", "seats_lost_share", "ended_record", "monthly_then"
    )
    rows = accounts.filter(
        (_.seats_lost_share * 10 >= thousandths(numbers["share"]))
        & (fewer >= int(numbers["seats"]))
        & _.ended_record.notnull()
    )
    return rows.mutate(product=ibis.literal(NO_PRODUCT), value=_.monthly_then * MONTHS)


def _usage_drop_save(ground: Ground, numbers: Numbers) -> ir.Table:
    """Accounts whose usage fell by `share` and `deviations` standard deviations under their own mean."""
    rows = ground.accounts.select(
        "account_id", "usage_fall", "own_mean", "own_sd", "used_now", "usage_record", "monthly"
    )
    fell = rows.filter(dropped(rows, numbers["share"], numbers["deviations"]) & rows.usage_record.notnull())
    return fell.mutate(product=ibis.literal(NO_PRODUCT), value=_.monthly * MONTHS)


_EMPLOYEES = Proof(fact="employees", unit="people", record="account_id", field="account.employees")
_PAID_SEATS = Proof(fact="main_seats", unit="seats", record="paid_record", field="subscription.seats_paid")
_PAID_TOTAL = Proof(fact="told_users", unit="people", record="account_id", field="account.paid_users")
_WON = Proof(fact="won_on", unit="date", record="won_record", field="opportunity.closes_on")
_PAID = "subscription.seats_paid|account.paid_users"
_TOSSUP_NUMBERS = {"per_account": 3, "just_bought_days": 30, "just_bought_timing": 1.5}

RULES: Mapping[str, Rule] = {
    "free_to_paid": Rule(
        find=_free_to_paid,
        needs=("account.free_users",),
        proofs=(
            Proof(fact="free_users", unit="people", record="account_id", field="account.free_users"),
            _PAID_SEATS,
            _PAID_TOTAL,
        ),
        quotes=("free_users", "paid_users", "seats_more"),
        numbers={"free_users": 5, "win_rate": 0.2, "win_weight": 20},
    ),
    "company_wide": Rule(
        find=_company_wide,
        needs=("account.employees", _PAID, "subscription.unit_price|product.list_price"),
        proofs=(_EMPLOYEES, _PAID_SEATS, _PAID_TOTAL),
        quotes=(
            "employees",
            "paid_users",
            "headroom",
            "reachable",
            "ceiling_percent",
            "ceiling_n",
            "penetration_percent",
        ),
        numbers={
            "min_seats": 20,
            "max_penetration": 0.5,
            "free_users": 5,
            "employee_conflict": 0.25,
            "win_rate": 0.15,
            "win_weight": 20,
        },
    ),
    "group_wide": Rule(
        find=_group_wide,
        needs=("account.parent_id", "account.employees", _PAID, "subscription.unit_price|product.list_price"),
        proofs=(
            Proof(fact="group_member_employees", unit="people", record="group_record", field="account.employees"),
            Proof(fact="group_paid_seats", unit="seats", record="group_paid_record", field="subscription.seats_paid"),
        ),
        quotes=(
            "group_members",
            "group_paying",
            "group_headroom",
            "group_abstained",
            "group_member",
            "seats_more",
            "ceiling_percent",
            "ceiling_n",
        ),
        numbers={"min_seats": 50, "win_rate": 0.1, "win_weight": 20},
    ),
    "seat_limit": Rule(
        find=_seat_limit,
        needs=("subscription.seats_paid", "subscription.seats_used"),
        proofs=(
            Proof(fact="record_used", unit="seats", record="seat_record", field="subscription.seats_used"),
            Proof(fact="record_seats", unit="seats", record="seat_record", field="subscription.seats_paid"),
        ),
        quotes=("product_used", "product_seats", "used_percent", "seats_more", "next_product_name"),
        numbers={"used_share": 0.9, "more_share": 0.2, "more_seats": 5, "win_rate": 0.3, "win_weight": 20},
    ),
    "renewal_window": Rule(
        find=_renewal_window,
        needs=("subscription.ends_on", "subscription.seats_paid"),
        proofs=(
            Proof(fact="renews_on", unit="date", record="renewal_record", field="subscription.ends_on"),
            Proof(fact="term_seats", unit="seats", record="renewal_record", field="subscription.seats_paid"),
            Proof(fact="term_used", unit="seats", record="renewal_record", field="subscription.seats_used"),
        ),
        quotes=("renews_on", "days_left", "renewal_seats", "renewal_value"),
        numbers={"first_day": 60, "last_day": 120, "uplift": 0.1, "win_rate": 0.3, "win_weight": 20},
    ),
    "affinity_tossup": Rule(
        find=_affinity_tossup,
        needs=("purchase.bought_on", "purchase.product_id", "product.code"),
        proofs=(
            Proof(fact="bought_on", unit="date", record="bought_record", field="purchase.bought_on"),
            _WON,
        ),
        quotes=("anchor_name", "bought_on", "n", "n_a", "n_after", "confidence_percent", "lift"),
        numbers={
            **_TOSSUP_NUMBERS,
            "per_product": 10,
            "min_support": 5,
            "min_confidence": 0.05,
            "min_lift": 1.2,
            "prior_pairs": 5,
            "false_share": 0.1,
            "win_rate": 0.15,
            "win_weight": 20,
        },
    ),
    "complement_tossup": Rule(
        find=_complement_tossup,
        needs=("product.complements", "subscription.product_id", "product.code"),
        proofs=(
            Proof(fact="anchor_name", unit="product", record="owned_record", field="subscription.product_id"),
            Proof(fact="bought_on", unit="date", record="bought_record", field="purchase.bought_on"),
            _WON,
        ),
        quotes=("anchor_name",),
        numbers={**_TOSSUP_NUMBERS, "win_rate": 0.15, "win_weight": 20},
    ),
    "seat_reduction_save": Rule(
        find=_seat_reduction_save,
        needs=("subscription.ends_on", "subscription.seats_paid"),
        proofs=(
            Proof(fact="ended_on", unit="date", record="ended_record", field="subscription.ends_on"),
            _PAID_SEATS,
        ),
        quotes=("seats_then", "seats_now", "seats_lost", "seats_lost_share"),
        numbers={"share": 0.1, "seats": 5, "win_rate": 0.5, "win_weight": 20},
    ),
    "usage_drop_save": Rule(
        find=_usage_drop_save,
        needs=("usage.quantity", "usage.on"),
        proofs=(Proof(fact="usage_last", unit="users", record="usage_record", field="usage.quantity"),),
        quotes=("used_now", "used_before", "own_mean", "own_sd", "usage_fall_percent"),
        numbers={"share": 0.3, "deviations": 2, "win_rate": 0.5, "win_weight": 20},
    ),
}


def numbers(rules: Rules) -> dict[str, dict[str, float]]:
    """Every play's numbers: what plays.yaml says, else the rule's own."""
    said = {name: play.numbers for name, play in rules.plays.items()}
    return {name: {**rule.numbers, **said.get(name, {})} for name, rule in RULES.items()}


def candidates(ground: Ground, plays: Iterable[str]) -> ir.Table:
    """Every candidate of these plays: one row an account, play and product, with the columns of CANDIDATE."""
    found = [_shaped(name, RULES[name].find(ground, ground.plays[name])) for name in plays]
    empty = ibis.memtable([], schema=ibis.schema(CANDIDATE))
    return ground.inputs.stage("candidates", ibis.union(*found) if len(found) > 1 else (*found, empty)[0])


def _shaped(play: str, rows: ir.Table) -> ir.Table:
    given = {name: rows[name] if name in rows.columns else ibis.null(kind) for name, kind in CANDIDATE.items()}
    given["play"] = ibis.literal(play)
    given["product"] = ibis.coalesce(given["product"], NO_PRODUCT)
    given["value"] = ibis.coalesce(given["value"], 0)
    given["timing"] = ibis.coalesce(given["timing"], 1.0)
    return rows.select(**{name: column.cast(CANDIDATE[name]) for name, column in given.items()})
