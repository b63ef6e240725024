"""Gives every operation its kind, or says why it has none."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from leads.language.calls import call
from leads.language.faults import Fault, Want
from leads.language.grammar import Branch
from leads.language.kinds import (
    NUMBERS,
    all_kind,
    common,
    divided,
    incomparable,
    multiplied,
    named,
    no_null,
    one_kind,
    wrong,
)
from leads.language.node import Node, Sort, is_known, node
from mappings.canonical import Kind

_SIGNS = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "add": "+", "sub": "-", "mul": "*"}


def checked(branch: Branch, faults: list[Fault]) -> Node:
    """The branch as a checked Node; adds to `faults` what does not fit, and goes on."""
    rule = _RULES.get(branch.sort)
    if rule is None:
        return wrong(faults, branch.at, "something is missing or out of order here")
    return rule(branch, tuple(checked(one, faults) for one in branch.parts if one.sort != "if"), faults)


def _operand(branch: Branch, _: tuple[Node, ...], __: list[Fault]) -> Node:
    word = branch.word
    if word is None or word.sort not in {"name", "literal"}:
        return node("broken", None, branch.at)
    if word.sort == "name":
        return node("name", word.kind, word.at, name=word.text)
    return node("literal" if word.kind else "null", word.kind, word.at, value=word.value)


def _called(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    return call(branch.word.text if branch.word else "", branch.at, args, faults)


def _arithmetic(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    sort: Sort = "add" if branch.sort == "add" else "sub" if branch.sort == "sub" else "mul"
    if not all_kind(faults, None, _SIGNS[branch.sort], *args):
        return node("broken", None, branch.at)
    left, right = args
    kind = multiplied(left.kind, right.kind) if sort == "mul" else common(left.kind, right.kind)
    if kind is None:
        return wrong(faults, right.at, "money cannot be multiplied by money")
    return node(sort, kind, branch.at, left, right)


def _quotient(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    if not all_kind(faults, None, "/", *args):
        return node("broken", None, branch.at)
    left, right = args
    kind = divided(left.kind, right.kind)
    if kind is None:
        return wrong(faults, right.at, "a plain number cannot be divided by money")
    if right.sort == "literal" and right.value == 0:
        return wrong(faults, right.at, "nothing can be divided by 0")
    return node("div", kind, branch.at, left, right)


def _minus(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    if not all_kind(faults, None, "-", *args):
        return node("broken", None, branch.at)
    (one,) = args
    if isinstance(one.value, Fraction) and one.sort == "literal":
        return node("literal", one.kind, branch.at, value=-one.value)
    return node("neg", one.kind, branch.at, one)


def _comparison(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    return _compared(_SIGNS[branch.sort], args[0], args[1], faults)


def _compared(sign: str, left: Node, right: Node, faults: list[Fault]) -> Node:
    if no_null(faults, left, right) and is_known(left, right):
        fault = incomparable(sign, left, right)
        if fault:
            wrong(faults, left.at if left.sort == "literal" else right.at, *fault)
    return node("compare", "boolean", left.at, left, right, name=sign)


def _joined(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    sort: Sort = "and" if branch.sort == "and" else "or" if branch.sort == "or" else "not"
    all_kind(faults, "boolean", sort, *args)
    return node(sort, "boolean", branch.at, *args)


def _is(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    if len(args) > 1:
        return wrong(faults, args[1].at, "is asks for NULL only", "is null")
    no_null(faults, args[0])
    return node("isnull", "boolean", branch.at, args[0])


def _between(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    one, low, high = args
    both = (_compared(">=", one, low, faults), _compared("<=", one, high, faults))
    return node("and", "boolean", branch.at, *both)


def _in(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    one, *listed = args
    if not listed:
        return wrong(faults, branch.at, "in takes a list in parentheses", "in (1, 2)")
    for item in listed:
        if item.sort not in {"literal", "null", "broken"}:
            wrong(faults, item.at, "a list holds literals only: write x = a or x = b")
    equal = tuple(_compared("=", one, item, faults) for item in listed)
    if one.kind == "text":
        return node("among", "boolean", branch.at, one, *listed)
    return node("or", "boolean", branch.at, *equal)


def _like(branch: Branch, args: tuple[Node, ...], faults: list[Fault]) -> Node:
    one, pattern = args
    if all_kind(faults, "text", "like", one, pattern) and pattern.sort != "literal":
        wrong(faults, pattern.at, "the pattern of like is written out", "contains(text, part)")
    if "\\" in str(pattern.value):
        wrong(faults, pattern.at, "engines disagree about \\ in a pattern", "contains(text, part)")
    return node("like", "boolean", branch.at, one, value=str(pattern.value))


def _case(branch: Branch, rest: tuple[Node, ...], faults: list[Fault]) -> Node:
    if branch.parts[0].sort != "if":
        return wrong(faults, branch.at, "a case says its conditions", "case when ... = ... then ... end")
    pairs = [tuple(checked(part, faults) for part in one.parts) for one in branch.parts if one.sort == "if"]
    all_kind(faults, "boolean", "when", *(condition for condition, _ in pairs))
    kind = one_kind(faults, branch.at, [*(value for _, value in pairs), *rest])
    sort: Sort = "case" if kind else "broken"
    return node(sort, kind, branch.at, *(one for pair in pairs for one in pair), *rest)


def _tuple(branch: Branch, _: tuple[Node, ...], faults: list[Fault]) -> Node:
    return wrong(faults, branch.at, "a list stands after in only")


_RULES: Mapping[str, Callable[[Branch, tuple[Node, ...], list[Fault]], Node]] = {
    "operand": _operand,
    "anonymous": _called,
    "add": _arithmetic,
    "sub": _arithmetic,
    "mul": _arithmetic,
    "div": _quotient,
    "neg": _minus,
    **dict.fromkeys(("eq", "neq", "lt", "lte", "gt", "gte"), _comparison),
    "and": _joined,
    "or": _joined,
    "not": _joined,
    "is": _is,
    "between": _between,
    "in": _in,
    "like": _like,
    "case": _case,
    "tuple": _tuple,
}


def fits(found: Node, want: Want | None, faults: list[Fault]) -> Node:
    """The whole expression as the kind that is wanted: an integer may stand for a number, a number for money."""
    if found.sort == "null":
        return wrong(faults, found.at, "this is always NULL")
    allowed = _ALLOWED.get(want, {want})
    if want is not None and found.kind is not None and found.kind not in allowed:
        wanted = "a number" if want == "any number" else named(want)
        instead = "round(...)" if (want, found.kind) == ("integer", "number") else None
        return wrong(faults, found.at, f"the result must be {wanted}, and this is {named(found.kind)}", instead)
    return found


_ALLOWED: Mapping[Want | None, frozenset[Kind | None]] = {
    "number": frozenset({"integer", "number"}),
    "money": NUMBERS,
    "any number": NUMBERS,
}
