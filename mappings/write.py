"""Leads and facts -> the records a CRM should hold, in its own spelling."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

import ibis.expr.types as ir

from mappings.canonical import Lead
from mappings.changes import Link, Value
from mappings.config import ListOut, MappingConfig, OutField, Policy, RecordOut, Rules, Scalar
from mappings.money import factor, major
from mappings.outputs import ACCOUNT_OUTPUTS, KEY, LEAD_OUTPUTS, MEMBER_OUTPUTS, SAID, TASK_OUTPUTS, Output
from mappings.paths import field_of
from mappings.schema import LIST_PREFIX, Field, FieldType, Schema, WantedField, WantedList
from mappings.spelling import fitted

_DECIMALS = 2
"""Of money on its way out, whatever the currency: as many as fields of money have, those of `setup` among them."""
NO_WORDS: Mapping[str, str] = MappingProxyType({})
__all__ = ["ACCOUNT_OUTPUTS", "LEAD_OUTPUTS", "MEMBER_OUTPUTS", "TASK_OUTPUTS", "Output"]


class Words(Protocol):
    """What a lead says to people: one line, and the whole text."""

    @property
    def subject(self) -> str:
        """One line."""

    @property
    def body(self) -> str:
        """All of it, plain text."""

    @property
    def body_html(self) -> str:
        """The same as HTML, everything foreign in it escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """A record that the CRM should hold, named by its key (which a HubSpot list does not keep: no `key_field`).

    `values` may be brought up to date later, each by its policy; `once` is written only when the record is made,
    and so are `links`. `why` is the play.
    """

    object: str
    key_field: str | None
    key: str
    values: Mapping[str, Value]
    once: Mapping[str, Value]
    links: tuple[Link, ...]
    policies: Mapping[str, Policy]
    why: str

    @property
    def new(self) -> Mapping[str, Value]:
        """Everything a new record is made with, besides its key."""
        return MappingProxyType({**self.once, **self.values})


def lead_target(mapping: MappingConfig, schema: Schema) -> RecordOut:
    """The kind of lead record this CRM gets: the first whose object it has. Raises LookupError if it has none."""
    for record in mapping.write.lead:
        if record.object in schema.objects:
            return record
    names = " nor ".join(record.object for record in mapping.write.lead)
    raise LookupError(f"write.lead: the CRM has no {names}; name an object it has")


def lead_wished(mapping: MappingConfig, schema: Schema) -> RecordOut:
    """The same; where our user sees none of their objects, the first, for which rights are asked then."""
    return next((one for one in mapping.write.lead if one.object in schema.objects), mapping.write.lead[0])


def wanted_fields(mapping: MappingConfig, schema: Schema) -> tuple[WantedField, ...]:
    """The fields that `setup` makes where they are missing, by object and name."""
    account = mapping.write.account
    found = list(_wanted(mapping, account.object, account.fields, ACCOUNT_OUTPUTS))
    for record, outputs in ((mapping.write.task, TASK_OUTPUTS), (lead_wished(mapping, schema), LEAD_OUTPUTS)):
        fields = {"key": record.key, **record.fields, **record.said}
        found += _wanted(mapping, record.object, fields, {"key": KEY, **SAID, **outputs})
    if (out := list_target(mapping, schema)) is not None:
        keyed = {"key": out.key} if out.key is not None else {}
        found += _wanted(mapping, out.object, {**keyed, **out.fields}, {"key": KEY, **MEMBER_OUTPUTS})
    return tuple(sorted(found, key=lambda wanted: (wanted.object, wanted.name)))


def list_target(mapping: MappingConfig, schema: Schema) -> ListOut | None:
    """How this CRM takes members of campaigns or lists; None where it has none or the mapping wants none."""
    out = mapping.write.list
    return out if out is not None and out.object in schema.objects else None


def wanted_lists(rules: Rules, schema: Schema) -> tuple[WantedList, ...]:
    """The campaigns or lists that `setup` makes where they are missing: one for each play that may ask for one."""
    out = list_target(rules.mapping, schema)
    if out is None:
        return ()
    plays = sorted(name for name, play in rules.plays.items() if play.enabled and "list" in play.action.values())
    return tuple(WantedList(name=list_name(play), values=dict(out.campaign)) for play in plays)


def list_name(play: str) -> str:
    """What the campaign or list of a play is called."""
    return f"{LIST_PREFIX}{play}"


def becomes(lead: Lead, members: ListOut | None) -> tuple[Literal["task", "lead", "member"], ...]:
    """The records that an open lead asks for: nobody works one that automation mails or that fields alone tell.

    `members` is `list_target`; without it, or without a contact, the action `list` is a task.
    """
    if lead.action == "fields":
        return ()
    if lead.action == "list" and lead.contact_id is not None and members is not None:
        return ("member",)
    return ("task", "lead") if lead.is_tossup else ("task",)


