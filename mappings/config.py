"""What RevOps decide, as typed values: mapping, plays, gates, catalogue, texts."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mappings.canonical import Action, Motion

Scalar = str | int | float | bool
Unit = Literal["major", "minor", "thousands", "percent", "per_quarter", "per_year"]
Op = Literal["eq", "ne", "in", "not_in", "gt", "ge", "lt", "le", "empty", "not_empty"]
Policy = Literal["ours", "if_empty", "create_only", "pin_on_human_edit"]


def _keys_as_text(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {str(key).lower() if isinstance(key, bool) else str(key): item for key, item in value.items()}


def _one_needs_no_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


ValueMap = Annotated[Mapping[str, Scalar], BeforeValidator(_keys_as_text)]
"""One spelling -> another. Keys are texts; `true`, `false` and numbers are the texts that spell them."""


class Config(BaseModel):
    """Base of all: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSource(Config):
    """Where one canonical column is read from: a field, a path of fields, several texts joined, or a constant.

    A path goes through references (`Opportunity.AccountId`, `Asset__r.Product2.Family`), to a child record
    (`OpportunityLineItem.Product2Id`) or through associations (`companies.id`, `line_items.hs_product_id`,
    `deals.companies.id`). In YAML a bare string is a field.
    """

    field: str | None = None
    join: tuple[str, ...] | None = None
    """Fields whose texts are put together with a space: [firstname, lastname]."""
    fallback: str | None = None
    """The field to read where `field` or `join` is empty."""
    constant: Scalar | None = None
    values: ValueMap | None = None
    """CRM value -> canonical value; a value that is not listed, and no value at all, becomes `otherwise`."""
    otherwise: Scalar | None = None
    unit: Unit | None = None
    optional: bool = False
    """Where the CRM has no such field the column is empty, and plays that need it are asleep."""

    @model_validator(mode="before")
    @classmethod
    def _bare_string_is_a_field(cls, value: object) -> object:
        return {"field": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldSource":
        if sum(origin is not None for origin in (self.field, self.join, self.constant)) != 1:
            raise ValueError("give one of field, join and constant")
        if self.fallback is not None and self.constant is not None:
            raise ValueError("a constant is never empty: leave fallback out")
        if self.otherwise is not None and self.values is None:
            raise ValueError("otherwise needs values")
        if self.values is not None and not self.values:
            raise ValueError("values needs at least one line")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path this source reads, the fallback last."""
        first = self.join or ((self.field,) if self.field is not None else ())
        return (*first, self.fallback) if self.fallback is not None else first


class ExtraField(FieldSource):
    """A column of the company's own, read like any other: `health_score` becomes the column x_health_score."""

    kind: Literal["integer", "number", "text", "boolean", "date"]


class Filter(Config):
    """Rows to keep. Applied to the mirror, so changing it needs no new pull."""

    field: str
    op: Op
    value: Scalar | tuple[Scalar, ...] | None = None


class Source(Config):
    """One CRM object that fills a canonical table. Several sources of one table are put together."""

    object: str
    optional: bool = False
    where: Annotated[tuple[Filter, ...], BeforeValidator(_one_needs_no_list)] = ()
    fields: Mapping[str, FieldSource]
    extra: Mapping[str, ExtraField] = Field(default_factory=dict)
    """Columns of the company's own, for conditions of plays and gates; accounts only."""


class OutField(Config):
    """A CRM field that Tossup writes. In YAML a bare string is a field."""

    field: str
    values: ValueMap | None = None
    policy: Policy = "pin_on_human_edit"
    create: bool = False
    """`setup` creates the field where it is missing."""
    label: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_string_is_a_field(cls, value: object) -> object:
        return {"field": value} if isinstance(value, str) else value


class AccountOut(Config):
    """The fields on the account. Keys of `fields` are names of `mappings.write.ACCOUNT_OUTPUTS`."""

    object: str
    fields: Mapping[str, OutField]


class ReadBack(Config):
    """How a record that Tossup wrote is read back: what people did with it since.

    The record is closed when any of `is_closed` is true.
    """

    status: FieldSource | None = None
    outcome: FieldSource | None = None
    """What a person decided: one of the choices of `ours.outcome`."""
    is_closed: Annotated[tuple[FieldSource, ...], BeforeValidator(_one_needs_no_list)] = ()
    reason: FieldSource | None = None
    """Why they decided so, in their own words."""
    snooze_until: FieldSource | None = None
    opportunity_id: FieldSource | None = None
    """The deal that it was converted to: once that is decided, so is the lead."""
    csm: FieldSource | None = None
    due_on: FieldSource | None = None
    owner_id: FieldSource | None = None
    created_on: FieldSource | None = None
    decided_on: FieldSource | None = None
    """The day on which a person closed or answered it."""


class RecordOut(Config):
    """A task or a lead record. Keys of `fields` are names of `TASK_OUTPUTS` or `LEAD_OUTPUTS`.

    `constants` are written at creation only; `close` is what closing an untouched record writes;
    `links` says which associations to make: CRM object -> output (account_id, contact_id). `answer` is the field in
    which people say what became of it, `reason` the one in which they say why, `snooze` the one until which day they
    want to hear nothing: `setup` makes them, and they are never written.
    """

    object: str
    key: OutField
    fields: Mapping[str, OutField]
    constants: Mapping[str, Scalar] = Field(default_factory=dict)
    links: Mapping[str, Literal["account_id", "contact_id"]] = Field(default_factory=dict)
    close: Mapping[str, Scalar] = Field(default_factory=dict)
    requires: tuple[Literal["contact_id"], ...] = ()
    answer: OutField | None = None
    reason: OutField | None = None
    snooze: OutField | None = None
    read: ReadBack = ReadBack()

    @property
    def said(self) -> Mapping[str, OutField]:
        """The fields in which people speak to us, by name of `outputs.SAID`."""
        fields = (("answer", self.answer), ("reason", self.reason), ("snooze", self.snooze))
        return {name: out for name, out in fields if out is not None}


class ListOut(Config):
    """A contact's place on a campaign (Salesforce) or static list (HubSpot): what a lead with action `list` becomes.

    There is one list a play, `Tossup <play>`, which `setup` makes; `campaign` is written then. Keys of `fields` are
    names of `MEMBER_OUTPUTS`; they and `constants` are written with a new member, never again. A member without
    `key` is known as ours by our ledger alone.
    """

    object: str
    optional: bool = False
    """Where the CRM has no such object, or hides it from us, the action `list` is a task."""
    fields: Mapping[str, OutField]
    key: OutField | None = None
    constants: Mapping[str, Scalar] = Field(default_factory=dict)
    campaign: Mapping[str, Scalar] = Field(default_factory=dict)
    read: ReadBack = ReadBack()


Told = Literal["task", "note", "nothing"]
Outcome = Literal["accepted", "declined", "returned", "won", "lost"]
"""What a specialist makes of a toss-up."""
Days = Annotated[int, Field(ge=0, le=365)]


def _told() -> Mapping[Outcome, Told]:
    return {"accepted": "note", "declined": "task", "returned": "task", "won": "task", "lost": "task"}


class Handover(Config):
    """What follows a toss-up: how the CSM learns of its outcome, and what becomes of one that nobody answers.

    The specialist has until the record's due day (the product's `sla_days`).
    """

    inform: Mapping[Outcome, Told] = Field(default_factory=_told)
    """By outcome: a task of its own for the CSM, a note on the task they have, or nothing."""
    tell_days: Days = 14
    """Outcomes that are older are not told any more."""
    answer_days: Days = 3
    """Days that whoever is told has to act."""
    remind_after_days: Days = 0
    """Days after the due day when the specialist is reminded, once."""
    return_after_days: Annotated[int, Field(ge=1, le=365)] = 5
    """Days after the reminder when a record that nobody touched goes back, and the CSM is told."""
    pool: str | None = None
    """Queue or owner (name or id) that unanswered toss-ups go to; None: they are closed."""

    @model_validator(mode="after")
    def _every_outcome(self) -> "Handover":
        object.__setattr__(self, "inform", {**_told(), **self.inform})
        return self


class Write(Config):
    """What goes back into the CRM. `lead` lists alternatives: the first whose object the CRM has is used."""

    account: AccountOut
    task: RecordOut
    list: ListOut | None = None
    """Without it, and for a lead without a contact, the action `list` is a task."""
    lead: Annotated[tuple[RecordOut, ...], BeforeValidator(_one_needs_no_list)]
    handover: Handover = Handover()
    default_route: str | None = None
    """Queue or owner (name or id) of toss-ups whose product names no specialist; None: the account's owner."""


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"must be a day such as 2026-01-31, not {value}")


