"""How often deals are won: counts of decided opportunities, for all, by industry and by product."""

import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach, total, yes
from leads.inputs import Inputs


def decided(inputs: Inputs, codes: ir.Table) -> ir.Table:
    """Decided opportunities: industry of the account, product, won (0 or 1)."""
    industry = inputs.tables["account"].select(account_id="id", industry="industry")
    rows = attach(inputs.tables["opportunity"].filter(yes(_.is_closed)), industry, "account_id")
    rows = attach(rows, codes, "product_id").mutate(won=yes(_.is_won).cast("int64"))
    return inputs.stage("decided", rows.select("industry", "product", "won"))


def overall(decided: ir.Table) -> ir.Table:
    """One row: all_wins, all_n."""
    return decided.aggregate(all_wins=total(_.won), all_n=_.count())


def by(decided: ir.Table, segment: str) -> ir.Table:
    """One row a value of `segment` (industry or product): <segment>_wins, <segment>_n."""
    known = decided.filter(_[segment].notnull())
    return known.group_by(segment).aggregate(**{f"{segment}_wins": total(_.won), f"{segment}_n": _.count()})
