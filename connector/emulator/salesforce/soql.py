"""SOQL text -> syntax tree; complaints are worded as Salesforce words them.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
"""

import re
from dataclasses import dataclass, field

from connector.emulator.salesforce.errors import ApiError

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d)
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?::\d+)?)
  | (?P<op><=|>=|!=|<>|=|<|>|\(|\)|,)
  )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_OPS = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})
AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "MIN", "MAX", "AVG"})
_CLAUSES = frozenset({"WHERE", "GROUP", "ORDER", "LIMIT", "OFFSET", "FROM", "USING", "FOR", "HAVING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value as written; `kind` is string, number, boolean, null, date, datetime or relative (LAST_N_DAYS:3)."""

    kind: str
    value: str | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A field, maybe through relationships; `at` is where it stands in the text."""

    names: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        """As written."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """COUNT(Id) and its kind; `path` is None for COUNT()."""

    function: str
    path: Path | None
    alias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`path op value`; for IN and NOT IN (and INCLUDES, EXCLUDES) the values are several."""

    path: Path
    op: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """Conditions joined by AND or OR."""

    op: str
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """NOT."""

    part: "Condition"


Condition = Comparison | Junction | Negation


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One key of ORDER BY."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole SELECT."""

    text: str
    select: tuple[Path | Aggregate, ...]
    object: str
    object_at: int
    where: Condition | None = None
    group_by: tuple[Path, ...] = ()
    order_by: tuple[Order, ...] = field(default=())
    limit: int | None = None
    offset: int = 0


def complaint(text: str, at: int, message: str, code: str) -> ApiError:
    """The error with the line, a caret under the place, and the words."""
    line = text.replace("\n", " ")
    start = max(0, at - 40)
    excerpt = line[start : at + 40]
    where = f"ERROR at Row:1:Column:{at + 1}"
    return ApiError(400, code, f"\n{excerpt}\n{' ' * (at - start)}^\n{where}\n{message}")


def parse(text: str) -> Query:
    """The tree of a query; raises ApiError MALFORMED_QUERY."""
    return _Parser(text).query()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens())
        self.next = 0

    def _tokens(self) -> list[_Token]:
        tokens, at, end = [], 0, len(self.text.rstrip())
        while at < end:
            match = _TOKEN.match(self.text, at)
            if match is None or match.lastgroup is None:
                at += len(self.text[at:]) - len(self.text[at:].lstrip())
                raise self._bad(at, f"unexpected token: '{self.text[at]}'")
            kind = match.lastgroup
            tokens.append(_Token(kind=kind, text=match.group(kind), at=match.start(kind)))
            at = match.end()
        tokens.append(_Token(kind="end", text="<EOF>", at=end))
        return tokens

    def _bad(self, at: int, message: str) -> ApiError:
        return complaint(self.text, at, message, "MALFORMED_QUERY")

    @property
    def here(self) -> _Token:
        return self.tokens[self.next]

    def take(self) -> _Token:
        token = self.here
        self.next += 1
        return token

    def at_word(self, *words: str) -> bool:
        return self.here.kind == "name" and self.here.text.upper() in words

    def skip_word(self, *words: str) -> bool:
        if self.at_word(*words):
            self.next += 1
            return True
        return False

    def skip_op(self, op: str) -> bool:
        if self.here.kind == "op" and self.here.text == op:
            self.next += 1
            return True
        return False

    def unexpected(self) -> ApiError:
        return self._bad(self.here.at, f"unexpected token: '{self.here.text}'")

    def expect(self, *, word: str | None = None, op: str | None = None) -> None:
        if not (self.skip_word(word) if word else self.skip_op(op or "")):
            if self.here.kind == "end":
                raise self._bad(self.here.at, f"expecting {word or repr(op)}, found '<EOF>'")
            raise self.unexpected()

    def query(self) -> Query:
        self.expect(word="SELECT")
        select = [self.selected()]
        while self.skip_op(","):
            select.append(self.selected())
        self.expect(word="FROM")
        entity = self.name()
        if self.here.kind == "name" and self.here.text.upper() not in _CLAUSES:
            raise self.unexpected()
        where = self.either() if self.skip_word("WHERE") else None
        group_by = self.grouping()
        order_by = self.ordering()
        limit = self.count("LIMIT")
        offset = self.count("OFFSET")
        if self.here.kind != "end":
            raise self.unexpected()
        return Query(
            text=self.text,
            select=tuple(select),
            object=entity.text,
            object_at=entity.at,
            where=where,
            group_by=group_by,
            order_by=order_by,
            limit=limit,
            offset=offset or 0,
        )

    def name(self) -> _Token:
        if self.here.kind != "name":
            raise self.unexpected()
        return self.take()

    def path(self) -> Path:
        token = self.name()
        return Path(names=tuple(token.text.split(".")), at=token.at)

    def selected(self) -> Path | Aggregate:
        path = self.path()
        if not self.skip_op("("):
            return path
        function = path.text.upper()
        if function not in AGGREGATES:
            raise self._bad(path.at, f"unexpected token: '{path.text}('")
        inner = None if self.here.text == ")" else self.path()
        self.expect(op=")")
        alias = None
        if self.here.kind == "name" and self.here.text.upper() not in _CLAUSES:
            alias = self.take().text
        return Aggregate(function=function, path=inner, alias=alias)

    def either(self) -> Condition:
        first = self.both()
        parts = [first]
        while self.skip_word("OR"):
            parts.append(self.both())
        return first if len(parts) == 1 else Junction(op="OR", parts=tuple(parts))

    def both(self) -> Condition:
        first = self.negated()
        parts = [first]
        while self.skip_word("AND"):
            parts.append(self.negated())
        return first if len(parts) == 1 else Junction(op="AND", parts=tuple(parts))

    def negated(self) -> Condition:
        if self.skip_word("NOT"):
            return Negation(part=self.negated())
        if self.skip_op("("):
            inner = self.either()
            self.expect(op=")")
            return inner
        return self.comparison()

    def comparison(self) -> Comparison:
        path = self.path()
        token = self.take()
        word = token.text.upper()
        if token.kind == "op" and token.text in _OPS:
            return Comparison(path=path, op="!=" if token.text == "<>" else token.text, values=(self.literal(),))
        if token.kind == "name" and word == "LIKE":
            return Comparison(path=path, op="LIKE", values=(self.literal(),))
        if token.kind == "name" and word == "NOT" and self.skip_word("IN"):
            return Comparison(path=path, op="NOT IN", values=self.several())
        if token.kind == "name" and word in ("IN", "INCLUDES", "EXCLUDES"):
            return Comparison(path=path, op=word, values=self.several())
        raise self._bad(token.at, f"unexpected token: '{token.text}'")

    def several(self) -> tuple[Literal, ...]:
        self.expect(op="(")
        values = [self.literal()]
        while self.skip_op(","):
            values.append(self.literal())
        self.expect(op=")")
        return tuple(values)

    def literal(self) -> Literal:
        token = self.take()
        if token.kind == "string":
            inner = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1].lower(), m[1]), token.text[1:-1], flags=re.DOTALL)
            return Literal(kind="string", value=inner)
        if token.kind in ("date", "datetime"):
            return Literal(kind=token.kind, value=token.text)
        if token.kind == "number":
            return Literal(kind="number", value=float(token.text))
        word = token.text.upper()
        if token.kind == "name" and word in ("TRUE", "FALSE"):
            return Literal(kind="boolean", value=word == "TRUE")
        if token.kind == "name" and word == "NULL":
            return Literal(kind="null", value=None)
        if token.kind == "name" and "." not in word:
            return Literal(kind="relative", value=word)
        raise self._bad(token.at, f"unexpected token: '{token.text}'")

    def grouping(self) -> tuple[Path, ...]:
        if not self.skip_word("GROUP"):
            return ()
        self.expect(word="BY")
        paths = [self.path()]
        while self.skip_op(","):
            paths.append(self.path())
        return tuple(paths)

    def ordering(self) -> tuple[Order, ...]:
        if not self.skip_word("ORDER"):
            return ()
        self.expect(word="BY")
        orders = [self.order()]
        while self.skip_op(","):
            orders.append(self.order())
        return tuple(orders)

    def order(self) -> Order:
        path = self.path()
        descending = self.skip_word("DESC")
        if not descending:
            self.skip_word("ASC")
        nulls_last = False
        if self.skip_word("NULLS"):
            nulls_last = self.skip_word("LAST")
            if not nulls_last:
                self.expect(word="FIRST")
        return Order(path=path, descending=descending, nulls_last=nulls_last)

    def count(self, word: str) -> int | None:
        if not self.skip_word(word):
            return None
        if self.here.kind != "number" or not self.here.text.isdigit():
            raise self.unexpected()
        return int(self.take().text)
