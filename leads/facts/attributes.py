"""Which products accounts like this one buy more often than others: attribute lift, shrunk, with interval and n."""

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from leads.facts.account import EXTRA
from leads.facts.family import Fact, Family
from leads.facts.ground import Ground
from leads.facts.idioms import attach, attach_all, best, listed
from leads.stats import Chances, believed_up_to, beta_strength, chances_of_overlap, wilson_intervals
from mappings.canonical import Kind

Segment = Mapping[str, str | int | float]
"""One believed attribute, value and product, with the columns of LIFT."""

VALUE = ["attribute", "attribute_value"]
PRODUCT = ["attribute", "product"]
PLAN = "plan"
QUOTED = ("account_id", "employees", "main_seats", "paid_record")
"""Columns of a described account that are no attribute, but what one of them was read from."""
BASIC = ("industry", "country", "size", PLAN)
"""The attributes of every account; any others are columns of the company's own."""
AT_ONCE = 100
"""Own columns counted in one go: an account is turned into as many rows, each as wide as all of them."""
UNKNOWN = ""
"""Stands for a missing value while segments are joined: NULL equals nothing."""

LIFT = {
    "attribute": "string", "attribute_value": "string", "product": "string", "attribute_n": "int64",
    "attribute_buyers": "int64", "attribute_rate": "float64", "attribute_low": "float64", "attribute_high": "float64",
    "attribute_base": "float64", "attribute_lift": "float64",
}  # fmt: skip


def attributes(ground: Ground) -> ir.Table:
    """One row a customer and a product it never had, with the strongest believed attribute that speaks for it."""
    holdings = ground.owned.select("account_id", "product")
    accounts = ground.inputs.tables["account"]
    own = [name for name in accounts.columns if name.startswith(EXTRA) and _own(accounts[name]) is not None]
    parts = [own[at : at + AT_ONCE] for at in range(0, max(1, len(own)), AT_ONCE)]
    counts: list[pa.Table] = []
    for part in parts:
        rows = _customers(ground, holdings, part)
        counts.append(counted(rows, holdings, part if counts else [*BASIC, *part]).to_pyarrow())
    lifts = believed(pa.concat_tables(counts), ground.numbers("attributes"))
    if len(parts) > 1:
        rows = _customers(ground, holdings, sorted({str(one["attribute"]) for one in lifts} & {*own}))
    names = [name for name in rows.columns if name not in QUOTED]
    found = offers(rows, names, ibis.memtable(lifts, schema=ibis.schema(LIFT)))
    # a segment's rate says nothing to those who have the product, or had it and left
    return quoted(found.anti_join(holdings, ("account_id", "product")), rows)


def _customers(ground: Ground, holdings: ir.Table, own: Sequence[str]) -> ir.Table:
    """Everybody who holds something, described by BASIC and these columns of the company's own."""
    bands = ground.numbers("headroom")
    told = _told_of(ground, own).semi_join(holdings, "account_id")
    sizes = [int(bands[f"band_{place}"]) for place in (1, 2, 3, 4)]
    return ground.inputs.stage("facts_attributes", described(told, sizes))


def _told_of(ground: Ground, own: Sequence[str]) -> ir.Table:
    """The account table with its main plan, without employees that the CRM's two counts contradict."""
    plans = ground.family("revenue").select("account_id", "main_product", "main_seats", "paid_record")
    doubts = ground.family("headroom").select("account_id", "headroom_reason")
    accounts = ground.inputs.tables["account"].select("industry", "country", "employees", *own, account_id="id")
    rows = attach_all(accounts, (plans, ("account_id",)), (doubts, ("account_id",)))
    doubted = ibis.coalesce(_.headroom_reason == "employees_conflict", False)
    return rows.mutate(employees=ibis.cases((~doubted & (_.employees > 0), _.employees)))


def described(accounts: ir.Table, bands: Sequence[int]) -> ir.Table:
    """The attributes of accounts as text, `UNKNOWN` where missing, and the columns QUOTED beside them.

    Attributes are industry, country, size, plan and the texts and booleans among the company's own columns.
    `accounts` is the canonical table with account_id, main_product, main_seats and paid_record; `bands` are the
    employees at which a size band begins.
    """
    every = {
        "industry": accounts.industry,
        "country": accounts.country,
        "size": _size(accounts.employees, bands),
        PLAN: accounts.main_product,
        **{name: _own(accounts[name]) for name in accounts.columns if name.startswith(EXTRA)},
    }
    known = {name: ibis.coalesce(value, UNKNOWN) for name, value in every.items() if value is not None}
    return accounts.select(*QUOTED, **known)