def _positive(value: object) -> object:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(0)
    if isinstance(value, bool) or not number.is_finite() or not Decimal("1e-9") <= number <= Decimal("1e8"):
        raise ValueError(f"must be a number above 0 and up to 100,000,000, not {str(value).lower()}")
    return number


CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Month = Annotated[int, Field(ge=1, le=12)]


class Rate(Config):
    """What one unit of a currency is worth in the company's currency, from a day on, until the next rate starts."""

    since: Annotated[date, BeforeValidator(_day)] = Field(alias="from")
    rate: Annotated[Decimal, BeforeValidator(_positive)]


Rates = Annotated[tuple[Rate, ...], BeforeValidator(_one_needs_no_list)]


class Company(Config):
    """Who we are: what the texts say and how days and money are counted."""

    name: str
    currency: CurrencyCode = "USD"
    rates: Mapping[CurrencyCode, Rates] = Field(default_factory=dict)
    """By currency; a currency named here is not looked up in the CRM's own rates."""
    time_zone: str = "UTC"
    fiscal_year_starts: Month = Field(default=1, deprecated="has no effect; leave it out")
    """Files that name it are still read: `mappings.check.notes` says what to do."""
    language: Literal["en", "ja"] = "en"


class CatalogEntry(Config):
    """What the CRM does not say about a product. Wins over what was read."""

    family: str | None = None
    tier: int | None = None
    is_flat: bool | None = None
    is_option: bool | None = None
    complements: Annotated[tuple[str, ...], BeforeValidator(_one_needs_no_list)] | None = None
    specialist: str | None = None
    sla_days: int | None = None


