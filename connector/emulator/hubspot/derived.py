"""The values HubSpot fills in by itself when a record is written."""

from collections.abc import Callable
from typing import Final

from connector.emulator.hubspot.pipelines import Stage
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.wire import stamp

Values = dict[str, str | None]
Get = Callable[[str], str | None]
Derive = Callable[[Portal, Values, Get], None]


def derive(portal: Portal, object: str, values: Values, get: Get) -> None:
    """Add to `values`, about to be written, what follows from them; `get` reads the record as it will be."""
    if values.get("hubspot_owner_id") is not None:
        values.setdefault("hubspot_owner_assigneddate", stamp(portal.now()))
    rule = _RULES.get(object)
    if rule is not None:
        rule(portal, values, get)


def _stage(portal: Portal, object: str, values: Values, get: Get, names: tuple[str, str]) -> Stage | None:
    pipeline = portal.pipeline(object, get(names[0]))
    if pipeline is None:
        return None
    if get(names[0]) is None:
        values[names[0]] = pipeline.id
    return pipeline.stage(get(names[1]))


def _deal(portal: Portal, values: Values, get: Get) -> None:
    stage = _stage(portal, "deals", values, get, ("pipeline", "dealstage"))
    if stage is not None:
        won = stage.closed and stage.probability == "1.0"
        values["hs_is_closed"] = _bool(stage.closed)
        values["hs_is_closed_won"] = _bool(won)
        values["hs_is_closed_lost"] = _bool(stage.closed and not won)
        values["hs_deal_stage_probability"] = stage.probability
        if stage.closed and get("closedate") is None:
            values["closedate"] = stamp(portal.now())
    if get("deal_currency_code") is None:
        values["deal_currency_code"] = portal.currency
    values["amount_in_home_currency"] = _in_home_currency(get("amount"), get("hs_exchange_rate"))


def _in_home_currency(amount: str | None, rate: str | None) -> str | None:
    if amount is None or rate is None:
        return amount
    return f"{float(amount) * float(rate):.10g}"


def _ticket(portal: Portal, values: Values, get: Get) -> None:
    stage = _stage(portal, "tickets", values, get, ("hs_pipeline", "hs_pipeline_stage"))
    if stage is None:
        return
    values["hs_is_closed"] = _bool(stage.closed)
    if stage.closed and get("closed_date") is None:
        values["closed_date"] = stamp(portal.now())
    elif not stage.closed:
        values["closed_date"] = None


def _lead(portal: Portal, values: Values, get: Get) -> None:
    if get("hs_pipeline_stage") is None and (pipeline := portal.pipeline("leads", get("hs_pipeline"))) is not None:
        values["hs_pipeline_stage"] = pipeline.stages[0].id
    stage = _stage(portal, "leads", values, get, ("hs_pipeline", "hs_pipeline_stage"))
    state = "" if stage is None else stage.metadata.get("leadState", "")
    values["hs_lead_is_open"] = _bool(state in {"NEW", "IN_PROGRESS"})
    values["hs_lead_is_qualified"] = _bool(state == "QUALIFIED")
    values["hs_lead_is_disqualified"] = _bool(state == "UNQUALIFIED")
    values["hs_lead_name_calculated"] = get("hs_lead_name")


def _task(portal: Portal, values: Values, get: Get) -> None:
    for name, usual in (("hs_task_status", "NOT_STARTED"), ("hs_task_type", "TODO"), ("hs_task_priority", "NONE")):
        if get(name) is None:
            values[name] = usual
    completed = get("hs_task_status") == "COMPLETED"
    values["hs_task_is_completed"] = _bool(completed)
    if not completed:
        values["hs_task_completion_date"] = None
    elif get("hs_task_completion_date") is None:
        values["hs_task_completion_date"] = stamp(portal.now())


def _line_item(portal: Portal, values: Values, get: Get) -> None:
    product = values.get("hs_product_id")
    if product is not None and product.isdigit():
        products = portal.tables["products"]
        sold = products.find(int(product))
        for name in ("name", "price", "hs_sku") if sold is not None else ():
            if sold is not None and get(name) is None and (value := products.get(sold, name)) is not None:
                values[name] = value
    quantity, price = get("quantity"), get("price")
    if quantity is not None and price is not None and "amount" not in values:
        values["amount"] = f"{float(quantity) * (float(price) - float(get('discount') or 0)):.12g}"


def _bool(value: bool) -> str:
    return "true" if value else "false"


_RULES: Final[dict[str, Derive]] = {
    "deals": _deal,
    "tickets": _ticket,
    "leads": _lead,
    "tasks": _task,
    "line_items": _line_item,
}
