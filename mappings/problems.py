"""Something wrong with the configuration, said with its place and, where possible, with the cure."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem. Line and column start at 1; `suggestion` is the name that was probably meant."""

    file: str
    line: int
    column: int
    path: str
    text: str
    suggestion: str | None = None

    def __str__(self) -> str:
        """`mapping.yaml:14:5  account.employees: Account has no field Employes. Did you mean Employees?`"""
        place = f"{self.file}:{self.line}:{self.column}"
        what = f"{self.path}: {self.text}" if self.path else self.text
        return f"{place}  {what}." + (f" Did you mean {self.suggestion}?" if self.suggestion else "")


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems as one reads the files, each once."""
    return sorted(set(problems), key=lambda one: (one.file, one.line, one.column, one.path, one.text))


class BadConfig(Exception):
    """The configuration cannot be used; `problems` are all of them, in the order of the files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def suggestion(name: object, candidates: Iterable[str]) -> str | None:
    """The candidate that is spelled most like `name`, if any is close."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def listed(names: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    words = list(names)
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 record`, `12 records`; `many` where it is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
