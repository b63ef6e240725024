"""Pull: bring the mirror up to what the CRM holds, and prove it by the CRM's own counts.

An object goes on from its cursor where the mirror holds the same fields, else it is read in full. No cursor shows a
record that was deleted for good, so a count that differs leads to ever stronger means: what changed meanwhile, then
every id, then everything; and if that does not help, to an error that names the object.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

import pyarrow as pa

from connector.errors import AskAPerson
from connector.port import Batch, Crm, Cursor, LinkRows, Read
from jobs.reading import read_at_once
from jobs.store.mirror import FieldsChanged, Loaded, Mirror, Sink
from mappings.needs import Needs
from mappings.problems import counted as so_many
from mappings.schema import ObjectSchema, Schema

Progress = Callable[[str, int, int | None], None]
"""Called with an object, the rows read so far, and how many there are (None: unknown). May raise to stop."""

LARGE = 20_000
"""From this many rows on, listing every id costs more than waiting: a search index counts some moments behind."""
WAITS_S = (2.0, 4.0, 8.0)
SMALL = 100_000
WEEK = timedelta(days=7)
LONG = timedelta(minutes=1)
FEW = 2_000
"""Up to so many unknown records (or a fifth of all) are fetched by id; more are read again in full."""


@runtime_checkable
class Linking(Protocol):
    """A CRM whose associations can be read apart from the rows."""

    def links(self, object: str, to: str, ids: Iterable[pa.Array] | None = None) -> Iterator[LinkRows]:
        """Associations from these records (all of them where None) to records of `to`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRead:
    """One object in figures: rows read and rows gone, what the CRM counts, what the mirror holds now and held before.

    `full`: all of it was read, not only what changed. `healed`: rows that only the audit of ids found or removed.
    """

    rows: int
    deleted: int
    crm_count: int
    mirror_count: int
    before: int
    full: bool
    healed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """What a pull read, by object."""

    read: Mapping[str, ObjectRead]


def pull(
    crm: Crm,
    mirror: Mirror,
    wanted: Mapping[str, Needs],
    schema: Schema,
    *,
    full: bool = False,
    progress: Progress = lambda _object, _rows, _total: None,
    relink_hours: float = 24.0,
    threads: int = 3,
    wait: Callable[[float], None] = time.sleep,
) -> PullResult:
    """Read the wanted objects into the mirror; those that the schema lacks are left out.

    Associations that changed while their rows did not are found by reading all of them, every `relink_hours`. As
    often, a small object with formulas or other fields that nobody writes is read in full; any object once a week.
    Raises `AskAPerson` where the mirror cannot be brought to what the CRM counts, and whatever the connector raises.
    """
    mirror.claim(crm.connection())
    began = crm.now()
    asked = {name: needs for name, needs in sorted(wanted.items()) if name in schema.objects}
    objects = [_Object(schema=schema.objects[name], needs=needs) for name, needs in asked.items()]
    work = _Pull(
        crm=crm,
        mirror=mirror,
        progress=progress,
        threads=threads,
        wait=wait,
        began=began,
        stale=timedelta(hours=relink_hours),
    )
    work.read(objects, full=full)
    work.read([one for one in objects if one.loaded is None], full=True)
    for one in objects:
        work.relink(one)
    return PullResult(read={one.name: work.reconciled(one) for one in objects})


@dataclass(slots=True, kw_only=True)
class _Object:
    """One object on its way; `loaded` is None until all its rows are in."""

    schema: ObjectSchema
    needs: Needs
    before: int = 0
    full: bool = False
    rows: int = 0
    total: int | None = None
    loaded: Loaded | None = None
    healed: int = 0

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def has_derived_fields(self) -> bool:
        """Whether some field is nobody's to write: a formula or a roll-up changes without a stamp that says so."""
        fields = (self.schema.fields[name] for name in self.needs.fields if name in self.schema.fields)
        return any(field.calculated or not (field.createable or field.updateable) for field in fields)

    def ask(self, since: Cursor | None) -> Read:
        return Read(schema=self.schema, fields=self.needs.fields, since=since, links=self.needs.links)

    def add(self, loaded: Loaded) -> None:
        before = self.loaded or Loaded(rows=0, deleted=0)
        self.loaded = Loaded(rows=before.rows + loaded.rows, deleted=before.deleted + loaded.deleted)


