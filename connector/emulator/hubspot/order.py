"""Orders of record ids, above all by last modification, cheap to keep for a million of them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol


class Stamped(Protocol):
    """Anything with a modification time in milliseconds."""

    updated: int


@dataclass(frozen=True, slots=True)
class Window:
    """A part of an order, not copied: good until the next write."""

    _ids: "array[int]"
    _start: int
    _end: int

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[int]:
        return (self._ids[at] for at in range(self._start, self._end))

    def part(self, first: int, last: int, *, descending: bool) -> "array[int]":
        """The ids at places `first` to `last` (not included), counted from the end when `descending`."""
        if descending:
            return self._ids[max(self._end - last, self._start) : max(self._end - first, self._start)][::-1]
        return self._ids[min(self._start + first, self._end) : min(self._start + last, self._end)]


class ModificationOrder:
    """Record ids by (modification time, id).

    Writes only append; what they made stale or put out of order is tidied before the next read, from the earliest
    time concerned on, so that reading a window never sorts everything.
    """

    def __init__(self, entries: Iterable[tuple[int, int]] = ()) -> None:
        """Start with `entries`, already sorted."""
        self._stamps = array("q")
        self._ids = array("q")
        for at, id in entries:
            self._stamps.append(at)
            self._ids.append(id)
        self._tidy = len(self._ids)
        self._untidy_from: int | None = None

    def add(self, at: int, id: int) -> None:
        """A record was modified at `at`."""
        if self._ids and (self._stamps[-1], self._ids[-1]) > (at, id):
            self.spoil(at)
        self._stamps.append(at)
        self._ids.append(id)

    def spoil(self, at: int) -> None:
        """An entry with the time `at` is no longer true (its record was modified again, or is gone)."""
        if self._untidy_from is None or at < self._untidy_from:
            self._untidy_from = at

    def window(self, live: Mapping[int, Stamped], low: int | None, high: int | None) -> "Window":
        """Ids of live records modified from `low` to `high`, both included, in order."""
        self._make_tidy(live)
        start = 0 if low is None else bisect_left(self._stamps, low)
        end = len(self._ids) if high is None else bisect_right(self._stamps, high)
        return Window(self._ids, start, max(start, end))

    def _make_tidy(self, live: Mapping[int, Stamped]) -> None:
        if self._untidy_from is not None:
            start = bisect_left(self._stamps, self._untidy_from, 0, self._tidy)
            entries = zip(self._stamps[start:], self._ids[start:], strict=True)
            kept = [entry for entry in entries if _is_true(live.get(entry[1]), entry[0])]
            kept = sorted(set(kept)) if any(one >= other for one, other in pairwise(kept)) else kept
            del self._stamps[start:], self._ids[start:]
            self._stamps.extend(at for at, _ in kept)
            self._ids.extend(id for _, id in kept)
        self._tidy = len(self._ids)
        self._untidy_from = None


def _is_true(record: Stamped | None, at: int) -> bool:
    return record is not None and record.updated == at
