"""The conditions that a longer condition is made of, each told apart: which hold, and which do not."""

from leads.language.faults import Names
from leads.language.words import words


def clauses(source: str, names: Names) -> tuple[str, ...]:
    """What `and` joins at the top of a condition, as it was written; all of it where an `or` stands there.

    `a > 1 and b between 2 and 3` has two clauses, `a > 1 or b > 2` is one.
    """
    cuts = _cuts(source, names)
    starts = [0, *(at + len("and") for at in cuts)]
    return tuple(source[start:end].strip() for start, end in zip(starts, [*cuts, len(source)], strict=True))


def _cuts(source: str, names: Names) -> list[int]:
    cuts: list[int] = []
    depth = ranges = 0
    for word in words(source, names, []):
        if word.spells("(", "case", ")", "end"):
            depth += 1 if word.spells("(", "case") else -1
        elif depth == 0 and word.spells("or"):
            return []
        elif depth == 0 and word.spells("between"):
            ranges += 1
        elif depth == 0 and word.spells("and") and ranges:
            ranges -= 1
        elif depth == 0 and word.spells("and"):
            cuts.append(word.at)
    return cuts
