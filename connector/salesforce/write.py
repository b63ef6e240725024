"""Writing: each record once, small numbers by Collections, large ones by Bulk, an outcome for every record."""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import ceil

from connector.port import Outcome, Record
from connector.salesforce.collections import PER_CALL, Collections
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.ingest import CALLS, NULL, Ingest
from connector.salesforce.outcomes import LOCKED, first_of_each
from connector.transport import Transport


class Writer:
    """Updates by id and upserts by a unique external id."""

    def __init__(self, config: SalesforceConfig, transport: Transport) -> None:
        self._config = config
        self._collections = Collections(config, transport)
        self.ingest = Ingest(config, transport)

    def write(self, object: str, key_field: str | None, records: Sequence[Record]) -> Iterator[Outcome]:
        """Update by id where there is no `key_field`."""
        unique, twice = first_of_each(records, "key" if key_field else "id")
        yield from twice
        if len(unique) <= self._config.bulk_writes:
            yield from self._collections.write(object, key_field, unique)
            return
        by_bulk = [record for record in unique if NULL not in record.values.values()]
        # as a text, #N/A cannot be written by Bulk
        by_call = [record for record in unique if NULL in record.values.values()]
        missed: list[Record] = []
        by_ref = {record.ref: record for record in by_bulk}
        for outcome in self.ingest.write(object, key_field, by_bulk):
            if outcome.code in (LOCKED, "UNPROCESSED"):
                missed.append(by_ref[outcome.ref])
            else:
                yield outcome
        yield from self._collections.write(object, key_field, list(chain(by_call, missed)))

    def cost(self, n: int) -> int:
        """Calls that writing `n` records takes when none has to be repeated."""
        return ceil(n / PER_CALL) if n <= self._config.bulk_writes else CALLS