def _own(value: ir.Value) -> ir.StringValue | None:
    if value.type().is_boolean():
        return ibis.cases((value, "yes"), (~value, "no"))
    return value if value.type().is_string() else None


def _size(employees: ir.IntegerValue, sizes: Sequence[int]) -> ir.StringValue:
    """1-49, 50-199, ...: the band; NULL where the count is missing or none."""
    starts = (1, *sizes)
    bands = [
        (employees.between(start, end - 1), f"{start}-{end - 1}")
        for start, end in zip(starts, sizes, strict=False)
        if start < end
    ]
    return ibis.cases(*bands, (employees >= starts[-1], f"{starts[-1]}+"))


def counted(customers: ir.Table, holdings: ir.Table, names: Sequence[str]) -> ir.Table:
    """Counts segments and who holds what in them: attribute, attribute_value, product (NULL: all of them), n.

    `customers` holds account_id and the attributes `names`, `holdings` account_id and product, once each. Accounts
    alike in everything are counted first, so that what is turned into one row an attribute is small.
    """
    whole = customers.select(*names, product=ibis.null("string"))
    held = holdings.inner_join(customers, "account_id").select(*names, "product")
    alike = ibis.union(whole, held).group_by(*names, "product").aggregate(n=_.count())
    rows = _each_attribute(alike, names).filter(_.attribute_value != UNKNOWN)
    return rows.group_by("attribute", "attribute_value", "product").aggregate(n=_.n.sum().cast("int64"))


def _each_attribute(rows: ir.Table, names: Sequence[str]) -> ir.Table:
    every = rows.cross_join(listed(({"attribute": name} for name in names), {"attribute": "string"}))
    return every.mutate(attribute_value=ibis.cases(*((every.attribute == name, every[name]) for name in names)))


def segments(counts: pa.Table) -> pa.Table:
    """One row an attribute, value and product held there: n, buyers; known, held of all compared with; own_n.

    `counts` are those of `counted`. Compared are all whose attribute is known; of a plan those on other plans,
    because that accounts on a plan hold it is no finding: `own_n` are the accounts left out for that. Sorted by
    attribute, value and product.
    """
    whole = _whole(counts)
    bought = counts.filter(pc.is_valid(counts["product"])).rename_columns({"n": "buyers"}).join(whole, VALUE)
    itself = pc.and_(pc.equal(bought["attribute"], PLAN), pc.equal(bought["attribute_value"], bought["product"]))
    own = (
        bought.filter(itself).select([*PRODUCT, "n", "buyers"]).rename_columns({"n": "own_n", "buyers": "own_buyers"})
    )
    known = whole.group_by("attribute").aggregate([("n", "sum")])
    held = bought.group_by(PRODUCT).aggregate([("buyers", "sum")])
    rows = bought.filter(pc.invert(itself)).join(known, "attribute").join(held, PRODUCT).join(own, PRODUCT)
    own_n, own_buyers = pc.coalesce(rows["own_n"], 0), pc.coalesce(rows["own_buyers"], 0)
    rows = rows.append_column("known", pc.subtract(rows["n_sum"], own_n))
    rows = rows.append_column("held", pc.subtract(rows["buyers_sum"], own_buyers))
    order = [*VALUE, "product"]
    rows = rows.set_column(rows.column_names.index("own_n"), "own_n", own_n)
    return rows.select([*order, "n", "buyers", "known", "held", "own_n"]).sort_by(
        [(name, "ascending") for name in order]
    )


def _whole(counts: pa.Table) -> pa.Table:
    return counts.filter(pc.is_null(counts["product"])).drop_columns("product")


