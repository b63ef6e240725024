"""What each function takes and gives."""

from fractions import Fraction

from leads.language.faults import Fault
from leads.language.functions import ARGUMENTS, FUNCTIONS
from leads.language.kinds import all_kind, no_null, one_kind, wrong
from leads.language.node import Node, node
from mappings.canonical import Kind

_TAKES: dict[str, tuple[Kind | None, Kind | None]] = {
    "lower": ("text", "text"),
    "contains": ("text", "boolean"),
    "days_since": ("date", "integer"),
    "days_until": ("date", "integer"),
    "month": ("date", "integer"),
    "today": (None, "date"),
    "abs": (None, None),
    "floor": (None, "integer"),
    "ceil": (None, "integer"),
    "round": (None, "integer"),
}
"""Name -> the kind of its arguments (None: any number) and of its result (None: theirs)."""


def call(name: str, at: int, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    """The function `name` on `args`; adds to `faults` what it does not take."""
    if name not in FUNCTIONS:
        return node("broken", None, at)
    fewest, most = ARGUMENTS[name]
    if not fewest <= len(args) <= most:
        usage, _, _ = FUNCTIONS[name].partition(":")
        return wrong(faults, at, f"{name} takes {_counted(fewest, most)}", usage)
    if name in {"coalesce", "greatest", "least"}:
        return _choice(name, at, args, faults)
    takes, gives = _TAKES[name]
    if not all_kind(faults, takes, name, *args):
        return node("broken", None, at)
    if name == "round" and len(args) == 2:
        return _rounded(at, args[0], args[1], faults)
    kind = args[0].kind if args and (gives is None or args[0].kind == "money") else gives
    return node("call", kind, at, *args, name=name)


def _counted(fewest: int, most: int) -> str:
    if most > fewest:
        return f"{fewest} to {most} arguments"
    return {0: "no arguments", 1: "one argument"}.get(most, f"{most} arguments")


def _choice(name: str, at: int, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    if name != "coalesce" and not no_null(faults, *args):
        return node("broken", None, at)
    kind = one_kind(faults, at, args)
    if name != "coalesce" and kind in {"text", "boolean"}:
        return wrong(faults, at, f"{name} is for numbers and dates")
    return node("call" if kind else "broken", kind, at, *args, name=name)


def _rounded(at: int, one: Node, digits: Node, faults: list[Fault]) -> Node:
    places = digits.value if digits.sort == "literal" and isinstance(digits.value, Fraction) else Fraction(-1)
    if places.denominator != 1 or not 0 <= places <= 6:
        return wrong(faults, digits.at, "round takes 0 to 6 digits, written out")
    if one.kind == "money" and places:
        return wrong(faults, digits.at, "money is whole minor units: round it without digits")
    kind: Kind | None = one.kind if one.kind in {"money", "integer"} else "number" if places else "integer"
    return node("call", kind, at, one, name="round", value=places)
