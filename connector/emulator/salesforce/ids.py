"""Record ids: 15 case-sensitive characters, and 3 that make them safe where case is lost.

https://help.salesforce.com/s/articleView?id=000385203 explains the suffix. A number counts the records of an object,
so an id is also the place of its record, and the order of ids is the order of creation.
"""

import string
from functools import lru_cache

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_DIGIT = {char: value for value, char in enumerate(ALPHABET)}
_SUFFIX = string.ascii_uppercase + "012345"
_BITS = {char: char in string.ascii_uppercase for char in ALPHABET}
_POD = "5e0"
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]


def suffix(id15: str) -> str:
    """The three characters that turn a 15-character id into an 18-character one."""
    return _capitals(id15[:5]) + _capitals(id15[5:10]) + _capitals(id15[10:15])


@lru_cache(maxsize=4096)
def _capitals(five: str) -> str:
    return _SUFFIX[sum(_BITS[char] << place for place, char in enumerate(five))]


def encode(prefix: str, number: int) -> str:
    """The 18-character id of record `number` (below 62^6) of the object with this key prefix."""
    high, low = divmod(number, 3844)
    higher, high = divmod(high, 3844)
    id15 = f"{prefix}{_POD}000{_PAIRS[higher]}{_PAIRS[high]}{_PAIRS[low]}"
    return id15 + suffix(id15)


def decode(id: str) -> int | None:
    """The record number within an id of 15 or 18 characters; None if it holds none."""
    if len(id) not in (15, 18):
        return None
    number = 0
    for char in id[9:15]:
        digit = _DIGIT.get(char)
        if digit is None:
            return None
        number = number * 62 + digit
    return number


def is_id(text: object) -> bool:
    """Whether this has the form of a record id."""
    if not isinstance(text, str) or len(text) not in (15, 18):
        return False
    if not all(char in _DIGIT for char in text[:15]):
        return False
    return len(text) == 15 or suffix(text[:15]) == text[15:].upper()
