"""Batches and associations to put into a mirror, and what it holds of them."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from connector.port import Batch, Cursor, LinkRows
from jobs.store.mirror import Mirror
from mappings.schema import Field, FieldType, ObjectSchema

T0 = datetime(2026, 11, 1, tzinfo=UTC)
TYPES = {"Name": FieldType.TEXT, "Seats__c": FieldType.INTEGER, "Since__c": FieldType.DATE}


def schema(name: str = "Account", **fields: FieldType) -> ObjectSchema:
    types = {"Id": FieldType.ID, "SystemModstamp": FieldType.DATETIME} | (fields or TYPES)
    return ObjectSchema(name=name, label=name, fields={n: Field(name=n, label=n, type=t) for n, t in types.items()})


def rows(*given: tuple[str, int, str | None]) -> pa.RecordBatch:
    """(id, minutes after T0, name) a row."""
    return pa.record_batch(
        {
            "Id": pa.array([id for id, _, _ in given], pa.string()),
            "SystemModstamp": pa.array(
                [T0 + timedelta(minutes=m) for _, m, _ in given], pa.timestamp("ms", tz="UTC")
            ),
            "Name": pa.array([name for _, _, name in given], pa.string()),
        }
    )


def batch(*given: tuple[str, int, str | None], deleted: tuple[str, ...] = (), at: str | None = None) -> Batch:
    return Batch(rows=rows(*given), deleted=deleted, cursor=Cursor(stamp=at) if at else None)


def links(to: str, of: list[str], *pairs: tuple[str, str]) -> LinkRows:
    table = {
        "from_id": [a for a, _ in pairs],
        "to_id": [b for _, b in pairs],
        "type_id": ["280"] * len(pairs),
        "label": [None] * len(pairs),
    }
    batch = pa.record_batch([pa.array(v, pa.string()) for v in table.values()], names=list(table))
    return LinkRows(to=to, of=pa.array(of, pa.string()), rows=batch)


def names(mirror: Mirror, object: str = "Account") -> dict[str, str]:
    table = mirror.table(object).to_pyarrow()
    return dict(sorted(zip(table["Id"].to_pylist(), table["Name"].to_pylist(), strict=True)))


def pairs(mirror: Mirror, from_object: str, to_object: str) -> list[tuple[str, str]]:
    table = mirror.links(from_object, to_object).to_pyarrow()
    return sorted(zip(table["from_id"].to_pylist(), table["to_id"].to_pylist(), strict=True))


FIELDS = ("Name",)
