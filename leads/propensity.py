"""The chance to win, learnt from decided deals: used where it has foretold later deals better than base rates do."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from json import dumps

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from leads.encoding import COLUMNS, Encoder, encoder
from leads.facts.ground import Ground
from leads.history import closed, deals, described
from leads.logistic import Auc, Bin, Matrix, Vector, auc, bins, brier, calibrated, chances, fitted, log_odds_of
from mappings.problems import counted

ENOUGH = 200
"""Decided deals to learn from, unless ranking.yaml says another number (model_deals)."""
NEWEST = 20_000
"""Of more deals the newest are learnt from."""
EARLIER = 0.75
"""The share of all deals that the others, decided later, are foretold from."""
PARTS = 5
"""Parts of the earlier deals, each foretold from the others: what calibrates must not have been learnt from."""
TELLS, COIN = 0.55, 0.5
"""What the area under the ROC curve must exceed, and what the low end of its interval must."""
RIDGES, LEVEL_RIDGE = (100.0, 30.0, 10.0, 3.0), 0.01
"""How firmly coefficients are held towards 0 (1 / ridge is the variance they are expected to have); the one that
foretells the parts best is taken, the firmer of equals."""
BASE_WEIGHT = 20
"""Decided deals that a segment must have to count as much as the overall rate."""
CODE = 1
"""Another number whenever this would learn something else from the same deals."""
CHANCE = {"account_id": "string", "product": "string", "model_win": "float64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How the chances given to later deals compare with what came; `brier_base` is that of the best base rates."""

    auc: Auc
    brier: float
    brier_base: float
    calibration: tuple[Bin, ...]

    def to_json(self) -> dict[str, object]:
        """Plain JSON."""
        table = [{"predicted": one.predicted, "observed": one.observed, "n": one.n} for one in self.calibration]
        return {
            "auc": round(self.auc.value, 4),
            "auc_interval": [round(self.auc.low, 4), round(self.auc.high, 4)],
            "brier": round(self.brier, 5),
            "brier_base_rates": round(self.brier_base, 5),
            "calibration": table,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was learnt from how many deals and how well it foretold others; whether it is `used`, and why (not).

    Deals decided before `split_on` were learnt from (`trained`: how many, how many won), those from that day on
    foretold (`evaluated`). `version` names this very model: same deals and same code, same version.
    """

    used: bool
    reason: str
    decided: tuple[int, int]
    version: str | None = None
    trained: tuple[int, int] = (0, 0)
    evaluated: tuple[int, int] = (0, 0)
    split_on: date | None = None
    scores: Scores | None = None

    def to_json(self) -> dict[str, object]:
        """Plain JSON: kept with every run."""
        counts = {"decided": self.decided, "trained": self.trained, "evaluated": self.evaluated}
        return {
            "used": self.used,
            "reason": self.reason,
            "version": self.version,
            **{name: {"n": n, "won": won} for name, (n, won) in counts.items()},
            "split_on": self.split_on.isoformat() if self.split_on else None,
            "scores": self.scores.to_json() if self.scores else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What each column says, and the level and slope that calibrate it."""

    encoder: Encoder
    coefficients: Vector
    level: float
    slope: float

    def chances(self, rows: pa.Table) -> Vector:
        """The chance of each row (the columns of COLUMNS), 0..1."""
        said = log_odds_of(self.encoder.matrix(rows, learning=False), self.coefficients)
        return chances(self.level + self.slope * said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The report, and the model where it is used."""

    report: Report
    model: Model | None = None


def learnt(ground: Ground) -> Learnt:
    """What decided deals teach; one count is all it costs where they are too few."""
    enough = int(ground.inputs.rules.ranking.numbers.get("model_deals", ENOUGH))
    counted = closed(ground).aggregate(n=_.count(), won=_.won.sum()).to_pyarrow().to_pylist()[0]
    decided = (counted["n"], counted["won"] or 0)
    if too_few := _too_few(decided, enough):
        return Learnt(report=Report(used=False, reason=too_few, decided=decided))
    known = deals(ground)
    newest = known.order_by(_.on.desc(), _.id).limit(NEWEST) if decided[0] > NEWEST else known
    asked = ground.inputs.stage("deals_decided", newest)
    rows = described(ground, asked).select("id", "on", "won", *COLUMNS).to_pyarrow()
    return learnt_from(rows.sort_by([("on", "ascending"), ("id", "ascending")]), decided)


def _too_few(decided: tuple[int, int], enough: int) -> str | None:
    n, won = decided
    if n < enough:
        return f"{counted(n, 'decided deal')}; a model is learnt from {enough} on"
    return f"all {n} decided deals ended alike" if won in (0, n) else None


def learnt_from(rows: pa.Table, decided: tuple[int, int]) -> Learnt:
    """The same from rows: id, on (day of the decision), won, and COLUMNS; sorted by on and id."""
    on, won = rows["on"].to_numpy(), rows["won"].cast(pa.float64()).to_numpy()
    split = int(np.searchsorted(on, on[int(len(on) * EARLIER)]))
    outcomes = (won[:split], won[split:])
    if any(len(part) < PARTS or part.min() == part.max() for part in outcomes):
        return Learnt(report=Report(used=False, reason="too few days, or one outcome in a part", decided=decided))
    model = _model(rows[:split], won[:split])
    scores = _scores(model, rows, won, split)
    used, reason = _judged(scores)
    report = Report(
        used=used, reason=reason, decided=decided,
        trained=(split, int(won[:split].sum())), evaluated=(len(won) - split, int(won[split:].sum())),
        split_on=rows["on"][split].as_py(), scores=scores, version=_version(model, on, won, split),
    )  # fmt: skip
    return Learnt(report=report, model=model if used else None)


def _model(rows: pa.Table, won: Vector) -> Model:
    """Coefficients from all rows; ridge, level and slope from what every part of them says of the others."""
    columns = encoder(rows)
    x, plain = (columns.matrix(rows, learning=learning) for learning in (True, False))
    whole = {ridge: _weighed(x, won, ridge) for ridge in RIDGES}
    foretold = {ridge: _foretold(x, plain, won, ridge, whole[ridge]) for ridge in RIDGES}
    ridge = min(RIDGES, key=lambda one: _surprise(*calibrated(foretold[one], won), foretold[one], won))
    level, slope = calibrated(foretold[ridge], won)
    return Model(encoder=columns, coefficients=whole[ridge], level=level, slope=slope)


def _foretold(x: Matrix, plain: Matrix, won: Vector, ridge: float, near: Vector) -> Vector:
    """The log-odds of each row, from coefficients of the rows outside its part; parts are stretches of time."""
    part = np.arange(len(won)) * PARTS // len(won)
    said = np.empty(len(won))
    for one in range(PARTS):
        rest = part != one
        said[~rest] = log_odds_of(plain[~rest], _weighed(x[rest], won[rest], ridge, near))
    return said


def _weighed(x: Matrix, won: Vector, ridge: float, near: Vector | None = None) -> Vector:
    return fitted(x, won, np.array([LEVEL_RIDGE] + [ridge] * (x.shape[1] - 1)), near=near)


def _surprise(level: float, slope: float, log_odds: Vector, won: Vector) -> float:
    """How surprising the outcomes are (mean negative log-likelihood)."""
    z = level + slope * log_odds
    return float(np.mean(np.logaddexp(0, z) - won * z))


def _scores(model: Model, rows: pa.Table, won: Vector, split: int) -> Scores:
    later, came = rows[split:], won[split:]
    said = model.chances(later)
    base = [_base_rates(rows, won, split, segment) for segment in (None, "industry", "product")]
    return Scores(
        auc=auc(said, came),
        brier=brier(said, came),
        brier_base=min(brier(one, came) for one in base),
        calibration=bins(said, came),
    )


def _base_rates(rows: pa.Table, won: Vector, split: int, segment: str | None) -> Vector:
    """What the earlier deals' rates, shrunk as leads.ranking does, say of the later ones."""
    overall = float(won[:split].mean())
    names = [name or "" for name in rows[segment].to_pylist()] if segment else [""] * len(won)
    seen: dict[str, list[float]] = {}
    for name, one in zip(names[:split], won[:split], strict=True):
        seen.setdefault(name, []).append(float(one))
    rates = {name: (sum(of) + BASE_WEIGHT * overall) / (len(of) + BASE_WEIGHT) for name, of in seen.items() if name}
    return np.array([rates.get(name, overall) for name in names[split:]])


def _judged(scores: Scores) -> tuple[bool, str]:
    ranks = f"AUC {scores.auc.value:.3f} ({scores.auc.low:.3f} to {scores.auc.high:.3f})"
    errs = f"Brier {scores.brier:.4f} against {scores.brier_base:.4f} of base rates"
    if scores.auc.value <= TELLS or scores.auc.low <= COIN:
        return False, f"it does not tell later deals apart: {ranks}, {errs}"
    if scores.brier >= scores.brier_base:
        return False, f"it is no nearer to what came than base rates: {ranks}, {errs}"
    return True, f"it foretold later deals better than base rates: {ranks}, {errs}"


def _version(model: Model, on: np.ndarray[tuple[int], np.dtype[np.datetime64]], won: Vector, split: int) -> str:
    of = {"code": CODE, "deals": [len(won), int(won.sum()), split, str(on[0]), str(on[-1])]}
    return sha256(dumps(of | model.encoder.to_json(), sort_keys=True).encode()).hexdigest()[:12]


def chances_of(ground: Ground, model: Model, candidates: ir.Table) -> ir.Table:
    """The model's chance today for every account and product among candidates: the columns of CHANCE."""
    pairs = candidates.select("account_id", "product").distinct()
    asked = pairs.mutate(id=_.account_id, day=ground.inputs.day(0))
    rows = described(ground, ground.inputs.stage("candidates_asked", asked)).to_pyarrow()
    told = pa.table(
        {"account_id": rows["account_id"], "product": rows["product"], "model_win": model.chances(rows)},
        schema=pa.schema([("account_id", pa.string()), ("product", pa.string()), ("model_win", pa.float64())]),
    )
    return ground.inputs.stage("candidates_chance", ibis.memtable(told, schema=ibis.schema(CHANCE)))
