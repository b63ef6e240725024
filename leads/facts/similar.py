"""Success stories: for each offer, the most similar account that has the product and is in good standing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, attach_all, best, days, yes
from leads.inputs import Inputs, Stage

if TYPE_CHECKING:
    from leads.facts.ground import Ground

STEPS = (2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10_000,
         15_000, 20_000, 30_000, 50_000, 70_000, 100_000)  # fmt: skip
"""Employees at which a step of size begins: how close two accounts are is counted in steps, some 40 % each."""

WHY = ("industry+band", "industry", "band")
"""What an account and its story have in common, the closest first."""

_UNKNOWN = -1
_CELL = ("product", "industry", "band", "step")


def described(accounts: ir.Table, roots: ir.Table, bands: Sequence[int], trouble: ir.Table) -> ir.Table:
    """Accounts as they are compared: account_id, name, root, grouped, industry ('' unknown), band, step, quotable.

    `accounts` is the canonical table, `roots` gives each its root (ultimate parent), `bands` the employees at which a
    size band begins, `trouble` the account_id of those who have a severe case open. Band and step are -1 where
    unknown; grouped are those whose root is that of others as well.
    """
    severe = trouble.select("account_id").distinct().mutate(severe=True)
    parents = roots.filter(_.root != _.account_id).select("root").distinct().mutate(grouped=True)
    rows = attach(roots.select("account_id", "root"), parents, "root")
    rows = attach_all(accounts.rename(account_id="id"), (rows, ("account_id",)), (severe, ("account_id",)))
    barred = yes(_.do_not_contact) | yes(_.legal_hold) | yes(_.invoice_overdue) | yes(_.severe)
    return rows.select(
        "account_id", "name", "root",
        grouped=yes(_.grouped),
        industry=ibis.coalesce(_.industry, ""),
        band=_place(bands),
        step=_place(STEPS),
        quotable=~barred,
    )  # fmt: skip


def _place(starts: Sequence[int]) -> ir.IntegerValue:
    unknown = _.employees.isnull() | (_.employees <= 0)
    steps = ((_.employees < start, place) for place, start in enumerate(starts))
    return ibis.cases((unknown, _UNKNOWN), *steps, else_=len(starts)).cast("int64")


def nearest(offers: ir.Table, who: ir.Table, customers: ir.Table, stage: Stage) -> ir.Table:
    """The most similar customer for each offer: account_id, product, similar_account_id, similar_why.

    `offers` and `customers` hold account_id and product, `who` is as `described` tells. Same industry and band comes
    before same industry, and that before same band; then the fewest steps of size apart, then the smallest id. Never
    one of the same group, nor one that may not be quoted; no row where nobody is similar.
    """
    told = who.select("account_id", "root", "industry", "band", "step")
    mine = offers.inner_join(told, "account_id").filter((_.industry != "") | (_.band >= 0))
    quoted = who.filter(_.quotable).select("account_id", "root", "grouped", "industry", "band", "step")
    # many accounts are compared in few ways: by product, industry and size
    cells = stage("similar_cells", _cells(customers.inner_join(quoted, "account_id")))
    found = _found(stage("similar_wanted", mine.select(*_CELL).distinct()), cells, stage)
    first, second = (
        found.filter(_.place == place).select(
            *_CELL, **{f"id{place}": "account_id", f"root{place}": "root", f"tier{place}": _["rank"] // 100}
        )
        for place in (0, 1)
    )
    rows = attach(mine, stage("similar_found", attach(first, second, *_CELL)), *_CELL)
    other = _.root0 == _.root
    rows = rows.select(
        "account_id", "product",
        similar_account_id=ibis.ifelse(other, _.id1, _.id0),
        similar_why=ibis.ifelse(other, _.tier1, _.tier0).cases(*enumerate(WHY)),
    )  # fmt: skip
    return rows.filter(_.similar_account_id.notnull())


def _cells(customers: ir.Table) -> ir.Table:
    """Of each cell, those who can be the answer: _CELL, account_id, root.

    One that stands alone can be told to everybody; of a group, its own members need another.
    """
    alone = customers.filter(~_.grouped).group_by(_CELL).aggregate(account_id=_.account_id.min())
    kin = _two(customers.filter(_.grouped).mutate(rank=0), *_CELL)
    keep = (*_CELL, "account_id", "root")
    return ibis.union(alone.mutate(root=_.account_id).select(*keep), kin.select(*keep))


def _found(wanted: ir.Table, cells: ir.Table, stage: Stage) -> ir.Table:
    """The two customers nearest to each wanted cell, from different groups: _CELL, rank, account_id, root, place."""
    there = cells.select(
        "product", "industry", "account_id", "root", their_band="band", their_step="step", band="band"
    )
    known = wanted.filter((_.industry != "") & (_.band >= 0))
    both = known.inner_join(there, ("product", "industry", "band")).mutate(tier=0)
    near = stage("similar_near", _two(_ranked(both), *_CELL))
    # hardly anybody has to look further
    done = near.filter(_.place == 1)
    rest = wanted.anti_join(done, _CELL)
    there = there.drop("band")
    alike = rest.filter(_.industry != "").inner_join(there, ("product", "industry"))
    alike = alike.mutate(tier=ibis.ifelse((_.band >= 0) & (_.band == _.their_band), 0, 1))
    sized = there.drop("industry").rename(band="their_band").filter(_.band >= 0)
    sized = rest.inner_join(sized, ("product", "band")).mutate(tier=2)
    far = _two(ibis.union(_ranked(alike), _ranked(sized)), *_CELL)
    return stage("similar_nearest", ibis.union(near.semi_join(done, _CELL), far))


def _ranked(rows: ir.Table) -> ir.Table:
    """Adds rank: 100 a tier and 1 a step apart, 99 where a size is unknown."""
    known = (_.step >= 0) & (_.their_step >= 0)
    apart = ibis.ifelse(known, (_.step - _.their_step).abs(), 99)
    return rows.select(*_CELL, "account_id", "root", rank=_.tier * 100 + apart)


def _two(rows: ir.Table, *by: str) -> ir.Table:
    """The two of lowest rank, then smallest id, from different groups (root): by, rank, account_id, root, place."""
    lowest = rows.group_by(*by, "root").aggregate(rank=_["rank"].min())
    tied = rows.inner_join(lowest, (*by, "root", "rank"))
    one = tied.group_by(*by, "root", "rank").aggregate(account_id=_.account_id.min())
    place = ibis.row_number().over(group_by=by, order_by=[_["rank"], _.account_id])
    return one.mutate(place=place).filter(_.place < 2)


def customers(owned: ir.Table, since: ir.DateValue) -> ir.Table:
    """Who pays for a product now, or bought it on the day `since` or later: account_id, product."""
    return owned.filter(yes(_.live) | yes(_.bought_on >= since)).select("account_id", "product")


def first_bought(inputs: Inputs, codes: ir.Table, quoted: ir.Table) -> ir.Table:
    """The first purchase of each quoted account_id and product: similar_bought_on, similar_record."""
    lines = inputs.tables["purchase"].filter(_.bought_on <= inputs.day(0))
    lines = attach(lines.semi_join(quoted, "account_id"), codes, "product_id").semi_join(
        quoted, ("account_id", "product")
    )
    lines = lines.mutate(age=days(inputs.day(0), _.bought_on))
    first = best(lines, "account_id", "product", value="age")
    return first.select("account_id", "product", similar_bought_on="bought_on", similar_record="id")


def _table(ground: "Ground") -> ir.Table:
    inputs, bands = ground.inputs, ground.numbers("headroom")
    severe = inputs.tables["case"].filter(
        (_.severity == "high") & ~yes(_.is_closed) & (_.opened_on.isnull() | (_.opened_on <= inputs.day(0)))
    )
    roots = ground.family("group").select("account_id", "root")
    who = inputs.stage(
        "similar_accounts",
        described(inputs.tables["account"], roots, [int(bands[f"band_{place}"]) for place in (1, 2, 3, 4)], severe),
    )
    since = inputs.day(int(ground.numbers("similar")["days"]))
    rows = nearest(ground.spine("offer"), who, customers(ground.owned, since), inputs.stage)
    rows = inputs.stage("similar_offers", rows)
    return told(inputs, rows, who, ground.subscriptions, ground.codes)


def told(inputs: Inputs, rows: ir.Table, who: ir.Table, subscriptions: ir.Table, codes: ir.Table) -> ir.Table:
    """`nearest` with the story's own numbers: the facts of SIMILAR."""
    key = ("similar_account_id", "product")
    quoted = rows.select(account_id="similar_account_id", product="product").distinct()
    live = subscriptions.filter(_.live & _.seats.notnull()).semi_join(quoted, ("account_id", "product"))
    largest = best(live, "account_id", "product", value="seats").select(
        "account_id", "product", "starts_on", similar_seats="seats", similar_subscription="id"
    )
    names = who.select("account_id", similar_name="name")
    story = attach_all(
        quoted,
        (names, ("account_id",)),
        (largest, ("account_id", "product")),
        (first_bought(inputs, codes, quoted), ("account_id", "product")),
    )
    begun = ibis.cases((_.starts_on <= inputs.day(0), _.starts_on))
    story = story.mutate(
        similar_since=ibis.coalesce(ibis.least(_.similar_bought_on, begun), _.similar_bought_on, begun)
    )
    story = story.mutate(similar_months=_months(inputs)).drop("starts_on").rename(similar_account_id="account_id")
    return attach(rows, inputs.stage("similar_stories", story), *key)


