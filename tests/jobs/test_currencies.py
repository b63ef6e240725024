"""`mappings check` tells before the first pull which money cannot be compared, and why."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import verbs
from mappings.load import PRESETS
from tests.jobs.few_rules import UNREAD, few_rules
from tests.jobs.small import CRMS, Company, company

RATES = {
    "salesforce": (
        "CurrencyType",
        [
            {"IsoCode": code, "ConversionRate": rate, "DecimalPlaces": 2}
            for code, rate in (("EUR", 0.8), ("JPY", 160))
        ],
    ),
    "hubspot": (
        "exchange_rates",
        [
            {"fromCurrencyCode": code, "conversionRate": rate, "effectiveAt": "2020-01-01T00:00:00Z"}
            for code, rate in (("EUR", 1.25), ("JPY", 0.00625))
        ],
    ),
}
NOTHING = "read the CRM's rates (read: rate:), or give rates here: no rate to USD is known for EUR and JPY"
ELSEWHERE = (
    "the CRM tells its rates in USD, not in EUR: they are not used, and no rate to EUR is known for JPY and USD"
)


@pytest.fixture(scope="module", params=CRMS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(request.param, tmp_path_factory.mktemp("currencies")) as one:
        object, rows = RATES[one.crm]
        one.org.insert(object, rows)
        yield one


def told(served: Company, folder: Path, currency: str = "USD", *, rates: str = "", read: bool = True) -> list[str]:
    """What is noted about the company, with a currency, rates of its own, and with or without those of the CRM."""
    text = (
        (PRESETS / f"{served.crm}.yaml").read_text("utf-8").replace("currency: USD ", f"currency: {currency}{rates} ")
    )
    if not read:
        text = text[: text.index("  rate:\n")] + text[text.index("# What goes back.") :]
    (folder / f"{served.crm}.yaml").write_text(text, "utf-8")
    problems, notes = verbs.check(served.settings, folder)
    assert problems == []
    return [f"{one.path}: {one.text}" for one in notes if one.path.startswith("company")]


def test_with_the_rates_that_the_crm_keeps_there_is_nothing_to_say(served: Company, tmp_path: Path) -> None:
    assert told(served, tmp_path) == []


def test_rates_in_another_currency_than_the_companys_are_told(served: Company, tmp_path: Path) -> None:
    (one,) = told(served, tmp_path, "EUR")
    assert one.startswith(f"company.currency: {ELSEWHERE};")


def test_currencies_that_can_be_chosen_and_have_no_rate_are_told(served: Company, tmp_path: Path) -> None:
    (one,) = told(served, tmp_path, read=False)
    # of HubSpot's own lists of currencies nothing is said: they may hold some that the account never added
    assert one.startswith(f"company.rates: {NOTHING};")
    own = "\n  rates: {EUR: {from: 2020-01-01, rate: 1.1}, JPY: {from: 2020-01-01, rate: 0.007}}"
    assert told(served, tmp_path, rates=own, read=False) == []
    later = own.replace("JPY: {from: 2020", "JPY: {from: 2050")
    assert "is known for JPY;" in told(served, tmp_path, rates=later, read=False)[0]


def test_a_long_list_of_currencies_is_cut(tmp_path: Path) -> None:
    many = [f"X{letter}X" for letter in "ABCDEFGHIJ"]
    with company("hubspot", tmp_path / "many") as served:
        told_in_pounds = {"toCurrencyCode": "GBP", "conversionRate": 1}
        served.org.insert("exchange_rates", [{"fromCurrencyCode": code, **told_in_pounds} for code in many])
        (one,) = told(served, tmp_path)
    assert "the CRM tells its rates in GBP, not in USD" in one
    assert "is known for EUR, GBP, JPY, XAX, XBX, XCX, XDX, XEX and 5 more;" in one


def test_the_scope_for_rates_is_needed_only_where_they_are_read_and_missed_in_words(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "scope") as served:
        unread = {one.target for one in verbs.rights(served.settings).needed}
        read = {one.target for one in verbs.rights(served.settings.model_copy(update={"config": None})).needed}
        assert read - unread >= {"settings.currencies.read"}
        served.org.settings({"missing_scopes": ["settings.currencies.read"]})
        folder = few_rules(tmp_path / "rules", "hubspot", unread=[name for name in UNREAD if name != "rate"])
        problems, notes = verbs.check(served.settings, folder)
        (one,) = [note.text for note in notes if note.path == "rate.object"]
        result = replace(served, settings=served.settings.model_copy(update={"config": folder})).sync()
    assert result.written > 0
    assert "exchange_rates" not in result.read
    assert problems == []
    assert one.startswith("our user may not read exchange_rates")
    assert "add the scope settings.currencies.read" in one
