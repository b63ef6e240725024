"""The functions of the language, and what to write instead of those that it leaves out."""

from collections.abc import Mapping
from types import MappingProxyType

FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "abs": "abs(x): the number without its sign.",
        "ceil": "ceil(x): the smallest whole number that is not below x.",
        "coalesce": "coalesce(a, b, ...): the first that is not NULL.",
        "contains": "contains(text, part): whether the part occurs in the text, capitals and small letters apart.",
        "days_since": "days_since(day): whole days from that day to today; negative for a day to come.",
        "days_until": "days_until(day): whole days from today to that day; negative for a day gone by.",
        "floor": "floor(x): the largest whole number that is not above x.",
        "greatest": "greatest(a, b, ...): the largest of numbers or dates; NULL if one of them is NULL.",
        "least": "least(a, b, ...): the smallest of numbers or dates; NULL if one of them is NULL.",
        "lower": "lower(text): the text in small letters.",
        "month": "month(day): 1 for January to 12 for December.",
        "round": "round(x) or round(x, digits): the nearest number with 0 to 6 digits, halves away from zero.",
        "today": "today(): the company's day for which leads are computed.",
    }
)
"""Name -> one sentence that starts with the call."""

ARGUMENTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    dict.fromkeys(FUNCTIONS, (1, 1))
    | {"contains": (2, 2), "round": (1, 2), "today": (0, 0)}
    | dict.fromkeys(("coalesce", "greatest", "least"), (2, 50))
)
"""Name -> fewest and most arguments."""

_ONE_ROW = "an expression sees the facts of one row: it cannot query tables"
_ADDED_UP = "an expression sees the facts of one row: sums and counts are facts of their own"
_KINDS = "every fact has its kind already: kinds cannot be converted"
_DAYS = "days are counted with days_since(day) and days_until(day)"
_PATTERNS = "texts are matched with like 'pattern' and contains(text, part)"

INSTEAD: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    dict.fromkeys(("select", "from", "where", "with", "exists", "union", "join", "group", "order"), (_ONE_ROW, None))
    | dict.fromkeys(("any", "all", "some"), (_ONE_ROW, "in (...)"))
    | dict.fromkeys(("sum", "count", "avg", "median", "stddev", "over", "filter", "distinct"), (_ADDED_UP, None))
    | {"min": (_ADDED_UP, "least"), "max": (_ADDED_UP, "greatest")}
    | dict.fromkeys(("cast", "try_cast", "convert", "as"), (_KINDS, None))
    | dict.fromkeys(("datediff", "date_diff", "interval", "dateadd", "date_add", "extract"), (_DAYS, "days_since"))
    | dict.fromkeys(("now", "current_date", "current_timestamp", "getdate", "sysdate"), (_DAYS, "today()"))
    | dict.fromkeys(("year", "quarter", "week", "day"), ("of dates there is month(day)", "month"))
    | dict.fromkeys(("ilike", "rlike", "regexp", "similar", "glob", "escape"), (_PATTERNS, "like"))
    | dict.fromkeys(("instr", "strpos", "position", "charindex", "locate"), (_PATTERNS, "contains"))
    | dict.fromkeys(("upper", "ucase", "lcase"), ("texts are compared in small letters", "lower"))
    | dict.fromkeys(("if", "iff", "iif"), ("a choice is written in full", "case when ... then ... else ... end"))
    | dict.fromkeys(("ifnull", "nvl", "isnull"), ("the first that is not NULL has one name", "coalesce"))
    | {
        "nullif": ("division by zero gives NULL without it", None),
        "ceiling": ("it has one name", "ceil"),
        "timestamp": ("there are days, no times of day", "date"),
        "xor": ("conditions are joined by and, or, not", None),
    }
)
"""Word of other SQL -> why it is not here, and what to write."""

MARKS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "--": ("opens a comment: comments belong in the YAML, after #", None),
        "/*": ("opens a comment: comments belong in the YAML, after #", None),
        ";": ("ends nothing: one expression is enough", None),
        "::": ("converts, and every fact has its kind already", None),
        "||": ("is not here: texts cannot be joined", None),
        "==": ("has one = too many", "="),
        "=<": ("has its signs the wrong way round", "<="),
        "=>": ("has its signs the wrong way round", ">="),
        "<=>": ("is not here: NULL is asked for with is null", "is null"),
        "&&": ("is the word and", "and"),
        "!": ("is the word not", "not"),
        "%": ("is not here: there is no remainder", None),
        ".": ("means nothing here: a fact is named without a table", None),
        "?": ("means nothing here: numbers are called by their names", None),
        ":": ("means nothing here: numbers are called by their names", None),
        "@": ("means nothing here: numbers are called by their names", None),
        "$": ("means nothing here: numbers are called by their names", None),
        "{": ("means nothing here: numbers are called by their names", None),
        "'": ("opens a text that is not closed", None),
        '"': ("opens a name that is not closed; texts stand in single quotes", "'...'"),
    }
)
"""Mark of other languages -> why it is not here, and what to write."""
