"""Small orgs for the tests: schemas of both CRMs, and mirror tables in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from connector.port import arrow_type
from mappings.config import MappingConfig, OutField
from mappings.marked import parse
from mappings.read import canonical
from mappings.schema import Field, FieldType, ObjectSchema, Schema

T = FieldType
PRESETS = Path(__file__).parents[2] / "mappings" / "presets"

_LETTERS = {
    "t": T.TEXT,
    "l": T.LONG_TEXT,
    "i": T.INTEGER,
    "n": T.NUMBER,
    "c": T.CURRENCY,
    "b": T.BOOLEAN,
    "d": T.DATE,
    "s": T.DATETIME,
    "p": T.CHOICE,
    "o": T.OTHER,
}


def fields(text: str) -> dict[str, Field]:
    """Fields from words: `Name:t`, `Price:c`, `AccountId>Account` (relationship Account), `P__c>Product2` (P__r),
    `Priority:p=High|Not~Low`; `!` required, `*` unique key, `-` not writable."""
    found = {}
    for word in text.split():
        head, _, choices = word.partition("=")
        flags = {flag for flag in "!*-" if flag in head}
        name, _, target = head.translate(str.maketrans("", "", "!*-")).partition(">")
        name, _, kind = name.partition(":")
        type_ = T.REFERENCE if target else _LETTERS[kind or "t"]
        relationship = name.removesuffix("Id") if name.endswith("Id") else name.replace("__c", "__r")
        found[name] = Field(
            name=name,
            label=name,
            type=type_,
            length=255 if type_ is T.TEXT else 32000 if type_ is T.LONG_TEXT else None,
            required="!" in flags,
            unique="*" in flags,
            upsert_key="*" in flags,
            createable="-" not in flags,
            updateable="-" not in flags,
            choices=tuple(choice.replace("~", " ") for choice in choices.split("|") if choice),
            references=tuple(target.split("|")) if target else (),
            relationship=relationship if target else None,
        )
    return found


def thing(
    name: str, text: str, *, id_field: str, associations: Sequence[str] = (), custom: bool = False
) -> ObjectSchema:
    stamp = "SystemModstamp" if id_field == "Id" else "hs_lastmodifieddate"
    return ObjectSchema(
        name=name,
        label=name,
        fields=fields(text),
        id_field=id_field,
        stamp_field=stamp,
        custom=custom,
        associations=tuple(associations),
    )


_STOCK_SALESFORCE = {
    "Account": "Name! ParentId>Account OwnerId>User Industry:p BillingCountry NumberOfEmployees:i",
    "Product2": "Name! ProductCode Family:p IsActive:b",
    "Asset": "Name! AccountId>Account Product2Id>Product2 Quantity:n Price:c InstallDate:d UsageEndDate:d "
    "Status:p=Installed|Obsolete",
    "OpportunityLineItem": "OpportunityId>Opportunity Product2Id>Product2 Quantity:n UnitPrice:c TotalPrice:c",
    "Opportunity": "Name! AccountId>Account OwnerId>User IsWon:b- IsClosed:b- Amount:c CloseDate:d StageName:p "
    "CreatedDate:s-",
    "Contact": "AccountId>Account FirstName LastName! Name- Title DoNotCall:b HasOptedOutOfEmail:b",
    "Case": "AccountId>Account ContactId>Contact ProductId>Product2 Subject Priority:p=High|Medium|Low Status:p "
    "IsClosed:b- CreatedDate:s- ClosedDate:s-",
    "Task": "AccountId>Account- WhatId>Account|Opportunity WhoId>Contact|Lead OwnerId>User|Group Subject "
    "Description:l Status:p=Not~Started|In~Progress|Completed Priority:p=High|Normal|Low ActivityDate:d "
    "IsClosed:b- TaskSubtype:p CreatedDate:s- CompletedDateTime:s- LastModifiedDate:s-",
    "Event": "AccountId>Account- WhatId>Account WhoId>Contact|Lead OwnerId>User Subject ActivityDate:d "
    "ActivityDateTime:s",
    "Lead": "LastName! Company! OwnerId>User|Group Description:l Rating:p=Hot|Warm|Cold "
    "Status:p=Open~-~Not~Contacted|Working~-~Contacted|Closed~-~Converted|Closed~-~Not~Converted IsConverted:b- "
    "CreatedDate:s- ConvertedDate:d- LastModifiedDate:s-",
    "CampaignMember": "CampaignId>Campaign! LeadId>Lead ContactId>Contact Status:p=Sent|Responded HasResponded:b- "
    "FirstRespondedDate:d- CreatedDate:s-",
    "Campaign": "Name!",
    "User": "Name- IsActive:b Email",
    "Group": "Name Type:p",
}
_FULL_SALESFORCE = {
    "Account": "Free_Users__c:n Reported_Employees__c:n Do_Not_Contact__c:b Legal_Hold__c:b Invoice_Overdue__c:b "
    "Customer_Since__c:d Onboarding_Started__c:d Onboarding_Completed__c:d Tossup_Headroom__c:n "
    "Tossup_Headroom_Value__c:c Tossup_Risk__c:p=none|watch|high Tossup_Risk_Reasons__c:l Tossup_Next_Product__c "
    "Tossup_Priority__c:p=high|mid|low Tossup_Computed_At__c:s",
    "Product2": "Tier__c:n List_Price__c:c Is_Option__c:b Complements__c Specialist__c SLA_Days__c:n",
    "Asset": "Seats_Used__c:n Auto_Renew__c:b",
    "Contact": "Role__c:p Do_Not_Contact__c:b Left_On__c:d",
    "Engagement__c": "Account__c>Account Contact__c>Contact Product__c>Product2 Weight__c:n Date__c:d "
    "Kind__c:p=page_view|pricing_view|help_view|mail_click|locked_feature",
    "Task": "Tossup_Key__c* Tossup_Response__c:p=accepted|won|lost|declined|returned|snoozed",
    "Event": "Tossup_Key__c*",
    "Campaign": "Product__c>Product2",
    "CampaignMember": "Tossup_Key__c* Tossup_Product__c",
    "Lead": "Tossup_Key__c* Tossup_Account__c>Account Tossup_Product__c Tossup_Value__c:c Tossup_Due__c:d "
    "Tossup_Response__c:p=accepted|won|lost|declined|returned|snoozed",
    "Product_Usage__c": "Account__c>Account Product__c>Product2 Date__c:d Quantity__c:n",
    "Survey_Response__c": "Account__c>Account Contact__c>Contact Kind__c:p Score__c:n Submitted__c:d",
}
_STOCK_HUBSPOT = {
    "companies": (
        "name hs_parent_company_id hubspot_owner_id industry country numberofemployees:n",
        "contacts deals",
    ),
    "products": ("name hs_sku price:n", ""),
    "subscriptions": ("hs_name", "companies line_items"),
    "deals": (
        "dealname dealstage:p=appointmentscheduled|closedwon|closedlost pipeline:p=default amount:n closedate:s "
        "hs_is_closed:b- hs_is_closed_won:b- hubspot_owner_id createdate:s deal_currency_code:p",
        "companies contacts line_items",
    ),
    "line_items": ("name hs_product_id quantity:n price:n amount:n-", "deals subscriptions"),
    "contacts": ("firstname lastname jobtitle email hs_email_optout:b", "companies"),
    "tickets": ("subject hs_ticket_priority:p hs_pipeline_stage createdate:s closed_date:s", "companies contacts"),
    "tasks": (
        "hs_task_subject hs_task_body:l hs_task_status:p=NOT_STARTED|IN_PROGRESS|WAITING|DEFERRED|COMPLETED "
        "hs_task_priority:p=LOW|MEDIUM|HIGH hs_timestamp:s! hs_task_type:p=TODO|CALL|EMAIL hubspot_owner_id "
        "hs_createdate:s- hs_task_completion_date:s- hs_lastmodifieddate:s-",
        "companies contacts",
    ),
    "calls": ("hs_timestamp:s", "companies contacts"),
    "emails": ("hs_timestamp:s", "companies contacts"),
    "meetings": ("hs_timestamp:s", "companies contacts"),
    "list_memberships": ("list_id! contact_id! added_at:s-", ""),
    "owners": ("name type archived:b", ""),
}
_FULL_HUBSPOT = {
    "companies": "free_users:n reported_employees:n do_not_contact:b legal_hold:b invoice_overdue:b customer_since:d "
    "onboarding_started:d onboarding_completed:d tossup_headroom:n tossup_headroom_value:n "
    "tossup_risk:p=none|watch|high tossup_risk_reasons:l tossup_next_product tossup_priority:p=high|mid|low "
    "tossup_computed_at:s",
    "products": "product_family product_tier:n is_option:b is_active:b complements specialist sla_days:n",
    "subscriptions": "seats_paid:n seats_used:n unit_price:n starts_on:d ends_on:d cancelled:b auto_renews:b",
    "contacts": "no_phone:b no_email:b do_not_contact:b role:p left_on:d",
    "engagement_event": "weight:n happened_on:d "
    "event_kind:p=page_view|pricing_view|help_view|mail_click|locked_feature",
    "tasks": "tossup_key* tossup_response:p=accepted|won|lost|declined|returned|snoozed",
    "deals": "tossup_key* tossup_body:l tossup_product tossup_response:p=accepted|won|lost|declined|returned|snoozed",
    "leads": "hs_lead_name! hubspot_owner_id hs_lead_label:p=HOT|WARM|COLD hs_createdate:s- "
    "hs_pipeline_stage:p=new-stage-id|qualified-stage-id|unqualified-stage-id "
    "tossup_key* tossup_product tossup_value:n tossup_due:d tossup_body:l "
    "tossup_response:p=accepted|won|lost|declined|returned|snoozed",
    "product_usage": "usage_date:d quantity:n",
    "feedback_submissions": "hs_survey_type:p hs_value:n hs_submission_timestamp:s",
}
_FULL_LINKS = {
    "leads": "companies contacts",
    "product_usage": "companies products",
    "engagement_event": "companies contacts products",
    "feedback_submissions": "companies contacts",
}


def salesforce(*, stock: bool = False, without: Iterable[str] = ()) -> Schema:
    """The built-in world's org, or one without custom fields; `without` lacks objects or Object.Field."""
    objects = {name: _STOCK_SALESFORCE.get(name, "") for name in _STOCK_SALESFORCE}
    if not stock:
        for name, more in _FULL_SALESFORCE.items():
            objects[name] = f"{objects.get(name, '')} {more}"
    made = {name: thing(name, text, id_field="Id", custom=name.endswith("__c")) for name, text in objects.items()}
    return _schema("salesforce", made, without)