def _months(inputs: Inputs) -> ir.IntegerValue:
    """Whole months since similar_since."""
    today, since = inputs.today, _.similar_since
    months = (today.year - since.year()) * 12 + today.month - since.month()
    return (months - ibis.ifelse(since.day() > today.day, 1, 0)).cast("int64")


_NEEDS = ("account.industry|account.employees", "subscription.product_id|purchase.product_id", "product.code")
_STORY = "the most similar customer that has the product"

SIMILAR = Family(
    name="similar",
    grain="offer",
    reads=("group",),
    facts={
        "similar_account_id": Fact(
            kind="text", unit="text", needs=_NEEDS,
            doc=f"id of {_STORY}: same industry and size band, else same industry, else same band; then the closest "
            "in employees (by steps of some 40 %), then the smallest id. It pays for the product, or bought it in "
            "the last `days` days; never one of the same group, nor one with do-not-contact, a legal hold, an "
            "overdue invoice or an open severe case",
        ),
        "similar_name": Fact(
            kind="text", unit="text", needs=_NEEDS, record="similar_account_id", field="account.name",
            doc=f"name of {_STORY}",
        ),
        "similar_why": Fact(
            kind="text", unit="text", needs=_NEEDS, doc="what the two have in common: industry+band, industry or band"
        ),
        "similar_bought_on": Fact(
            kind="date", unit="date", needs=(*_NEEDS, "purchase.bought_on"), record="similar_record",
            field="purchase.bought_on",
            doc=f"day on which {_STORY} first bought it; missing where only a subscription tells",
        ),
        "similar_since": Fact(
            kind="date", unit="date", needs=_NEEDS,
            doc=f"since when {_STORY} has it: its first purchase or the start of its largest live subscription, "
            "whichever was earlier",
        ),
        "similar_seats": Fact(
            kind="integer", unit="seats", needs=(*_NEEDS, "subscription.seats_paid"), record="similar_subscription",
            field="subscription.seats_paid",
            doc=f"seats of the largest live subscription with which {_STORY} pays for it",
        ),
        "similar_months": Fact(
            kind="integer", unit="months", needs=_NEEDS, doc="whole months from similar_since to today"
        ),
    },
    table=_table,
    numbers={"days": 730},
)  # fmt: skip
