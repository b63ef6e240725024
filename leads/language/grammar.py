"""Puts words in their order of operations: the parser is sqlglot's, and it sees operands as numbers of words only.

So no fact's name can be taken for a keyword, no literal for a type, and every operand remembers its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import Token, TokenType, exp
from sqlglot.errors import ErrorLevel, ParseError
from sqlglot.parser import Parser

from leads.language.faults import Fault
from leads.language.words import Word, printable

_MARKS = {
    "=": TokenType.EQ,
    "<>": TokenType.NEQ,
    "!=": TokenType.NEQ,
    "<": TokenType.LT,
    "<=": TokenType.LTE,
    ">": TokenType.GT,
    ">=": TokenType.GTE,
    "+": TokenType.PLUS,
    "-": TokenType.DASH,
    "*": TokenType.STAR,
    "/": TokenType.SLASH,
    "(": TokenType.L_PAREN,
    ")": TokenType.R_PAREN,
    ",": TokenType.COMMA,
}
_TALLEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One operation: `sort` is sqlglot's word for it, `at` where its first operand stands; a leaf has a `word`."""

    sort: str
    at: int
    parts: tuple["Branch", ...] = ()
    word: Word | None = None


def tree(found: Sequence[Word], faults: list[Fault]) -> Branch | None:
    """The tree of the words; None with a fault more where they make none."""
    tokens = [_token(found, place) for place in range(len(found))]
    try:
        parsed = next(iter(Parser(error_level=ErrorLevel.IMMEDIATE).parse_into(exp.Condition, tokens)), None)
    except ParseError as error:
        # sqlglot says the column, which is the number of the word
        place = int(error.errors[0].get("col") or 0)
        faults.append(_out_of_order(found, place))
        return None
    if parsed is None:
        faults.append(_out_of_order(found, 0))
        return None
    if _height(parsed) > _TALLEST:
        faults.append(Fault(text="this has too many operations in a row to be understood: make it two facts", at=0))
        return None
    return _branch(parsed, found, found[0].at)


def _out_of_order(found: Sequence[Word], place: int) -> Fault:
    word = found[min(place, len(found) - 1)]
    return Fault(text=f"something is missing or out of order at {printable(word.text)}", at=word.at)


def _token(found: Sequence[Word], place: int) -> Token:
    word = found[place]
    sort = _MARKS.get(word.text) if word.sort == "mark" else None
    if word.sort == "keyword" or _asks_for_null(found, place):
        sort = TokenType[word.text.upper()]
    text = word.text if sort else f"_{place}"
    return Token(sort or TokenType.VAR, text, line=1, col=place, start=word.at, end=word.at + len(word.text) - 1)


def _asks_for_null(found: Sequence[Word], place: int) -> bool:
    before = [word for word in found[max(place - 2, 0) : place] if word.spells("is", "not")]
    is_null = found[place].sort == "literal" and found[place].text == "null"
    return is_null and bool(before) and found[place - 1] is before[-1] and any(word.spells("is") for word in before)


def _height(parsed: exp.Expr) -> int:
    tallest, waiting = 0, [(parsed, 1)]
    while waiting:
        node, height = waiting.pop()
        tallest = max(tallest, height)
        chained = type(node) if isinstance(node, exp.Connector) else None
        waiting.extend((one, height + (type(one) is not chained)) for one in node.iter_expressions())
    return tallest


def _branch(node: exp.Expr, found: Sequence[Word], near: int) -> Branch:
    if isinstance(node, exp.Paren):
        return _branch(node.this, found, near)
    word = _word(node, found)
    parts: list[Branch] = []
    for child in _children(node):
        parts.append(_branch(child, found, parts[0].at if parts else near))
    at = word.at if word else parts[0].at if parts else near
    sort = "operand" if isinstance(node, exp.Column) and word else str(node.key)
    branch = Branch(sort=_unless_more(node, sort), at=at, parts=tuple(parts), word=word)
    return Branch(sort="not", at=at, parts=(branch,)) if node.args.get("negate") else branch


def _unless_more(node: exp.Expr, sort: str) -> str:
    # what sqlglot notes beside the operands would change the meaning: nothing of it may be lost in silence
    said = {name for name, value in node.args.items() if value and not isinstance(value, exp.Expr | list | str)}
    return " ".join((sort, *sorted(said - {"negate"})))


def _word(node: exp.Expr, found: Sequence[Word]) -> Word | None:
    if isinstance(node, exp.Column | exp.Anonymous) and str(node.name)[1:].isdigit():
        return found[int(str(node.name)[1:])]
    return None


def _children(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Connector):
        # a long list of conditions is one operation, not a deep tree
        yield from node.flatten()
    elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        yield node.this
    elif not isinstance(node, exp.Column):
        yield from node.iter_expressions()
