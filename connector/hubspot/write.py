"""Writing records: 100 a call, an outcome for each, and nothing created twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Literal

from connector.errors import GiveUp, Unclear
from connector.hubspot.associate import associated
from connector.hubspot.names import AT_CREATION
from connector.hubspot.outcomes import (
    ALREADY_THERE,
    Item,
    archived,
    away,
    distinct,
    item,
    outcomes,
    refused,
    unarchived,
)
from connector.hubspot.portal import BATCH, LINKS_READ, Portal
from connector.port import Outcome, Record

Verb = Literal["create", "update", "upsert"]
_HALVED = (400, 409)
_SAME_FOR_ALL = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes to one account."""

    portal: Portal

    def update(self, name: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Update by record id."""
        records, turned_away = distinct(records, "id")
        yield from turned_away
        for part in _parts(records, BATCH):
            # no idProperty: HubSpot refuses hs_object_id there, it is not a unique property
            yield from self._told(name, "update", [item(r, n, id=r.id) for n, r in enumerate(part)])

    def upsert(self, name: str, key_field: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Create or update by the unique `key_field`, then make the links."""
        records, turned_away = distinct(records, "key")
        yield from turned_away
        waiting: list[tuple[Record, Outcome]] = []
        for part in _parts(records, BATCH):
            found = self._created(name, key_field, part) if name in AT_CREATION else self._put(name, key_field, part)
            for record, outcome in zip(part, found, strict=True):
                if record.links and outcome.ok:
                    waiting.append((record, outcome))
                else:
                    yield outcome
            if len(waiting) + BATCH > LINKS_READ:
                yield from associated(self.portal, name, waiting)
                waiting = []
        yield from associated(self.portal, name, waiting)

    def keyed(self, name: str, key_field: str, keys: Sequence[str]) -> dict[str, str]:
        """Record ids by key, of those records that exist."""
        found: dict[str, str] = {}
        for part in _parts([Record(ref=key, key=key, values={}) for key in dict.fromkeys(keys)], BATCH):
            found |= self._ids(name, key_field, part)
        return found

    def archive(self, name: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Into the recycle bin by record id, for 90 days; what is there already, or gone, is fine."""
        for part in _parts(records, BATCH):
            yield from self._archived(name, part)

    def cost(self, name: str, how: Literal["update", "upsert"], n: int) -> int:
        """Calls that writing `n` records takes; an upsert as if every record had links to two objects."""
        batches = ceil(n / BATCH)
        if how == "update":
            return batches
        return batches * (2 if name in AT_CREATION else 1) + 2 * ceil(n / LINKS_READ)

    def _archived(self, name: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """A call refused as a whole is halved until the record that it is about stands alone: nothing was done."""
        try:
            answer = self.portal.batch(name, "archive", {"inputs": [{"id": record.id} for record in records]})
        except GiveUp as error:
            if error.status not in (*_HALVED, 404):
                raise
            if len(records) > 1:
                half = len(records) // 2
                yield from self._archived(name, records[:half])
                yield from self._archived(name, records[half:])
                return
            yield unarchived(records[0], error.code, str(error))
            return
        yield from self._looked_after(name, records, list(archived(records, answer.data or {})))

    def _looked_after(self, name: str, records: Sequence[Record], found: Sequence[Outcome]) -> Iterator[Outcome]:
        """The outcomes, after a look at those records of which nobody said whether they are archived."""
        asked = [record for record, outcome in zip(records, found, strict=True) if outcome.unclear]
        there = self._alive(name, asked) if asked else set()
        for record, outcome in zip(records, found, strict=True):
            if not outcome.unclear:
                yield outcome
            else:
                yield replace(outcome, unclear=False) if record.id in there else away(record)

    def _alive(self, name: str, records: Sequence[Record]) -> set[str]:
        body = {"inputs": [{"id": record.id} for record in records], "properties": [], "propertiesWithHistory": []}
        return {str(one["id"]) for one in self.portal.batch(name, "read", body).data.get("results") or ()}

    def _put(self, name: str, key_field: str, records: Sequence[Record]) -> list[Outcome]:
        found = self._told(name, "upsert", [_keyed(r, n, key_field) for n, r in enumerate(records)])
        return self._updated_instead(name, key_field, records, found)

    def _updated_instead(
        self, name: str, key_field: str, records: Sequence[Record], found: Sequence[Outcome]
    ) -> list[Outcome]:
        """The outcomes, after an update of those records that somebody else created in the same moment."""
        raced = [r for r, outcome in zip(records, found, strict=True) if outcome.code in ALREADY_THERE]
        if not raced:
            return list(found)
        ids = self._ids(name, key_field, raced)
        there = [r for r in raced if r.key in ids]
        again = self._told(name, "update", [item(r, n, id=ids[str(r.key)]) for n, r in enumerate(there)])
        better = {outcome.ref: outcome for outcome in again}
        return [better.get(outcome.ref, outcome) for outcome in found]

    def _created(self, name: str, key_field: str, records: Sequence[Record]) -> list[Outcome]:
        """Update the records that are there; create the others together with the links HubSpot demands."""
        ids = self._ids(name, key_field, records)
        there = [item(r, n, id=ids[str(r.key)]) for n, r in enumerate(records) if r.key in ids]
        absent = [r for r in records if r.key not in ids]
        found = [*self._told(name, "update", there), *self._create(name, key_field, absent)]
        by_ref = {outcome.ref: outcome for outcome in found}
        return [by_ref[record.ref] for record in records]

    def _create(self, name: str, key_field: str, records: Sequence[Record], *, again: bool = True) -> list[Outcome]:
        items = [_whole(name, r, n, key_field) for n, r in enumerate(records)]
        try:
            found = self._sent(name, "create", items)
        except Unclear:
            if not again:
                raise
            return self._looked_up(name, key_field, records)
        found = self._updated_instead(name, key_field, records, found)
        unclear = [r for r, outcome in zip(records, found, strict=True) if outcome.unclear]
        if not unclear:
            return found
        if again:
            looked = {outcome.ref: outcome for outcome in self._looked_up(name, key_field, unclear)}
        else:
            looked = self._made(name, key_field, unclear)
        return [looked.get(outcome.ref, outcome) for outcome in found]

    def _looked_up(self, name: str, key_field: str, records: Sequence[Record]) -> list[Outcome]:
        """After a creation that may have happened: what is there was created, the rest is sent once more."""
        done = self._made(name, key_field, records)
        rest = [record for record in records if record.ref not in done]
        done |= {outcome.ref: outcome for outcome in self._create(name, key_field, rest, again=False)}
        return [done[record.ref] for record in records]

    def _made(self, name: str, key_field: str, records: Sequence[Record]) -> dict[str, Outcome]:
        """Those of these records that are there, as created, by ref."""
        ids = self._ids(name, key_field, records)
        return {r.ref: Outcome(ref=r.ref, ok=True, id=ids[str(r.key)], created=True) for r in records if r.key in ids}

    def _ids(self, name: str, key_field: str, records: Sequence[Record]) -> dict[str, str]:
        """Record ids by key, of those records that exist."""
        if not records:
            return {}
        body: dict[str, Any] = {
            "inputs": [{"id": record.key} for record in records],
            "idProperty": key_field,
            "properties": [key_field],
            "propertiesWithHistory": [],
        }
        results = self.portal.batch(name, "read", body).data.get("results") or ()
        return {str(result["properties"][key_field]): str(result["id"]) for result in results}

    def _told(self, name: str, verb: Literal["update", "upsert"], items: Sequence[Item]) -> list[Outcome]:
        """An outcome for each item. What HubSpot says nothing about is sent once more, for each names what it means.

        A record that then turns out to be there was made by the first call: its key is ours.
        """
        found = self._sent(name, verb, items)
        silent = [one for one, outcome in zip(items, found, strict=True) if outcome.unclear]
        if not silent:
            return found
        made = verb == "upsert"
        again = {outcome.ref: replace(outcome, created=made) for outcome in self._sent(name, verb, silent)}
        return [again.get(outcome.ref, outcome) for outcome in found]

    def _sent(self, name: str, verb: Verb, items: Sequence[Item]) -> list[Outcome]:
        """An outcome for each item. A batch refused as a whole is halved: a refusal says that nothing was written."""
        if not items:
            return []
        try:
            answer = self.portal.batch(name, verb, {"inputs": [one.body for one in items]})
        except GiveUp as error:
            if error.status not in _HALVED:
                raise
            if len(items) == 1 or (error.code in _SAME_FOR_ALL and _alike(items)):
                return refused(items, error)
            half = len(items) // 2
            return [*self._sent(name, verb, items[:half]), *self._sent(name, verb, items[half:])]
        return outcomes(items, answer.data or {}, created=verb == "create")


def _alike(items: Sequence[Item]) -> bool:
    """Whether all of them write the same properties, so that what is wrong with one property is wrong with all."""
    return len({frozenset(one.body["properties"]) for one in items}) == 1


def _keyed(record: Record, n: int, key_field: str) -> Item:
    with_key = replace(record, values={**record.values, key_field: record.key})
    return replace(item(with_key, n, id=record.key, idProperty=key_field), record=record)


def _whole(name: str, record: Record, n: int, key_field: str) -> Item:
    """A record to create, with the associations without which HubSpot refuses it."""
    types = AT_CREATION[name]
    links = [
        {
            "to": {"id": link.id},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": types[link.object]}],
        }
        for link in sorted(set(record.links))
        if link.object in types
    ]
    with_key = replace(record, values={**record.values, key_field: record.key})
    return replace(item(with_key, n, associations=links), record=record)


def _parts(records: Sequence[Record], size: int) -> Iterator[Sequence[Record]]:
    return (records[start : start + size] for start in range(0, len(records), size))