def believed(counts: pa.Table, numbers: Mapping[str, float]) -> list[Segment]:
    """The segments that buy a product more often than everyone does, beyond chance and beyond small numbers.

    Compared are all segments of min_n accounts with all products that min_buyers hold, each by Fisher's exact test
    against everyone whose attribute is known; Benjamini and Hochberg believe at the share `false_share`. Of those
    stay the ones with min_buyers in the segment and a shrunk lift of min_lift, the `per_segment` strongest a segment.
    Rates are shrunk by a beta prior fitted to the segments of the same product and attribute; the interval is
    Wilson's (95 %) with the prior's cases counted in. Sorted by attribute, value and product; columns as in LIFT.
    """
    large = _whole(counts)
    large = large.filter(pc.greater_equal(large["n"], numbers["min_n"]))
    every = segments(counts)
    every = every.filter(pc.greater_equal(every["held"], numbers["min_buyers"]))
    rows = every.filter(pc.and_(pc.greater_equal(every["n"], numbers["min_n"]), pc.less(every["n"], every["known"])))
    if not rows.num_rows:
        return []
    told = _told(rows, _strengths(large, rows, numbers["min_n"]))
    n, buyers, known, held = (rows[name].to_numpy() for name in ("n", "buyers", "known", "held"))
    chances = chances_of_overlap(buyers, n, held, known.astype(np.float64))
    stays = chances <= believed_up_to(chances, numbers["false_share"], _comparisons(large, every))
    stays &= (buyers >= numbers["min_buyers"]) & (told["attribute_lift"].to_numpy() >= numbers["min_lift"])
    kept: list[Segment] = _strongest(told.filter(pa.array(stays)), int(numbers["per_segment"])).to_pylist()
    return kept


def _told(rows: pa.Table, strength: Chances) -> pa.Table:
    """The columns of LIFT; a prior that counts as `strength` accounts of the usual rate is added to each segment."""
    n, buyers, known, held = (rows[name].to_numpy() for name in ("n", "buyers", "known", "held"))
    base, cases = held / known, n + strength
    hits = buyers + base * strength
    low, high = wilson_intervals(hits, cases)
    shares = {"rate": hits / cases, "low": low, "high": high, "base": base, "lift": hits / cases / base}
    names = {"n": "attribute_n", "buyers": "attribute_buyers"}
    told = rows.select([*VALUE, "product", *names]).rename_columns(names)
    for name, values in shares.items():
        told = told.append_column(f"attribute_{name}", pa.array(np.round(values, 6)))
    return told


def _comparisons(large: pa.Table, rows: pa.Table) -> int:
    """How many there are: large enough segments x often enough products, whether they met or not."""
    values = large.group_by("attribute").aggregate([("n", "count")])
    products = rows.group_by("attribute").aggregate([("product", "count_distinct")])
    both = values.join(products, "attribute", join_type="inner")
    return int(np.dot(both["n_count"].to_numpy(), both["product_count_distinct"].to_numpy()))


def _strengths(large: pa.Table, rows: pa.Table, min_n: float) -> Chances:
    """What the prior of each row counts for: one for each attribute and product, from the segments `large`."""
    sizes = large.append_column("square", pc.multiply(large["n"], large["n"])).group_by("attribute")
    sizes = sizes.aggregate([("n", "count"), ("n", "sum"), ("square", "sum")])
    spread = pc.divide(pc.multiply(rows["buyers"], rows["buyers"]).cast("float64"), rows["n"])
    met = rows.append_column("spread", spread).group_by(PRODUCT).aggregate([("buyers", "sum"), ("spread", "sum")])
    place = rows.select([*PRODUCT, "own_n"]).append_column("place", pa.array(np.arange(rows.num_rows)))
    every = place.join(met, PRODUCT).join(sizes, "attribute").sort_by("place")
    groups, n, squares, hits, squared_hits, own = (
        every[name].to_numpy() for name in ("n_count", "n_sum", "square_sum", "buyers_sum", "spread_sum", "own_n")
    )
    own = np.where(own >= min_n, own, 0)
    return beta_strength(groups - (own > 0), n - own, squares - own * own, hits, squared_hits)


def _strongest(rows: pa.Table, per_segment: int) -> pa.Table:
    """Those of the highest lift in each segment, in the order of attribute, value and product."""
    by_lift = [(name, "ascending") for name in VALUE] + [("attribute_lift", "descending"), ("product", "ascending")]
    ranked = rows.sort_by(by_lift)
    ranked = ranked.append_column("row", pa.array(np.arange(ranked.num_rows)))
    first = ranked.group_by(VALUE).aggregate([("row", "min")])
    near = ranked.join(first, VALUE).sort_by("row")
    kept = near.filter(pc.less(pc.subtract(near["row"], near["row_min"]), per_segment))
    return kept.select(list(LIFT)).sort_by([(name, "ascending") for name in (*VALUE, "product")])


