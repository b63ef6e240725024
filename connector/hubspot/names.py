"""HubSpot's own objects: their names, their type ids and which of them can be linked.

https://developers.hubspot.com/docs/guides/crm/understanding-the-crm
"""

from collections.abc import Mapping
from types import MappingProxyType

TYPE_IDS: Mapping[str, str] = MappingProxyType(
    {
        "contacts": "0-1",
        "companies": "0-2",
        "deals": "0-3",
        "tickets": "0-5",
        "products": "0-7",
        "line_items": "0-8",
        "quotes": "0-14",
        "communications": "0-18",
        "feedback_submissions": "0-19",
        "tasks": "0-27",
        "notes": "0-46",
        "meetings": "0-47",
        "calls": "0-48",
        "emails": "0-49",
        "invoices": "0-53",
        "subscriptions": "0-69",
        "goal_targets": "0-74",
        "users": "0-115",
        "orders": "0-123",
        "leads": "0-136",
    }
)

_HUBS = ("companies", "contacts", "deals", "tickets")
ACTIVITIES = ("calls", "communications", "emails", "meetings", "notes", "tasks")

LINKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(ACTIVITIES, (*_HUBS, "leads")),
        "companies": (*_HUBS, *ACTIVITIES, "feedback_submissions", "invoices", "leads", "orders", "subscriptions"),
        "contacts": (*_HUBS, *ACTIVITIES, "feedback_submissions", "invoices", "leads", "orders", "subscriptions"),
        "deals": (*_HUBS, *ACTIVITIES, "leads", "line_items", "quotes", "subscriptions"),
        "tickets": (*_HUBS, *ACTIVITIES, "feedback_submissions"),
        "line_items": ("deals", "quotes", "subscriptions", "invoices", "orders"),
        "quotes": (*_HUBS, "line_items"),
        "feedback_submissions": ("companies", "contacts", "tickets"),
        "subscriptions": ("companies", "contacts", "deals", "line_items"),
        "invoices": ("companies", "contacts", "deals", "line_items"),
        "orders": ("companies", "contacts", "deals", "line_items"),
        "leads": ("companies", "contacts", "calls", "emails", "meetings", "notes", "tasks"),
    }
)
"""Objects that HubSpot itself lets be associated, whatever the account."""

REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"tasks": ("hs_timestamp",), "leads": ("hs_lead_name",), "deals": ("dealname", "dealstage")}
)
"""Properties without which HubSpot refuses to create a record."""

AT_CREATION: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {"leads": MappingProxyType({"contacts": 578, "companies": 580})}
)
"""Objects that HubSpot refuses to create without an association, and the association type to each object.

https://developers.hubspot.com/docs/guides/api/crm/objects/leads
"""

STAGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "deals": ("pipeline", "dealstage"),
        "tickets": ("hs_pipeline", "hs_pipeline_stage"),
        "leads": ("hs_pipeline", "hs_pipeline_stage"),
    }
)
"""Objects that move through the stages of pipelines: the properties that hold the pipeline and the stage."""

READ_ONLY: frozenset[str] = frozenset({"feedback_submissions"})
"""Objects that no app may write."""

OWNERS = "owners"
"""The pseudo-object of the people and queues that records can belong to."""

MEMBERS = "list_memberships"
"""The pseudo-object of contacts on our static lists."""

RATES = "exchange_rates"
"""The pseudo-object of what other currencies are worth in the company's."""

PSEUDO = (OWNERS, MEMBERS, RATES)
"""Objects that HubSpot has no records of: they always come whole, and nobody defines properties of them."""


def stamp_field(name: str) -> str:
    """The property that moves with every change of a record."""
    return "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"
