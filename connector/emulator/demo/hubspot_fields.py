"""The properties and custom objects that an administrator of the demo company made in HubSpot long ago."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Definition = dict[str, Any]
GROUP: Final = "customer_success"
"""The property group of all of them."""


def _of(type: str, field_type: str, name: str, label: str) -> Definition:
    return {"name": name, "label": label, "type": type, "fieldType": field_type, "groupName": GROUP}


def _text(name: str, label: str) -> Definition:
    return _of("string", "text", name, label)


def _number(name: str, label: str) -> Definition:
    return _of("number", "number", name, label)


def _date(name: str, label: str) -> Definition:
    return _of("date", "date", name, label)


def _checkbox(name: str, label: str) -> Definition:
    return {**_of("bool", "booleancheckbox", name, label), "options": _options(true="Yes", false="No")}


def _choice(name: str, label: str, *values: str) -> Definition:
    return {**_of("enumeration", "select", name, label), "options": _options(**{value: value for value in values})}


def _options(**labels: str) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": label, "displayOrder": place, "hidden": False}
        for place, (value, label) in enumerate(labels.items())
    ]


PROPERTIES: Final[Mapping[str, Sequence[Definition]]] = {
    "companies": (
        _number("free_users", "Free users"),
        _number("reported_employees", "Employees as reported"),
        _checkbox("do_not_contact", "Do not contact"),
        _checkbox("legal_hold", "Legal hold"),
        _checkbox("invoice_overdue", "Invoice overdue"),
        _date("customer_since", "Customer since"),
        _date("onboarding_started", "Onboarding started"),
        _date("onboarding_completed", "Onboarding completed"),
        _choice("currency_code", "Currency", "USD", "JPY", "EUR"),
    ),
    "products": (
        _text("product_family", "Family"),
        _number("product_tier", "Tier"),
        _checkbox("is_option", "Option"),
        _checkbox("is_active", "Still sold"),
        _text("complements", "Goes well with"),
        _text("specialist", "Specialist"),
        _number("sla_days", "Days to answer"),
    ),
    "subscriptions": (
        _number("seats_paid", "Seats paid"),
        _number("seats_used", "Seats used"),
        _number("unit_price", "Price of a seat a month"),
        _date("starts_on", "First day"),
        _date("ends_on", "Last day"),
        _checkbox("cancelled", "Cancelled"),
        _checkbox("auto_renews", "Renews by itself"),
    ),
    "contacts": (
        _checkbox("no_phone", "No phone calls"),
        _checkbox("no_email", "No e-mail"),
        _checkbox("do_not_contact", "Do not contact"),
        _choice("role", "Role", "decision_maker", "champion", "user", "other"),
        _date("left_on", "Left on"),
    ),
}
"""Custom properties of standard objects, as the properties API takes them."""

_TOSSUP: Final[Sequence[Definition]] = (
    {**_text("tossup_key", "Tossup key"), "groupName": "tossup", "hasUniqueValue": True},
    {
        **_choice("tossup_response", "Tossup response", "accepted", "won", "lost", "declined", "returned", "snoozed"),
        "groupName": "tossup",
    },
)
PROPOSED: Final[Mapping[str, Sequence[Definition]]] = {"tasks": _TOSSUP, "leads": _TOSSUP}
"""The properties that Tossup's setup makes on tasks and leads, for a company where Tossup has been at work before."""

_USAGE: Final[Definition] = {
    "name": "product_usage",
    "labels": {"singular": "Product usage", "plural": "Product usage"},
    "primaryDisplayProperty": "usage_date",
    "requiredProperties": [],
    "searchableProperties": [],
    "properties": [
        {"name": "usage_date", "label": "Week ending", "type": "date", "fieldType": "date"},
        {"name": "quantity", "label": "Active users", "type": "number", "fieldType": "number"},
    ],
    "associatedObjects": ["companies", "products"],
}
_ENGAGEMENT: Final[Definition] = {
    "name": "engagement_event",
    "labels": {"singular": "Engagement event", "plural": "Engagement events"},
    "primaryDisplayProperty": "event_kind",
    "requiredProperties": [],
    "searchableProperties": [],
    "properties": [
        {
            "name": "event_kind",
            "label": "Kind",
            "type": "enumeration",
            "fieldType": "select",
            "options": _options(
                page_view="Page view",
                pricing_view="Price page view",
                help_view="Help page view",
                mail_click="Click in a mail",
                locked_feature="Try of a locked feature",
            ),
        },
        {"name": "weight", "label": "Weight", "type": "number", "fieldType": "number"},
        {"name": "happened_on", "label": "Day", "type": "date", "fieldType": "date"},
    ],
    "associatedObjects": ["companies", "contacts", "products"],
}
SCHEMAS: Final = (_USAGE, _ENGAGEMENT)
"""The custom objects, as the schemas API takes them."""
