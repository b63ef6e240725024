"""From a CRM's bytes to committed rows: the mirror beside dlt, which is given the same records as dicts.

    pip install 'tossup[bench]'
    python -m benchmarks.mirror_vs_dlt [--rows 200000] [--rounds 3] [--large 1000000]

Both write the same typed columns into a DuckDB file and may use all cores; dlt is tuned (Parquet between its steps,
large buffers, several normalising processes). Rounds take turns. Told are the clock and the time of all processors;
the limits hold for the clock. Exits with 1 when a limit is missed: 15 times less for Bulk CSV, 8 times for HubSpot's
JSON pages of 100, and 10,000 changes merged into a large table in at most 0.15 of the time of its first load.
"""

import argparse
import csv
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

# dlt reads these once, when it is imported
os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "NORMALIZE__WORKERS": "2",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "50000",
    "DATA_WRITER__FILE_MAX_ITEMS": "50000",
}

import dlt
import duckdb
import orjson
import pyarrow as pa

from connector.hubspot.pages import Shape
from connector.port import Batch, Crm, Cursor, Read
from connector.salesforce.rows import columns, from_csv
from jobs.reading import read_at_once
from jobs.store.mirror import Mirror
from mappings.schema import Field, FieldType, ObjectSchema

LIMITS = {"csv": 15.0, "json": 8.0}
MERGE_SHARE = 0.15
CHANGES = 10_000
KINDS = {
    "name": FieldType.TEXT,
    "owner": FieldType.REFERENCE,
    "industry": FieldType.CHOICE,
    "country": FieldType.TEXT,
    "employees": FieldType.INTEGER,
    "free_users": FieldType.NUMBER,
    "customer_since": FieldType.DATE,
    "do_not_contact": FieldType.BOOLEAN,
}
DLT_TYPES = {
    FieldType.TEXT: "text",
    FieldType.REFERENCE: "text",
    FieldType.CHOICE: "text",
    FieldType.INTEGER: "bigint",
    FieldType.NUMBER: "double",
    FieldType.DATE: "date",
    FieldType.BOOLEAN: "bool",
    FieldType.DATETIME: "timestamp",
    FieldType.ID: "text",
}
START = datetime(2026, 1, 1, tzinfo=UTC)
Record = dict[str, str]


def schema_of(id: str, stamp: str) -> ObjectSchema:
    """One object whose id and stamp are called so."""
    kinds = {id: FieldType.ID, stamp: FieldType.DATETIME, **KINDS}
    fields = {name: Field(name=name, label=name, type=kind) for name, kind in kinds.items()}
    return ObjectSchema(name="accounts", label="Accounts", fields=fields, id_field=id, stamp_field=stamp)


SALESFORCE, HUBSPOT = schema_of("Id", "SystemModstamp"), schema_of("id", "hs_lastmodifieddate")


def value(number: int, kind: FieldType) -> str:
    """What a CRM sends as text for row `number`."""
    return {
        FieldType.TEXT: f"Example Account {number:07}",
        FieldType.REFERENCE: f"0055e00000{number % 400:05}AAA",
        FieldType.CHOICE: ("Manufacturing", "Technology", "Retail")[number % 3],
        FieldType.INTEGER: str(number * 7919 % 5000),
        FieldType.NUMBER: f"{number % 1000 / 4}",
        FieldType.DATE: f"20{number % 20 + 10}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        FieldType.BOOLEAN: "true" if number % 50 == 0 else "false",
    }[kind]


