"""A checked expression as data: what is computed, of which kind, from what."""

from dataclasses import dataclass
from typing import Literal

from leads.language.words import Value
from mappings.canonical import Kind

Sort = Literal[
    "name", "literal", "null", "broken", "add", "sub", "mul", "div", "neg", "compare", "and", "or", "not", "isnull",
    "like", "among", "case", "call",
]  # fmt: skip

_REPEATS = {"div", "call", "case"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation on `args`. `kind` is None for the literal null and for what is broken.

    `name` is the fact's, the function's or the comparison's; `value` a literal's; `weight` bounds the length of the
    SQL it becomes.
    """

    sort: Sort
    kind: Kind | None
    at: int
    args: tuple["Node", ...] = ()
    name: str = ""
    value: Value | None = None
    weight: int = 1


def node(sort: Sort, kind: Kind | None, at: int, *args: Node, name: str = "", value: Value | None = None) -> Node:
    """A Node with its weight: an engine may be told the arguments of some operations twice."""
    weight = 1 + sum(one.weight for one in args) * (2 if sort in _REPEATS else 1)
    return Node(sort=sort, kind=kind, at=at, args=args, name=name, value=value, weight=weight)


def is_known(*nodes: Node) -> bool:
    """Whether all have a kind: neither null nor broken."""
    return all(one.kind is not None for one in nodes)
