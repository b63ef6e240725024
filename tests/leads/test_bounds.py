"""The numbers of facts.yaml: what they may be, and what is said of those that they may not."""

import pytest

from leads.bounds import FALLING, FRACTIONS, MOST, POSITIVE, RISING, faults, is_known
from leads.facts.families import FAMILIES

EVERY = {f"{name}.{number}" for name, family in FAMILIES.items() for number in family.numbers}


def said(family: str, **given: float) -> dict[str, str]:
    return dict(faults(family, given, FAMILIES[family].numbers))


def test_the_defaults_are_within_their_bounds_and_every_bound_is_of_a_number() -> None:
    for name, family in FAMILIES.items():
        assert said(name, **family.numbers) == {}, name
    chains = {
        f"{family}.{name}" for of in (RISING, FALLING) for family in of for chain in of[family] for name in chain
    }
    assert FRACTIONS | POSITIVE | MOST.keys() | chains <= EVERY


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("interest_offer.half_life", 0, "must be more than 0"),
        ("interest_offer.half_life", 0.5, None),
        ("interest_offer.half_life", -30, "must be 0 or more"),
        ("usage.share", 1, None),
        ("usage.share", 30, "must be between 0 and 1"),
        ("usage.deviations", 1.5, None),
        ("usage.deviations", float("nan"), "must be 0 or more"),
        ("feedback.days", 0, "must be more than 0"),
        ("declined.ignored_days", 30.5, "must be a whole number"),
        ("headroom.percentile", 0, "must be more than 0"),
        ("rfm.quantiles", 2, "must be between 0 and 1"),
        ("rfm.quantiles", 0.5, "must be a whole number"),
        ("churn.nps_low", 11, "must be between 0 and 10"),
        ("churn.weight_refusals", 0, None),
        ("affinity.min_support", float("inf"), "must be 0 or more"),
    ],
)
def test_a_number_alone(name: str, value: float, text: str | None) -> None:
    family, number = name.split(".")
    assert said(family, **{number: value}).get(number) == text


def test_thresholds_stand_in_order() -> None:
    assert said("rfm", recency_2=31, recency_3=30) == {"recency_3": "is below recency_2"}
    assert said("rfm", recency_3=400) == {"recency_3": "leaves recency_4 below it"}
    assert said("rfm", frequency_1=2) == {"frequency_1": "leaves frequency_2 above it"}
    assert said("renewal", low=0.5, high=0.4) == {"high": "is below low"}
    assert said("headroom", band_1=200) == {}, "equal limits leave a band empty, and nothing wrong"


def test_thresholds_of_a_currency_are_four_or_none_and_fall() -> None:
    four = {"monetary_eur_1": 20_000.5, "monetary_eur_2": 10_000, "monetary_eur_3": 5000, "monetary_eur_4": 1000}
    assert said("rfm", **four) == {}
    missing = "counts only with all four above 0: give monetary_eur_4 too"
    assert said("rfm", **{**four, "monetary_eur_4": 0}) == {"monetary_eur_1": missing}
    assert said("rfm", **{**four, "monetary_eur_3": 11_000}) == {"monetary_eur_3": "is above monetary_eur_2"}
    assert list(said("rfm", monetary_1=5)) == ["monetary_1"]


def test_thresholds_of_any_currency_are_known_to_rfm_alone() -> None:
    numbers = FAMILIES["rfm"].numbers
    assert is_known("rfm", "monetary_EUR_4", numbers)
    assert is_known("rfm", "quantiles", numbers)
    assert not is_known("rfm", "monetary_eur_5", numbers)
    assert not is_known("rfm", "monetary_euro_1", numbers)
    assert not is_known("usage", "monetary_eur_1", FAMILIES["usage"].numbers)
