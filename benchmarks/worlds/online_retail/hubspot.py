"""Online Retail II in HubSpot's words: companies, products, deals and their line items."""

from collections.abc import Iterator

from benchmarks.worlds.hubspot import HubSpot, Record
from benchmarks.worlds.online_retail.source import OnlineRetail


def load(data: OnlineRetail, portal: HubSpot) -> Iterator[tuple[str, int]]:
    """Do it, object by object; yields each object's name and its rows once they are in. Lines keep their order."""
    products = portal.create("products", _products(data))
    yield "products", len(products)
    companies = portal.create("companies", _companies(data, portal.owner()))
    yield "companies", len(companies)
    deals = portal.create("deals", _deals(data, companies))
    yield "deals", len(deals)
    yield "line_items", portal.load("line_items", _line_items(data, deals, products), in_order=True)


def counted(data: OnlineRetail, portal: HubSpot) -> dict[str, tuple[int, int]]:
    """By object: the rows the source has for it, and the records the portal has."""
    won = sum(invoice.is_won for invoice in data.invoices)
    return {
        "companies": (len(data.customers), portal.count("companies")),
        "products": (len(data.products), portal.count("products")),
        "deals": (len(data.invoices), portal.count("deals")),
        "deals won": (won, portal.count_by("deals", "dealstage", "closedwon")),
        "line_items": (len(data.lines), portal.count("line_items")),
    }


def _products(data: OnlineRetail) -> Iterator[Record]:
    for each in data.products:
        yield Record(key=each.code, properties={"name": each.name, "hs_sku": each.code, "price": each.price})


def _companies(data: OnlineRetail, owner: str) -> Iterator[Record]:
    for number, country in data.customers.items():
        properties = {"name": f"Customer {number}", "country": country, "hubspot_owner_id": owner}
        yield Record(key=number, properties=properties)


def _deals(data: OnlineRetail, companies: dict[str, str]) -> Iterator[Record]:
    for each in data.invoices:
        properties = {
            "dealname": each.number,
            "pipeline": "default",
            "dealstage": "closedwon" if each.is_won else "closedlost",
            "closedate": f"{each.on.isoformat()}T12:00:00.000Z",
            "amount": each.amount,
        }
        links = () if each.customer is None else (("companies", companies[each.customer]),)
        yield Record(key=each.number, properties=properties, links=links)


def _line_items(data: OnlineRetail, deals: dict[str, str], products: dict[str, str]) -> Iterator[Record]:
    for place, line in enumerate(data.lines):
        properties = {
            "hs_product_id": products[line.product],
            "quantity": line.quantity,
            "price": line.price,
        }
        yield Record(key=str(place), properties=properties, links=(("deals", deals[line.invoice]),))
