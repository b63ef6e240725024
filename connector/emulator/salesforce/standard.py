"""The objects every org has, with the fields, picklists and key prefixes a sales org works with."""

from collections.abc import Callable, Iterable
from functools import cache, partial

from connector.emulator.salesforce import administration, customers, selling, work
from connector.emulator.salesforce.fields import Field
from connector.emulator.salesforce.parts import history_of, system_fields
from connector.emulator.salesforce.table import Table

_PERSON = ("User",)
_ANYONE = ("Group", "User")
_Spec = tuple[str, str, Callable[[], Iterable[Field]], tuple[str, ...]]
OBJECTS: tuple[_Spec, ...] = (
    ("Organization", "00D", administration.organization, ()),
    ("Profile", "00e", administration.profile, ()),
    ("User", "005", administration.user, ()),
    ("Group", "00G", administration.group, ()),
    ("GroupMember", "011", administration.group_member, ()),
    ("QueueSobject", "03g", administration.queue_sobject, ()),
    ("Account", "001", customers.account, _PERSON),
    ("Contact", "003", customers.contact, _PERSON),
    ("Lead", "00Q", customers.lead, _ANYONE),
    ("OpportunityStage", "01J", selling.opportunity_stage, ()),
    ("Opportunity", "006", selling.opportunity, _PERSON),
    ("OpportunityLineItem", "00k", selling.opportunity_line_item, ()),
    ("Product2", "01t", selling.product2, ()),
    ("Pricebook2", "01s", selling.pricebook2, ()),
    ("PricebookEntry", "01u", selling.pricebook_entry, ()),
    ("Contract", "800", selling.contract, _PERSON),
    ("Asset", "02i", selling.asset, _PERSON),
    ("Case", "500", work.case, _ANYONE),
    ("Task", "00T", work.task, _ANYONE),
    ("Event", "00U", work.event, _PERSON),
    ("FeedItem", "0D5", work.post, ()),
    ("ContentDocumentLink", "06A", work.file_link, ()),
    ("Campaign", "701", customers.campaign, _PERSON),
    ("CampaignMember", "00v", customers.campaign_member, ()),
    ("AccountHistory", "017", partial(history_of, "Account"), ()),
    ("ContactHistory", "0t3", partial(history_of, "Contact"), ()),
    ("LeadHistory", "0t4", partial(history_of, "Lead"), ()),
    ("PermissionSet", "0PS", administration.permission_set, ()),
    ("PermissionSetAssignment", "0Pa", administration.permission_set_assignment, ()),
    ("FieldPermissions", "01k", administration.field_permissions, ()),
    ("ObjectPermissions", "110", administration.object_permissions, ()),
)


def _label(name: str) -> str:
    return {"OpportunityLineItem": "Opportunity Product", "Product2": "Product", "Pricebook2": "Price Book"}.get(
        name, "".join(f" {char}" if char.isupper() and i else char for i, char in enumerate(name))
    )


def _system(name: str, owners: tuple[str, ...]) -> Iterable[Field]:
    """What every object has but histories, which bring their own."""
    return () if name.endswith("History") else system_fields(owners=owners)


@cache
def _definitions() -> tuple[tuple[str, str, str, tuple[Field, ...]], ...]:
    return tuple(
        (name, _label(name), prefix, (*_system(name, owners), *fields())) for name, prefix, fields, owners in OBJECTS
    )


def tables() -> dict[str, Table]:
    """Fresh, empty tables of every standard object."""
    return {name: Table(name, label, prefix, fields) for name, label, prefix, fields in _definitions()}
