"""The objects about customers and those who may become one."""

from connector.emulator.salesforce.fields import Field, choice, number, plain, reference, text
from connector.emulator.salesforce.parts import INDUSTRIES, RATINGS, SOURCES, address, fixed, once, person_name


def account() -> list[Field]:
    """A company."""
    types = ("Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller", "Other")
    return [
        text("Name", 255, required=True),
        choice("Type", types),
        reference("ParentId", "Account"),
        *address("Billing"),
        text("Phone", 40, type="phone"),
        text("Website", 255, type="url"),
        choice("Industry", INDUSTRIES),
        number("AnnualRevenue", 18, 0, type="currency"),
        number("NumberOfEmployees", 8, type="int"),
        text("AccountNumber", 40),
        choice("Rating", RATINGS),
        choice("AccountSource", SOURCES),
        text("Description", 32000, type="textarea"),
        fixed(reference("MasterRecordId", "Account")),
    ]


def contact() -> list[Field]:
    """A person at a company."""
    return [
        reference("AccountId", "Account", cascade=True),
        *person_name(),
        text("Title", 128),
        text("Department", 80),
        text("Email", 80, type="email"),
        text("Phone", 40, type="phone"),
        text("MobilePhone", 40, type="phone"),
        plain("DoNotCall", "boolean"),
        plain("HasOptedOutOfEmail", "boolean"),
        reference("ReportsToId", "Contact"),
        choice("LeadSource", SOURCES),
        text("Description", 32000, type="textarea"),
        fixed(reference("MasterRecordId", "Contact")),
    ]


def lead() -> list[Field]:
    """Someone who may become a customer, or a toss-up to another team."""
    statuses = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
    converted = (
        plain("IsConverted", "boolean"),
        plain("ConvertedDate", "date"),
        reference("ConvertedAccountId", "Account"),
        reference("ConvertedContactId", "Contact"),
        reference("ConvertedOpportunityId", "Opportunity"),
    )
    return [
        *person_name(),
        text("Company", 255, required=True),
        text("Title", 128),
        text("Email", 80, type="email"),
        text("Phone", 40, type="phone"),
        *(text(name, length) for name, length in (("City", 40), ("State", 80), ("PostalCode", 20), ("Country", 80))),
        text("Website", 255, type="url"),
        text("Description", 32000, type="textarea"),
        choice("LeadSource", SOURCES),
        choice("Status", statuses, default=statuses[0], required=True),
        choice("Industry", INDUSTRIES),
        choice("Rating", RATINGS),
        number("AnnualRevenue", 18, 0, type="currency"),
        number("NumberOfEmployees", 8, type="int"),
        plain("DoNotCall", "boolean"),
        plain("HasOptedOutOfEmail", "boolean"),
        *(fixed(field) for field in converted),
        fixed(reference("MasterRecordId", "Lead")),
    ]


def campaign() -> list[Field]:
    """A marketing campaign."""
    return [
        text("Name", 80, required=True),
        choice("Type", ("Conference", "Webinar", "Email", "Other")),
        choice("Status", ("Planned", "In Progress", "Completed", "Aborted"), default="Planned"),
        plain("StartDate", "date"),
        plain("EndDate", "date"),
        plain("IsActive", "boolean"),
        text("Description", 32000, type="textarea"),
        reference("ParentId", "Campaign"),
    ]


def campaign_member() -> list[Field]:
    """A lead or contact in a campaign."""
    return [
        once(reference("CampaignId", "Campaign", required=True, cascade=True)),
        once(reference("LeadId", "Lead", cascade=True)),
        once(reference("ContactId", "Contact", cascade=True)),
        choice("Status", ("Sent", "Responded"), default="Sent"),
        fixed(plain("HasResponded", "boolean")),
        fixed(plain("FirstRespondedDate", "date")),
    ]