@dataclass(slots=True, kw_only=True)
class _Pull:
    """One pull. The caller's thread is the only one that writes."""

    crm: Crm
    mirror: Mirror
    progress: Progress
    threads: int
    wait: Callable[[float], None]
    began: datetime
    stale: timedelta

    def read(self, objects: Sequence[_Object], *, full: bool) -> None:
        """Read these; one whose columns turn out to have changed since its cursor is left unloaded."""
        by_name = {one.name: one for one in objects}
        reads = {one.name: one.ask(None if full else self._since(one)) for one in objects}
        sinks: dict[str, Sink] = {}
        try:
            for one in objects:
                sinks[one.name] = self._sink(one, reads[one.name])
            for name, batch in read_at_once(self.crm, reads, self.threads):
                one = by_name[name]
                if batch is None:
                    self._finish(one, sinks.pop(name, None))
                elif name in sinks and not self._takes(one, sinks[name], batch):
                    sinks.pop(name).abandon()
        finally:
            for sink in sinks.values():  # none, unless something was raised
                with suppress(Exception):
                    sink.abandon()

    def relink(self, one: _Object) -> None:
        """Read all associations of those pairs whose last time is too long ago."""
        if one.full:
            self.mirror.note_whole(one.name, "", self.began)
        for to in one.needs.links:
            if not one.full:
                if self._age(one, to) < self.stale:
                    continue
                self.progress(f"{one.name} to {to}", 0, None)
                self.mirror.relink(one.schema, to, self._links(one, to))
            self.mirror.note_whole(one.name, to, self.began)

    def reconciled(self, one: _Object) -> ObjectRead:
        """Hold the mirror against the CRM's count, and heal it where they differ."""
        long = one.full and self.crm.now() - self.began >= LONG
        # people who work during a long read can make one record come and another go: the count would not tell
        counted = self._catch_up(one) if long else self.crm.count(one.name)
        for heal in (self._catch_up, self._audit, self._read_again, self._audit):
            if counted == self.mirror.count(one.name):
                break
            counted = heal(one)
        have, loaded = self.mirror.count(one.name), one.loaded or Loaded(rows=0, deleted=0)
        if have != counted:
            raise AskAPerson(
                f"{one.name}: the CRM counts {so_many(counted, 'record')}, but {have:,} could be read. Check that "
                "our user may see all of them (sharing, teams, record types), then run `tossup pull --full`."
            )
        return ObjectRead(
            # what changed during a long read was read twice, and is one row all the same
            rows=min(loaded.rows, have) if one.full else loaded.rows,
            deleted=loaded.deleted,
            crm_count=counted,
            mirror_count=have,
            before=one.before,
            full=one.full,
            healed=one.healed,
        )

    def _age(self, one: _Object, links_to: str = "") -> timedelta:
        last = self.mirror.whole_at(one.name, links_to)
        return self.began - last if last else timedelta.max

    def _since(self, one: _Object) -> Cursor | None:
        """Where to go on; None for a full read, which is due from time to time for what moves no stamp."""
        age, small = self._age(one), self.mirror.count(one.name) <= SMALL
        if age >= WEEK or (age >= self.stale and small and one.has_derived_fields):
            return None
        return self.mirror.cursor_for(one.schema, one.needs.fields)

    def _sink(self, one: _Object, read: Read) -> Sink:
        one.before = one.before or self.mirror.count(one.name)
        one.full, one.rows = read.since is None, 0
        if not one.full:
            return self.mirror.incremental(one.schema, one.needs.fields)
        one.total = self.crm.count(one.name)
        return self.mirror.full_read(one.schema, one.needs.fields)

    def _takes(self, one: _Object, sink: Sink, batch: Batch) -> bool:
        try:
            sink.add(batch)
        except FieldsChanged:
            if one.full:
                raise
            return False
        one.rows += batch.rows.num_rows
        self.progress(one.name, one.rows, one.total)
        return True

    def _finish(self, one: _Object, sink: Sink | None) -> None:
        if sink is not None:
            one.add(sink.finish())

    def _links(self, one: _Object, to: str) -> Iterator[LinkRows]:
        if isinstance(self.crm, Linking):
            yield from self.crm.links(one.name, to, [self.mirror.ids(one.name)])
            return
        for batch in self.crm.read(Read(schema=one.schema, fields=(), links=(to,))):
            yield from (link for link in batch.links if link.to == to)

    def _catch_up(self, one: _Object) -> int:
        """What changed while we read; for a large object also what a search index shows a little later."""
        counted = -1
        for wait_s in (0.0, *(WAITS_S if self.mirror.count(one.name) >= LARGE else ())):
            if wait_s:
                self.wait(wait_s)
            since = self.mirror.cursor(one.name)
            if since is not None:
                one.add(self.mirror.merge(one.schema, one.needs.fields, self.crm.read(one.ask(since))))
            counted = self.crm.count(one.name)
            if counted == self.mirror.count(one.name):
                break
        return counted

    def _audit(self, one: _Object) -> int:
        """Every id: drop what only we have, fetch what only the CRM has. Ids that agree outweigh a lagging count."""
        gone, unknown = self.mirror.compare(one.name, self.crm.ids(one.name))
        self.mirror.remove(one.name, gone)
        have = self.mirror.count(one.name)
        if len(unknown) > max(FEW, have // 5):
            return have + len(unknown)
        fetched = self._fetch(one, unknown) if unknown else 0
        one.healed += len(gone) + fetched
        one.add(Loaded(rows=0, deleted=len(gone)))
        return have + fetched if fetched == len(unknown) else self.crm.count(one.name)

    def _fetch(self, one: _Object, ids: Sequence[str]) -> int:
        sink, last = self.mirror.incremental(one.schema, one.needs.fields), None
        for batch in self.crm.fetch(one.schema, one.needs.fields, ids):
            sink.add(batch)
            last = batch
        if last is None:
            return 0
        for to in one.needs.links:
            if isinstance(self.crm, Linking):
                links = tuple(self.crm.links(one.name, to, [pa.array(ids, pa.string())]))
                sink.add(Batch(rows=last.rows.slice(0, 0), links=links))
            else:
                self.mirror.note_whole(one.name, to, None)
        loaded = sink.finish()
        one.add(loaded)
        return loaded.rows

    def _read_again(self, one: _Object) -> int:
        self.read([one], full=True)
        return self.crm.count(one.name)
