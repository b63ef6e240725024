"""Everything Tossup can write, by name: what it means, and the field that `setup` would make for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mappings.canonical import TABLES
from mappings.schema import FieldType


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One value that a mapping can put into a field. `length` is that of a field made for it.

    `codes` are what the value can be where it is one of a few and a text: people get the words for them.
    """

    type: FieldType
    label: str
    help: str
    length: int | None = None
    choices: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


SEGMENTS = (
    *("champions", "loyal", "potential_loyalists", "new", "promising"),
    *("need_attention", "about_to_sleep", "at_risk", "cant_lose", "hibernating"),
)
"""What recency and frequency together are called."""
_RISKS = ("none", "watch", "high")
_PRIORITIES = ("high", "mid", "low")


def _text(label: str, help: str, length: int = 255) -> Output:
    return Output(type=FieldType.TEXT, label=label, help=help, length=length)


def _long(label: str, help: str) -> Output:
    return Output(type=FieldType.LONG_TEXT, label=label, help=help, length=32_000)


def _reference(label: str, help: str) -> Output:
    return Output(type=FieldType.REFERENCE, label=label, help=help)


def _choice(label: str, help: str, choices: tuple[str, ...]) -> Output:
    return Output(type=FieldType.CHOICE, label=label, help=help, choices=choices)


def _count(label: str, help: str) -> Output:
    return Output(type=FieldType.INTEGER, label=label, help=help)


def _money(label: str, help: str) -> Output:
    return Output(type=FieldType.CURRENCY, label=label, help=help)


KEY = _text("Tossup key", "Names the lead this record stands for. Written by Tossup; do not edit.")
"""The unique external id of a task or lead record."""

ANSWER = _choice(
    "Tossup response",
    "What you decided about this lead. Tossup reads it and never writes it.",
    TABLES["ours"].columns["outcome"].choices,
)
"""The field in which people answer; a mapping names it under `answer`."""

REASON = _text("Tossup answer reason", "Why you decided so, in a few words. Tossup reads it and never writes it.")
"""The field in which people say why; a mapping names it under `reason`."""

SNOOZE = Output(
    type=FieldType.DATE,
    label="Tossup snooze until",
    help="The day until which you want to hear nothing of it. Tossup reads it and never writes it.",
)
"""The field in which people say until when; a mapping names it under `snooze`."""

SAID: Mapping[str, Output] = MappingProxyType({"answer": ANSWER, "reason": REASON, "snooze": SNOOZE})
"""Fields in which people speak to us: made by `setup`, read, never written."""

_VALUE = _money("Tossup value", "What the lead is worth in a year.")
_DUE = Output(type=FieldType.DATE, label="Tossup due", help="The day to have acted by.")
_PRIORITY = _choice("Tossup priority", "Whom to approach first.", _PRIORITIES)
_OWNER = _reference("Owner", "Who works it.")
_ACCOUNT = _reference("Tossup account", "The customer it is about.")
_CONTACT = _reference("Tossup contact", "The person to talk to.")
_PRODUCT = _text("Tossup product", "Code of the product it is about.")
_SUBJECT = _text("Tossup subject", "One line.")
_BODY = _long("Tossup reason", "Why now, with evidence, and what to say.")
_PLAY = _text("Tossup play", "The play that asked for it.", 80)
_MOTION = _choice("Tossup motion", "Which strategy it serves.", ("expansion", "upsell", "cross_sell", "churn"))

ACCOUNT_OUTPUTS: Mapping[str, Output] = MappingProxyType(
    {
        "headroom": _count("Tossup headroom", "Employees who are not paid users yet."),
        "headroom_value": _money("Tossup headroom value", "Headroom times the revenue of one paid user, a year."),
        "risk": _choice("Tossup risk", "Churn risk. While it is high nothing is sold to the account.", _RISKS),
        "risk_reasons": _long("Tossup risk reasons", "What the churn risk was read from."),
        "next_product": _text("Tossup next product", "The product to offer next: its code and name."),
        "next_product_2": _text("Tossup next product 2", "The product that fits second best: its code and name."),
        "next_reason": _text("Tossup next reason", "Why that product fits next, in short."),
        "interest_product": _text("Tossup interest", "The product that people there look at most."),
        "priority": _PRIORITY,
        "rfm": _text("Tossup RFM", "Recency, frequency and money in three digits, such as 1-2-3.", 20),
        "rfm_rank": _count("Tossup RFM rank", "Place by recency, frequency and money; 1 is the best."),
        "rfm_segment": Output(
            type=FieldType.TEXT,
            label="Tossup RFM segment",
            help="What such customers are called.",
            length=80,
            codes=SEGMENTS,
        ),
        "growth_percent": _count("Tossup growth percent", "How much more they bought than in the period before."),
        "renewal_on": Output(type=FieldType.DATE, label="Tossup renewal on", help="When the next contract ends."),
        "account_revenue": _money("Tossup revenue", "What the account pays in a year."),
        "ltv": _money("Tossup lifetime value", "What the account is worth over its lifetime."),
        "utilisation_percent": _count("Tossup utilisation percent", "Used seats of a hundred paid ones."),
        "risk_points": _count("Tossup risk points", "What the churn risk adds up to."),
        "held_value": _money("Tossup held value", "Worth a year of the leads that guardrails hold back."),
        "open_leads": _count("Tossup open leads", "Leads to work on now."),
        "open_value": _money("Tossup open value", "Worth a year of the leads to work on now."),
        "leads_accepted": _count("Tossup leads accepted", "Leads that people took up so far."),
        "leads_declined": _count("Tossup leads declined", "Leads that people turned down so far."),
        "computed_at": Output(
            type=FieldType.DATETIME, label="Tossup computed at", help="When these fields last changed."
        ),
    }
)
"""Fields on the account."""

TASK_OUTPUTS: Mapping[str, Output] = MappingProxyType(
    {
        "subject": _SUBJECT,
        "body": _BODY,
        "body_html": _long("Tossup reason", "The same as HTML, for fields that show HTML."),
        "owner_id": _OWNER,
        "account_id": _ACCOUNT,
        "contact_id": _CONTACT,
        "product": _PRODUCT,
        "value": _VALUE,
        "due": _DUE,
        "priority": _PRIORITY,
        "play": _PLAY,
        "motion": _MOTION,
        "note": _text("Tossup note", "Why Tossup closed it, or what changed since. Written by Tossup alone."),
    }
)
"""What a task can hold."""

MEMBER_OUTPUTS: Mapping[str, Output] = MappingProxyType(
    {
        "list_id": _reference("Campaign", "The campaign or list of its play."),
        **{
            name: TASK_OUTPUTS[name]
            for name in ("contact_id", "product", "value", "due", "priority", "play", "motion")
        },
    }
)
"""What a place on a campaign or list can hold; the first two make it one."""

LEAD_OUTPUTS: Mapping[str, Output] = MappingProxyType(
    {
        **TASK_OUTPUTS,
        "account_name": _text("Tossup account name", "The customer's name."),
        "contact_name": _text("Tossup contact name", "The person's name; the customer's where no person is known."),
        "currency": _text("Tossup currency", "ISO 4217 code of the value.", 3),
        "csm": _text("Tossup CSM", "Who tossed it up, and keeps the credit whoever works it."),
    }
)
"""What a lead record can hold: all of a task, and who it is about."""
