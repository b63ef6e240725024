"""sObject Collections: up to 200 records a call, an answer for each.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.errors import GiveUp, Unclear
from connector.port import Outcome, Record
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.outcomes import LOCKED, of_collection, refused, written
from connector.transport import Transport
from connector.wire import Call

PER_CALL = 200
FETCHED = 2_000
_LOCK_TRIES = 4
_GONE = ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY")
_MOST_SPLITS = 40
_HEADERS = {"Sforce-Auto-Assign": "FALSE"}  # else assignment rules may give the record to another owner


class Collections:
    """Writes and fetches records in small calls."""

    def __init__(self, config: SalesforceConfig, transport: Transport) -> None:
        self._path = f"{config.data}/composite/sobjects"
        self._first_wait_s = config.patience.first_s
        self._transport = transport

    def fetch(self, object: str, fields: Sequence[str], ids: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        """These records, missing and deleted ones left out."""
        for start in range(0, len(ids), FETCHED):
            body = {"ids": list(ids[start : start + FETCHED]), "fields": list(dict.fromkeys(fields))}
            call = Call(method="POST", target=f"{self._path}/{object}", json=body, repeatable=True)
            yield [record for record in self._transport.send(call).data if record]

    def write(self, object: str, key_field: str | None, records: Sequence[Record]) -> Iterator[Outcome]:
        """Update by id, or upsert by `key_field`. Records that were locked are sent again a few times, calmly."""
        for start in range(0, len(records), PER_CALL):
            locked: list[Record] = []
            for record, outcome in self._sent(object, key_field, list(records[start : start + PER_CALL])):
                if outcome.code == LOCKED:
                    locked.append(record)
                else:
                    yield outcome
            yield from self._insisted(object, key_field, locked)

    def delete(self, records: Sequence[Record]) -> Iterator[Outcome]:
        """Delete by id; what is gone already is fine. Records that were locked may be sent again later."""
        for start in range(0, len(records), PER_CALL):
            some = records[start : start + PER_CALL]
            params = {"ids": ",".join(str(record.id) for record in some), "allOrNone": "false"}
            said = self._transport.send(Call(method="DELETE", target=self._path, params=params, repeatable=True)).data
            for record, entry in zip(some, _as_many(said, len(some), "deletion"), strict=True):
                outcome = of_collection(record, entry, by_key=False)
                yield written(record, record.id, created=False) if outcome.code in _GONE else outcome

    def _insisted(self, object: str, key_field: str | None, locked: list[Record]) -> Iterator[Outcome]:
        for attempt in range(_LOCK_TRIES):
            if not locked:
                return
            self._transport.wait(self._first_wait_s * 3**attempt)
            again = list(self._sent(object, key_field, locked))
            last = attempt == _LOCK_TRIES - 1
            locked = [record for record, outcome in again if outcome.code == LOCKED and not last]
            yield from (outcome for _, outcome in again if outcome.code != LOCKED or last)

    def _sent(self, object: str, key_field: str | None, records: list[Record]) -> Iterator[tuple[Record, Outcome]]:
        """Each record with its outcome, in the order given."""
        pending, splits = [records], 0
        while pending:
            some = pending.pop(0)
            try:
                said = self._transport.send(self._call(object, key_field, some)).data
            except GiveUp as error:
                # A value of the wrong JSON type makes Salesforce refuse the whole call: find the record by halves.
                if error.status != 400 or (len(some) > 1 and splits >= _MOST_SPLITS):
                    raise
                if len(some) == 1:
                    yield some[0], refused(some[0], error.code or "UNKNOWN", str(error))
                    continue
                splits += 1
                pending = [some[: len(some) // 2], some[len(some) // 2 :], *pending]
                continue
            yield from self._paired(object, key_field, some, said)

    def _paired(
        self, object: str, key_field: str | None, records: list[Record], said: Any
    ) -> Iterator[tuple[Record, Outcome]]:
        for record, entry in zip(records, _as_many(said, len(records), f"write of {object}"), strict=True):
            yield record, of_collection(record, entry, by_key=key_field is not None)

    def _call(self, object: str, key_field: str | None, records: Sequence[Record]) -> Call:
        target = f"{self._path}/{object}/{key_field}" if key_field else self._path
        body = {"allOrNone": False, "records": [_body(object, key_field, record) for record in records]}
        return Call(method="PATCH", target=target, json=body, headers=_HEADERS, repeatable=True)


def _as_many(said: Any, n: int, what: str) -> list[Any]:
    if not isinstance(said, list) or len([one for one in said if _is_outcome(one)]) != n:
        raise Unclear(
            f"Salesforce answered a {what} of {n} records with another number of outcomes. "
            "Some may have been written: look first."
        )
    return said


def _is_outcome(said: Any) -> bool:
    return isinstance(said, dict) and isinstance(said.get("success"), bool)


def _body(object: str, key_field: str | None, record: Record) -> Mapping[str, Any]:
    name = {key_field: record.key} if key_field else {"id": record.id}
    return {"attributes": {"type": object}, **record.values, **name}
