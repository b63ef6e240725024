"""Chance that depends on nothing but the seed and the question, so that adding a part moves no other account."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dice:
    """The same seed answers the same question alike, on every machine and in any order."""

    seed: str

    def share(self, question: str) -> float:
        """A number in [0, 1)."""
        digest = blake2b(f"{self.seed}/{question}".encode(), digest_size=7).digest()
        return int.from_bytes(digest, "big") / (1 << 56)

    def between(self, low: int, high: int, question: str) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.share(question) * (high - low + 1))

    def pick(self, options: Sequence[T], question: str) -> T:
        """One of the options."""
        return options[self.between(0, len(options) - 1, question)]