def _wanted(
    mapping: MappingConfig, object: str, fields: Mapping[str, OutField], outputs: Mapping[str, Output]
) -> Iterator[WantedField]:
    for name, out in fields.items():
        output = outputs[name]
        if out.create:
            yield WantedField(
                object=object,
                name=out.field,
                label=out.label or output.label,
                type=output.type,
                help=output.help,
                length=output.length,
                choices=tuple(str((out.values or {}).get(choice, choice)) for choice in output.choices),
                unique=name == "key",
                references=_references(mapping, name),
            )


def _references(mapping: MappingConfig, name: str) -> tuple[str, ...]:
    if name == "account_id":
        return (mapping.write.account.object,)
    sources = mapping.read.get("contact", ()) if name == "contact_id" else ()
    return tuple(source.object for source in sources)


def account_rows(
    accounts: ir.Table, mapping: MappingConfig, schema: Schema | None = None, words: Mapping[str, str] = NO_WORDS
) -> ir.Table:
    """The account fields as the CRM spells them: `id`, then a column a field, ready to compare with the mirror.

    `accounts` has account_id, currency (ISO 4217) and columns named like ACCOUNT_OUTPUTS: those it has are written.
    computed_at is none of them, for it is written only together with another change. Money leaves in major units,
    days as ISO 8601 text. With a schema, fields that the CRM lacks are left out and texts are cut to its lengths.
    `words` has what people call a code, by `output.code`; the mapping's `values` and a field's choices go before it.
    """
    columns: dict[str, ir.Value] = {"id": accounts.account_id}
    for name, out in mapping.write.account.fields.items():
        known = _field(schema, mapping.write.account.object, out.field)
        if name in accounts.columns and (schema is None or known is not None):
            columns[out.field] = _column(accounts, name, out, known, words)
    return accounts.select(**columns)


def _column(accounts: ir.Table, name: str, out: OutField, known: Field | None, words: Mapping[str, str]) -> ir.Value:
    output, value = ACCOUNT_OUTPUTS[name], accounts[name]
    if output.type is FieldType.CURRENCY:
        return (value.cast("float64") / factor(accounts.currency)).round(_DECIMALS)
    if output.type is FieldType.INTEGER:
        return value.cast("int64")
    if output.type is FieldType.DATE:
        return value.cast("date").cast("string")
    text = value.cast("string")
    called = out.values or (_called(name, output, words) if known is None or not known.choices else {})
    if called:
        text = text.cases(*((old, str(new)) for old, new in called.items()), else_=text)
    if out.values:
        return text
    length = (known.length if known is not None else None) or output.length
    return text if length is None else (text.length() > length).ifelse(text.left(length - 1) + "…", text)


def _called(name: str, output: Output, words: Mapping[str, str]) -> dict[str, str]:
    """The codes of an output that there is a word for."""
    return {code: words[f"{name}.{code}"] for code in output.codes if f"{name}.{code}" in words}


def computed_at_field(mapping: MappingConfig) -> str | None:
    """The account field that says when the others changed, if the mapping has one."""
    out = mapping.write.account.fields.get("computed_at")
    return out.field if out is not None else None


def account_policies(mapping: MappingConfig) -> dict[str, Policy]:
    """Who owns which account field, by the CRM's name of it."""
    return {out.field: out.policy for out in mapping.write.account.fields.values()}


def policies_of(mapping: MappingConfig, object: str) -> dict[str, Policy]:
    """Who owns which field of this object that we write, by the CRM's name of it."""
    records = (mapping.write.task, *mapping.write.lead)
    found = account_policies(mapping) if mapping.write.account.object == object else {}
    return found | {
        out.field: out.policy for record in records if record.object == object for out in record.fields.values()
    }


def task_record(lead: Lead, text: Words, mapping: MappingConfig, schema: Schema) -> Desired:
    """The task for the account's owner."""
    said = _in_words(text) | _about(lead)
    return _record(mapping.write.task, said, TASK_OUTPUTS, str(lead.key), lead.play, mapping, schema)


def message_task(
    key: str, text: Words, about: Mapping[str, Value], why: str, mapping: MappingConfig, schema: Schema
) -> Desired:
    """A task that tells of a lead; `about` are further outputs of TASK_OUTPUTS, those it leaves out stay empty."""
    said = dict.fromkeys(TASK_OUTPUTS) | _in_words(text) | dict(about)
    return _record(mapping.write.task, said, TASK_OUTPUTS, key, why, mapping, schema)


