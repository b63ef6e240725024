"""The mirror's associations: whose are replaced, whose go, and whose stay."""

from connector.port import Batch, Cursor
from jobs.store.mirror import Mirror
from tests.jobs.mirrored import FIELDS, T0, batch, links, names, pairs, rows, schema


def test_associations_are_replaced_for_the_rows_asked_about(mirror: Mirror) -> None:
    companies = schema("companies")
    full = Batch(
        rows=rows(("1", 0, "A"), ("2", 0, "B")), links=(links("contacts", ["1", "2"], ("1", "x"), ("2", "y")),)
    )
    mirror.replace(companies, FIELDS, [full])
    assert pairs(mirror, "companies", "contacts") == [("1", "x"), ("2", "y")]
    change = Batch(rows=rows(("2", 1, "B")), links=(links("contacts", ["2"], ("2", "x"), ("2", "z"), ("2", "z")),))
    mirror.merge(companies, FIELDS, [change, Batch(rows=rows(), links=(links("contacts", ["1"]),))])
    assert pairs(mirror, "companies", "contacts") == [("2", "x"), ("2", "z")]
    assert pairs(mirror, "companies", "deals") == []


def test_associations_of_deleted_rows_go_with_them_from_both_ends(mirror: Mirror) -> None:
    read = Batch(
        rows=rows(("1", 0, "A"), ("2", 0, "B")), links=(links("contacts", ["1", "2"], ("1", "x"), ("2", "y")),)
    )
    mirror.replace(schema("companies"), FIELDS, [read])
    mirror.replace(schema("contacts"), FIELDS, [batch(("x", 0, "X"), ("y", 0, "Y"), ("w", 0, "W"))])
    mirror.merge(schema("contacts"), FIELDS, [batch(deleted=("x",))])
    assert pairs(mirror, "companies", "contacts") == [("2", "y")]
    mirror.remove("companies", ["2"])
    assert pairs(mirror, "companies", "contacts") == []
    mirror.merge(schema("companies"), FIELDS, [Batch(rows=rows(), links=(links("contacts", ["1"], ("1", "y")),))])
    mirror.replace(schema("contacts"), FIELDS, [batch(("w", 0, "W"))])
    assert pairs(mirror, "companies", "contacts") == []


def test_relinking_swaps_associations_and_leaves_rows_alone(mirror: Mirror) -> None:
    read = Batch(rows=rows(("1", 0, "A")), links=(links("contacts", ["1"], ("1", "x")),), cursor=Cursor(stamp="1"))
    mirror.replace(schema("companies"), FIELDS, [read])
    mirror.relink(schema("companies"), "contacts", [links("contacts", ["1"], ("1", "y")), links("contacts", ["2"])])
    assert pairs(mirror, "companies", "contacts") == [("1", "y")]
    mirror.relink(schema("companies"), "deals", [])
    assert pairs(mirror, "companies", "deals") == []
    assert mirror.ids("companies").to_pylist() == ["1"]
    assert names(mirror, "companies") == {"1": "A"}
    assert mirror.whole_at("companies", "contacts") is None
    mirror.note_whole("companies", "contacts", T0)
    assert mirror.whole_at("companies", "contacts") == T0
