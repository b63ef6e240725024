"""Facts of deals as numbers that a regression can weigh; what is missing says nothing, one way or the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from leads.logistic import Matrix, Vector

SEEN_OFTEN = 10
"""Cases a value must have to be weighed by itself; the rarer ones, and those never seen, count as the usual."""
TEXTS = ("industry", "band", "product", "family", "month")
COUNTS = ("wins_before", "losses_before", "tenure_days", "since_days")
FLAG = "customer"
COLUMNS = (*TEXTS, *COUNTS, FLAG)
"""What a row is told by; leads.history says what each is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """How columns become numbers: the values each text is told apart by and their shares; counts' mean and spread.

    A text becomes one column a value, less the value's share, so that the mean row is all zeros; a count its
    logarithm, standardised. One more column a text marks where it is missing - while learning only: lost deals are
    often the ones that nobody filled in, and that must explain itself without making a missing value speak against
    a lead.
    """

    values: Mapping[str, tuple[str, ...]]
    shares: Mapping[str, tuple[float, ...]]
    spread: Mapping[str, tuple[float, float]]

    def matrix(self, rows: pa.Table, *, learning: bool) -> Matrix:
        """A row a row, a column a coefficient: the first is 1."""
        return np.column_stack([np.ones(rows.num_rows), *self._columns(rows, learning)])

    def _columns(self, rows: pa.Table, learning: bool) -> Iterator[Vector]:
        for name, values in self.values.items():
            texts = _texts(rows, name)
            usual = np.isin(texts, values)
            for value, share in zip(values, self.shares[name], strict=True):
                yield np.where(usual, (texts == value) - share, 0.0)
            yield (texts == "").astype(np.float64) if learning else np.zeros(rows.num_rows)
        for name, (mean, deviation) in self.spread.items():
            yield np.nan_to_num((_logs(rows, name) - mean) / deviation)
        yield _numbers(rows, FLAG)

    def to_json(self) -> dict[str, object]:
        """What it learnt about columns, to six digits."""
        return {
            "values": {name: list(values) for name, values in self.values.items()},
            "shares": {name: [round(one, 6) for one in shares] for name, shares in self.shares.items()},
            "spread": {name: [round(one, 6) for one in pair] for name, pair in self.spread.items()},
        }


def encoder(rows: pa.Table) -> Encoder:
    """What these rows (the columns of COLUMNS) tell apart."""
    values, shares = {}, {}
    for name in TEXTS:
        kinds, counts = np.unique(_texts(rows, name), return_counts=True)
        often = (counts >= SEEN_OFTEN) & (kinds != "")
        values[name] = tuple(str(kind) for kind in kinds[often])
        shares[name] = tuple((counts[often] / max(counts[often].sum(), 1)).tolist())
    spread = {name: _moments(_logs(rows, name)) for name in COUNTS}
    return Encoder(values=values, shares=shares, spread=spread)


def _texts(rows: pa.Table, name: str) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.array([value or "" for value in rows[name].to_pylist()], dtype=np.str_)


def _numbers(rows: pa.Table, name: str) -> Vector:
    numbers: Vector = rows[name].cast(pa.float64()).to_numpy()
    return numbers


def _logs(rows: pa.Table, name: str) -> Vector:
    logs: Vector = np.log1p(np.maximum(_numbers(rows, name), 0.0))
    return logs


def _moments(logs: Vector) -> tuple[float, float]:
    known = logs[~np.isnan(logs)]
    if not known.size:
        return 0.0, 1.0
    return float(known.mean()), float(known.std()) or 1.0