def lead_record(
    lead: Lead,
    text: Words,
    mapping: MappingConfig,
    schema: Schema,
    *,
    owner_id: str | None = None,
    contact_name: str | None = None,
) -> Desired | None:
    """The lead record for the specialist, or None where it lacks what the CRM requires (HubSpot: a contact).

    `owner_id` is the record id of the lead's route (see `owner_named`), the account's owner without one. A person
    without a name goes by the account's: Salesforce takes no lead without a last name.
    """
    record = lead_target(mapping, schema)
    said = _in_words(text) | _about(lead)
    said |= {"owner_id": owner_id or lead.owner_id, "account_name": lead.account_name, "currency": lead.currency}
    said["contact_name"] = contact_name or lead.account_name
    said["csm"] = lead.facts.get("owner_name")
    if any(said[name] is None for name in record.requires):
        return None
    return _record(record, said, LEAD_OUTPUTS, str(lead.key), lead.play, mapping, schema)


def member_record(lead: Lead, members: ListOut, list_id: str, mapping: MappingConfig, schema: Schema) -> Desired:
    """The contact's place on the campaign or list of the lead's play."""
    said = {**_about(lead), "list_id": list_id}
    return _record(members, said, MEMBER_OUTPUTS, str(lead.key), lead.play, mapping, schema)


def owner_named(route: str | None, owners: Mapping[str, str]) -> str | None:
    """The record id of an owner given by id or by name; `owners` is id -> name. None unless exactly one fits."""
    if route is None or route in owners:
        return route
    found = [id for id, name in owners.items() if name.strip().lower() == route.strip().lower()]
    return found[0] if len(found) == 1 else None


def closing(mapping: MappingConfig, object: str) -> dict[str, Value]:
    """What closing an untouched record of this object writes; nothing where the mapping does not say."""
    records = (mapping.write.task, *mapping.write.lead)
    return next((dict(record.close) for record in records if record.object == object), {})


def note_field(mapping: MappingConfig, object: str) -> str | None:
    """The field of this object in which we say later on what became of a record, if the mapping names one."""
    records = (mapping.write.task, *mapping.write.lead)
    found = (record.fields["note"].field for record in records if record.object == object and "note" in record.fields)
    return next(found, None)


def said_fields(mapping: MappingConfig, object: str) -> frozenset[str]:
    """The fields of this object in which people speak to us: an answer, and why."""
    records = (mapping.write.task, *mapping.write.lead)
    return frozenset(out.field for record in records if record.object == object for out in record.said.values())


def _in_words(text: Words) -> dict[str, Value]:
    """The outputs that are words."""
    return {"subject": text.subject, "body": text.body, "body_html": text.body_html, "note": None}


def _about(lead: Lead) -> dict[str, Value]:
    """The outputs that need no words."""
    value = major(lead.value, lead.currency)
    return {
        "owner_id": lead.owner_id,
        "account_id": lead.account_id,
        "contact_id": lead.contact_id,
        "product": lead.product,
        "value": None if value is None else round(value, _DECIMALS),
        "due": lead.due.isoformat(),
        "priority": lead.priority,
        "play": lead.play,
        "motion": lead.motion,
    }


def _record(
    record: RecordOut | ListOut,
    said: Mapping[str, Value],
    outputs: Mapping[str, Output],
    key: str,
    why: str,
    mapping: MappingConfig,
    schema: Schema,
) -> Desired:
    """Fields that the CRM lacks or does not let us set, and values that nobody knows, are left out."""
    values: dict[str, Value] = {}
    once: dict[str, Value] = dict(_settable(record.constants, record.object, schema))
    for name, out in record.fields.items():
        known, value = _field(schema, record.object, out.field), said[name]
        if value is not None and known is not None and known.createable:
            spelled = fitted(
                value, outputs[name], out, known, html=name == "body_html", zone=mapping.company.time_zone
            )
            (once if out.policy == "create_only" else values)[out.field] = spelled
    linked = record.links if isinstance(record, RecordOut) else {}
    links = [Link(object=to, id=str(said[name])) for to, name in linked.items() if said[name] is not None]
    return Desired(
        object=record.object,
        key_field=record.key.field if record.key is not None else None,
        key=key,
        values=values,
        once=once,
        links=tuple(sorted(links)),
        policies={out.field: out.policy for out in record.fields.values() if out.field in values},
        why=why,
    )


def _settable(constants: Mapping[str, Scalar], object: str, schema: Schema) -> Iterator[tuple[str, Scalar]]:
    for name, value in constants.items():
        known = _field(schema, object, name)
        if known is not None and known.createable:
            yield name, value


def _field(schema: Schema | None, object: str, name: str) -> Field | None:
    if schema is None or object not in schema.objects:
        return None
    return field_of(schema.objects[object], name)
