"""Which kinds go together: what two of them add up to, and whether they can be compared."""

from collections.abc import Sequence
from datetime import date

from leads.language.faults import Fault
from leads.language.node import Node, node
from mappings.canonical import Kind

NUMBERS: frozenset[Kind | None] = frozenset({"integer", "number", "money"})
_NAMED: dict[Kind | None, str] = {
    "text": "a text",
    "integer": "an integer",
    "number": "a number",
    "money": "money",
    "boolean": "a condition",
    "date": "a date",
}


def named(kind: Kind | None) -> str:
    """The kind as a sentence says it."""
    return _NAMED.get(kind, "NULL")


def common(left: Kind | None, right: Kind | None) -> Kind | None:
    """The kind of a sum, or of a choice between the two; None where they have nothing in common."""
    if left == right:
        return left
    if {left, right} <= NUMBERS:
        return "money" if "money" in {left, right} else "number"
    return None


def multiplied(left: Kind | None, right: Kind | None) -> Kind | None:
    """The kind of a product; None for money by money."""
    return None if (left, right) == ("money", "money") else common(left, right)


def divided(left: Kind | None, right: Kind | None) -> Kind | None:
    """The kind of a quotient; None for a plain number by money."""
    if right == "money":
        return "number" if left == "money" else None
    return "money" if left == "money" else "number"


def incomparable(sign: str, left: Node, right: Node) -> tuple[str, str | None] | None:
    """Why the two cannot be compared by `sign`, and what to write instead; None where they can."""
    if common(left.kind, right.kind) is None:
        return f"{named(left.kind)} cannot be compared with {named(right.kind)}", _meant(left, right)
    if left.kind in {"text", "boolean"} and sign not in {"=", "<>"}:
        return f"{named(left.kind)} has no order: compare it with = or <>", None
    return None


def _meant(left: Node, right: Node) -> str | None:
    if left.sort == "compare":
        return "... < x and x < ..."
    for one, other in ((left, right), (right, left)):
        if one.kind == "date" and other.sort == "literal" and isinstance(other.value, str):
            try:
                return f"date '{date.fromisoformat(other.value)}'"
            except ValueError:
                return None
    return None


def wrong(faults: list[Fault], at: int, text: str, suggestion: str | None = None) -> Node:
    """A node that stands for what is wrong; the fault is added."""
    faults.append(Fault(text=text, at=at, suggestion=suggestion))
    return node("broken", None, at)


def no_null(faults: list[Fault], *nodes: Node) -> bool:
    """Whether none is the literal null; a fault for each that is."""
    nulls = [one for one in nodes if one.sort == "null"]
    for one in nulls:
        wrong(faults, one.at, "with NULL written out the answer is always NULL", "is null")
    return not nulls


def all_kind(faults: list[Fault], kind: Kind | None, what: str, *nodes: Node) -> bool:
    """Whether all are of `kind` (None: numbers of any kind); a fault for each that is not, naming `what`."""
    fits = no_null(faults, *nodes)
    kinds = NUMBERS if kind is None else {kind}
    wanted = {None: "numbers", "boolean": "conditions", "text": "texts", "date": "dates"}.get(kind, str(kind))
    for one in nodes:
        if one.kind is not None and one.kind not in kinds:
            days = ": count days with days_since(day) or days_until(day)" if one.kind == "date" else ""
            wrong(faults, one.at, f"{what} takes {wanted}, and this is {named(one.kind)}{days}")
        fits = fits and one.kind in kinds
    return fits


def one_kind(faults: list[Fault], at: int, values: Sequence[Node]) -> Kind | None:
    """The kind that all values share (NULL has any); a fault, and None, where they share none."""
    if any(one.sort == "broken" for one in values):
        return None
    kinds = [one for one in values if one.kind is not None]
    if not kinds:
        wrong(faults, at, "this is always NULL")
        return None
    kind = kinds[0].kind
    for one in kinds[1:]:
        both = common(kind, one.kind)
        if both is None:
            wrong(faults, one.at, f"results are of one kind: this is {named(one.kind)}, another is {named(kind)}")
            return None
        kind = both
    return kind
