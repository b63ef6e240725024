"""What Salesforce works out by itself when a record is saved: names, closed flags, totals, the account of a task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.errors import RecordError
from connector.emulator.salesforce.fields import Value

Get = Callable[[str], Value]
"""A field of the record as it will be saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """A record about to be saved: the values given (`out`, to be added to) and a look at all of them (`get`)."""

    core: Core
    out: dict[str, Value]
    get: Get
    stamp: int


Derive = Callable[[Saving], None]
"""Adds to the values, or raises RecordError."""


def _person(saving: Saving) -> None:
    out, get = saving.out, saving.get
    if "FirstName" in out or "LastName" in out:
        out["Name"] = " ".join(str(part) for part in (get("FirstName"), get("LastName")) if part)
    elif "Name" in out:
        out["LastName"] = out["Name"]


def _user(saving: Saving) -> None:
    core, out, get = saving.core, saving.out, saving.get
    _person(saving)
    if get("Username") is None:
        out["Username"] = f"user{len(core.tables['User']) + 1:03}@example.invalid"
    if get("Alias") is None:
        out["Alias"] = str(get("LastName") or "")[:8]


def _opportunity(saving: Saving) -> None:
    core, out = saving.core, saving.out
    if out.get("StageName") is None:
        return
    stage = core.stages().get(str(out["StageName"]))
    if stage is not None:
        out["IsClosed"], out["IsWon"] = stage["IsClosed"], stage["IsWon"]
        out["ForecastCategory"] = stage["ForecastCategory"]
        if out.get("Probability") is None:
            out["Probability"] = stage["DefaultProbability"]


def _line_item(saving: Saving) -> None:
    core, out, get = saving.core, saving.out, saving.get
    entry = get("PricebookEntryId")
    if get("Product2Id") is None:
        out["Product2Id"] = core.value(entry, "Product2Id")
    if get("UnitPrice") is None and out.get("TotalPrice") is None:
        out["UnitPrice"] = core.value(entry, "UnitPrice")
    if get("Product2Id") is None:
        raise RecordError(
            "FIELD_INTEGRITY_EXCEPTION", "field integrity exception: PricebookEntryId", "PricebookEntryId"
        )
    quantity, total, unit = get("Quantity"), out.get("TotalPrice"), get("UnitPrice")
    if not isinstance(quantity, (int, float)):
        raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [Quantity]", "Quantity")
    if isinstance(total, (int, float)) and out.get("UnitPrice") is None and quantity:
        out["UnitPrice"] = round(total / quantity, 2)
    elif isinstance(unit, (int, float)):
        out["TotalPrice"] = round(quantity * unit, 2)
    else:
        raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [UnitPrice]", "UnitPrice")
    _line_names(core, out, get)


def _line_names(core: Core, out: dict[str, Value], get: Get) -> None:
    deal, product = get("OpportunityId"), get("Product2Id")
    out["Name"] = f"{core.value(deal, 'Name') or ''} {core.value(product, 'Name') or ''}"[:376].strip() or None
    out["ProductCode"] = core.value(product, "ProductCode")
    found = core.locate(str(deal))
    if found:
        found[0].columns["HasOpportunityLineItem"][found[1]] = True


def _asset(saving: Saving) -> None:
    core, out, get = saving.core, saving.out, saving.get
    if get("AccountId") is None and get("ContactId") is None:
        message = "Every asset needs an account, a contact, or both."
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, "AccountId")
    if "Product2Id" in out:
        out["ProductCode"] = core.value(out["Product2Id"], "ProductCode")


def _case(saving: Saving) -> None:
    core, out, get = saving.core, saving.out, saving.get
    if get("CaseNumber") is None:
        out["CaseNumber"] = f"{len(core.tables['Case']) + 1001:08}"
    if "Status" in out:
        closed = out["Status"] == "Closed"
        out["IsClosed"] = closed
        if not closed:
            out["ClosedDate"] = None
        elif get("ClosedDate") is None:
            out["ClosedDate"] = saving.stamp
    if out.get("ContactId") and get("AccountId") is None:
        out["AccountId"] = core.value(out["ContactId"], "AccountId")


def _activity(saving: Saving) -> None:
    core, out, get = saving.core, saving.out, saving.get
    what, who = get("WhatId"), get("WhoId")
    if what and who and str(who).startswith("00Q"):
        message = "You cannot relate an activity to another record when it is about a lead."
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, "WhatId")
    if "WhatId" in out or "WhoId" in out:
        if isinstance(what, str) and what.startswith("001"):
            out["AccountId"] = what
        else:
            out["AccountId"] = core.value(what, "AccountId") or core.value(who, "AccountId")


