"""All facts of one run, each computed once and only when somebody asks for it."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from functools import cached_property
from types import MappingProxyType

import ibis
import ibis.expr.types as ir

from leads.facts import affinity, catalogue, owned, revenue, touches
from leads.facts.family import KEYS, Family, Grain
from leads.facts.idioms import attach, attach_all
from leads.facts.ours import Ours, approaches, ours
from leads.facts.winrate import decided
from leads.inputs import Inputs

AT_ONCE: Mapping[Grain, int] = MappingProxyType({"account": 5, "owned": 3, "offer": 3})
"""Families joined in one go: an engine holds the keys of all of them in memory meanwhile."""

COLUMNS_AT_ONCE = 45
"""And so many columns of theirs, which it holds as well."""


class Ground:
    """The facts that plays and gates stand on.

    `families` are those there are, `words` the language's phrases, `wanted` the columns asked for at each grain,
    `quoted` those that texts quote of what was found: what no play, gate or text mentions is not computed.
    """

    def __init__(
        self,
        inputs: Inputs,
        *,
        families: Mapping[str, Family],
        spines: Mapping[Grain, tuple[str, ...]],
        words: Mapping[str, str],
        wanted: Mapping[Grain, frozenset[str]],
        quoted: Mapping[Grain, frozenset[str]] = MappingProxyType({}),
    ) -> None:
        self.inputs = inputs
        self.words = words
        self._families = families
        self._spines = spines
        self._wanted = wanted
        self._quoted = quoted
        self._made: dict[str, ir.Table] = {}
        self._wide: dict[Grain, ir.Table] = {}
        self._keys: dict[Grain, ir.Table] = {}
        self._to_come = {name for grain in KEYS for name in self._holding(grain, self._asked(grain))}

    def numbers(self, family: str) -> Mapping[str, float]:
        """The family's numbers: its own, or what facts.yaml says."""
        return {**self._families[family].numbers, **self.inputs.rules.facts.get(family, {})}

    def wants(self, grain: Grain, column: str) -> bool:
        """Whether anybody asked for this column at this grain."""
        return column in self._wanted.get(grain, frozenset())

    def family(self, name: str) -> ir.Table:
        """The family's table, computed once."""
        if name not in self._made:
            self._made[name] = self.inputs.staged(f"facts_{name}", self._families[name].table(self))
        return self._made[name]

    def wide(self, grain: Grain) -> ir.Table:
        """One row a key of this grain with every fact that is wanted there, those of the account among them."""
        if grain not in self._wide:
            self._wide[grain] = self._joined(grain)
        return self._wide[grain]

    def told(self, grain: Grain, keys: ir.Table) -> ir.Table:
        """`wide` of these keys alone, with what is quoted beside.

        A family that nobody asked for before is computed of these keys alone.
        """
        # written down: asking a million accounts for each thousand of candidates would take longer than all the rest
        rows = self.inputs.stage(f"told_{grain}", self.wide(grain).semi_join(keys, KEYS[grain]))
        here, on = self._about(grain, rows.select(*KEYS[grain])), KEYS[grain]
        quoted = self._quoted.get(grain, frozenset()) - set(rows.columns)
        parts = [(here._part(name, quoted, on).semi_join(rows, on), on) for name in self._holding(grain, quoted)]
        return self.inputs.stage(f"told_{grain}", attach_all(rows, *parts)) if parts else rows

    def _about(self, grain: Grain, keys: ir.Table) -> "Ground":
        other = copy(self)
        other._made, other._keys = dict(self._made), self._keys | {grain: keys}
        return other

    def _joined(self, grain: Grain) -> ir.Table:
        wanted, on = self._wanted.get(grain, frozenset()), KEYS[grain]
        rows = self.spine(grain)
        for names in self._at_once(grain, self._holding(grain, wanted - set(rows.columns))):
            parts = ((self._part(name, wanted, on), on) for name in names)
            rows = self.inputs.stage(f"wide_{grain}", attach_all(rows, *parts))
            self._let_go(names)
        if grain == "account":
            return rows
        whole = self.wide("account")
        keep = [name for name in whole.columns if name in wanted and name not in rows.columns]
        return self.inputs.stage(f"wide_{grain}", attach(rows, whole.select("account_id", *keep), "account_id"))

    def _at_once(self, grain: Grain, names: Iterable[str]) -> Iterator[list[str]]:
        """The families in parts, the narrowest first: each part has the columns before it written once more."""
        widths = {name: len(self._wanted[grain] & self._families[name].columns) for name in names}
        part: list[str] = []
        for name in sorted(widths, key=widths.__getitem__):
            columns = sum(widths[one] for one in (*part, name))
            if part and (len(part) == AT_ONCE[grain] or columns > COLUMNS_AT_ONCE):
                yield part
                part = []
            part.append(name)
        if part:
            yield part

    def _let_go(self, told: Iterable[str]) -> None:
        """Drop the families that nobody will read again: what they tell is in `wide`.

        A million accounts' would not fit in memory beside what is still to come. One that is asked for all the same
        is computed again.
        """
        self._to_come -= {name for name in told if not self._late(self._families[name])}
        for name in self._made.keys() - self._read(self._to_come):
            table = self._made.pop(name)
            # what an account does with a product is one table, whether it has the product or not
            if not any(table.equals(other) for other in self._made.values()):
                self.inputs.let_go(f"facts_{name}")

    def _late(self, family: Family) -> bool:
        """Whether more of the family is quoted than `wide` holds."""
        quoted, wanted = (columns.get(family.grain, frozenset()) for columns in (self._quoted, self._wanted))
        return not family.columns.isdisjoint(quoted - wanted)

    def _read(self, families: set[str]) -> set[str]:
        """These families, and all that those of them read which are still to be computed."""
        reads = {other for name in families - self._made.keys() for other in self._families[name].reads}
        return families if reads <= families else self._read(families | reads)

    def _asked(self, grain: Grain) -> frozenset[str]:
        return self._wanted.get(grain, frozenset()) | self._quoted.get(grain, frozenset())

    def _holding(self, grain: Grain, wanted: Iterable[str]) -> list[str]:
        wanted = set(wanted)
        return [
            name
            for name, family in self._families.items()
            if family.grain == grain and not wanted.isdisjoint(family.columns)
        ]

    def _part(self, name: str, wanted: frozenset[str], on: tuple[str, ...]) -> ir.Table:
        return self.family(name).select(*on, *sorted(wanted & self._families[name].columns))

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
    def named(self) -> ir.Table:
        """product_id -> product (code), where what is noted may be the record id or the code."""
        return catalogue.named(self.inputs, self.codes)

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
