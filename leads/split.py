"""A split of purchases in time, and whether what was recommended before a day was bought after it."""

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach, yes


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Purchases on both sides of a day, with the columns they came with.

    `train` lies strictly before the day, and is all that may be learned from; `test` begins with it. `news`
    (account_id, product) is what accounts of train bought in test and had not before: what could be foretold.
    """

    train: ir.Table
    test: ir.Table
    news: ir.Table


def split(purchases: ir.Table, day: date, until: date) -> Split:
    """Splits purchases (account_id, product, bought_on, ...) at `day`; `until` and later are not looked at."""
    train = purchases.filter(_.bought_on < _literal(day))
    test = purchases.filter((_.bought_on >= _literal(day)) & (_.bought_on < _literal(until)))
    later = test.select("account_id", "product").distinct()
    news = later.semi_join(train, "account_id").anti_join(train, ("account_id", "product"))
    return Split(train=train, test=test, news=news)


def first_k(scored: ir.Table, train: ir.Table, k: int) -> ir.Table:
    """The `k` products of the highest score an account that it did not buy in train; among equals the first by code.

    `scored` holds account_id, product, score. One row an account and product: account_id, product, place from 0.
    """
    fresh = scored.anti_join(train, ("account_id", "product"))
    place = ibis.row_number().over(group_by="account_id", order_by=[_.score.desc(), _.product])
    return fresh.select("account_id", "product", place=place).filter(_.place < k)


def hit_at(recommended: ir.Table, news: ir.Table) -> tuple[int, int]:
    """For how many accounts one recommended product at least was among what they went on to buy, and of how many.

    `recommended` and `news` hold account_id and product. Accounts for whom nothing was recommended count as missed;
    those that bought nothing new could not be foretold, and are not counted.
    """
    hits = recommended.select("account_id", "product").semi_join(news, ("account_id", "product"))
    right = hits.select("account_id").distinct().mutate(right=True)
    rows = attach(news.select("account_id").distinct(), right, "account_id")
    counts = rows.aggregate(hits=yes(_.right).sum(), of=_.count()).to_pyarrow().to_pylist()[0]
    return int(counts["hits"] or 0), int(counts["of"])


def _literal(day: date) -> ir.DateValue:
    return ibis.date(day.year, day.month, day.day)
