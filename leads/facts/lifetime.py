"""How long accounts stay: the years to expect of an account, from those that were customers a year ago."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach, attach_all


def lifetimes(accounts: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """Adds ltv_years (expected remaining years) and ltv_n (accounts behind it) to accounts.

    `accounts` hold industry, was_live (paid for something `ltv_days` ago) and is_live (does so today). Of the n
    accounts of an industry that were live then, some left: loss = (left + w x loss of all) / (n + w), with w =
    `ltv_weight`; the loss of all accounts is drawn the same way towards 1 / `ltv_years`. The years are 1 / loss, at
    most `ltv_years`. Under `ltv_accounts` accounts in the industry all accounts tell; under as many of them, NULL.
    """
    enough, weight, cap = int(numbers["ltv_accounts"]), numbers["ltv_weight"], numbers["ltv_years"]
    rows = accounts.mutate(segment=ibis.coalesce(_.industry, ""), world=1)
    tell = rows.filter(_.was_live)
    everyone = _left(tell, "world").mutate(all_loss=(_.left + weight / cap) / (_.n + weight))
    near = attach(_left(tell.filter(_.industry.notnull()), "segment", "world"), everyone.drop("left", "n"), "world")
    near = near.filter(_.n >= enough).select(
        "segment", near_n="n", near_loss=(_.left + weight * _.all_loss) / (_.n + weight)
    )
    everyone = everyone.filter(_.n >= enough).select("world", "all_loss", all_n="n")
    rows = attach_all(rows, (near, ("segment",)), (everyone, ("world",)))
    rows = rows.mutate(loss=ibis.coalesce(_.near_loss, _.all_loss), ltv_n=ibis.coalesce(_.near_n, _.all_n))
    years = ibis.cases((_.loss * cap > 1, (1 / _.loss).round(4)), (_.loss.notnull(), cap))
    rows = rows.mutate(ltv_years=years)
    return rows.drop("segment", "world", "near_n", "near_loss", "all_n", "all_loss", "loss")


def _left(rows: ir.Table, *by: str) -> ir.Table:
    return rows.group_by(by).aggregate(n=_.count(), left=_.count(where=~_.is_live))
