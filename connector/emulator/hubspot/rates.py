"""What other currencies are worth in the portal's own, from a moment on."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from connector.emulator.hubspot.wire import stamp
from connector.emulator.org import BadRequest

_TOLD = {"fromCurrencyCode", "toCurrencyCode", "conversionRate", "effectiveAt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One unit of `from_code` is worth `rate` units of `to_code` since `effective`."""

    id: str
    from_code: str
    to_code: str
    rate: float
    effective: str
    created: int
    updated: int

    def shown(self) -> dict[str, Any]:
        """As the currencies API answers it."""
        return {
            "id": self.id,
            "fromCurrencyCode": self.from_code,
            "toCurrencyCode": self.to_code,
            "conversionRate": self.rate,
            "effectiveAt": self.effective,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "visibleInUI": True,
        }


class Rates:
    """Every rate of a portal, by id, those that are over among them."""

    def __init__(self) -> None:
        self.by_id: dict[str, Rate] = {}
        self._last = 0

    def add(self, told: dict[str, Any], own: str, now: int) -> Rate:
        """A new rate, to the portal's `own` currency unless told; numbers are rounded to six decimals."""
        if set(told) - _TOLD or not {"fromCurrencyCode", "conversionRate"} <= set(told):
            raise BadRequest(f"an exchange rate takes {', '.join(sorted(_TOLD))}")
        self._last += 1
        rate = Rate(
            id=str(self._last),
            from_code=str(told["fromCurrencyCode"]),
            to_code=str(told.get("toCurrencyCode", own)),
            rate=round(float(told["conversionRate"]), 6),
            effective=str(told.get("effectiveAt", stamp(now))),
            created=now,
            updated=now,
        )
        self.by_id[rate.id] = rate
        return rate

    def change(self, action: str, id: str, told: dict[str, Any], own: str, now: int) -> Rate:
        """Create, update (`conversionRate` and `effectiveAt`) or delete one; the rate as it is then, or was."""
        if action == "create":
            return self.add(told, own, now)
        rate = self.by_id.get(id)
        if rate is None or action not in {"update", "delete"}:
            raise BadRequest(f"exchange rate {id} must exist, and action must be create, update or delete")
        if action == "delete":
            return self.by_id.pop(id)
        changed = float(told.get("conversionRate", rate.rate)), str(told.get("effectiveAt", rate.effective))
        self.by_id[id] = replace(rate, rate=round(changed[0], 6), effective=changed[1], updated=now)
        return self.by_id[id]

    def snapshot(self) -> list[dict[str, Any]]:
        """Every rate, JSON-able."""
        return [asdict(rate) for rate in self.by_id.values()]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Become what `snapshot` saw."""
        self.by_id = {told["id"]: Rate(**told) for told in state}
        self._last = max((int(id) for id in self.by_id), default=0)
