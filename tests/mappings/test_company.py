"""What the company section says: currencies with dated rates, time zone; each slip is told."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mappings.check import check, notes
from mappings.config import Company, MappingConfig
from mappings.load import PRESETS, BadConfig, load_mapping, load_rules, positions
from mappings.read import canonical
from mappings.schema import Schema
from mappings.sources import lineage
from tests.mappings.orgs import Rows, also, hubspot, preset, salesforce, thing

TEXT = (PRESETS / "salesforce.yaml").read_text("utf-8")
HEAD, REST = TEXT[: TEXT.index("company:")], TEXT[TEXT.index("\nread:\n") :]
LINES = HEAD.count("\n")
SUMMER = date(2026, 7, 1)


def loaded(folder: Path, company: str) -> MappingConfig:
    (folder / "salesforce.yaml").write_text(f"{HEAD}company:\n  name: Example Vendor\n{company}{REST}", "utf-8")
    return load_mapping("salesforce", folder)


def problems(folder: Path, company: str) -> list[str]:
    """What is wrong, without the file; lines count from the first one after the company's name."""
    with pytest.raises(BadConfig) as caught:
        loaded(folder, company)
    return [f"{one.line - LINES - 2}:{one.column} " + str(one).partition("  ")[2] for one in caught.value.problems]


def test_a_company_says_as_little_as_its_name(tmp_path: Path) -> None:
    company = loaded(tmp_path, "").company
    assert company == Company(name="Example Vendor")
    assert (company.currency, company.time_zone, dict(company.rates)) == ("USD", "UTC", {})


def test_rates_are_decimals_by_day_and_one_needs_no_list(tmp_path: Path) -> None:
    text = "  rates:\n    JPY: {from: 2026-01-01, rate: 0.0067}\n    EUR:\n"
    text += '      - {from: 2026-01-01, rate: 1}\n      - {from: "2026-07-01", rate: "1.10"}\n'
    company = loaded(tmp_path, text).company
    told = {code: [(str(one.since), one.rate) for one in rates] for code, rates in company.rates.items()}
    assert told == {
        "JPY": [("2026-01-01", Decimal("0.0067"))],
        "EUR": [("2026-01-01", Decimal(1)), ("2026-07-01", Decimal("1.10"))],
    }


def test_a_file_of_before_that_names_a_fiscal_year_still_loads_and_a_note_says_it_has_no_effect(
    tmp_path: Path,
) -> None:
    assert loaded(tmp_path, "  fiscal_year_starts: 4\n").company.name == "Example Vendor"
    asked = load_rules("salesforce", tmp_path), salesforce(), positions("salesforce", tmp_path)
    found = [one for one in notes(*asked) if one.path.startswith("company")]
    assert [str(one).partition("  ")[2] for one in found] == [
        "company.fiscal_year_starts: has no effect; leave it out."
    ]
    assert found[0].line == LINES + 3
    assert not check(*asked)


def test_every_slip_in_a_rate_is_told_with_its_place(tmp_path: Path) -> None:
    text = """\
  fiscal_year_starts: 13
  rates:
    yen: {from: 2026-01-01, rate: 1}
    EUR: {from: 2026-02-30, rate: 1}
    GBP: {from: 20260101, rate: 0}
    CHF: {from: 2026-01-01, rate: .inf}
    SEK: {from: 2026-01-01, rate: true}
    NOK: {form: 2026-01-01, rate: many}
    DKK: 7
    PLN: {rate: 1000000000}
"""
    assert problems(tmp_path, text) == [
        "1:3 company.fiscal_year_starts: must be at most 12, not 13.",
        "3:5 company.rates.yen: must be a three-letter currency code such as USD or JPY, not yen.",
        "4:11 company.rates.EUR.from: must be a day such as 2026-01-31, not 2026-02-30.",
        "5:11 company.rates.GBP.from: must be a day such as 2026-01-31, not 20260101.",
        "5:27 company.rates.GBP.rate: must be a number above 0 and up to 100,000,000, not 0.",
        "6:29 company.rates.CHF.rate: must be a number above 0 and up to 100,000,000, not .inf.",
        "7:29 company.rates.SEK.rate: must be a number above 0 and up to 100,000,000, not true.",
        "8:5 company.rates.NOK.from: is missing.",
        "8:11 company.rates.NOK.form: unknown key; known here: from and rate. Did you mean from?",
        "8:29 company.rates.NOK.rate: must be a number above 0 and up to 100,000,000, not many.",
        "9:5 company.rates.DKK: must be lines of the form name: value (from, rate), not 7.",
        "10:5 company.rates.PLN.from: is missing.",
        "10:11 company.rates.PLN.rate: must be a number above 0 and up to 100,000,000, not 1000000000.",
    ]


def test_rates_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    text = """\
  currency: EUR
  rates:
    EUR: {from: 2026-01-01, rate: 1}
    USD:
      - {from: 2026-01-01, rate: 1}
      - {from: 2026-01-01, rate: 2}
"""
    assert problems(tmp_path, text) == [
        "3:5 company.rates.EUR: is the company's own currency, in which rates are said; leave it out.",
        "6:10 company.rates.USD[2].from: USD has two rates from 2026-01-01 on; keep one.",
    ]


