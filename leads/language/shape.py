"""What is wrong with the order of words, said better than a parser can: what is open, what has nothing between."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from leads.language.faults import Fault
from leads.language.words import Word, printable

DEEPEST = 10
"""Parentheses, cases and signs inside each other."""
MOST = 400
"""Words of one expression."""
_OPENS = {")": "(", "end": "case"}


def misshapen(found: Sequence[Word]) -> Iterator[Fault]:
    """The faults in the order of the words `found`: with one of them, there is no use in parsing."""
    if len(found) > MOST:
        yield Fault(text=f"an expression has {MOST} words at most: make it two facts or two plays", at=found[MOST].at)
        return
    yield from _unmatched(found)
    for before, word in pairwise(found):
        if _ends(before) and _starts(word):
            yield Fault(text=f"an operator is missing before {printable(word.text)}", at=word.at)
        if before.spells("in") and not word.spells("("):
            yield Fault(text="in takes a list in parentheses", at=word.at, suggestion="in (1, 2)")
        if before.spells("is") and word.sort == "literal" and word.kind == "boolean":
            yield Fault(text="is asks for NULL only", at=before.at, suggestion=f"= {word.text}")


def _unmatched(found: Sequence[Word]) -> Iterator[Fault]:
    opened: list[Word] = []
    signs = 0
    for word in found:
        signs = signs + 1 if word.spells("not", "-", "+") else 0
        if word.spells("(", "case"):
            opened.append(word)
        if max(len(opened), signs) > DEEPEST:
            yield Fault(text="this is nested too deep: make it two facts or two plays", at=word.at)
            return
        if word.spells(*_OPENS):
            if not opened or opened[-1].text != _OPENS[word.text]:
                yield Fault(text=f"{word.text} closes nothing", at=word.at)
                return
            opened.pop()
    if opened:
        yield Fault(text=f"{opened[-1].text} is never closed", at=opened[-1].at)


def _ends(word: Word) -> bool:
    return word.is_operand or word.spells(")", "end")


def _starts(word: Word) -> bool:
    return word.is_operand or word.sort == "function" or word.spells("(", "case")
