"""Exchange rates as an object like any other, in HubSpot's own words; those that are over are among them.

`conversionRate` is what one unit of fromCurrencyCode is worth in toCurrencyCode, the company currency of that time.
https://developers.hubspot.com/docs/api-reference/latest/account/settings/multicurrency/guide
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from connector.errors import GiveUp
from connector.hubspot.cells import milliseconds
from connector.hubspot.names import RATES
from connector.hubspot.pages import Shape
from connector.hubspot.portal import Portal
from connector.hubspot.properties import read_only
from connector.paging import Trail
from mappings.schema import FieldType, ObjectSchema

_PAGE = 100
_NOT_HERE = (400, 404)
_KINDS = {
    "fromCurrencyCode": FieldType.TEXT,
    "toCurrencyCode": FieldType.TEXT,
    "conversionRate": FieldType.NUMBER,
    "effectiveAt": FieldType.DATETIME,
    "visibleInUI": FieldType.BOOLEAN,
}


def schema(portal: Portal) -> ObjectSchema | None:
    """Rates as an object; None where the account has none to ask for. Raises status 403 where we may not see them."""
    try:
        next(_listed(portal), None)
    except GiveUp as error:
        if error.status not in _NOT_HERE:
            raise
        return None
    return read_only(RATES, "Exchange rates", _KINDS)


def rows(portal: Portal, shape: Shape) -> pa.RecordBatch:
    """Every rate, by id; the columns that the shape asks for."""
    return pa.RecordBatch.from_pylist(_all(portal), schema=shape.arrow)


def ids(portal: Portal) -> list[str]:
    """The ids of all of them."""
    return [str(row["id"]) for row in _all(portal)]


def _all(portal: Portal) -> list[dict[str, Any]]:
    found = {str(one["id"]): _row(one) for one in _listed(portal)}
    return [found[id] for id in sorted(found, key=lambda one: (len(one), one))]


def _row(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(told["id"]),
        "fromCurrencyCode": str(told["fromCurrencyCode"]),
        "toCurrencyCode": str(told["toCurrencyCode"]),
        "conversionRate": float(told["conversionRate"]),
        "effectiveAt": milliseconds(str(told["effectiveAt"])),
        "visibleInUI": bool(told.get("visibleInUI", True)),
    }


def _listed(portal: Portal) -> Iterator[Mapping[str, Any]]:
    after, trail = "", Trail("HubSpot exchange rates")
    while True:
        params = {"limit": str(_PAGE), **({"after": after} if after else {})}
        answer = portal.get(portal.paths.exchange_rates, params).data
        yield from answer["results"]
        following = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
        if not following:
            return
        after = trail.on(following)