@pytest.mark.parametrize(
    ("zone", "meant"),
    [
        ("Asia/Tokio", "Asia/Tokyo"), ("america/los_angeles", "America/Los_Angeles"), ("Mars", None),
        ("../etc/passwd", None), ("Europe/Berlin\\0", "Europe/Berlin"),
    ],
)  # fmt: skip
def test_a_zone_that_does_not_exist_is_told_with_the_one_that_was_meant(
    tmp_path: Path, zone: str, meant: str | None
) -> None:
    (told,) = problems(tmp_path, f'  time_zone: "{zone}"\n')
    assert told.startswith("1:3 company.time_zone: there is no time zone ")
    assert ("Did you mean" in told) == (meant is not None)
    assert meant is None or told.endswith(f"Did you mean {meant}?")


def test_rates_are_read_from_an_org_that_keeps_them() -> None:
    mapping, org = preset("salesforce"), salesforce()
    kept = {
        "CurrencyType": thing("CurrencyType", "IsoCode ConversionRate:n IsCorporate:b IsActive:b", id_field="Id"),
        "DatedConversionRate": thing("DatedConversionRate", "IsoCode StartDate:d ConversionRate:n", id_field="Id"),
    }
    schema = Schema(crm="salesforce", objects={**org.objects, **kept})
    rows = {
        "CurrencyType": [
            {"id": "01L1", "IsoCode": "USD", "ConversionRate": 1.0, "IsCorporate": True},
            {"id": "01L2", "IsoCode": "JPY", "ConversionRate": 160.0, "IsCorporate": False},
        ],
        "DatedConversionRate": [{"id": "04w1", "IsoCode": "JPY", "ConversionRate": 150.5, "StartDate": SUMMER}],
    }
    assert (
        lineage(mapping, schema)["rate.inverse"] == "CurrencyType.ConversionRate, DatedConversionRate.ConversionRate"
    )
    assert "rate.inverse" not in lineage(mapping, org)
    read = Rows(schema, rows)
    found = {str(row["id"]): row for row in read.read(read.canonical(mapping)["rate"])}
    columns = ("currency", "starts_on", "rate", "inverse", "is_base")
    assert {id: tuple(row[name] for name in columns) for id, row in found.items()} == {
        "01L1": ("USD", None, None, 1.0, True),
        "01L2": ("JPY", None, None, 160.0, False),
        "04w1": ("JPY", SUMMER, None, 150.5, None),
    }


def test_rates_are_read_from_a_portal_that_keeps_them() -> None:
    mapping, portal = preset("hubspot"), hubspot()
    text = "fromCurrencyCode toCurrencyCode conversionRate:n effectiveAt:s"
    kept = thing("exchange_rates", text, id_field="id")
    schema = Schema(crm="hubspot", objects={**portal.objects, "exchange_rates": kept})
    rate = {"fromCurrencyCode": "EUR", "toCurrencyCode": "USD", "conversionRate": 1.25}
    read = Rows(schema, {"exchange_rates": [{"id": "1", "effectiveAt": datetime(2026, 7, 1, tzinfo=UTC), **rate}]})
    (found,) = read.read(read.canonical(mapping)["rate"])
    columns = ("currency", "starts_on", "rate", "inverse", "into", "is_base")
    assert tuple(found[name] for name in columns) == ("EUR", SUMMER, 1.25, None, "USD", None)


@pytest.mark.parametrize(("crm", "name"), [("salesforce", "CurrencyType"), ("hubspot", "exchange_rates")])
def test_rates_that_are_not_there_need_no_word_and_those_we_may_not_see_do(crm: str, name: str) -> None:
    rules, org = load_rules(crm, None), salesforce() if crm == "salesforce" else hubspot()
    asked = rules, positions(crm, None)

    def told(schema: Schema) -> list[str]:
        return [one.text for one in notes(asked[0], schema, asked[1]) if one.path.startswith("rate")]

    assert told(org) == []
    assert told(replace(org, hidden={name: "no."})) == [f"our user may not read {name}: no"]


def test_a_constant_month_must_be_one(tmp_path: Path) -> None:
    text = TEXT.replace("{field: Fiscal_Year_End_Month__c, optional: true}", "{constant: 13}")
    (tmp_path / "salesforce.yaml").write_text(text, "utf-8")
    with pytest.raises(BadConfig) as caught:
        load_mapping("salesforce", tmp_path)
    assert [(one.path, one.text) for one in caught.value.problems] == [
        ("account.fiscal_month.constant", "must be 1 to 12, not 13")
    ]


def test_a_rate_can_be_made_without_yaml() -> None:
    company = Company.model_validate(
        {"name": "Example Vendor", "rates": {"EUR": {"from": date(2026, 1, 31), "rate": Decimal("1.1")}}}
    )
    assert company.rates["EUR"][0].since == date(2026, 1, 31)


@pytest.mark.parametrize(("value", "month"), [(3, 3), (12, 12), (0, None), (13, None), (-1, None), (None, None)])
def test_a_month_that_does_not_exist_is_missing(value: Any, month: int | None) -> None:
    schema = also(salesforce(), Account="Fiscal_Year_End_Month__c:n")
    rows = Rows(schema, {"Account": [{"id": "1", "Name": "Example", "Fiscal_Year_End_Month__c": value}]})
    (row,) = rows.read(canonical(preset("salesforce"), schema, rows.table, rows.links)["account"])
    assert row["fiscal_month"] == month
