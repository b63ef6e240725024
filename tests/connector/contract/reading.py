"""Reads bring all that the CRM holds, and after that all that changed, whatever happens meanwhile."""

import random
from datetime import timedelta
from typing import Any

import pytest

from connector.errors import GiveUp
from connector.port import Crm, Read, arrow_type
from tests.connector.contract.base import Contract
from tests.connector.contract.side import Side, described, read_all


class Reading(Contract):
    def test_a_full_read_brings_everything(self, side: Side, crm: Crm):
        ids = side.accounts(side.many)
        schema = described(crm, side.words.accounts)
        rows, deleted, last = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        assert sorted(row[schema.id_field] for row in rows) == sorted(ids)
        assert len({row[side.words.name] for row in rows}) == side.many
        assert deleted == []
        assert last.cursor is not None

    def test_columns_are_the_id_the_stamp_and_the_fields(self, side: Side, crm: Crm):
        side.accounts(1)
        schema = described(crm, side.words.accounts)
        fields = (side.words.employees, side.words.name)
        _, _, last = read_all(crm, Read(schema=schema, fields=fields))
        assert last.rows.schema.names == [schema.id_field, schema.stamp_field, *fields]

    def test_an_empty_object_is_one_empty_batch_with_a_cursor(self, side: Side, crm: Crm):
        schema = described(crm, side.words.accounts)
        batches = list(crm.read(Read(schema=schema, fields=(side.words.name,))))
        assert [batch.rows.num_rows for batch in batches] == [0]
        assert batches[0].cursor is not None

    def test_an_incremental_read_brings_changes_only(self, side: Side, crm: Crm):
        first, *_ = side.accounts(5)
        side.advance(hours=1)
        schema = described(crm, side.words.accounts)
        _, _, last = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        side.advance(hours=1)
        side.edit(side.words.accounts, first, {side.words.name: "Renamed"})
        (new,) = side.accounts(1)
        rows, _, _ = read_all(crm, Read(schema=schema, fields=(side.words.name,), since=last.cursor))
        assert {row[schema.id_field] for row in rows} == {first, new}

    def test_nothing_changed_brings_nothing_and_moves_the_cursor_on(self, side: Side, crm: Crm):
        side.accounts(3)
        side.advance(hours=1)
        schema = described(crm, side.words.accounts)
        _, _, first = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        side.advance(hours=1)
        rows, deleted, second = read_all(crm, Read(schema=schema, fields=(side.words.name,), since=first.cursor))
        assert (rows, deleted) == ([], [])
        assert second.cursor is not None
        assert first.cursor is not None
        assert second.cursor.stamp >= first.cursor.stamp

    def test_rows_with_one_and_the_same_stamp_all_arrive(self, side: Side, crm: Crm):
        schema = described(crm, side.words.accounts)
        _, _, before = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        side.advance(minutes=30)
        ids = side.accounts(side.many, stamp=side.now() - timedelta(minutes=1))
        rows, _, _ = read_all(crm, Read(schema=schema, fields=(side.words.name,), since=before.cursor))
        assert sorted({row[schema.id_field] for row in rows}) == sorted(ids)

    def test_a_record_committed_late_with_an_earlier_stamp_arrives(self, side: Side, crm: Crm):
        side.accounts(2)
        side.advance(hours=1)
        schema = described(crm, side.words.accounts)
        _, _, last = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        started = side.now() - timedelta(minutes=4)
        side.advance(minutes=6)
        (late,) = side.accounts(1, stamp=started)
        rows, _, _ = read_all(crm, Read(schema=schema, fields=(side.words.name,), since=last.cursor))
        assert late in {row[schema.id_field] for row in rows}

    def test_a_deleted_record_arrives_as_deleted(self, side: Side, crm: Crm):
        first, second = side.accounts(2)
        side.advance(hours=1)
        schema = described(crm, side.words.accounts)
        _, _, last = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        side.advance(hours=1)
        side.delete(side.words.accounts, first)
        rows, deleted, _ = read_all(crm, Read(schema=schema, fields=(side.words.name,), since=last.cursor))
        assert first in deleted
        assert {row[schema.id_field] for row in rows} <= {second}

    def test_a_full_read_leaves_deleted_records_out(self, side: Side, crm: Crm):
        first, second = side.accounts(2)
        side.delete(side.words.accounts, first)
        schema = described(crm, side.words.accounts)
        rows, _, _ = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        assert [row[schema.id_field] for row in rows] == [second]

    def test_what_is_edited_during_a_read_comes_with_the_next_one(self, side: Side, crm: Crm):
        ids = side.accounts(side.many)
        side.advance(hours=1)
        schema = described(crm, side.words.accounts)
        reading = crm.read(Read(schema=schema, fields=(side.words.name,)))
        next(reading)
        side.edit(side.words.accounts, ids[0], {side.words.name: "Renamed meanwhile"})
        (new,) = side.accounts(1)
        *_, last = reading
        rows, _, _ = read_all(crm, Read(schema=schema, fields=(side.words.name,), since=last.cursor))
        names = {row[schema.id_field]: row[side.words.name] for row in rows}
        assert names[ids[0]] == "Renamed meanwhile"
        assert new in names

    def test_a_record_deleted_during_a_read_does_not_stop_it(self, side: Side, crm: Crm):
        ids = side.accounts(side.many)
        schema = described(crm, side.words.accounts)
        reading = crm.read(Read(schema=schema, fields=(side.words.name,)))
        batches = [next(reading)]
        side.delete(side.words.accounts, ids[-1])
        batches += list(reading)
        arrived = {id for batch in batches for id in batch.rows.column(0).to_pylist()}
        assert arrived >= set(ids[:-1])

    @pytest.mark.parametrize("seed", range(3))
    def test_a_copy_kept_by_cursors_equals_the_crm(self, side: Side, crm: Crm, seed: int):
        words, dice = side.words, random.Random(seed)
        live = set(side.accounts(20))
        schema = described(crm, words.accounts)
        copy: dict[str, Any] = {}
        cursor = None
        for day in range(8):
            side.advance(minutes=dice.choice([1, 20, 300]))
            live |= set(side.accounts(dice.randrange(4)))
            live |= set(side.accounts(1, stamp=side.now() - timedelta(minutes=dice.randrange(9))))
            for id in dice.sample(sorted(live), 5):
                side.edit(words.accounts, id, {words.employees: day * 100 + dice.randrange(100)})
            gone = dice.choice(sorted(live))
            side.delete(words.accounts, gone)
            live.remove(gone)
            rows, deleted, last = read_all(crm, Read(schema=schema, fields=(words.employees,), since=cursor))
            copy |= {row[schema.id_field]: row[words.employees] for row in rows}
            copy = {id: value for id, value in copy.items() if id not in deleted}
            cursor = last.cursor
            assert set(copy) == live
        fresh, _, _ = read_all(crm, Read(schema=schema, fields=(words.employees,)))
        assert copy == {row[schema.id_field]: row[words.employees] for row in fresh}

    def test_counts_and_ids_are_those_of_live_records(self, side: Side, crm: Crm):
        ids = side.accounts(7)
        side.delete(side.words.accounts, ids[0])
        assert crm.count(side.words.accounts) == 6
        assert sorted(id for some in crm.ids(side.words.accounts) for id in some.to_pylist()) == sorted(ids[1:])

    def test_every_type_arrives_as_described_and_nulls_stay_nulls(self, side: Side, crm: Crm):
        words = side.words
        (full,) = side.add(words.accounts, [{words.name: 'a "b",\nc'} | dict(words.one_of_each)])
        (bare,) = side.add(words.accounts, [{words.name: "株式会社サンプル001"}])
        schema = described(crm, words.accounts)
        fields = (words.name, *words.read_back)
        rows, _, last = read_all(crm, Read(schema=schema, fields=fields))
        by_id = {row[schema.id_field]: row for row in rows}
        for name in fields:
            assert last.rows.schema.field(name).type == arrow_type(schema.fields[name].type), name
        assert {name: by_id[full][name] for name in words.read_back} == dict(words.read_back)
        assert by_id[full][words.name] == 'a "b",\nc'
        assert by_id[bare][words.name] == "株式会社サンプル001"
        assert by_id[bare][words.employees] is None

    def test_every_field_that_describe_shows_can_be_read(self, side: Side, crm: Crm):
        (id,) = side.accounts(1)
        schema = described(crm, side.words.accounts)
        rows, _, last = read_all(crm, Read(schema=schema, fields=tuple(schema.fields)))
        assert [row[schema.id_field] for row in rows] == [id]
        assert set(last.rows.schema.names) == set(schema.fields) | {schema.id_field}

    def test_a_field_that_is_not_there_is_named(self, side: Side, crm: Crm):
        schema = described(crm, side.words.accounts)
        with pytest.raises(GiveUp, match="no_such_field"):
            list(crm.read(Read(schema=schema, fields=("no_such_field",))))
