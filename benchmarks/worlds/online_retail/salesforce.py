"""Online Retail II in Salesforce's words: Accounts, Products, Opportunities and their line items."""

from collections.abc import Iterator

from benchmarks.worlds.online_retail.source import OnlineRetail
from benchmarks.worlds.salesforce import Salesforce, money


def load(data: OnlineRetail, org: Salesforce) -> Iterator[tuple[str, int]]:
    """Do it, object by object; yields each object's name and its rows once they are in. Lines keep their order.

    A line item's UnitPrice has two decimals there, so the 14 prices of a tenth of a penny become 0.
    """
    org.define_fields("Product2", {"List_Price__c": money("List price")})
    products = _products(data, org)
    yield "Product2", len(products)
    accounts = _accounts(data, org)
    yield "Account", len(accounts)
    deals = _opportunities(data, org, accounts)
    yield "Opportunity", len(deals)
    yield "OpportunityLineItem", _line_items(data, org, deals, products)


def counted(data: OnlineRetail, org: Salesforce) -> dict[str, tuple[int, int]]:
    """By object: the rows the source has for it, and the records the org has."""
    won = sum(invoice.is_won for invoice in data.invoices)
    return {
        "Account": (len(data.customers), org.count("Account")),
        "Product2": (len(data.products), org.count("Product2")),
        "Opportunity": (len(data.invoices), org.count("Opportunity")),
        "Opportunity won": (won, org.count("Opportunity", "IsWon = true")),
        "OpportunityLineItem": (len(data.lines), org.count("OpportunityLineItem")),
    }


def _products(data: OnlineRetail, org: Salesforce) -> dict[str, str]:
    columns = ("Name", "ProductCode", "IsActive", "List_Price__c")
    rows = [(each.name, each.code, True, each.price) for each in data.products]
    return org.load("Product2", columns, rows, key="ProductCode")


def _accounts(data: OnlineRetail, org: Salesforce) -> dict[str, str]:
    rows = [(f"Customer {number}", number, country) for number, country in data.customers.items()]
    return org.load("Account", ("Name", "AccountNumber", "BillingCountry"), rows, key="AccountNumber")


def _opportunities(data: OnlineRetail, org: Salesforce, accounts: dict[str, str]) -> dict[str, str]:
    columns = ("Name", "AccountId", "StageName", "CloseDate", "Amount")
    rows = [
        (
            each.number,
            accounts[each.customer] if each.customer is not None else None,
            "Closed Won" if each.is_won else "Closed Lost",
            each.on.isoformat(),
            each.amount,
        )
        for each in data.invoices
    ]
    return org.load("Opportunity", columns, rows, key="Name")


def _line_items(data: OnlineRetail, org: Salesforce, deals: dict[str, str], products: dict[str, str]) -> int:
    columns = ("OpportunityId", "Product2Id", "Quantity", "UnitPrice")
    rows = ((deals[line.invoice], products[line.product], line.quantity, line.price) for line in data.lines)
    org.load("OpportunityLineItem", columns, rows, in_order=True)
    return len(data.lines)
