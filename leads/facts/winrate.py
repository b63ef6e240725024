"""How often deals are won: counts of decided opportunities, for all, by industry and by product; and of our leads."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach, total, yes
from leads.inputs import Inputs


def decided(inputs: Inputs, codes: ir.Table) -> ir.Table:
    """Opportunities decided up to today, counted: industry of the account, product, wins, n."""
    industry = inputs.tables["account"].select(account_id="id", industry="industry")
    # a deal that is closed without its day was decided some day or other
    past = ibis.coalesce(_.closes_on <= inputs.day(0), True)
    rows = attach(inputs.tables["opportunity"].filter(yes(_.is_closed) & past), industry, "account_id")
    rows = attach(rows, codes, "product_id").mutate(won=yes(_.is_won).cast("int64"))
    counted = rows.group_by("industry", "product").aggregate(wins=total(_.won), n=_.count())
    return inputs.stage("decided", counted)


def overall(decided: ir.Table) -> ir.Table:
    """One row: all_wins, all_n."""
    return decided.aggregate(all_wins=ibis.coalesce(total(_.wins), 0), all_n=ibis.coalesce(total(_.n), 0))


def by(decided: ir.Table, segment: str) -> ir.Table:
    """One row a value of `segment` (industry or product): <segment>_wins, <segment>_n."""
    known = decided.filter(_[segment].notnull())
    return known.group_by(segment).aggregate(**{f"{segment}_wins": total(_.wins), f"{segment}_n": total(_.n)})


DECIDED = ("accepted", "won", "lost", "declined")
"""What people answer once they have decided; a lead that was sent back or put off is undecided."""


def by_play(ours: ir.Table) -> ir.Table:
    """What became of our own leads, one row a play: play_n decided, of which play_won and play_accepted."""
    decided = ours.filter(_.outcome.isin(DECIDED))
    counts = {name: _.key.count(where=_.outcome == name) for name in ("won", "accepted")}
    return decided.group_by("play").aggregate(
        play_n=_.count(), **{f"play_{name}": count for name, count in counts.items()}
    )