def record(number: int, id: str, stamp: str, later: int) -> Record:
    moment = START + timedelta(seconds=number % 1_000_000 + later)
    row = {id: f"0015e00000{number:08}", stamp: f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"}
    return row | {name: value(number, kind) for name, kind in KINDS.items()}


def csv_bytes(numbers: Iterable[int], later: int = 0) -> bytes:
    """A Bulk result: every cell quoted, a newline after each row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ["Id", "SystemModstamp", *KINDS], quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(record(number, "Id", "SystemModstamp", later) for number in numbers)
    return out.getvalue().encode()


def json_pages(rows: int) -> list[bytes]:
    """HubSpot's list: 100 records a page, every property text."""
    return [
        orjson.dumps({"results": [listed(n) for n in range(at, min(at + 100, rows))]}) for at in range(0, rows, 100)
    ]


def listed(number: int) -> dict[str, Any]:
    properties = record(number, "id", "hs_lastmodifieddate", 0)
    id = properties.pop("id")
    return {"id": id, "properties": properties, "createdAt": "2026-01-01T00:00:00Z", "archived": False}


def batches_of_csv(body: bytes) -> Iterator[Batch]:
    """As the Salesforce connector reads a Bulk result."""
    into = columns(SALESFORCE, tuple(KINDS))
    yield from (Batch(rows=rows) for rows in from_csv(pa.BufferReader(body), into))
    yield Batch(rows=pa.RecordBatch.from_pylist([], schema=into), cursor=Cursor(stamp="2026-11-22T00:00:00.000Z"))


def batches_of_pages(pages: list[bytes]) -> Iterator[Batch]:
    """As the HubSpot connector reads a list: ten pages a batch."""
    shape = Shape.of(HUBSPOT, tuple(KINDS))
    yield from (Batch(rows=shape.batch(pages[at : at + 10])) for at in range(0, len(pages), 10))


class Received:
    """A CRM all of whose bytes have arrived: reading is parsing."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches

    def read(self, _: Read) -> Iterator[Batch]:
        """The only part of a connection that is needed here."""
        return self._batches


def by_mirror(schema: ObjectSchema, batches: Iterator[Batch], folder: Path) -> int:
    """As `jobs.pull` does it: one thread parses while another writes."""
    reads = {"accounts": Read(schema=schema, fields=tuple(KINDS))}
    line = read_at_once(cast(Crm, Received(batches)), reads, threads=1)
    with Mirror(folder / "mirror.duckdb") as mirror:
        return mirror.replace(schema, tuple(KINDS), (batch for _, batch in line if batch is not None)).rows


def by_dlt(schema: ObjectSchema, pages: Iterator[list[Record]], folder: Path) -> int:
    """Tuned as its documentation advises; its telemetry is off."""
    hints = {name: {"data_type": DLT_TYPES[field.type]} for name, field in schema.fields.items()}
    resource = dlt.resource(pages, name="accounts", columns=hints, write_disposition="replace")
    pipeline = dlt.pipeline(
        pipeline_name="benchmark",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")),
        dataset_name="crm",
        progress=None,
    )
    pipeline.run(resource, loader_file_format="parquet")
    with duckdb.connect(str(folder / "dlt.duckdb")) as con:
        [(rows,)] = con.execute("SELECT count(*) FROM crm.accounts").fetchall()
    return int(rows)


def dicts_of_csv(body: bytes) -> Iterator[list[Record]]:
    rows = csv.DictReader(io.StringIO(body.decode(), newline=""))
    page: list[Record] = []
    for row in rows:
        page.append(row)
        if len(page) == 2_000:
            yield page
            page = []
    yield page


def dicts_of_pages(pages: list[bytes]) -> Iterator[list[Record]]:
    for page in pages:
        yield [{"id": found["id"], **found["properties"]} for found in orjson.loads(page)["results"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way from bytes to rows."""

    name: str
    run: Callable[[Path], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one run took: seconds on the clock, and seconds of all processors in all its processes."""

    wall: float
    cpu: float


def timed(way: Way, rows: int) -> Took:
    """One run from bytes to committed rows. Raises when a row is missing."""
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), cpu_seconds()
        found = way.run(Path(folder))
        took = Took(wall=time.perf_counter() - wall, cpu=cpu_seconds() - cpu)
    if found != rows:
        raise AssertionError(f"{way.name} wrote {found:,} of {rows:,} rows")
    return took


def cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def compare(kind: str, rows: int, rounds: int) -> bool:
    """Print a line for each way; whether the mirror is as much faster as it must be."""
    if kind == "csv":
        body = csv_bytes(range(rows))
        size = len(body)
        ready = list(dicts_of_csv(body))
        ours = Way(name="mirror", run=lambda at: by_mirror(SALESFORCE, batches_of_csv(body), at))
        theirs = Way(name="dlt", run=lambda at: by_dlt(SALESFORCE, dicts_of_csv(body), at))
        fed = Way(name="dlt, dicts ready", run=lambda at: by_dlt(SALESFORCE, iter(ready), at))
    else:
        pages = json_pages(rows)
        size = sum(map(len, pages))
        ready = list(dicts_of_pages(pages))
        ours = Way(name="mirror", run=lambda at: by_mirror(HUBSPOT, batches_of_pages(pages), at))
        theirs = Way(name="dlt", run=lambda at: by_dlt(HUBSPOT, dicts_of_pages(pages), at))
        fed = Way(name="dlt, dicts ready", run=lambda at: by_dlt(HUBSPOT, iter(ready), at))
    ways = (ours, theirs, fed)
    timed(ours, rows)
    took = [[timed(way, rows) for way in ways] for _ in range(rounds)]
    for way, runs in zip(ways, zip(*took, strict=True), strict=True):
        wall, cpu = (statistics.median(getattr(run, clock) for run in runs) for clock in ("wall", "cpu"))
        spread = f"{min(run.wall for run in runs):.2f} to {max(run.wall for run in runs):.2f}"
        print(f"{kind:<5} {way.name:<16} {wall:>7.2f} s ({spread}) {cpu:>7.2f} s of processors", flush=True)
    walls, cpus = (
        [statistics.median(getattr(run[n], clock) / getattr(run[0], clock) for run in took) for n in (1, 2)]
        for clock in ("wall", "cpu")
    )
    print(
        f"{kind:<5} {rows:,} rows, {size / 2**20:.0f} MB: mirror {walls[0]:.1f} times as fast as dlt "
        f"({walls[1]:.1f} with dicts ready), by processors {cpus[0]:.1f} ({cpus[1]:.1f}); limit {LIMITS[kind]:.0f}\n",
        flush=True,
    )
    return walls[0] >= LIMITS[kind]


def merge(rows: int, rounds: int) -> bool:
    """Print a line; whether merging changes costs little beside the first load."""
    body = csv_bytes(range(rows))
    with tempfile.TemporaryDirectory() as folder, Mirror(Path(folder) / "mirror.duckdb") as mirror:
        began = time.perf_counter()
        mirror.replace(SALESFORCE, tuple(KINDS), batches_of_csv(body))
        first = time.perf_counter() - began
        took = []
        for turn in range(1, rounds + 1):
            changed = csv_bytes(range(turn, rows, rows // CHANGES), later=turn * 60)
            began = time.perf_counter()
            loaded = mirror.merge(SALESFORCE, tuple(KINDS), batches_of_csv(changed))
            took.append(time.perf_counter() - began)
    share = statistics.median(took) / first
    print(
        f"merge {loaded.rows:,} changes into {rows:,} rows: {statistics.median(took):.2f} s "
        f"after a first load of {first:.2f} s: {share:.3f} of it (limit {MERGE_SHARE})"
    )
    return share <= MERGE_SHARE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the first round\n")
    within = [compare(kind, chosen.rows, chosen.rounds) for kind in LIMITS]
    within.append(merge(chosen.large, chosen.rounds))
    print("within all limits" if all(within) else "NOT within all limits")
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
