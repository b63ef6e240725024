"""What people answer to surveys: the last NPS and CSAT, how far the NPS fell, and whether somebody is delighted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, attach_all, best
from leads.facts.touches import latest
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module's neighbours
    from leads.facts.ground import Ground

PROMOTER, TOP_BOX = 9, 5
"""The least score of a promoter (NPS), and the best answer of CSAT."""


def answers(inputs: Inputs, numbers: Mapping[str, float]) -> ir.Table:
    """One row an account that ever answered. Columns: see FEEDBACK, and the records the answers were read from.

    A score off the scale (NPS: whole, 0 to 10; CSAT: 1 to 5) is no answer.
    """
    told = inputs.tables["feedback"].filter((_.on <= inputs.day(0)) & _valid())
    since = latest(told, "account_id", on="on", day="feedback_since", record="feedback_record")
    recent = told.filter(_.on >= inputs.day(int(numbers["days"])))
    happy = told.filter(
        (_.on >= inputs.day(int(numbers["delighted_days"])))
        & (_.score >= ibis.ifelse(_.kind == "nps", PROMOTER, TOP_BOX))
    )
    delighted = latest(happy, "account_id", on="on", day="delighted_on", record="delighted_record")
    on = ("account_id",)
    who = told.select("account_id").distinct()
    rows = attach_all(who, (since, on), (_recommended(recent), on), (_satisfied(recent), on), (delighted, on))
    fell = ibis.cases((_.nps_before > _.nps, _.nps_before - _.nps), (_.nps_before <= _.nps, 0))
    return rows.mutate(nps_fall=fell)


def _valid() -> ir.BooleanValue:
    whole = (_.kind == "nps") & _.score.between(0, 10) & (_.score == _.score.floor())
    return whole | ((_.kind == "csat") & _.score.between(1, TOP_BOX))


def _recommended(recent: ir.Table) -> ir.Table:
    rows = recent.filter(_.kind == "nps").mutate(points=_.score.cast("int64"))
    last = best(rows, "account_id", value="on").select("account_id", nps="points", nps_on="on", nps_record="id")
    earlier = attach(rows, last.select("account_id", "nps_on"), "account_id").filter(_.on < _.nps_on)
    before = best(earlier, "account_id", value="on")
    return attach(last, before.select("account_id", nps_before="points", nps_before_record="id"), "account_id")


def _satisfied(recent: ir.Table) -> ir.Table:
    last = best(recent.filter(_.kind == "csat"), "account_id", value="on")
    return last.select("account_id", csat="score", csat_on="on", csat_record="id")


def _table(ground: "Ground") -> ir.Table:
    return answers(ground.inputs, ground.numbers("feedback"))


_NEEDS = ("feedback.score",)
FEEDBACK = Family(
    name="feedback",
    grain="account",
    numbers={"days": 180, "delighted_days": 30},
    facts={
        "nps": Fact(
            kind="integer",
            unit="points",
            doc="score (0 to 10) of the last NPS answer, whoever gave it, if it is at most days (180) days old",
            needs=_NEEDS,
            record="nps_record",
            field="feedback.score",
        ),
        "nps_on": Fact(
            kind="date",
            unit="date",
            doc="day of that answer",
            needs=_NEEDS,
            record="nps_record",
            field="feedback.on",
        ),
        "nps_before": Fact(
            kind="integer",
            unit="points",
            doc="score of the last NPS answer on a day before nps_on, if it is at most days (180) days old",
            needs=_NEEDS,
            record="nps_before_record",
            field="feedback.score",
        ),
        "nps_fall": Fact(
            kind="integer",
            unit="points",
            doc="nps_before - nps, 0 where it did not fall; missing without both answers",
            needs=_NEEDS,
        ),
        "csat": Fact(
            kind="number",
            unit="points",
            doc="score (1 to 5) of the last CSAT answer, whoever gave it, if it is at most days (180) days old",
            needs=_NEEDS,
            record="csat_record",
            field="feedback.score",
        ),
        "csat_on": Fact(
            kind="date",
            unit="date",
            doc="day of that answer",
            needs=_NEEDS,
            record="csat_record",
            field="feedback.on",
        ),
        "delighted_on": Fact(
            kind="date",
            unit="date",
            doc="day of the last NPS answer of 9 or 10 or CSAT answer of 5, if it is at most delighted_days (30) "
            "days old",
            needs=_NEEDS,
            record="delighted_record",
            field="feedback.on",
        ),
        "feedback_since": Fact(
            kind="date",
            unit="date",
            doc="day of the last answer to any survey, however old",
            needs=_NEEDS,
            record="feedback_record",
            field="feedback.on",
        ),
    },
    table=_table,
)