def _task(saving: Saving) -> None:
    out, get = saving.out, saving.get
    _activity(saving)
    if "Priority" in out:
        out["IsHighPriority"] = out["Priority"] == "High"
    if "Status" in out:
        closed = out["Status"] == "Completed"
        out["IsClosed"] = closed
        if not closed:
            out["CompletedDateTime"] = None
        elif get("CompletedDateTime") is None:
            out["CompletedDateTime"] = saving.stamp


def _event(saving: Saving) -> None:
    out, get = saving.out, saving.get
    _activity(saving)
    start = out.get("ActivityDateTime") or out.get("StartDateTime")
    if isinstance(start, int):
        out["ActivityDateTime"] = out["StartDateTime"] = start
        out.setdefault("ActivityDate", datetime.fromtimestamp(start, UTC).date().isoformat())
        minutes = get("DurationInMinutes")
        length = minutes if isinstance(minutes, int) else 60
        out["DurationInMinutes"] = length
        out["EndDateTime"] = start + length * 60
    elif get("ActivityDateTime") is None and get("ActivityDate") is None:
        message = "Required fields are missing: [ActivityDateTime]"
        raise RecordError("REQUIRED_FIELD_MISSING", message, "ActivityDateTime")


def _member(saving: Saving) -> None:
    out, get = saving.out, saving.get
    if "Status" in out:
        out["HasResponded"] = out["Status"] == "Responded"
        if out["HasResponded"] and get("FirstRespondedDate") is None:
            out["FirstRespondedDate"] = datetime.fromtimestamp(saving.stamp, UTC).date().isoformat()
    if get("LeadId") is None and get("ContactId") is None:
        message = "Required fields are missing: [LeadId, ContactId]"
        raise RecordError("REQUIRED_FIELD_MISSING", message, "LeadId", "ContactId")
    if "CampaignId" in out:  # it is given once, with a new member
        _member_once(saving.core, out["CampaignId"], "ContactId" if get("ContactId") else "LeadId", get)


def _member_once(core: Core, campaign: Value, whom: str, get: Get) -> None:
    columns, person = core.tables["CampaignMember"].columns, get(whom)
    rows = zip(columns[whom], columns["CampaignId"], columns["IsDeleted"], strict=True)
    if any(one == person and other == campaign and not gone for one, other, gone in rows):
        raise RecordError("DUPLICATE_VALUE", "Already a campaign member.")


def _field_permission(saving: Saving) -> None:
    core, get = saving.core, saving.get
    object_name, _, field_name = str(get("Field")).partition(".")
    table = core.table(object_name)
    field = table.field(field_name) if table is not None else None
    if table is None or field is None or object_name != get("SobjectType"):
        message = f"Field Name: bad value for restricted picklist field: {get('Field')}"
        raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, "Field")
    if field.required or not field.custom:
        message = f"You can't set field permissions on the field {field.name}."
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, "Field")
    if get("PermissionsEdit") and not get("PermissionsRead"):
        message = "Permission Edit depends on permission(s): Read"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, "PermissionsRead")


DERIVE: Mapping[str, Derive] = {
    "Asset": _asset,
    "CampaignMember": _member,
    "Case": _case,
    "Contact": _person,
    "Event": _event,
    "FieldPermissions": _field_permission,
    "Lead": _person,
    "Opportunity": _opportunity,
    "OpportunityLineItem": _line_item,
    "Task": _task,
    "User": _user,
}
TWINS: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "PermissionSet": (("Name",), "DUPLICATE_DEVELOPER_NAME", "Name"),
    "PermissionSetAssignment": (("PermissionSetId", "AssigneeId"), "DUPLICATE_VALUE", "PermissionSetId"),
    "FieldPermissions": (("ParentId", "Field"), "DUPLICATE_VALUE", "Field"),
    "ObjectPermissions": (("ParentId", "SobjectType"), "DUPLICATE_VALUE", "SobjectType"),
    "QueueSobject": (("QueueId", "SobjectType"), "DUPLICATE_VALUE", "SobjectType"),
}
"""Small set-up objects in which no two records may agree in these fields: fields, error code, field blamed."""
SETUP = frozenset((*TWINS, "GroupMember", "DatedConversionRate"))
"""Objects without a recycle bin."""
KEPT = ("CurrencyType", "Organization", "User")
"""Objects whose records nobody deletes."""
