"""What one person is called, and where a text means them and not somebody whose name or number contains theirs.

A record id or mail address is found whole: bounded by characters that can be no part of one. A name is found between
the ends of words. Japanese sets no spaces between words, so there a name is found as a run of its own: after 小 of
小山田太郎 begins no 山田太郎, but titles (様, 部長) and kana may stand beside it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

_SHORT, _SHORTEST = 3, 2
"""Words shorter than this are not looked for: `Li` stands in half of all texts. A Japanese name has two signs."""
_LETTER = r"0-9A-Za-z_\u00aa-\u00ff\u0100-\u1fff"
"""What words of scripts with spaces are made of: in Japanese text an address stands between kana without a space."""
_KANJI = r"\u3005-\u3007\u3400-\u9fff\uf900-\ufaff"
_KATAKANA = r"\u30a1-\u30ff\uff66-\uff9f"
_BEFORE = (
    "担当",
    "担当者",
    "氏名",
    "宛先",
    "連絡先",
    "代表",
    "会長",
    "社長",
    "部長",
    "課長",
    "係長",
    "主任",
    "先生",
    "会社",
)
_AFTER = (
    "様", "氏", "殿", "君", "先生", "宛", "会長", "社長", "副社長", "専務", "常務", "取締役", "本部長", "事業部長",
    "部長", "次長", "室長", "課長", "係長", "主任", "代表", "御中", "兼", "他", "及", "又",
)  # fmt: skip
"""What stands beside a name in kanji and is no part of it."""
_ESCAPED = r"(?<=\\[nrt])"
"""A line that was broken in JSON: its letter belongs to no word."""


class Words:
    """What a person is known by: record ids, addresses and names, compared without regard to case.

    `all` are they as they are looked for; a text in which none stands is about nobody of that name.
    """

    def __init__(self, words: Sequence[str]) -> None:
        kept = (spelled for word in words for spelled in _spellings(word.strip()) if _is_long_enough(spelled))
        self.all = tuple(dict.fromkeys(kept))
        self._low = frozenset(word.lower() for word in self.all)
        self._whole = re.compile("|".join(map(_pattern, self.all)) or r"(?!)", re.IGNORECASE)

    def __bool__(self) -> bool:
        return bool(self.all)

    def has(self, word: str) -> bool:
        """Whether this is one of them, and nothing beside it."""
        return word.lower() in self._low

    def within(self, value: Any) -> bool:
        """Whether one of them stands in this JSON value, at any depth."""
        if isinstance(value, str):
            low = value.lower()
            return any(word in low for word in self._low) and self._whole.search(value) is not None
        if isinstance(value, dict):
            return any(self.within(part) for pair in value.items() for part in pair)
        return isinstance(value, list | tuple) and any(self.within(part) for part in value)


def _is_long_enough(word: str) -> bool:
    return len(word) >= (_SHORTEST if re.search(f"[{_KANJI}{_KATAKANA}]", word) else _SHORT)


def _spellings(word: str) -> Iterator[str]:
    """The word; a Japanese name also without the space between its parts, with a wide one and with a dot."""
    yield word
    parts = re.split(r"[\s・]+", word)
    if len(parts) > 1 and not re.search(f"[{_LETTER}]", word):
        yield from (between.join(parts) for between in ("", " ", "\u3000", "・"))


def _pattern(word: str) -> str:
    """A regular expression that finds the word where it means this person."""
    if "@" in word:
        # a full stop may end the sentence, a quotation mark may stand before
        return _bounded(word, rf"(?<![{_LETTER}+%&])(?<![{_LETTER}][-.'])", rf"(?![{_LETTER}])(?![-.][{_LETTER}])")
    if re.fullmatch(r"(?=\w*\d)\w+", word, re.ASCII):
        return _bounded(word, rf"(?<![{_LETTER}])(?<!\d[.,])", rf"(?![{_LETTER}])(?![.,]\d)")
    return _bounded(word, _begin(word[0]), _end(word[-1]))


def _bounded(word: str, begin: str, end: str) -> str:
    return f"(?:{begin}|{_ESCAPED}){re.escape(word)}{end}"


def _begin(first: str) -> str:
    if re.match(f"[{_KANJI}]", first):
        return f"(?:(?<![{_KANJI}])|{'|'.join(f'(?<={one})' for one in _BEFORE)})"
    if re.match(f"[{_KATAKANA}]", first):
        return f"(?<![{_KATAKANA}])"
    # Mary-Ann Lee is not Ann Lee
    return rf"(?<![{_LETTER}])(?<![{_LETTER}][-'’])" if re.match(f"[{_LETTER}]", first) else ""


def _end(last: str) -> str:
    if re.match(f"[{_KANJI}]", last):
        return f"(?=[^{_KANJI}]|$|{'|'.join(_AFTER)})"
    if re.match(f"[{_KATAKANA}]", last):
        return f"(?![{_KATAKANA}])"
    # nor is Ann Lee-Smith, but Ann Lee-san is
    return rf"(?![{_LETTER}])(?!-(?!san\b|sama\b)[{_LETTER}])" if re.match(f"[{_LETTER}]", last) else ""
