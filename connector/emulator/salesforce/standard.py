"""The objects every org has, with the fields, picklists and key prefixes a sales org works with."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from connector.emulator.salesforce.fields import Field, choice, number, plain, reference, text
from connector.emulator.salesforce.table import Table

INDUSTRIES = (
    "Agriculture",
    "Apparel",
    "Banking",
    "Biotechnology",
    "Chemicals",
    "Communications",
    "Construction",
    "Consulting",
    "Education",
    "Electronics",
    "Energy",
    "Engineering",
    "Entertainment",
    "Environmental",
    "Finance",
    "Government",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Machinery",
    "Manufacturing",
    "Media",
    "Recreation",
    "Retail",
    "Shipping",
    "Technology",
    "Telecommunications",
    "Transportation",
    "Utilities",
    "Other",
)
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
SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
RATINGS = ("Hot", "Warm", "Cold")


def fixed(field: Field) -> Field:
    """The same field, written by Salesforce only."""
    return replace(field, createable=False, updateable=False, calculated=False)


def once(field: Field) -> Field:
    """The same field, given when the record is created and never changed."""
    return replace(field, updateable=False)


def system_fields(*, owners: tuple[str, ...]) -> list[Field]:
    """What every object has: id, deletion, audit fields and, with `owners`, an owner."""
    audit = [
        plain("CreatedDate", "datetime"),
        reference("CreatedById", "User"),
        plain("LastModifiedDate", "datetime"),
        reference("LastModifiedById", "User"),
    ]
    return [
        fixed(Field(name="Id", label="Record ID", type="id", length=18)),
        fixed(plain("IsDeleted", "boolean")),
        *([reference("OwnerId", *owners)] if owners else []),
        *(replace(fixed(field), audit=True) for field in audit),
        fixed(plain("SystemModstamp", "datetime")),
    ]


def _address(kind: str) -> list[Field]:
    parts = (("Street", 255), ("City", 40), ("State", 80), ("PostalCode", 20), ("Country", 80))
    return [
        text(f"{kind}{name}", length, type="textarea" if name == "Street" else "string") for name, length in parts
    ]


def _person_name() -> list[Field]:
    name = fixed(text("Name", 121))
    salutations = ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.")
    return [choice("Salutation", salutations), text("FirstName", 40), text("LastName", 80, required=True), name]


def account() -> list[Field]:
    """A company."""
    types = ("Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller", "Other")
    return [
        text("Name", 255, required=True),
        choice("Type", types),
        reference("ParentId", "Account"),
        *_address("Billing"),
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
        *_person_name(),
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
        *_person_name(),
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


_WHAT = ("Account", "Asset", "Campaign", "Case", "Contract", "Opportunity", "Product2")


def _activity() -> list[Field]:
    return [
        reference("WhoId", "Contact", "Lead"),
        reference("WhatId", *_WHAT, cascade=True),
        choice("Subject", ("Call", "Email", "Send Letter", "Send Quote", "Other"), type="combobox"),
        plain("ActivityDate", "date"),
        text("Description", 32000, type="textarea"),
        choice("Type", ("Call", "Email", "Meeting", "Other")),
        fixed(reference("AccountId", "Account")),
        plain("IsReminderSet", "boolean"),
        plain("ReminderDateTime", "datetime"),
        fixed(plain("IsArchived", "boolean")),
    ]


def task() -> list[Field]:
    """Something a person is to do."""
    statuses = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
    return [
        *_activity(),
        choice("Status", statuses, default="Not Started", required=True),
        choice("Priority", ("High", "Normal", "Low"), default="Normal", required=True),
        fixed(plain("IsHighPriority", "boolean")),
        fixed(plain("IsClosed", "boolean")),
        fixed(plain("CompletedDateTime", "datetime")),
        once(choice("TaskSubtype", ("Task", "Email", "Call", "ListEmail"), default="Task", restricted=True)),
        number("CallDurationInSeconds", 8, type="int"),
        choice("CallType", ("Internal", "Inbound", "Outbound"), restricted=True),
        text("CallDisposition", 255),
    ]


def event() -> list[Field]:
    """A meeting."""
    return [
        *_activity(),
        plain("ActivityDateTime", "datetime"),
        number("DurationInMinutes", 8, type="int"),
        plain("StartDateTime", "datetime"),
        plain("EndDateTime", "datetime"),
        plain("IsAllDayEvent", "boolean"),
        text("Location", 255),
        choice("ShowAs", ("Busy", "Free", "OutOfOffice"), default="Busy"),
    ]


def case() -> list[Field]:
    """A request for help."""
    return [
        reference("AccountId", "Account"),
        reference("ContactId", "Contact"),
        reference("ParentId", "Case"),
        fixed(text("CaseNumber", 30)),
        text("Subject", 255),
        text("Description", 32000, type="textarea"),
        choice("Status", ("New", "Working", "Escalated", "Closed"), default="New"),
        choice("Priority", ("High", "Medium", "Low"), default="Medium"),
        choice("Origin", ("Phone", "Email", "Web")),
        choice("Type", ("Mechanical", "Electrical", "Electronic", "Structural", "Other")),
        choice("Reason", ("Installation", "Performance", "Breakdown", "Feedback", "Other")),
        fixed(plain("IsClosed", "boolean")),
        replace(fixed(plain("ClosedDate", "datetime")), audit=True),
        plain("IsEscalated", "boolean"),
    ]


def user() -> list[Field]:
    """A person with a login."""
    return [
        text("Username", 80, required=True),
        *_person_name()[1:],
        text("Email", 128, type="email"),
        text("Alias", 8),
        text("Title", 80),
        text("Department", 80),
        plain("IsActive", "boolean", default=True),
        choice("UserType", ("Standard", "Guest"), default="Standard", restricted=True),
        reference("ManagerId", "User"),
        choice("TimeZoneSidKey", ("UTC", "Asia/Tokyo", "America/Los_Angeles"), default="UTC"),
        text("ProfileId", 18),
    ]


def group() -> list[Field]:
    """A public group, or a queue (Type = Queue)."""
    return [
        text("Name", 40, required=True),
        text("DeveloperName", 80),
        choice("Type", ("Regular", "Queue", "Role"), default="Regular", restricted=True),
        text("Email", 255, type="email"),
        plain("DoesSendEmailToMembers", "boolean"),
    ]


def queue_sobject() -> list[Field]:
    """Which objects a queue may own."""
    return [reference("QueueId", "Group", required=True, cascade=True), text("SobjectType", 40, required=True)]


def group_member() -> list[Field]:
    """Who is in a group."""
    return [
        reference("GroupId", "Group", required=True, cascade=True),
        replace(reference("UserOrGroupId", "User", "Group", required=True), relationship=None),
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
    ]


def organization() -> list[Field]:
    """The org itself; one row."""
    return [
        text("Name", 80, required=True),
        text("OrganizationType", 40),
        text("InstanceName", 5),
        plain("IsSandbox", "boolean"),
        text("DefaultLocaleSidKey", 40),
        text("TimeZoneSidKey", 40),
        number("FiscalYearStartMonth", 2, type="int"),
    ]


def permission_set() -> list[Field]:
    """A named set of permissions."""
    return [
        text("Name", 80, required=True),
        text("Label", 80, required=True),
        text("Description", 255),
        fixed(plain("IsOwnedByProfile", "boolean")),
        plain("PermissionsViewSetup", "boolean"),
    ]


def permission_set_assignment() -> list[Field]:
    """Who has a permission set."""
    return [
        once(reference("PermissionSetId", "PermissionSet", required=True, cascade=True)),
        once(reference("AssigneeId", "User", required=True, cascade=True)),
    ]


def field_permissions() -> list[Field]:
    """A field granted by a permission set."""
    return [
        once(reference("ParentId", "PermissionSet", required=True, cascade=True)),
        once(text("SobjectType", 40, required=True)),
        once(text("Field", 255, required=True)),
        plain("PermissionsRead", "boolean"),
        plain("PermissionsEdit", "boolean"),
    ]


def object_permissions() -> list[Field]:
    """An object granted by a permission set."""
    verbs = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    return [
        once(reference("ParentId", "PermissionSet", required=True, cascade=True)),
        once(text("SobjectType", 40, required=True)),
        *(plain(f"Permissions{verb}", "boolean") for verb in verbs),
    ]


_PERSON = ("User",)
_ANYONE = ("Group", "User")
_Spec = tuple[str, str, Callable[[], Iterable[Field]], tuple[str, ...]]
OBJECTS: tuple[_Spec, ...] = (
    ("Organization", "00D", organization, ()),
    ("User", "005", user, ()),
    ("Group", "00G", group, ()),
    ("GroupMember", "011", group_member, ()),
    ("QueueSobject", "03g", queue_sobject, ()),
    ("Account", "001", account, _PERSON),
    ("Contact", "003", contact, _PERSON),
    ("Lead", "00Q", lead, _ANYONE),
    ("OpportunityStage", "01J", opportunity_stage, ()),
    ("Opportunity", "006", opportunity, _PERSON),
    ("OpportunityLineItem", "00k", opportunity_line_item, ()),
    ("Product2", "01t", product2, ()),
    ("Pricebook2", "01s", pricebook2, ()),
    ("PricebookEntry", "01u", pricebook_entry, ()),
    ("Contract", "800", contract, _PERSON),
    ("Asset", "02i", asset, _PERSON),
    ("Case", "500", case, _ANYONE),
    ("Task", "00T", task, _ANYONE),
    ("Event", "00U", event, _PERSON),
    ("Campaign", "701", campaign, _PERSON),
    ("CampaignMember", "00v", campaign_member, ()),
    ("PermissionSet", "0PS", permission_set, ()),
    ("PermissionSetAssignment", "0Pa", permission_set_assignment, ()),
    ("FieldPermissions", "01k", field_permissions, ()),
    ("ObjectPermissions", "110", object_permissions, ()),
)


def _label(name: str) -> str:
    return {"OpportunityLineItem": "Opportunity Product", "Product2": "Product", "Pricebook2": "Price Book"}.get(
        name, "".join(f" {char}" if char.isupper() and i else char for i, char in enumerate(name))
    )


@cache
def _definitions() -> tuple[tuple[str, str, str, tuple[Field, ...]], ...]:
    return tuple(
        (name, _label(name), prefix, (*system_fields(owners=owners), *fields()))
        for name, prefix, fields, owners in OBJECTS
    )


def tables() -> dict[str, Table]:
    """Fresh, empty tables of every standard object."""
    return {name: Table(name, label, prefix, fields) for name, label, prefix, fields in _definitions()}
