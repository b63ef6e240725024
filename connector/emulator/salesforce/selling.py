"""The objects about what is sold: deals and their lines, products and prices, contracts and assets."""

from dataclasses import replace

from connector.emulator.salesforce.fields import Field, choice, number, plain, reference, text
from connector.emulator.salesforce.parts import SOURCES, fixed, once

STAGES = (
    ("Prospecting", 10.0, "Pipeline"),
    ("Qualification", 10.0, "Pipeline"),
    ("Needs Analysis", 20.0, "Pipeline"),
    ("Value Proposition", 50.0, "Pipeline"),
    ("Id. Decision Makers", 60.0, "Pipeline"),
    ("Perception Analysis", 70.0, "Pipeline"),
    ("Proposal/Price Quote", 75.0, "Pipeline"),
    ("Negotiation/Review", 90.0, "Pipeline"),
    ("Closed Won", 100.0, "Closed"),
    ("Closed Lost", 0.0, "Omitted"),
)


def opportunity() -> list[Field]:
    """A deal."""
    return [
        reference("AccountId", "Account", cascade=True),
        text("Name", 120, required=True),
        text("Description", 32000, type="textarea"),
        choice("StageName", (stage for stage, _, _ in STAGES), required=True),
        number("Amount", 18, 2, type="currency"),
        number("Probability", 3, 0, type="percent"),
        plain("CloseDate", "date", required=True),
        choice("Type", ("Existing Customer - Upgrade", "Existing Customer - Replacement", "New Customer")),
        text("NextStep", 255),
        choice("LeadSource", SOURCES),
        fixed(plain("IsClosed", "boolean")),
        fixed(plain("IsWon", "boolean")),
        fixed(choice("ForecastCategory", ("Omitted", "Pipeline", "BestCase", "Forecast", "Closed"))),
        reference("CampaignId", "Campaign"),
        reference("Pricebook2Id", "Pricebook2"),
        fixed(plain("HasOpportunityLineItem", "boolean")),
        reference("ContactId", "Contact"),
    ]


def opportunity_line_item() -> list[Field]:
    """A product within a deal."""
    return [
        once(reference("OpportunityId", "Opportunity", required=True, cascade=True)),
        once(reference("PricebookEntryId", "PricebookEntry")),
        once(reference("Product2Id", "Product2")),
        fixed(text("Name", 376)),
        fixed(text("ProductCode", 255)),
        number("Quantity", 12, 2),
        number("UnitPrice", 18, 2, type="currency"),
        number("TotalPrice", 18, 2, type="currency"),
        fixed(number("ListPrice", 18, 2, type="currency")),
        plain("ServiceDate", "date"),
        text("Description", 255),
    ]


def opportunity_stage() -> list[Field]:
    """What a stage means."""
    return [
        text("MasterLabel", 255),
        text("ApiName", 255),
        plain("IsActive", "boolean", default=True),
        number("SortOrder", 8, type="int"),
        plain("IsClosed", "boolean"),
        plain("IsWon", "boolean"),
        number("DefaultProbability", 3, 0, type="percent"),
        text("ForecastCategory", 40),
    ]


def product2() -> list[Field]:
    """Something sold."""
    return [
        text("Name", 255, required=True),
        text("ProductCode", 255),
        text("Description", 4000, type="textarea"),
        plain("IsActive", "boolean"),
        choice("Family", ("None",)),
        text("StockKeepingUnit", 180),
        choice("QuantityUnitOfMeasure", ("Each",)),
    ]


def pricebook2() -> list[Field]:
    """A list of prices."""
    return [
        text("Name", 255, required=True),
        plain("IsActive", "boolean"),
        fixed(plain("IsStandard", "boolean")),
        text("Description", 255),
    ]


def pricebook_entry() -> list[Field]:
    """The price of a product in a price book."""
    return [
        once(reference("Pricebook2Id", "Pricebook2", required=True, cascade=True)),
        once(reference("Product2Id", "Product2", required=True, cascade=True)),
        replace(number("UnitPrice", 18, 2, type="currency"), required=True),
        plain("IsActive", "boolean"),
        plain("UseStandardPrice", "boolean"),
        fixed(text("Name", 255)),
        fixed(text("ProductCode", 255)),
    ]


def contract() -> list[Field]:
    """An agreement with a company."""
    return [
        reference("AccountId", "Account", required=True, cascade=True),
        choice("Status", ("Draft", "In Approval Process", "Activated"), default="Draft"),
        plain("StartDate", "date"),
        plain("EndDate", "date"),
        number("ContractTerm", 4, type="int"),
        text("Description", 32000, type="textarea"),
        reference("CustomerSignedId", "Contact"),
    ]


def asset() -> list[Field]:
    """A product a company has; the subscription of a simple org."""
    return [
        reference("AccountId", "Account", cascade=True),
        reference("ContactId", "Contact"),
        reference("ParentId", "Asset"),
        reference("Product2Id", "Product2"),
        text("Name", 255, required=True),
        fixed(text("ProductCode", 255)),
        text("SerialNumber", 80),
        plain("InstallDate", "date"),
        plain("PurchaseDate", "date"),
        plain("UsageEndDate", "date"),
        choice("Status", ("Shipped", "Installed", "Registered", "Obsolete", "Purchased")),
        number("Price", 18, 2, type="currency"),
        number("Quantity", 12, 2),
        text("Description", 32000, type="textarea"),
        plain("IsCompetitorProduct", "boolean"),
    ]
