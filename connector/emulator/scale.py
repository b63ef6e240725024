"""Plain accounts by the million, for measuring: a name, an industry, a country, employees and an owner each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

Record = dict[str, Any]
Insert = Callable[[str, list[Record]], list[str]]

CHUNK: Final = 20_000
"""Records handed over at a time, so that a million never lie in memory twice."""
OWNERS: Final = 20
_INDUSTRIES: Final = (
    ("Manufacturing", "MACHINERY"),
    ("Technology", "COMPUTER_SOFTWARE"),
    ("Transportation", "LOGISTICS_AND_SUPPLY_CHAIN"),
    ("Retail", "RETAIL"),
    ("Healthcare", "HOSPITAL_HEALTH_CARE"),
    ("Finance", "FINANCIAL_SERVICES"),
)
_COUNTRIES: Final = ("Japan", "United States", "Germany")


def fill_salesforce(count: int, insert: Insert) -> None:
    """`count` Accounts of 20 Users."""
    users = insert("User", [_user(number) for number in range(1, OWNERS + 1)])
    for numbers in _chunks(count):
        insert("Account", [_account(number, users) for number in numbers])


def fill_hubspot(count: int, insert: Insert) -> None:
    """`count` companies of 20 owners."""
    owners = insert("owners", [_owner(number) for number in range(1, OWNERS + 1)])
    for numbers in _chunks(count):
        insert("companies", [_company(number, owners) for number in numbers])


def _chunks(count: int) -> Iterator[range]:
    for first in range(1, count + 1, CHUNK):
        yield range(first, min(first + CHUNK, count + 1))


def _account(number: int, users: Sequence[str]) -> Record:
    return {
        "Name": f"Example Account {number:07}",
        "Industry": _INDUSTRIES[number % len(_INDUSTRIES)][0],
        "BillingCountry": _COUNTRIES[number % len(_COUNTRIES)],
        "NumberOfEmployees": _employees(number),
        "OwnerId": users[number % OWNERS],
    }


def _company(number: int, owners: Sequence[str]) -> Record:
    properties = {
        "name": f"Example Account {number:07}",
        "industry": _INDUSTRIES[number % len(_INDUSTRIES)][1],
        "country": _COUNTRIES[number % len(_COUNTRIES)],
        "numberofemployees": str(_employees(number)),
        "hubspot_owner_id": owners[number % OWNERS],
    }
    return {"properties": properties}


def _employees(number: int) -> int:
    return 10 + number * 37 % 5_000


def _user(number: int) -> Record:
    return {"Username": f"owner{number:02}@example.invalid", "FirstName": "Owner", "LastName": f"{number:02}"}


def _owner(number: int) -> Record:
    return {"firstName": "Owner", "lastName": f"{number:02}", "email": f"owner{number:02}@example.invalid"}