class MappingConfig(Config):
    """One CRM's mapping: canonical tables <- objects, and answers -> fields, tasks and lead records."""

    crm: Literal["salesforce", "hubspot"]
    version: Literal[1] = 1
    company: Company
    read: Mapping[str, tuple[Source, ...]]
    write: Write
    catalog: Mapping[str, CatalogEntry] = Field(default_factory=dict)
    """By product code."""

    @model_validator(mode="before")
    @classmethod
    def _one_source_needs_no_list(cls, value: object) -> object:
        if isinstance(value, dict) and isinstance(value.get("read"), dict):
            read = {k: [v] if isinstance(v, dict) else v for k, v in value["read"].items()}
            value = {**value, "read": read}
        return value


Grain = Literal["account", "owned", "offer"]
"""What a play looks at one by one: accounts, products an account pays for, products it does not have."""


def _for_all_priorities(value: object) -> object:
    return dict.fromkeys(("high", "mid", "low"), value) if isinstance(value, str) else value


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Expr = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int | float)]
"""An SQL expression over facts and the numbers beside it (leads.language)."""


ByPriority = Mapping[Literal["high", "mid", "low"], Action]


def _everywhere_a_task() -> ByPriority:
    return {"high": "task", "mid": "task", "low": "task"}


class Play(Config):
    """When to approach an account, with what, and how. Expressions may use facts and the play's own `numbers`."""

    motion: Motion
    pattern: str
    enabled: bool = True
    raised_hand: bool = False
    """What it finds is something that the customer did: looked, tried, asked, filled their seats."""
    cooldown_days: Annotated[int, Field(ge=1)] | None = None
    """Days after its last approach of an account, whatever came of it, in which it leaves the account alone."""
    selling: bool = True
    """Selling plays are held by churn risk and count for frequency; a save task does neither."""
    channel: Literal["any", "phone", "email"] = "any"
    due_days: Annotated[int, Field(ge=0, le=365)] = 14
    expire_days: Annotated[int, Field(ge=1, le=365)] = 30
    """Days after the due day when a task that nobody touched is closed."""
    per: Grain = "account"
    when: Expr | None = None
    """The condition; unknown (NULL) does not fire."""
    python: str | None = None
    """Instead of `when`: the name of a play that a package registers (entry point group `tossup.plays`)."""
    product: Expr | None = None
    """For plays per account: the code of the product it is about."""
    target: Expr | None = None
    """The code of the product that is sold, where it is another: the plan above the one they have."""
    about: str | None = None
    """A fact that names the product for texts where the play names none by `product` or `target`."""
    cycle: Expr | None = None
    """A day that makes the lead new when it changes (a contract's end); else the calendar quarter does."""
    seats: Expr | None = None
    """How many seats more are proposed."""
    value: Expr = "0"
    """Worth of the lead in minor units of the account's currency a year; may use `seats_more`."""
    timing: Expr = "1"
    """Factor on the expected value: above 1 now is better than later."""
    score: Expr | None = None
    """Which products come first where an account has several."""
    per_account: Annotated[int, Field(ge=1)] | None = None
    """At most so many products of one account, the highest `score` first."""
    needs: tuple[str, ...] | None = None
    """Facts whose data must be mapped, else the play is asleep; left out: all that `when` mentions."""
    evidence: tuple[str, ...] = ()
    """Facts to quote with their records; where none of them is known there is no lead."""
    action: Annotated[
        ByPriority, BeforeValidator(_for_all_priorities, json_schema_input_type=Action | ByPriority)
    ] = Field(default_factory=_everywhere_a_task)
    """By priority; one word stands for all three."""
    numbers: Mapping[str, float] = Field(default_factory=dict)


