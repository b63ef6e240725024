"""Whether two values of a field are the same to the CRM, however each was spelled on its way."""

import math
import re
from datetime import UTC, date, datetime, time

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?\s*(Z|[+-]\d\d:?\d\d)?)?\Z")


def same(one: object, other: object) -> bool:
    """Numbers as numbers, days and instants as instants, true as "true", "" as missing, line ends as one kind."""
    if is_empty(one) or is_empty(other):
        return is_empty(one) and is_empty(other)
    for read in (_boolean, _number, _instant):
        left, right = read(one, other), read(other, one)
        if left is not None and right is not None:
            return _close(left, right) if isinstance(left, float) and isinstance(right, float) else left == right
    return _text(one) == _text(other)


def is_empty(value: object) -> bool:
    """Missing is said one way here, in many ways by CRMs: null, an empty text, blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def _boolean(value: object, beside: object) -> bool | None:
    """A truth, where at least one of the two is one by type: the text "true" alone may be somebody's word."""
    if not isinstance(value, bool) and not isinstance(beside, bool):
        return None
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())


def _number(value: object, beside: object) -> float | None:
    """A number, where at least one of the two is one by type: the text "007" alone is a code."""
    if not isinstance(value, int | float) and not isinstance(beside, int | float):
        return None
    try:
        return float(str(value))
    except ValueError:
        return None


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9)


def _instant(value: object, _: object) -> datetime | None:
    """A day or an instant; a day is its midnight in UTC, and so is an instant without a zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    text = str(value).strip()
    if not _INSTANT.match(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _text(value: object) -> str:
    # Salesforce stores line ends as CR LF and trims blanks at both ends.
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
