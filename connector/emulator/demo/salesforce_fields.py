"""The custom objects and fields that an administrator of the demo company made in Salesforce long ago."""

from collections.abc import Mapping
from typing import Any, Final

Metadata = dict[str, Any]


def _text(label: str) -> Metadata:
    return {"label": label, "type": "Text", "length": 255}


def _number(label: str) -> Metadata:
    return {"label": label, "type": "Number", "precision": 18, "scale": 0}


def _checkbox(label: str) -> Metadata:
    return {"label": label, "type": "Checkbox", "defaultValue": False}


def _date(label: str) -> Metadata:
    return {"label": label, "type": "Date"}


def _choice(label: str, *values: str, restricted: bool = True) -> Metadata:
    listed = [{"fullName": value, "label": value, "default": False} for value in values]
    definition = {"sorted": False, "value": listed}
    value_set = {"restricted": restricted, "valueSetDefinition": definition}
    return {"label": label, "type": "Picklist", "valueSet": value_set}


def _lookup(label: str, to: str, relationship: str) -> Metadata:
    return {"label": label, "type": "Lookup", "referenceTo": to, "relationshipName": relationship}


OBJECTS: Final[Mapping[str, str]] = {
    "Engagement__c": "Engagement",
    "Product_Usage__c": "Product Usage",
    "Survey_Response__c": "Survey Response",
}
"""Custom objects and their labels."""

FIELDS: Final[Mapping[str, Mapping[str, Metadata]]] = {
    "Account": {
        "Free_Users__c": _number("Free users"),
        "Reported_Employees__c": _number("Employees as reported"),
        "Do_Not_Contact__c": _checkbox("Do not contact"),
        "Legal_Hold__c": _checkbox("Legal hold"),
        "Invoice_Overdue__c": _checkbox("Invoice overdue"),
        "Customer_Since__c": _date("Customer since"),
        "Onboarding_Started__c": _date("Onboarding started"),
        "Onboarding_Completed__c": _date("Onboarding completed"),
    },
    "Product2": {
        "Tier__c": _number("Tier"),
        "List_Price__c": {"label": "List price a month", "type": "Currency", "precision": 18, "scale": 2},
        "Is_Option__c": _checkbox("Option"),
        "Complements__c": _text("Goes well with"),
        "Specialist__c": _text("Specialist"),
        "SLA_Days__c": _number("Days to answer"),
    },
    "Asset": {
        "Seats_Used__c": _number("Seats used"),
        "Auto_Renew__c": _checkbox("Renews by itself"),
    },
    "Contact": {
        "Role__c": _choice("Role", "decision_maker", "champion", "user", "other"),
        "Do_Not_Contact__c": _checkbox("Do not contact"),
        "Left_On__c": _date("Left on"),
    },
    "Campaign": {"Product__c": _lookup("Product", "Product2", "Campaigns")},
    "Engagement__c": {
        "Account__c": _lookup("Account", "Account", "Engagement"),
        "Contact__c": _lookup("Contact", "Contact", "Engagement"),
        "Product__c": _lookup("Product", "Product2", "Engagement"),
        "Kind__c": _choice("Kind", "page_view", "pricing_view", "help_view", "mail_click", "locked_feature"),
        "Weight__c": _number("Weight"),
        "Date__c": _date("Day"),
    },
    "Product_Usage__c": {
        "Account__c": _lookup("Account", "Account", "Product_Usage"),
        "Product__c": _lookup("Product", "Product2", "Product_Usage"),
        "Date__c": _date("Week ending"),
        "Quantity__c": _number("Active users"),
    },
    "Survey_Response__c": {
        "Account__c": _lookup("Account", "Account", "Survey_Responses"),
        "Contact__c": _lookup("Contact", "Contact", "Survey_Responses"),
        "Kind__c": _choice("Kind", "nps", "csat"),
        "Score__c": _number("Score"),
        "Submitted__c": _date("Submitted"),
    },
}
"""Custom fields by object, as the `Metadata` of the Tooling API."""

_TOSSUP: Final[Mapping[str, Metadata]] = {
    "Tossup_Key__c": {
        "label": "Tossup key",
        "type": "Text",
        "length": 255,
        "externalId": True,
        "unique": True,
        "caseSensitive": True,
    },
    "Tossup_Response__c": _choice(
        "Tossup response", "accepted", "won", "lost", "declined", "returned", "snoozed", restricted=False
    ),
}
PROPOSED: Final[Mapping[str, Mapping[str, Metadata]]] = {"Activity": _TOSSUP, "Lead": _TOSSUP}
"""The fields that Tossup's setup makes on tasks and leads, for a company where Tossup has been at work before."""

WITH_CURRENCY: Final = ("Account", "Contact", "Product2", "Asset", "Opportunity", "OpportunityLineItem", "Lead")
"""Objects whose records have a currency of their own."""