def offers(customers: ir.Table, names: Sequence[str], lifts: ir.Table) -> ir.Table:
    """One row an account and product with the segment of the largest lift it is in (the first by name among equals).

    Accounts alike in all attributes `names` are matched once.
    """
    alike = customers.select(*names).distinct()
    met = _each_attribute(alike, names).inner_join(lifts, ("attribute", "attribute_value"))
    top = best(met.select(*names, *LIFT), *names, "product", value="attribute_lift", id="attribute")
    return customers.select("account_id", *names).inner_join(top, names).select("account_id", *LIFT)


def quoted(rows: ir.Table, customers: ir.Table) -> ir.Table:
    """Adds the account's own value of the attribute as its record holds it, in the column of that attribute."""
    told = customers.select(*QUOTED, own_industry=_.industry, own_country=_.country)
    rows = attach(rows, told, "account_id")
    return rows.mutate(
        attribute_industry=ibis.cases((_.attribute == "industry", _.own_industry)),
        attribute_country=ibis.cases((_.attribute == "country", _.own_country)),
        attribute_employees=ibis.cases((_.attribute == "size", _.employees)),
        attribute_seats=ibis.cases((_.attribute == PLAN, _.main_seats)),
        attribute_record=ibis.cases((_.attribute == PLAN, _.paid_record)),
    ).drop("own_industry", "own_country", "employees", "main_seats", "paid_record")


_NEEDS = (
    "subscription.product_id|purchase.product_id",
    "account.industry|account.country|account.employees|subscription.product_id",
)


def _fact(kind: Kind, unit: str, doc: str, record: str | None = None, field: str | None = None) -> Fact:
    return Fact(kind=kind, unit=unit, doc=doc, needs=_NEEDS, record=record, field=field)


ATTRIBUTES = Family(
    name="attributes",
    grain="offer",
    reads=("revenue", "headroom"),
    facts={
        "attribute": _fact(
            "text", "text",
            "what customers who buy this product have in common with the account: industry, country, size "
            "(employees, by headroom's band_1 .. band_4), plan (its largest), or a text or boolean column x_... of "
            "the company's own; the one of the largest believed lift",
        ),
        "attribute_value": _fact("text", "text", "the account's value of it: a name, 50-199 employees, yes or no"),
        "attribute_n": _fact("integer", "customers", "customers (who have or had any product) with that value"),
        "attribute_buyers": _fact("integer", "customers", "those of them that have or had this product"),
        "attribute_rate": _fact(
            "number", "share",
            "(attribute_buyers + attribute_base x s) / (attribute_n + s): s is the strength of the beta prior fitted "
            "to all values of the attribute for this product, min_n accounts each",
        ),
        "attribute_low": _fact("number", "share", "lower end of the 95 % interval of attribute_rate (Wilson, n + s)"),
        "attribute_high": _fact("number", "share", "upper end of the same interval"),
        "attribute_base": _fact("number", "share", "share of buyers among all customers whose attribute is known"),
        "attribute_lift": _fact(
            "number", "times",
            "attribute_rate / attribute_base, where it is min_lift or more, min_buyers bought, and Fisher's exact "
            "test is believed (Benjamini-Hochberg, false_share) over all attributes x values of min_n x products",
        ),
        "attribute_industry": _fact(
            "text", "text", "the account's industry, where that is the attribute", "account_id", "account.industry"
        ),
        "attribute_country": _fact(
            "text", "text", "the account's country, where that is the attribute", "account_id", "account.country"
        ),
        "attribute_employees": _fact(
            "integer", "people", "the account's employees, where size is the attribute", "account_id",
            "account.employees",
        ),
        "attribute_seats": _fact(
            "integer", "seats", "seats of its largest plan, where that is the attribute", "attribute_record",
            "subscription.seats_paid",
        ),
    },
    table=attributes,
    numbers={"min_n": 20, "min_buyers": 5, "false_share": 0.1, "min_lift": 1.2, "per_segment": 10},
)  # fmt: skip
"""Attribute lift."""
