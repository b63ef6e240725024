"""RavenStack in Salesforce's words: Accounts, Products, Assets, Cases, and three custom objects."""

from collections.abc import Iterator

from benchmarks.worlds.ravenstack.source import PRICES, RavenStack
from benchmarks.worlds.salesforce import Salesforce, checkbox, choice, day, lookup, money, number, text

_PRIORITY = {"high": "High", "normal": "Medium", "low": "Low"}


def load(data: RavenStack, org: Salesforce) -> Iterator[tuple[str, int]]:
    """Do it, object by object; yields each object's name and its rows once they are in."""
    _define(org)
    products = _products(org)
    yield "Product2", len(products)
    accounts = _accounts(data, org)
    yield "Account", len(accounts)
    yield "Asset", _assets(data, org, accounts, products)
    yield "Case", _cases(data, org, accounts)
    yield "Survey_Response__c", _answers(data, org, accounts)
    yield "Churn_Event__c", _churn(data, org, accounts)
    yield "Product_Usage__c", _usage(data, org, accounts, products)


def counted(data: RavenStack, org: Salesforce) -> dict[str, tuple[int, int]]:
    """By object: the rows the source has for it, and the records the org has."""
    expected = {
        "Account": len(data.accounts),
        "Product2": len(PRICES),
        "Asset": len(data.subscriptions),
        "Case": len(data.tickets),
        "Product_Usage__c": len(data.usage),
        "Survey_Response__c": len(data.scored),
        "Churn_Event__c": len(data.churn),
    }
    return {object: (rows, org.count(object)) for object, rows in expected.items()}


def _define(org: Salesforce) -> None:
    org.define_object("Product_Usage__c", "Product Usage")
    org.define_object("Survey_Response__c", "Survey Response")
    org.define_object("Churn_Event__c", "Churn Event")
    org.define_fields("Account", {"Customer_Since__c": day("Customer since"), "Churned__c": checkbox("Churned")})
    org.define_fields("Product2", {"Tier__c": number("Tier"), "List_Price__c": money("List price")})
    org.define_fields("Asset", {"Auto_Renew__c": checkbox("Renews by itself")})
    usage = {
        "Account__c": lookup("Account", "Account", "Product_Usage"),
        "Product__c": lookup("Product", "Product2", "Product_Usage"),
        "Date__c": day("Date"),
        "Quantity__c": number("Quantity", scale=2),
        "Feature__c": text("Feature", 80),
    }
    org.define_fields("Product_Usage__c", usage)
    answers = {
        "Account__c": lookup("Account", "Account", "Survey_Responses"),
        "Contact__c": lookup("Contact", "Contact", "Survey_Responses"),
        "Kind__c": choice("Kind", "nps", "csat"),
        "Score__c": number("Score"),
        "Submitted__c": day("Submitted"),
    }
    org.define_fields("Survey_Response__c", answers)
    churn = {
        "Account__c": lookup("Account", "Account", "Churn_Events"),
        "Date__c": day("Date"),
        "Reason__c": text("Reason", 80),
        "Refund__c": money("Refund"),
        "Came_Back__c": checkbox("Came back"),
        "Words__c": text("Words"),
    }
    org.define_fields("Churn_Event__c", churn)


def _products(org: Salesforce) -> dict[str, str]:
    records = [
        {
            "Name": f"RavenStack {plan}",
            "ProductCode": plan.upper(),
            "Family": "RavenStack",
            "IsActive": True,
            "Tier__c": tier,
            "List_Price__c": price,
        }
        for tier, (plan, price) in enumerate(PRICES.items(), start=1)
    ]
    return dict(zip(PRICES, org.create("Product2", records), strict=True))


def _accounts(data: RavenStack, org: Salesforce) -> dict[str, str]:
    columns = ("AccountNumber", "Name", "Industry", "BillingCountry", "Customer_Since__c", "Churned__c")
    rows = [
        (account.id, account.name, account.industry, account.country, account.signed_up, account.churned)
        for account in data.accounts
    ]
    return org.load("Account", columns, rows, key="AccountNumber")


def _assets(data: RavenStack, org: Salesforce, accounts: dict[str, str], products: dict[str, str]) -> int:
    columns = [
        "Name",
        "AccountId",
        "Product2Id",
        "Quantity",
        "Price",
        "InstallDate",
        "UsageEndDate",
        "Status",
        "Auto_Renew__c",
    ]
    rows = [
        (
            each.id,
            accounts[each.account],
            products[each.plan],
            each.seats,
            each.unit_price,
            each.starts_on,
            each.ends_on,
            "Obsolete" if each.churned else "Installed",
            each.auto_renews,
        )
        for each in data.subscriptions
    ]
    return len(org.load("Asset", columns, rows, key="Name"))


def _cases(data: RavenStack, org: Salesforce, accounts: dict[str, str]) -> int:
    columns = ("Subject", "AccountId", "Priority", "Status", "CreatedDate", "ClosedDate")
    rows = [
        (
            f"Ticket {each.id}",
            accounts[each.account],
            _PRIORITY[each.severity],
            "Closed" if each.closed_at else "New",
            each.opened_at,
            each.closed_at,
        )
        for each in data.tickets
    ]
    return len(org.load("Case", columns, rows, key="Subject"))


def _answers(data: RavenStack, org: Salesforce, accounts: dict[str, str]) -> int:
    columns = ("Name", "Account__c", "Kind__c", "Score__c", "Submitted__c")
    rows = [
        (each.id, accounts[each.account], "csat", each.score, (each.closed_at or each.opened_at)[:10])
        for each in data.scored
    ]
    return len(org.load("Survey_Response__c", columns, rows, key="Name"))


def _churn(data: RavenStack, org: Salesforce, accounts: dict[str, str]) -> int:
    columns = ("Name", "Account__c", "Date__c", "Reason__c", "Refund__c", "Came_Back__c", "Words__c")
    rows = [
        (each.id, accounts[each.account], each.on, each.reason, each.refund, each.came_back, each.words)
        for each in data.churn
    ]
    return len(org.load("Churn_Event__c", columns, rows, key="Name"))


def _usage(data: RavenStack, org: Salesforce, accounts: dict[str, str], products: dict[str, str]) -> int:
    columns = ("Name", "Account__c", "Product__c", "Date__c", "Quantity__c", "Feature__c")
    rows = [
        (each.id, accounts[each.account], products[each.plan], each.on, each.count, each.feature)
        for each in data.usage
    ]
    return len(org.load("Product_Usage__c", columns, rows, key="Name"))
