"""What the numbers of facts.yaml may be: shares, whole counts, windows of at least a day, thresholds in order."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import isfinite

from leads.facts.rfm import MONETARY

SHARES = frozenset(
    {
        "affinity.false_share", "affinity.min_confidence", "attributes.false_share", "churn.seats_share",
        "headroom.conflict", "headroom.percentile", "renewal.high", "renewal.low", "season.false_share",
        "usage.feed_share", "usage.share", "usage.silence_chance",
    }
)  # fmt: skip
"""From 0 to 1."""
FRACTIONS = SHARES | {
    "affinity.min_lift", "affinity.prior_pairs", "attributes.min_lift", "cases.spike_times",
    "interest_offer.half_life", "revenue.ltv_weight", "revenue.ltv_years", "usage.deviations",
}  # fmt: skip
"""What need not be whole; amounts of money neither."""
POSITIVE = frozenset({"headroom.percentile", "interest_offer.half_life", "renewal.horizon", "revenue.ltv_years"})
"""What 0 would make senseless; so it would any number of days."""
RISING: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "churn": (("watch", "high"), ("nps_low", "nps_promoter")),
    "headroom": (("band_1", "band_2", "band_3", "band_4"),),
    "renewal": (("first_day", "last_day"), ("low", "high")),
    "rfm": (("recency_1", "recency_2", "recency_3", "recency_4"),),
}
"""By family: numbers of which none may be below the one before."""
FALLING: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "rfm": (("frequency_1", "frequency_2", "frequency_3", "frequency_4"),)
}
MOST: Mapping[str, float] = {"rfm.quantiles": 1, "churn.nps_low": 10, "churn.nps_promoter": 10}

Fault = tuple[str, str]
"""A number's name, and what is wrong with it."""


def is_known(family: str, name: str, numbers: Mapping[str, float]) -> bool:
    """Whether the family has such a number; of rfm also thresholds of any currency, monetary_eur_1."""
    return name in numbers or (family == "rfm" and MONETARY.fullmatch(name) is not None)


def faults(family: str, given: Mapping[str, float], numbers: Mapping[str, float]) -> Iterator[Fault]:
    """What is wrong with the numbers that facts.yaml gives a family, by name; `numbers` are the family's own."""
    wrong = {name: text for name, value in sorted(given.items()) if (text := _alone(f"{family}.{name}", value))}
    yield from wrong.items()
    if not wrong:
        yield from _together(family, given, {**numbers, **given})


def _alone(name: str, value: float) -> str | None:
    """What is wrong with one number, whatever the others are."""
    most = 1 if name in SHARES else MOST.get(name)
    if not isfinite(value) or value < 0 or (most is not None and value > most):
        return "must be 0 or more" if most is None else f"must be between 0 and {most:g}"
    if value == 0 and (name in POSITIVE or name.endswith("days")):
        return "must be more than 0"
    whole = name in FRACTIONS or MONETARY.fullmatch(name.partition(".")[2]) is not None or value == int(value)
    return None if whole else "must be a whole number"


def _together(family: str, given: Mapping[str, float], numbers: Mapping[str, float]) -> Iterator[Fault]:
    """Thresholds out of order, told at one that was given."""
    for chain in RISING.get(family, ()):
        yield from _out_of_order(given, [(name, numbers[name]) for name in chain], "below")
    for chain in FALLING.get(family, ()):
        yield from _out_of_order(given, [(name, -numbers[name]) for name in chain], "above")
    if family == "rfm":
        yield from _money(given, numbers)


def _out_of_order(given: Mapping[str, float], chain: list[tuple[str, float]], what: str) -> Iterator[Fault]:
    for (one, first), (other, second) in pairwise(chain):
        if second < first and (one in given or other in given):
            yield (other, f"is {what} {one}") if other in given else (one, f"leaves {other} {what} it")


def _money(given: Mapping[str, float], numbers: Mapping[str, float]) -> Iterator[Fault]:
    """Of each currency all four thresholds or none, the largest first."""
    found = [(name, match) for name in sorted(numbers) if (match := MONETARY.fullmatch(name)) is not None]
    for currency in sorted({match[1] or "" for _, match in found}):
        names = [f"monetary_{currency}_{place}" if currency else f"monetary_{place}" for place in range(1, 5)]
        said = [name for name in names if name in given]
        missing = [name for name in names if not numbers.get(name)]
        if missing and len(missing) < len(names):
            yield said[0], f"counts only with all four above 0: give {', '.join(missing)} too"
        elif not missing:
            yield from _out_of_order(given, [(name, -numbers[name]) for name in names], "above")
