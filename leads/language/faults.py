"""What can be wrong with an expression, said with its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mappings.canonical import Kind

Names = Mapping[str, Kind]
"""The facts and numbers an expression may mention, and what each holds."""

Want = Kind | Literal["any number"]
"""What a result must be; `any number`: integer, number or money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong. `at` counts characters from 0; `suggestion` is what to write instead, where that is known."""

    text: str
    at: int
    suggestion: str | None = None

    def __str__(self) -> str:
        """`character 7: there is no fact prodct_used. Did you mean product_used?`"""
        more = f". Did you mean {self.suggestion}?" if self.suggestion else ""
        return f"character {self.at + 1}: {self.text}{more}"


class BadExpression(ValueError):
    """The expression cannot be used; `faults` are all that were found, in the order of the text."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults), key=lambda one: (one.at, one.text, one.suggestion or "")))
        super().__init__("\n".join(map(str, self.faults)))
