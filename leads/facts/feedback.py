"""What people answer to surveys: the last NPS and CSAT, how far each fell, and whether somebody is delighted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import Deferred, _

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
    scores = {"nps": _.score.cast("int64"), "csat": _.score}
    told = [(_last_two(recent, kind, score), on) for kind, score in scores.items()]
    rows = attach_all(who, (since, on), *told, (delighted, on))
    recommended = ibis.cases((_.nps_before > _.nps, _.nps_before - _.nps), (_.nps_before <= _.nps, 0))
    lost = (_.csat_before - _.csat).round(4)
    return rows.mutate(nps_fall=recommended, csat_fall=ibis.cases((lost > 0, lost), (lost <= 0, 0.0)))


def _valid() -> ir.BooleanValue:
    whole = (_.kind == "nps") & _.score.between(0, 10) & (_.score == _.score.floor())
    return whole | ((_.kind == "csat") & _.score.between(1, TOP_BOX))


def _last_two(recent: ir.Table, kind: str, score: Deferred) -> ir.Table:
    """The last answer of the kind, and the one of a day before: `<kind>`, its day and record, `<kind>_before`."""
    rows = recent.filter(_.kind == kind).mutate(points=score)
    on, told = f"{kind}_on", {kind: "points", f"{kind}_on": "on", f"{kind}_record": "id"}
    last = best(rows, "account_id", value="on").select("account_id", **told)
    earlier = attach(rows, last.select("account_id", on), "account_id").filter(_.on < _[on])
    before = best(earlier, "account_id", value="on")
    names = {f"{kind}_before": "points", f"{kind}_before_record": "id"}
    return attach(last, before.select("account_id", **names), "account_id")


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
        "csat_before": Fact(
            kind="number",
            unit="points",
            doc="score of the last CSAT answer on a day before csat_on, if it is at most days (180) days old",
            needs=_NEEDS,
            record="csat_before_record",
            field="feedback.score",
        ),
        "csat_fall": Fact(
            kind="number",
            unit="points",
            doc="csat_before - csat to 4 digits, 0 where it did not fall; missing without both answers",
            needs=_NEEDS,
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
