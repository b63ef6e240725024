"""Pages of records to Arrow batches."""

import orjson
import pyarrow as pa
import pytest

from connector.errors import GiveUp
from connector.hubspot.pages import Shape, after, texts
from mappings.schema import Field, FieldType, ObjectSchema


def schema(**kinds):
    fields = {name: Field(name=name, label=name, type=kind) for name, kind in kinds.items()}
    stamp = Field(name="hs_lastmodifieddate", label="", type=FieldType.DATETIME)
    return ObjectSchema(
        name="companies",
        label="Companies",
        fields={"hs_lastmodifieddate": stamp, **fields},
        id_field="id",
        stamp_field="hs_lastmodifieddate",
    )


def page(*records, place=None):
    body = {"results": [{"id": id, "properties": properties} for id, properties in records]}
    return orjson.dumps(
        body | ({"paging": {"next": {"link": "https://example.com", "after": place}}} if place else {})
    )


def test_the_id_comes_first_then_the_stamp_then_the_fields_once_each():
    shape = Shape.of(schema(name=FieldType.TEXT), ["name", "id", "hs_lastmodifieddate", "name"])
    assert shape.arrow.names == ["id", "hs_lastmodifieddate", "name"]
    assert shape.empty().schema == shape.arrow


def test_a_field_the_object_lacks_is_refused_because_hubspot_would_leave_it_out_in_silence():
    with pytest.raises(GiveUp, match="companies has no property nmae"):
        Shape.of(schema(name=FieldType.TEXT), ["nmae"])


def test_several_pages_become_one_batch_and_a_missing_property_is_null():
    shape = Shape.of(schema(name=FieldType.TEXT, seats=FieldType.NUMBER), ["name", "seats"])
    moment = "2026-01-02T00:00:00.123Z"
    pages = [
        page(("1", {"name": "株式会社サンプル001", "seats": "3", "hs_lastmodifieddate": moment, "other": "x"})),
        page(("2", {"name": "", "hs_lastmodifieddate": moment}), ("3", {"seats": "", "name": 'quote " and \\'})),
        page(),
    ]
    rows = shape.batch(pages).to_pylist()
    assert [(r["id"], r["name"], r["seats"]) for r in rows] == [
        ("1", "株式会社サンプル001", 3.0),
        ("2", None, None),
        ("3", 'quote " and \\', None),
    ]


def test_of_a_record_that_is_there_twice_the_later_one_counts():
    shape = Shape.of(schema(name=FieldType.TEXT), ["name"])
    batch = shape.batch([page(("1", {"name": "old"}), ("2", {"name": "two"})), page(("1", {"name": "new"}))])
    assert [(row["id"], row["name"]) for row in batch.to_pylist()] == [("2", "two"), ("1", "new")]


def test_a_value_that_is_not_text_is_read_all_the_same():
    ids, (numbers, flags) = texts([page((7, {"n": 3, "flag": True}), ("8", {"n": "4"}))], ["n", "flag"])
    assert ids.to_pylist() == ["7", "8"]
    assert numbers.to_pylist() == ["3", "4"]
    assert flags.to_pylist() == ["true", None]


def test_both_ways_of_parsing_agree_on_an_empty_page():
    ids, columns = texts([page()], ["name"])
    assert ids.to_pylist() == []
    assert [column.type for column in columns] == [pa.string()]


def test_the_place_of_the_next_page_is_found_and_text_that_looks_like_one_is_not():
    trap = '"paging":{"next":{"after":"666"}}'
    assert after(page(("1", {"name": trap}), place="612")) == "612"
    assert after(page(("1", {"name": trap}))) is None
