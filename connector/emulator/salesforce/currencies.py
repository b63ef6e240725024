"""What multiple currencies bring to an org: records with a currency, the currencies with rates, and rates by day.

https://help.salesforce.com/s/articleView?id=sf.admin_enable_multicurrency_implications.htm
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.fields import Field, choice, number, plain
from connector.emulator.salesforce.parts import fixed, once, system_fields
from connector.emulator.salesforce.table import Table

TYPES, DATED = "CurrencyType", "DatedConversionRate"


def activate(core: Core, codes: Sequence[str], objects: Iterable[str]) -> None:
    """Activate multiple currencies, the first one the corporate currency, and advanced currency management.

    Records of these objects get a CurrencyIsoCode. It cannot be undone; a second time changes nothing.
    """
    field = replace(choice("CurrencyIsoCode", codes, default=codes[0], restricted=True), label="Currency")
    for name in objects:
        table = core.tables[name]
        if table.field(field.name) is None:
            table.add_field(field)
    if TYPES not in core.tables:
        core.add_table(Table(TYPES, "Currency Type", "01L", (*_system(), *_type(codes))))
        core.add_table(Table(DATED, "Dated Conversion Rate", "04w", (*_system(), *_dated(codes))))


def _system() -> list[Field]:
    """Neither object has IsDeleted, so nobody is shown it."""
    return [replace(field, guarded=field.name == "IsDeleted") for field in system_fields(owners=())]


def _type(codes: Sequence[str]) -> list[Field]:
    return [
        once(choice("IsoCode", codes, restricted=True, required=True)),
        replace(number("ConversionRate", 18, 6), required=True),
        replace(number("DecimalPlaces", 1, type="int"), required=True),
        plain("IsActive", "boolean"),
        plain("IsCorporate", "boolean"),
    ]


def _dated(codes: Sequence[str]) -> list[Field]:
    """Nobody makes one by the API."""
    return [
        fixed(choice("IsoCode", codes, restricted=True, required=True)),
        fixed(plain("StartDate", "date", required=True)),
        fixed(plain("NextStartDate", "date")),
        replace(number("ConversionRate", 18, 6), required=True, createable=False),
    ]