def hubspot(*, stock: bool = False, without: Iterable[str] = ()) -> Schema:
    """The built-in world's portal, or one without custom properties."""
    objects = dict(_STOCK_HUBSPOT)
    if not stock:
        for name, more in _FULL_HUBSPOT.items():
            text, links = objects.get(name, ("", _FULL_LINKS.get(name, "")))
            objects[name] = (f"{text} {more}", links)
    made = {
        name: thing(name, text, id_field="hs_object_id", associations=links.split())
        for name, (text, links) in objects.items()
    }
    return _schema("hubspot", made, without)


def _schema(crm: str, objects: Mapping[str, ObjectSchema], without: Iterable[str]) -> Schema:
    left = {name: value for name, value in objects.items() if name not in set(without)}
    for word in without:
        name, _, gone = word.partition(".")
        if gone:
            kept = {key: value for key, value in left[name].fields.items() if key != gone}
            left[name] = replace(left[name], fields=kept)
    return Schema(crm=crm, objects=left, known=tuple(sorted(left)))


def also(schema: Schema, **more: str) -> Schema:
    """The schema with more fields (or other ones of the same name), by object."""
    objects = dict(schema.objects)
    for name, text in more.items():
        objects[name] = replace(objects[name], fields={**objects[name].fields, **fields(text)})
    return replace(schema, objects=objects)


