"""What is going on at an account: deals, tasks, cases, the last contact, answers to surveys."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach, best, yes
from leads.inputs import Inputs

SURVEY_DAYS = 180
"""How long an answer says something."""


def won(inputs: Inputs, days_ago: int) -> ir.Table:
    """The latest won deal of the last `days_ago` days: won_record, won_on."""
    deals = inputs.tables["opportunity"].filter(
        yes(_.is_won) & _.closes_on.between(inputs.day(days_ago), inputs.day(0))
    )
    return best(deals, "account_id", value="closes_on").select("account_id", won_record="id", won_on="closes_on")


def open_deals(inputs: Inputs, codes: ir.Table) -> ir.Table:
    """account_id, product -> deal_record of an open deal; product `?` where the CRM names none."""
    deals = attach(inputs.tables["opportunity"].filter(~yes(_.is_closed)), codes, "product_id")
    deals = deals.mutate(product=ibis.coalesce(_.product, "?"))
    return inputs.stage("open_deals", deals.group_by("account_id", "product").aggregate(deal_record=_.id.min()))


def open_tasks(inputs: Inputs) -> ir.Table:
    """Open tasks that are not ours: account_id, task_record, task_subject in lower case."""
    tasks = inputs.tables["activity"].filter((_.kind == "task") & ~yes(_.is_closed) & _.subject.notnull())
    theirs = tasks.anti_join(inputs.tables["ours"], "id")
    return theirs.select("account_id", task_record="id", task_subject=_.subject.lower())


def last_contact(inputs: Inputs) -> ir.Table:
    """The last day anybody talked with them: a call, mail or meeting that took place, or a task that was done."""
    happened = inputs.tables["activity"].filter(
        (_.on <= inputs.day(0)) & ((_.kind != "task") | yes(_.is_closed)) & _.account_id.notnull()
    )
    return happened.group_by("account_id").aggregate(contacted_on=_.on.max())


def cases(inputs: Inputs, days_ago: int) -> ir.Table:
    """severe_record and severe_n of open severe cases; cases_n of the last `days_ago` days."""
    severe = ~yes(_.is_closed) & (_.severity == "high")
    return (
        inputs.tables["case"]
        .group_by("account_id")
        .aggregate(
            severe_record=_.id.min(where=severe),
            severe_n=_.id.count(where=severe),
            cases_n=_.id.count(where=_.opened_on > inputs.day(days_ago)),
        )
    )


def nps(inputs: Inputs) -> ir.Table:
    """The last answer to the recommendation question and the one before: nps, nps_before."""
    answers = inputs.tables["feedback"].filter(
        (_.kind == "nps") & _.on.between(inputs.day(SURVEY_DAYS), inputs.day(0))
    )
    last = best(answers, "account_id", value="on").select("account_id", nps="score", nps_on="on")
    earlier = attach(answers, last, "account_id").filter(_.on < _.nps_on)
    before = best(earlier, "account_id", value="on").select("account_id", nps_before="score")
    return inputs.stage("nps", attach(last, before, "account_id"))
