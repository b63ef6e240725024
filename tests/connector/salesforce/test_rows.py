"""Salesforce rows become Arrow rows."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import GiveUp, Interrupted
from connector.salesforce.rows import (
    columns,
    from_csv,
    from_records,
    gone_marks,
    has_compound,
    is_gone,
    keeping,
    split,
)
from mappings.schema import Field, FieldType, ObjectSchema

TYPES = {
    "Id": FieldType.ID,
    "SystemModstamp": FieldType.DATETIME,
    "Name": FieldType.TEXT,
    "Employees": FieldType.INTEGER,
    "Amount": FieldType.CURRENCY,
    "Open": FieldType.BOOLEAN,
    "Day": FieldType.DATE,
    "Address": FieldType.OTHER,
    "IsDeleted": FieldType.BOOLEAN,
    "IsArchived": FieldType.BOOLEAN,
}


def schema(name: str = "Account", stamp: str | None = "SystemModstamp") -> ObjectSchema:
    fields = {key: Field(name=key, label=key, type=type) for key, type in TYPES.items()}
    return ObjectSchema(name=name, label=name, fields=fields, stamp_field=stamp)


FIELDS = ("Name", "Employees", "Amount", "Open", "Day")
ROW = {
    "Id": "001000000000001AAA",
    "SystemModstamp": datetime(2026, 11, 1, 10, tzinfo=UTC),
    "Name": 'a "b",\r\nc',
    "Employees": 5,
    "Amount": 1.5,
    "Open": True,
    "Day": date(2026, 1, 31),
}


def test_columns_are_id_stamp_and_fields_once_each():
    assert columns(schema(), ("Name", "Id", "Name")).names == ["Id", "SystemModstamp", "Name"]
    assert columns(schema(stamp=None), ("Name",)).names == ["Id", "Name"]


def test_a_field_that_describe_does_not_show_is_named():
    with pytest.raises(GiveUp, match=r"Account has no field Secret__c .* field-level security"):
        columns(schema(), ("Secret__c",))


def test_rest_records_are_cast():
    record = ROW | {
        "attributes": {"type": "Account"},
        "SystemModstamp": "2026-11-01T10:00:00.000+0000",
        "Employees": 5.0,
    }
    record["Day"] = "2026-01-31"
    batch = from_records([record, {"Id": "001000000000002AAA", "Name": ""}], columns(schema(), FIELDS))
    first, second = batch.to_pylist()
    assert first == ROW
    assert all(second[name] is None for name in (*FIELDS, "SystemModstamp"))


def test_a_compound_value_becomes_its_json():
    batch = from_records([{"Id": "1", "Address": {"city": "Tokyo"}}], columns(schema(stamp=None), ("Address",)))
    assert batch.to_pylist()[0]["Address"] == '{"city":"Tokyo"}'
    assert has_compound(schema(), ("Name", "Address"))
    assert not has_compound(schema(), ("Name",))


def test_bulk_csv_is_cast_and_empty_cells_are_null():
    text = (
        '"Id","SystemModstamp","Name","Employees","Amount","Open","Day"\n'
        '"001000000000001AAA","2026-11-01T10:00:00.000Z","a ""b"",\r\nc","5","1.5","true","2026-01-31"\n'
        '"001000000000002AAA","","","","","",""\n'
    )
    rows = [
        row for batch in from_csv(io.BytesIO(text.encode()), columns(schema(), FIELDS)) for row in batch.to_pylist()
    ]
    assert rows[0] == ROW
    assert all(rows[1][name] is None for name in (*FIELDS, "SystemModstamp"))


def test_a_cell_that_does_not_fit_its_type_is_said():
    for nothing in (b"", b"\x00\xff\xfenot what was promised"):
        with pytest.raises(Interrupted, match="is no table"):
            list(from_csv(io.BytesIO(nothing), columns(schema(stamp=None), ("Employees",))))
    with pytest.raises(GiveUp, match="cannot be read as described"):
        list(from_csv(io.BytesIO(b'"Id","Employees"\n"1","many"\n'), columns(schema(stamp=None), ("Employees",))))


@given(texts=st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")), min_size=1))
def test_every_text_survives_bulk_csv(texts):
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["Id", "Name"], *enumerate(texts)])
    batches = from_csv(io.BytesIO(file.getvalue().encode()), columns(schema(stamp=None), ("Name",)))
    assert [name for batch in batches for name in batch.column("Name").to_pylist()] == [
        text or None for text in texts
    ]


def test_deleted_rows_are_split_off_and_archived_activities_too():
    assert gone_marks(schema("Account")) == ("IsDeleted",)
    assert gone_marks(schema("Product2")) == ("IsDeleted",)
    marks = gone_marks(schema("Task"))
    assert marks == ("IsDeleted", "IsArchived")
    rows = [
        {"Id": "1", "IsDeleted": False, "IsArchived": False},
        {"Id": "2", "IsDeleted": True, "IsArchived": False},
        {"Id": "3", "IsDeleted": False, "IsArchived": True},
        {"Id": "4", "IsDeleted": None, "IsArchived": None},
    ]
    live, gone = split(pa.RecordBatch.from_pylist(rows), marks)
    assert live.column("Id").to_pylist() == ["1", "4"]
    assert gone == ("2", "3")


def test_an_archived_activity_that_holds_an_external_id_is_kept_until_it_is_deleted():
    task = schema("Task")
    key = Field(name="Key__c", label="Key", type=FieldType.TEXT, unique=True, upsert_key=True)
    keyed = replace(task, fields={**task.fields, "Key__c": key})
    assert (keeping(task), keeping(keyed)) == ((), ("Key__c",))
    assert keeping(replace(keyed, name="Product2")) == ()
    rows = [
        {"Id": "1", "IsDeleted": False, "IsArchived": True, "Key__c": "ours"},
        {"Id": "2", "IsDeleted": True, "IsArchived": True, "Key__c": "ours"},
        {"Id": "3", "IsDeleted": False, "IsArchived": True, "Key__c": None},
        {"Id": "4", "IsDeleted": False, "IsArchived": False, "Key__c": None},
    ]
    marks, kept = gone_marks(keyed), keeping(keyed)
    live, gone = split(pa.RecordBatch.from_pylist(rows), marks, kept)
    assert (live.column("Id").to_pylist(), gone) == (["1", "4"], ("2", "3"))
    assert [is_gone(row, marks, kept) for row in rows] == [False, True, True, False]