class Gate(Config):
    """A guardrail: who is refused, in which state the lead is kept, and what is told about it.

    `when` may use facts of the account, the product and the candidate, and `numbers`. Gates without `when` compare
    candidates with one another and are built in.
    """

    enabled: bool = True
    state: Literal["suppressed", "held", "waiting"] = "suppressed"
    """`held` leads come back by themselves when the reason is gone."""
    concerns: Literal["all", "selling"] = "selling"
    spares_ours: bool = False
    """A lead that is open in the CRM already is left alone."""
    when: Expr | None = None
    value: Expr | None = None
    """The value seen, which is told and kept."""
    limit: str | None = None
    """Which of the numbers is the limit that is told."""
    numbers: Mapping[str, float] = Field(default_factory=dict)


class Override(Config):
    """A person lets one account pass a gate until a day (and that day still)."""

    gate: str
    account: str
    """Record id, or the name exactly."""
    play: str | None = None
    product: str | None = None
    person: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    until: date


class Ranking(Config):
    """Whom to approach first. Conditions over account facts; the first that holds, in this order, is the priority."""

    low: Expr
    """Of selling leads only: they get help, not a pitch."""
    high: Expr
    mid: Expr
    numbers: Mapping[str, float] = Field(default_factory=dict)


class Texts(Config):
    """One language's words. A template quotes facts as {seats_used}; money and dates come ready formatted."""

    plays: Mapping[str, Mapping[Literal["subject", "why", "script", "next_step", "material"], str]]
    reasons: Mapping[str, str]
    words: Mapping[str, str]


class Rules(Config):
    """Everything RevOps decided, loaded and checked against itself."""

    mapping: MappingConfig
    plays: Mapping[str, Play]
    gates: Mapping[str, Gate]
    ranking: Ranking
    facts: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    """Numbers of fact families, by family, where they are not the families' own."""
    overrides: tuple[Override, ...] = ()
    texts: Mapping[Literal["en", "ja"], Texts]
