"""All facts of one run, each computed once and only when somebody asks for it."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType

import ibis
import ibis.expr.types as ir

from leads.facts import affinity, catalogue, contacts, owned, revenue, touches
from leads.facts.family import KEYS, Family, Grain
from leads.facts.idioms import attach_all
from leads.facts.ours import Ours, approaches, ours
from leads.facts.winrate import decided
from leads.inputs import Inputs

AT_ONCE: Mapping[Grain, int] = MappingProxyType({"account": 5, "owned": 3, "offer": 3})
"""Families joined in one go: an engine holds the keys of all of them in memory meanwhile."""


class Ground:
    """The facts that plays and gates stand on.

    `families` are those there are, `words` the language's phrases, `wanted` the columns asked for at each grain:
    what no play, gate or text mentions is not computed.
    """

    def __init__(
        self,
        inputs: Inputs,
        *,
        families: Mapping[str, Family],
        spines: Mapping[Grain, tuple[str, ...]],
        words: Mapping[str, str],
        wanted: Mapping[Grain, frozenset[str]],
    ) -> None:
        self.inputs = inputs
        self.words = words
        self._families = families
        self._spines = spines
        self._wanted = wanted
        self._made: dict[str, ir.Table] = {}
        self._wide: dict[Grain, ir.Table] = {}
        self._keys: dict[Grain, ir.Table] = {}

    def numbers(self, family: str) -> Mapping[str, float]:
        """The family's numbers: its own, or what facts.yaml says."""
        return {**self._families[family].numbers, **self.inputs.rules.facts.get(family, {})}

    def family(self, name: str) -> ir.Table:
        """The family's table, computed once."""
        if name not in self._made:
            self._made[name] = self.inputs.staged(f"facts_{name}", self._families[name].table(self))
        return self._made[name]

    def wide(self, grain: Grain) -> ir.Table:
        """One row a key of this grain with every fact that is wanted there, those of the account among them."""
        if grain not in self._wide:
            rows = self._joined(grain)
            self._wide[grain] = self.inputs.stage(f"wide_{grain}", rows)
        return self._wide[grain]

    def _joined(self, grain: Grain) -> ir.Table:
        wanted, on = self._wanted.get(grain, frozenset()), KEYS[grain]
        spine = self.spine(grain)
        found = (self._part(name, wanted, on, spine) for name in self._holding(grain, wanted))
        # what is joined early is written down again with every further step
        parts = sorted((part for part in found if part is not None), key=lambda part: len(part.columns))
        many = AT_ONCE[grain]
        steps = [[(part, on) for part in parts[at : at + many]] for at in range(0, len(parts), many)]
        if grain != "account":
            known = {*spine.columns, *(name for part in parts for name in part.columns)}
            whole = self.wide("account")
            keep = [name for name in whole.columns if name in wanted - known]
            steps.append([(whole.select("account_id", *keep), ("account_id",))])
        for step in steps[:-1]:
            spine = self.inputs.stage(f"wide_{grain}", attach_all(spine, *step))
        return attach_all(spine, *steps[-1]) if steps else spine

    def _holding(self, grain: Grain, wanted: Iterable[str]) -> list[str]:
        wanted = set(wanted)
        return [
            name
            for name, family in self._families.items()
            if family.grain == grain and not wanted.isdisjoint(family.columns)
        ]

    def _part(self, name: str, wanted: frozenset[str], on: tuple[str, ...], spine: ir.Table) -> ir.Table | None:
        family = self._families[name]
        keep = sorted((wanted & family.columns) - set(spine.columns))
        return self.family(name).select(*on, *keep) if keep else None

    def spine(self, grain: Grain) -> ir.Table:
        """The keys of this grain that there is something to say about, computed once."""
        if grain not in self._keys:
            self._keys[grain] = self.inputs.staged(f"spine_{grain}", self._spine(grain))
        return self._keys[grain]

    def _spine(self, grain: Grain) -> ir.Table:
        if grain == "account":
            return self.family("account")
        wanted = self._wanted.get(grain, frozenset())
        spines = self._spines[grain]
        # a condition over the account alone, or over what is merely said of products, looks at all of them
        names = [name for name in spines if not wanted.isdisjoint(self._families[name].columns)] or spines
        pairs = [self.family(name).select(*KEYS[grain]) for name in names]
        every = (ibis.union(*pairs) if len(pairs) > 1 else pairs[0]).distinct()
        return owned.offerable(self, every) if grain == "offer" else every

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
        days_ago = int(self.numbers("reduction")["days"])
        return revenue.subscriptions(self.inputs, self.codes, self.products, days_ago)

    @cached_property
    def bought(self) -> ir.Table:
        """Products bought by account."""
        return affinity.bought(self.inputs, self.codes)

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
    def reach(self) -> ir.Table:
        """Contacts an account has, and the best of them by channel, and the best not approached for a while."""
        quiet = self.inputs.rules.gates["contact_frequency"].numbers["days"]
        return contacts.reach(self.inputs, self.contacts, int(quiet))