def preset(crm: str) -> MappingConfig:
    return MappingConfig.model_validate(parse((PRESETS / f"{crm}.yaml").read_bytes()).value)


def writing(mapping: MappingConfig, part: str, **fields: OutField) -> MappingConfig:
    """The mapping, which writes these fields alone where its `part`, account or task, goes."""
    there = getattr(mapping.write, part).model_copy(update={"fields": fields})
    return mapping.model_copy(update={"write": mapping.write.model_copy(update={part: there})})


def mapping(text: str) -> MappingConfig:
    return MappingConfig.model_validate(parse(text.encode()).value)


@dataclass
class Rows:
    """A mirror in memory: rows by object (ids under `id`), links by pair of objects."""

    schema: Schema
    rows: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    linked: Mapping[tuple[str, str], Sequence[tuple[str, str, str]]] = field(default_factory=dict)
    backend: ibis.BaseBackend = field(default_factory=ibis.duckdb.connect)
    stored: dict[str, ir.Table] = field(default_factory=dict)
    built: dict[str, dict[str, ir.Table]] = field(default_factory=dict)

    def table(self, object: str) -> ir.Table:
        spec = self.schema.objects[object]
        types = {spec.id_field: pa.string()}
        types |= {name: arrow_type(f.type) for name, f in spec.fields.items()}
        rows = [{**row, spec.id_field: row["id"]} for row in self.rows.get(object, ())]
        data = {name: pa.array([row.get(name) for row in rows], type_) for name, type_ in types.items()}
        return self._stored(object, pa.table(data))

    def links(self, one: str, other: str) -> ir.Table:
        rows = self.linked.get((one, other), ())
        names = ("from_id", "to_id", "type_id")
        data = {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)}
        data["label"] = pa.array(["Primary" if row[2] == "label" else None for row in rows], pa.string())
        return self._stored(f"{one}->{other}", pa.table(data))

    def _stored(self, name: str, data: pa.Table) -> ir.Table:
        if name not in self.stored:
            self.stored[name] = self.backend.create_table(name, data)
        return self.stored[name]

    def canonical(self, mapping: MappingConfig) -> dict[str, ir.Table]:
        """The canonical tables, built once for a mapping."""
        name = mapping.model_dump_json()
        if name not in self.built:
            self.built[name] = canonical(mapping, self.schema, self.table, self.links)
        return self.built[name]

    def read(self, expression: ir.Table) -> list[dict[str, object]]:
        """Rows as a stored table gives them, ordered by id."""
        stored = self.backend.create_table("result", expression, overwrite=True)
        return sorted(stored.to_pyarrow().to_pylist(), key=lambda row: str(row["id"]))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(text: str) -> date:
    return date.fromisoformat(text)
