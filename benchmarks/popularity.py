"""Whether baskets foretell what customers buy next better than the list of what is bought most: hit@10 by time split.

    python -m benchmarks.popularity --data FOLDER

Rules are learned from purchases before a day alone, with the numbers that Tossup ships. Each account that bought
something it had not bought before, in the three months from that day, is given ten products in three ways, never what
it has: those that most customers bought (popularity), those of the highest affinity_score (score), and those of the
highest affinity_score among what is in fact offered, because a rule in order leads there (offers). A hit is one of
the ten among what it went on to buy. The first two splits served to choose the score; the last one, the last three
months of the data, was set before.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from benchmarks.worlds.command import DATA
from leads.facts.affinity import AFFINITY, believed, scores
from leads.split import Split, first_k, hit_at, split

FILE = Path("online_retail") / "online_retail_II_2009_2010.parquet"
K = 10
SPLITS = (
    (date(2010, 3, 1), date(2010, 6, 1)),
    (date(2010, 6, 1), date(2010, 9, 1)),
    (date(2010, 9, 10), date(2010, 12, 10)),
)
"""First day of the test, and the day after its last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one split showed: `hits` by way of recommending, out of `accounts`."""

    day: date
    accounts: int
    rules: int
    hits: dict[str, int]
    seconds: float

    @property
    def better(self) -> bool:
        """Whether the score, and the offers that follow from rules in order, both beat popularity."""
        return self.hits["popularity"] < min(self.hits["score"], self.hits["offers"])


def purchases(engine: Any, file: Path, customers: int | None = None) -> ir.Table:
    """account_id, product and bought_on of lines of a known customer that were sold, not returned or given away.

    `customers` takes a sample: those whose number leaves no rest by it.
    """
    rows = engine.read_parquet(file)
    rows = rows.filter(_["Customer ID"].notnull() & ~_.Invoice.startswith("C") & (_.Quantity > 0) & (_.Price > 0))
    number = rows["Customer ID"].cast("int64")
    rows = rows.filter(number % customers == 0) if customers else rows
    rows = rows.select(
        account_id=rows["Customer ID"].cast("int64").cast("string"),
        product=rows.StockCode.strip(),
        bought_on=rows.InvoiceDate.date(),
    )
    return engine.create_table("purchases", rows.distinct(), overwrite=True)


def measured(engine: Any, bought: ir.Table, day: date, until: date) -> Answer:
    """The hits of each way on one split; rules and popularity see purchases before `day` alone."""
    began = time.perf_counter()

    def stage(name: str, table: ir.Table) -> ir.Table:
        made: ir.Table = engine.create_table(name, table, overwrite=True)
        return made

    apart = split(bought, day, until)
    news = stage("news", apart.news)
    train = stage("train", apart.train.group_by("account_id", "product").aggregate(first_on=_.bought_on.min()))
    rules = believed(train, AFFINITY.numbers, stage)
    hits, of = {}, 0
    for way, scored in _ways(train, rules, Split(train=train, test=apart.test, news=news)):
        hits[way], of = hit_at(stage("first", first_k(scored, train, K)), news)
    return Answer(
        day=day, accounts=of, rules=int(rules.count().to_pyarrow().as_py()), hits=hits,
        seconds=time.perf_counter() - began,
    )  # fmt: skip


def _ways(train: ir.Table, rules: ir.Table, apart: Split) -> Iterator[tuple[str, ir.Table]]:
    """account_id, product and score, of accounts that bought something new later."""
    asked = apart.news.select("account_id").distinct()
    popular = train.group_by("product").aggregate(score=_.count())
    yield "popularity", asked.cross_join(popular)
    fits = scores(train.semi_join(asked, "account_id"), rules).rename(product="b")
    yield "score", fits
    yield "offers", fits.filter(_.place.notnull())


def main() -> int:
    """Print a line a split; 1 where popularity is as good."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--data", type=Path, default=DATA, help="folder with online_retail/")
    chosen = words.parse_args()
    engine = ibis.duckdb.connect()
    bought = purchases(engine, chosen.data / FILE)
    print(f"{'test from':<11} {'accounts':>8} {'rules':>7} {'popularity':>11} {'offers':>8} {'score':>8} {'time':>7}")
    answers = [measured(engine, bought, *days) for days in SPLITS]
    for one in answers:
        share = {way: f"{hits / one.accounts:.3f}" for way, hits in one.hits.items()}
        print(
            f"{one.day!s:<11} {one.accounts:>8,} {one.rules:>7,} {share['popularity']:>11} {share['offers']:>8}"
            f" {share['score']:>8} {one.seconds:>6.1f}s"
        )
    engine.disconnect()
    return 0 if all(one.better for one in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
