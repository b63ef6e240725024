"""An expression that was parsed and checked, and how one comes to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir

from leads.language.build import Builder
from leads.language.check import checked, fits
from leads.language.faults import BadExpression, Fault, Names, Want
from leads.language.node import Node
from leads.language.shape import misshapen
from leads.language.words import Word, words
from mappings.canonical import Kind

LONGEST = 2000
_HEAVIEST = 4000


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that fits the facts: its `source`, the `kind` of its result, the `names` that it mentions."""

    source: str
    kind: Kind
    names: frozenset[str]
    _root: Node = field(repr=False, compare=False)

    def build(self, columns: Mapping[str, ir.Value], today: date) -> ir.Value:
        """The value over `columns`, which hold at least `names`, on the company's day `today`.

        Numbers of a play are handed in as literals (`ibis.literal(0.9)`): then limits that use them are exact.
        Integer and money are int64, number float64, text string, boolean and date themselves. Without names the
        value is a scalar.
        """
        return Builder(columns, today).value(self._root, self.kind)


def parse(source: str, names: Names, want: Want | None = None) -> Expression:
    """The expression that `source` spells over the facts and numbers `names`; its result must be what is wanted.

    Where a number is wanted an integer will do, where money is wanted any number (of minor units): `kind` is then
    what was wanted. Raises BadExpression with every fault that was found.
    """
    faults: list[Fault] = []
    root = _root(source, names, want, faults)
    if faults or root is None or root.kind is None:
        raise BadExpression(faults)
    kind: Kind = root.kind if want not in {"number", "money"} else "number" if want == "number" else "money"
    return Expression(source, kind, _mentioned(root), root)


def _root(source: str, names: Names, want: Want | None, faults: list[Fault]) -> Node | None:
    if len(source) > LONGEST:
        faults.append(Fault(text=f"an expression has {LONGEST} characters at most", at=LONGEST))
        return None
    found = words(source, names, faults)
    if not found:
        faults.append(Fault(text="the expression is empty", at=0))
        return None
    if any(word.sort == "stray" for word in found):
        return None
    unclear = list(misshapen(found))
    faults.extend(unclear)
    return None if unclear else _checked(found, want, faults)


def _checked(found: list[Word], want: Want | None, faults: list[Fault]) -> Node | None:
    # sqlglot takes 0.1 s to import, which whoever only decides on plays that are known need not wait for
    from leads.language.grammar import tree  # noqa: PLC0415

    branch = tree(found, faults)
    if branch is None:
        return None
    root = fits(checked(branch, faults), want, faults)
    if root.weight > _HEAVIEST:
        faults.append(Fault(text="this is too much for one expression: make it two facts or two plays", at=root.at))
    return root


def _mentioned(root: Node) -> frozenset[str]:
    waiting, seen = [root], set()
    while waiting:
        one = waiting.pop()
        if one.sort == "name":
            seen.add(one.name)
        waiting.extend(one.args)
    return frozenset(seen)
