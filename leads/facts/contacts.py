"""Whom to talk to at an account, and by which channel they may be reached."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach, yes
from leads.inputs import Inputs

ROLES: Mapping[str, str] = {"decision_maker": "1", "champion": "2", "user": "3"}
"""Whom to approach first; everybody else comes after them."""
CHANNELS = ("any", "phone", "email")


def contacts(inputs: Inputs, approaches: ir.Table, accounts: ir.Table) -> ir.Table:
    """One row a contact of these accounts who has not left.

    Columns: rank (role, then id), may_any, may_phone, may_email, and approached_on.
    """
    theirs = inputs.tables["contact"].semi_join(accounts, "account_id")
    there = theirs.filter(~yes(_.left_on <= inputs.day(0)))
    last = approaches.filter(_.approached.notnull()).group_by("approached").aggregate(approached_on=_.sold_on.max())
    people = attach(there.mutate(approached=_.id), last, "approached")
    phone = ~yes(_.do_not_contact) & ~yes(_.no_phone)
    email = ~yes(_.do_not_contact) & ~yes(_.no_email)
    place = ibis.cases(*[(_.role == role, rank) for role, rank in ROLES.items()], else_="4")
    rows = people.select(
        "account_id", "title", "role", "approached_on",
        contact_id="id", contact_name="name", rank=place + _.id, may_phone=phone, may_email=email,
        may_any=phone | email,
    )  # fmt: skip
    return inputs.stage("contacts", rows)


def reach(contacts: ir.Table, quiet_since: ir.DateValue) -> ir.Table:
    """One row an account: contacts_n, and by channel the best contact, and the best not approached after that day.

    Columns best_<channel> and fresh_<channel> hold contact ids; NULL: nobody may be reached that way.
    """
    fresh = contacts.mutate(fresh=_.approached_on.isnull() | (_.approached_on <= quiet_since))
    picks: dict[str, ir.StringValue] = {}
    for channel in CHANNELS:
        picks[f"best_{channel}"] = _.rank.min(where=_[f"may_{channel}"]).substr(1)
        picks[f"fresh_{channel}"] = _.rank.min(where=_[f"may_{channel}"] & _.fresh).substr(1)
    return fresh.group_by("account_id").aggregate(contacts_n=_.count(), **picks)
