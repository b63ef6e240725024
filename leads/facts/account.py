"""What the CRM itself says of an account, and any field that a company mapped beside."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.ground import Ground
from leads.facts.idioms import yes
from mappings.canonical import TABLES

EXTRA = "x_"
"""What the names of a company's own facts begin with."""


def account(ground: Ground) -> ir.Table:
    """One row an account: its id, the columns of `account` that are facts, the company's own where asked for."""
    table = ground.inputs.tables["account"]
    # every later step would carry all there are: a mapping may have thousands
    extra = [name for name in table.columns if name.startswith(EXTRA) and ground.wants("account", name)]
    return table.select(
        *extra,
        "owner_id", "industry", "country", "customer_since",
        account_id="id",
        account_name="name",
        currency=ibis.coalesce(_.currency, ground.inputs.rules.mapping.company.currency),
        do_not_contact=yes(_.do_not_contact),
        legal_hold=yes(_.legal_hold),
        invoice_overdue=yes(_.invoice_overdue),
    )  # fmt: skip


def _told(column: str, unit: str = "text", needs: bool = True) -> Fact:
    spec = TABLES["account"].columns[column]
    field = f"account.{column}"
    return Fact(
        kind=spec.kind, unit=unit, doc=spec.doc, needs=(field,) if needs else (), record="account_id", field=field
    )


ACCOUNT = Family(
    name="account",
    grain="account",
    facts={
        "account_name": Fact(kind="text", unit="text", doc=TABLES["account"].columns["name"].doc),
        "owner_id": _told("owner_id", needs=False),
        "industry": _told("industry"),
        "country": _told("country"),
        "customer_since": _told("customer_since", "date"),
        "currency": Fact(kind="text", unit="text", doc="its currency, else the company's"),
        "do_not_contact": _told("do_not_contact", needs=False),
        "legal_hold": _told("legal_hold", needs=False),
        "invoice_overdue": _told("invoice_overdue", needs=False),
    },
    table=account,
)
