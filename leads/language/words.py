"""Cuts the source into words and says what each is: an operand with its value, a function, a keyword, a mark."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal
from unicodedata import normalize

from leads.language.faults import Fault, Names
from leads.language.functions import FUNCTIONS, INSTEAD, MARKS
from mappings.canonical import Kind
from mappings.problems import suggestion

Value = str | Fraction | bool | date

KEYWORDS = frozenset({"and", "or", "not", "in", "is", "like", "between", "case", "when", "then", "else", "end"})
CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_PIECE = re.compile(
    r"""(?P<space>\s+)
    |(?P<day>date\s*'[^']*')
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"[^"]*")
    |(?P<number>\.?[0-9][\w.]*)
    |(?P<dotted>[^\W\d]\w*(?:\.[^\W\d]\w*)+)
    |(?P<word>[^\W\d]\w*)
    |(?P<odd>--|/\*|::|\|\||==|=<|=>|<=>|&&)
    |(?P<mark><=|>=|<>|!=|[=<>+\-*/(),])
    |(?P<rest>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SUGGESTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word. A `name` is a fact's or a number's; a `literal` has a `value`.

    `unknown` and `stray` were said to be wrong: the first stands where an operand would, the second nowhere.
    `kind` is what a name or literal holds; None for the literal null.
    """

    sort: Literal["name", "literal", "unknown", "stray", "function", "keyword", "mark"]
    text: str
    at: int
    kind: Kind | None = None
    value: Value | None = None

    @property
    def is_operand(self) -> bool:
        """Whether it is a value by itself."""
        return self.sort in {"name", "literal", "unknown"}

    def spells(self, *texts: str) -> bool:
        """Whether it is one of these keywords or marks."""
        return self.sort in {"keyword", "mark"} and self.text in texts


def words(source: str, names: Names, faults: list[Fault]) -> list[Word]:
    """The words of `source`; adds to `faults` what is not a word of the language, and names that nobody knows."""
    pieces = [one for one in _PIECE.finditer(source) if one.lastgroup != "space"]
    found = []
    for place, piece in enumerate(pieces):
        called = place + 1 < len(pieces) and pieces[place + 1].group() == "("
        word, why, instead = _READ[str(piece.lastgroup)](piece.group(), piece.start(), called, names)
        # finding the nearest name takes its time, and a text full of strange words is no slip of the pen
        if why and not instead and len(faults) < _SUGGESTED:
            instead = _nearest(word, names)
        if why:
            faults.append(Fault(text=why, at=word.at, suggestion=instead))
        found.append(word)
    return found


_Read = tuple[Word, str | None, str | None]


def _nearest(word: Word, names: Names) -> str | None:
    if word.sort == "function":
        return None if word.text in INSTEAD else suggestion(word.text, FUNCTIONS)
    last = normalize("NFKC", word.text).rpartition(".")[2]
    return suggestion(last, names) if word.sort == "unknown" and last.isidentifier() else None


def _mark(text: str, at: int, _: bool, __: Names) -> _Read:
    return Word(sort="mark", text=text, at=at), None, None


def _word(text: str, at: int, called: bool, names: Names) -> _Read:
    lower = text.lower()
    if lower in KEYWORDS or lower in CONSTANTS:
        return _keyword(lower, at), None, None
    if called:
        return _function(text, at)
    if text in names:
        return Word(sort="name", text=text, at=at, kind=names[text]), None, None
    return _strange(text, at)


def _keyword(lower: str, at: int) -> Word:
    if lower in KEYWORDS:
        return Word(sort="keyword", text=lower, at=at)
    value = CONSTANTS[lower]
    return Word(sort="literal", text=lower, at=at, kind=None if value is None else "boolean", value=value)


def _strange(text: str, at: int) -> _Read:
    lower = text.lower()
    if lower in FUNCTIONS:
        instead = FUNCTIONS[lower].partition(":")[0]
        return Word(sort="unknown", text=text, at=at), f"{text} is a function", instead
    if lower in INSTEAD:
        why, other = INSTEAD[lower]
        return Word(sort="stray", text=text, at=at), f"there is no {text} here: {why}", other
    return Word(sort="unknown", text=text, at=at), f"there is no fact or number {printable(text)}", None


def _function(text: str, at: int) -> _Read:
    lower = text.lower()
    word = Word(sort="function", text=lower, at=at)
    if lower in FUNCTIONS:
        return word, None, None
    why, instead = INSTEAD.get(lower, ("", None))
    return word, f"there is no function {printable(text)}" + (f": {why}" if why else ""), instead


def _quoted(text: str, at: int, _: bool, names: Names) -> _Read:
    name = text[1:-1]
    if name in names:
        return Word(sort="name", text=name, at=at, kind=names[name]), None, None
    return (
        Word(sort="unknown", text=text, at=at),
        f"there is no fact or number {printable(text)}",
        f"'{printable(name)}'",
    )


def _dotted(text: str, at: int, _: bool, __: Names) -> _Read:
    return Word(sort="unknown", text=text, at=at), f"{printable(text)}: a fact is named without a table", None


def _odd(text: str, at: int, _: bool, __: Names) -> _Read:
    plain = normalize("NFKC", text)
    wide = ("it has to be written in half width", plain) if plain.isascii() and plain != text else None
    why, instead = MARKS.get(text) or wide or ("this character means nothing here", None)
    return Word(sort="stray", text=text, at=at), f"{printable(text)} {why}", instead


def _text(text: str, at: int, _: bool, __: Names) -> _Read:
    value = text[1:-1].replace("''", "'")
    why = None if value.isprintable() else "a text is one line of printable characters"
    return Word(sort="literal", text=text, at=at, kind="text", value=value), why, None


def _number(text: str, at: int, _: bool, __: Names) -> _Read:
    whole, _dot, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    if not _PLAIN.fullmatch(text):
        why = f"{printable(text)} is no plain number: write 12 or 0.9"
    elif len((whole + decimals).lstrip("0")) > 15 or len(decimals) > 9:
        why = f"{printable(text)} has too many digits: 15 at most, 9 of them decimals"
    else:
        kind: Kind = "number" if decimals else "integer"
        return Word(sort="literal", text=text, at=at, kind=kind, value=Fraction(text)), None, None
    return Word(sort="unknown", text=text, at=at), why, None


def _day(text: str, at: int, _: bool, __: Names) -> _Read:
    spelled = text.partition("'")[2][:-1]
    try:
        day = date.fromisoformat(spelled) if _DAY.fullmatch(spelled) else None
    except ValueError:
        day = None
    why = None if day else f"'{printable(spelled)}' is no day: write date '2026-01-31'"
    return Word(sort="literal", text=text, at=at, kind="date", value=day), why, None


def printable(text: str) -> str:
    """Short enough for a message, and on one line."""
    short = text if len(text) <= 40 else text[:40] + "..."
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in short)


_READ: Mapping[str, Callable[[str, int, bool, Names], _Read]] = {
    "day": _day,
    "text": _text,
    "quoted": _quoted,
    "number": _number,
    "dotted": _dotted,
    "word": _word,
    "odd": _odd,
    "mark": _mark,
    "rest": _odd,
}
