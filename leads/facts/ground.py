"""All facts of one run, each computed once and only when somebody asks for it."""

from collections.abc import Mapping
from functools import cached_property

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts import affinity, catalogue, churn, contacts, headroom, hierarchy, owned, revenue, touches, usage
from leads.facts.idioms import attach, attach_all, yes
from leads.facts.ours import Ours, approaches, ours
from leads.facts.winrate import decided
from leads.inputs import Inputs

Numbers = Mapping[str, Mapping[str, float]]


class Ground:
    """The facts that plays and gates stand on.

    `plays` and `gates` are their numbers by name, `on` the gates that are enabled, `words` the language's phrases.
    """

    def __init__(
        self, inputs: Inputs, *, plays: Numbers, gates: Numbers, on: frozenset[str], words: Mapping[str, str]
    ) -> None:
        self.inputs = inputs
        self.plays = plays
        self.gates = gates
        self.on = on
        self.words = words

    @cached_property
    def codes(self) -> ir.Table:
        """product_id -> product (code)."""
        return catalogue.codes(self.inputs)

    @cached_property
    def products(self) -> ir.Table:
        """One row a product code."""
        return catalogue.catalogue(self.inputs, self.codes)

    @cached_property
    def subscriptions(self) -> ir.Table:
        """Subscriptions with product, live, live_then and monthly."""
        days_ago = int(self.gates["churn_high"]["seats_days"])
        return revenue.subscriptions(self.inputs, self.codes, self.products, days_ago)

    @cached_property
    def seats(self) -> ir.Table:
        """Seats in use by account and product."""
        return revenue.seats(self.inputs, self.subscriptions)

    @cached_property
    def renewals(self) -> ir.Table:
        """Terms that end inside the renewal window, one an account."""
        return revenue.renewals(self.inputs, self.subscriptions, self.plays["renewal_window"])

    @cached_property
    def groups(self) -> ir.Table:
        """Headroom by ultimate parent."""
        return hierarchy.groups(self.inputs, self.accounts)

    @cached_property
    def bought(self) -> ir.Table:
        """Products bought by account."""
        return affinity.bought(self.inputs, self.codes)

    @cached_property
    def affinity(self) -> ir.Table:
        """Believed rules a -> b."""
        return affinity.affinity(self.inputs, self.bought, self.plays["affinity_tossup"])

    @cached_property
    def owned(self) -> ir.Table:
        """Products an account has or had."""
        return owned.owned(self.inputs, self.subscriptions, self.bought)

    @cached_property
    def worth(self) -> ir.Table:
        """What a customer of a product pays a year."""
        return owned.worth(self.inputs, self.subscriptions, self.codes)

    @cached_property
    def decided(self) -> ir.Table:
        """Decided opportunities."""
        return decided(self.inputs, self.codes)

    @cached_property
    def open_deals(self) -> ir.Table:
        """Open opportunities by account and product."""
        return touches.open_deals(self.inputs, self.codes)

    @cached_property
    def ours(self) -> Ours:
        """What Tossup has written before."""
        return ours(self.inputs)

    @cached_property
    def approaches(self) -> ir.Table:
        """Our earlier selling approaches."""
        return self.inputs.stage("approaches", approaches(self.inputs, self.ours))

    @cached_property
    def contacts(self) -> ir.Table:
        """Contacts with the channels they may be reached by."""
        return contacts.contacts(self.inputs, self.approaches)

    @cached_property
    def accounts(self) -> ir.Table:
        """One row an account with everything known about it: the table `explain` reads."""
        conflict = self.plays["company_wide"]["employee_conflict"]
        rows = attach(self._bare, revenue.paid(self.inputs, self.subscriptions), "account_id")
        counted = ibis.cases((_.told_users >= 0, _.told_users), else_=self._seats_paid)
        rows = headroom.headroom(self.inputs, rows.mutate(paid_users=counted), conflict)
        rows = headroom.reachable(self.inputs, rows)
        rows = attach_all(rows, *((family, ("account_id",)) for family in self._families()))
        rows = churn.churn(self.inputs, rows, self.gates["churn_high"], self.words)
        return self.inputs.stage("account_facts", rows)

    @property
    def _seats_paid(self) -> ir.IntegerValue:
        # no subscriptions at all in the CRM: unknown, not zero
        known = "subscription.seats_paid" in self.inputs.filled
        return ibis.coalesce(_.paid_seats, 0) if known else ibis.null("int64")

    def _families(self) -> tuple[ir.Table, ...]:
        quiet = int(self.gates["contact_frequency"]["days"])
        sold = self.approaches.group_by("account_id").aggregate(sold_on=_.sold_on.max())
        return (
            revenue.reduction(self.inputs, self.subscriptions),
            usage.usage(self.inputs),
            touches.won(self.inputs, int(self.plays["affinity_tossup"]["just_bought_days"])),
            touches.last_contact(self.inputs),
            touches.cases(self.inputs, int(self.gates["capacity"]["needy_days"])),
            touches.nps(self.inputs),
            contacts.reach(self.inputs, self.contacts, quiet),
            sold,
        )

    @property
    def _bare(self) -> ir.Table:
        return self.inputs.tables["account"].select(
            "owner_id", "industry", "employees", "employees_reported", "free_users", "customer_since",
            "onboarded_on", "onboarding_started_on",
            account_id="id",
            account_name="name",
            told_users="paid_users",
            currency=ibis.coalesce(_.currency, self.inputs.rules.mapping.company.currency),
            do_not_contact=yes(_.do_not_contact),
            legal_hold=yes(_.legal_hold),
            invoice_overdue=yes(_.invoice_overdue),
        )  # fmt: skip
