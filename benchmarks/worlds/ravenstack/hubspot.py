"""RavenStack in HubSpot's words: companies, products, subscriptions, tickets and custom objects."""

from collections.abc import Iterator

from benchmarks.worlds.hubspot import HubSpot, Record, checkbox, day, number, text
from benchmarks.worlds.ravenstack.source import PRICES, RavenStack

_PRIORITY = {"high": "HIGH", "normal": "MEDIUM", "low": "LOW"}
_NEW, _CLOSED = "1", "4"
"""Stages of HubSpot's own support pipeline."""
_INDUSTRIES = {
    "DevTools": "COMPUTER_SOFTWARE",
    "FinTech": "FINANCIAL_SERVICES",
    "Cybersecurity": "COMPUTER_NETWORK_SECURITY",
    "HealthTech": "HOSPITAL_HEALTH_CARE",
    "EdTech": "E_LEARNING",
}


def load(data: RavenStack, portal: HubSpot) -> Iterator[tuple[str, int]]:
    """Do it, object by object; yields each object's name and its rows once they are in."""
    _define(portal)
    products = portal.create("products", _products())
    yield "products", len(products)
    companies = portal.create("companies", _companies(data, portal.owner()))
    yield "companies", len(companies)
    items = portal.create("line_items", _line_items(data, products))
    yield "line_items", len(items)
    yield "subscriptions", portal.load("subscriptions", _subscriptions(data, companies, items))
    yield "tickets", portal.load("tickets", _tickets(data, companies))
    yield "feedback_submissions", portal.seed("feedback_submissions", _answers(data, companies))
    yield "churn_event", portal.load("churn_event", _churn(data, companies))
    yield "product_usage", portal.load("product_usage", _usage(data, companies, products))


def counted(data: RavenStack, portal: HubSpot) -> dict[str, tuple[int, int]]:
    """By object: the rows the source has for it, and the records the portal has."""
    expected = {
        "companies": len(data.accounts),
        "products": len(PRICES),
        "subscriptions": len(data.subscriptions),
        "line_items": len(data.subscriptions),
        "tickets": len(data.tickets),
        "product_usage": len(data.usage),
        "feedback_submissions": len(data.scored),
        "churn_event": len(data.churn),
    }
    return {object: (rows, portal.count(object)) for object, rows in expected.items()}


def _define(portal: HubSpot) -> None:
    portal.define("companies", [day("customer_since", "Customer since"), checkbox("churned", "Churned")])
    portal.define("products", [text("product_family", "Family"), number("product_tier", "Tier")])
    terms = [
        number("seats_paid", "Seats paid"),
        number("unit_price", "Price of a seat a month"),
        day("starts_on", "First day"),
        day("ends_on", "Last day"),
        checkbox("cancelled", "Cancelled"),
        checkbox("auto_renews", "Renews by itself"),
    ]
    portal.define("subscriptions", terms)
    usage = [
        text("usage_name", "Name"),
        day("usage_date", "Date"),
        number("quantity", "Quantity"),
        text("feature", "Feature"),
    ]
    portal.define_object("product_usage", "Product usage", usage, ("companies", "products"))
    churn = [
        text("churn_name", "Name"),
        day("churn_date", "Date"),
        text("reason", "Reason"),
        number("refund", "Refund"),
        checkbox("came_back", "Came back"),
        text("words", "Words"),
    ]
    portal.define_object("churn_event", "Churn event", churn, ("companies",))


def _products() -> Iterator[Record]:
    for tier, (plan, price) in enumerate(PRICES.items(), start=1):
        properties = {
            "name": f"RavenStack {plan}",
            "hs_sku": plan.upper(),
            "price": price,
            "product_family": "RavenStack",
            "product_tier": tier,
        }
        yield Record(key=plan, properties=properties)


def _companies(data: RavenStack, owner: str) -> Iterator[Record]:
    for each in data.accounts:
        properties = {
            "name": each.name,
            "industry": _INDUSTRIES[each.industry],
            "country": each.country,
            "customer_since": each.signed_up,
            "churned": each.churned,
            "hubspot_owner_id": owner,
        }
        yield Record(key=each.id, properties=properties)


def _line_items(data: RavenStack, products: dict[str, str]) -> Iterator[Record]:
    for each in data.subscriptions:
        properties = {
            "name": f"RavenStack {each.plan}",
            "hs_product_id": products[each.plan],
            "quantity": each.seats,
            "price": each.unit_price,
        }
        yield Record(key=each.id, properties=properties)


def _subscriptions(data: RavenStack, companies: dict[str, str], items: dict[str, str]) -> Iterator[Record]:
    for each in data.subscriptions:
        properties = {
            "hs_name": each.id,
            "seats_paid": each.seats,
            "unit_price": each.unit_price,
            "starts_on": each.starts_on,
            "ends_on": each.ends_on,
            "cancelled": each.churned,
            "auto_renews": each.auto_renews,
        }
        links = (("companies", companies[each.account]), ("line_items", items[each.id]))
        yield Record(key=each.id, properties=properties, links=links)


def _tickets(data: RavenStack, companies: dict[str, str]) -> Iterator[Record]:
    for each in data.tickets:
        properties = {
            "subject": f"Ticket {each.id}",
            "hs_ticket_priority": _PRIORITY[each.severity],
            "hs_pipeline": "0",
            "hs_pipeline_stage": _CLOSED if each.closed_at else _NEW,
            "createdate": each.opened_at,
            "closed_date": each.closed_at,
        }
        yield Record(key=each.id, properties=properties, links=(("companies", companies[each.account]),))


def _answers(data: RavenStack, companies: dict[str, str]) -> Iterator[Record]:
    for each in data.scored:
        properties = {
            "hs_survey_type": "CSAT",
            "hs_value": each.score,
            "hs_submission_timestamp": each.closed_at or each.opened_at,
        }
        yield Record(key=each.id, properties=properties, links=(("companies", companies[each.account]),))


def _churn(data: RavenStack, companies: dict[str, str]) -> Iterator[Record]:
    for each in data.churn:
        properties = {
            "churn_name": each.id,
            "churn_date": each.on,
            "reason": each.reason,
            "refund": each.refund,
            "came_back": each.came_back,
            "words": each.words,
        }
        yield Record(key=each.id, properties=properties, links=(("companies", companies[each.account]),))


def _usage(data: RavenStack, companies: dict[str, str], products: dict[str, str]) -> Iterator[Record]:
    for each in data.usage:
        properties = {
            "usage_name": each.id,
            "usage_date": each.on,
            "quantity": each.count,
            "feature": each.feature,
        }
        links = (("companies", companies[each.account]), ("products", products[each.plan]))
        yield Record(key=each.id, properties=properties, links=links)
