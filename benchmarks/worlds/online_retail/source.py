"""Online Retail II, 2009-10: 525,461 real invoice lines of a wholesaler, read as they are.

Decided here: a customer number is an account, in the country of its last invoice; an invoice is a deal that closed on
its day, and every line a line item, none left out. An invoice without a customer is a deal without an account. An
invoice is won, except cancellations (C...) and bad-debt adjustments (A...): those are lost deals that keep their
negative lines, so that nothing returned counts as bought. A StockCode, without spaces around it, is a product; its
name is the description met most often, its price the median of the positive prices asked for it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

ENDS: Final = datetime(2010, 12, 10, 12, 0, tzinfo=UTC)
"""Noon of the day after the last invoice: the emulator's clock is set to it."""
FILE: Final = "online_retail_II_2009_2010.parquet"
_COLUMNS: Final = (
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
)
_CASTS: Final = {"InvoiceDate": pa.date32(), "Customer ID": pa.int64()}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice; prices are pounds with up to three decimals."""

    invoice: str
    product: str
    quantity: int
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice; `amount` is the sum of its lines in pounds, rounded to pence."""

    number: str
    customer: str | None
    on: date
    amount: float

    @property
    def is_won(self) -> bool:
        """False for a cancellation and for an adjustment of a bad debt."""
        return self.number[0] not in "CA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A StockCode."""

    code: str
    name: str
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineRetail:
    """The whole data set; `customers` gives the country by customer number."""

    customers: dict[str, str]
    products: tuple[Product, ...]
    invoices: tuple[Invoice, ...]
    lines: tuple[Line, ...]


Row = tuple[str, str, str, int, date, float, int | None, str]
"""Invoice, StockCode, Description, Quantity, InvoiceDate, Price, Customer ID, Country."""


def read(folder: Path) -> OnlineRetail:
    """The parquet file of the folder."""
    table = pq.read_table(folder / FILE, columns=list(_COLUMNS))
    for name, type in _CASTS.items():
        table = table.set_column(table.schema.get_field_index(name), name, table.column(name).cast(type, safe=False))
    return understand(zip(*(table.column(name).to_pylist() for name in _COLUMNS), strict=True))


def understand(rows: Iterable[Row]) -> OnlineRetail:
    """Customers, products, invoices and lines from the rows as they are in the file."""
    customers: dict[str, str] = {}
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    prices: defaultdict[str, list[float]] = defaultdict(list)
    heads: dict[str, tuple[str | None, date]] = {}
    amounts: defaultdict[str, float] = defaultdict(float)
    lines = []
    for invoice, stock_code, description, quantity, on, price, number, country in rows:
        code = stock_code.strip()
        customer = None if number is None else str(number)
        if customer is not None:
            customers[customer] = country
        names[code][description or ""] += 1
        prices[code].append(price)
        heads.setdefault(invoice, (customer, on))
        amounts[invoice] += quantity * price
        lines.append(Line(invoice, code, quantity, price))
    return OnlineRetail(
        customers=customers,
        products=tuple(_product(code, names[code], prices[code]) for code in names),
        invoices=tuple(_invoices(heads, amounts)),
        lines=tuple(lines),
    )


def _product(code: str, names: Counter[str], prices: list[float]) -> Product:
    name = " ".join(max(names.items(), key=lambda item: (item[1], item[0]))[0].split())
    asked = [price for price in prices if price > 0]
    return Product(code=code, name=name or code, price=round(median(asked), 2) if asked else 0.0)


def _invoices(heads: dict[str, tuple[str | None, date]], amounts: dict[str, float]) -> Iterator[Invoice]:
    for number, (customer, on) in heads.items():
        yield Invoice(number=number, customer=customer, on=on, amount=round(amounts[number], 2))
