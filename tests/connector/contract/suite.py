"""What every connector promises, tested over real HTTP against an emulated CRM."""

import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.errors import GiveUp, TryAgain
from connector.port import Crm, Outcome, Read, Record, arrow_type
from mappings.schema import WantedList
from tests.connector.contract.side import Side, described, read_all


class CrmContract:
    """Subclassed once for each CRM, which gives the fixture `side`."""

    @pytest.fixture
    def side(self) -> Iterator[Side]:
        raise NotImplementedError

    @pytest.fixture
    def crm(self, side: Side) -> Iterator[Crm]:
        crm = side.open()
        yield crm
        crm.close()

    @pytest.fixture
    def prepared(self, side: Side, crm: Crm) -> Crm:
        """With the task's key in place."""
        crm.setup(crm.missing(side.wanted()))
        return crm

    def test_no_job_of_ours_is_under_way_and_one_that_is_gone_keeps_nobody(self, side: Side, crm: Crm):
        crm.end_job("7500000000000001AA")
        assert crm.jobs_under_way([side.words.tasks]) == ()

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

    def test_records_are_fetched_by_id_and_missing_ones_left_out(self, side: Side, crm: Crm):
        ids = side.accounts(4)
        side.delete(side.words.accounts, ids[0])
        schema = described(crm, side.words.accounts)
        batches = list(crm.fetch(schema, (side.words.name,), [*ids[:3], side.words.missing_id]))
        rows = [row for batch in batches for row in batch.rows.to_pylist()]
        assert sorted(row[schema.id_field] for row in rows) == sorted(ids[1:3])
        assert all(row[side.words.name].startswith("Example") for row in rows)

    def test_fetching_costs_what_was_said(self, side: Side, crm: Crm):
        ids = side.accounts(450)
        schema = described(crm, side.words.accounts)
        before = crm.calls
        assert sum(one.rows.num_rows for one in crm.fetch(schema, (side.words.name,), ids)) == 450
        assert crm.calls - before == crm.cost(side.words.accounts, "fetch", 450)

    @pytest.mark.parametrize("n", [1, 450, 10_000])
    def test_looking_first_costs_at_most_a_call_for_each_call_that_writes(self, side: Side, crm: Crm, n: int):
        object = side.words.accounts
        size = crm.together(object, n)
        assert size > 0
        assert crm.cost(object, "fetch", min(n, size)) <= crm.cost(object, "update", min(n, size))

    def test_live_records_are_found_by_key(self, side: Side, prepared: Crm):
        words = side.words
        tasks = [self.task(side, number) for number in range(150)]
        made = {outcome.ref: str(outcome.id) for outcome in prepared.upsert(words.tasks, words.key, tasks)}
        side.delete(words.tasks, made["task-3"])
        keys = [*(str(task.key) for task in tasks), "lead-999", "it's \\ not there"]
        found = prepared.keyed(words.tasks, words.key, keys)
        assert found == {str(task.key): made[task.ref] for task in tasks if task.ref != "task-3"}

    def test_what_lies_in_the_recycle_bin_is_found_by_its_key(self, side: Side, prepared: Crm):
        words = side.words
        made = {one.ref: str(one.id) for one in prepared.upsert(words.tasks, words.key, [self.task(side, 1)])}
        (without,) = side.add(words.tasks, [{words.subject: "Example", **words.new_task}])
        assert list(prepared.binned(words.tasks, words.key)) == []
        now = prepared.now()
        side.emulator.clock.advance(86_400)
        side.delete(words.tasks, made["task-1"])
        side.delete(words.tasks, without)
        (found,) = prepared.binned(words.tasks, words.key)
        assert (found.id, found.key) == (made["task-1"], self.task(side, 1).key)
        assert abs(found.created - now) < timedelta(minutes=5)

    def test_who_wrote_a_field_last_is_told_with_what_when_and_through_what(self, side: Side, crm: Crm):
        words = side.words
        side.hire("CSM 03")
        side.track(words.accounts, words.employees, words.name)
        first, second, third = side.accounts(3)
        side.advance(hours=1)
        side.edit(words.accounts, first, {words.employees: 12}, "CSM 03")
        side.advance(hours=1)
        side.edit(words.accounts, first, {words.employees: 14}, "CSM 03")
        told = side.now().replace(microsecond=0)
        side.advance(hours=1)
        assert all(
            one.ok for one in crm.update(words.accounts, [Record(ref="2", id=second, values={words.name: "N"})])
        )
        asked = (words.employees, words.name)
        edits = {(edit.id, edit.field): edit for edit in crm.edits(words.accounts, [first, second, third], asked)}
        by_hand = edits[first, words.employees]
        assert (by_hand.by, float(str(by_hand.value))) == ("CSM 03", 14)
        assert abs(by_hand.at - told) < timedelta(seconds=2)
        assert by_hand.source
        ours = edits[second, words.name]
        assert (ours.by, ours.value) == ("Integration", "N")
        assert ours.at > by_hand.at
        side.edit(words.accounts, second, {words.name: "M"}, "CSM 03")
        assert {edit.by for edit in crm.edits(words.accounts, [second], [words.name])} == {"CSM 03"}

    def test_a_cleared_field_names_who_cleared_it(self, side: Side, crm: Crm):
        words = side.words
        side.hire("CSM 03")
        side.track(words.accounts, words.employees)
        (id,) = side.accounts(1)
        assert all(
            one.ok for one in crm.update(words.accounts, [Record(ref="1", id=id, values={words.employees: 5})])
        )
        side.advance(hours=1)
        side.edit(words.accounts, id, {words.employees: side.empty}, "CSM 03")
        (edit,) = crm.edits(words.accounts, [id], [words.employees])
        assert (edit.by, edit.value) == ("CSM 03", None)

    def test_many_edits_are_asked_for_in_few_calls(self, side: Side, crm: Crm):
        words = side.words
        side.track(words.accounts, words.employees)
        ids = side.accounts(120)
        for id in ids:
            side.edit(words.accounts, id, {words.employees: 7})
        before = crm.calls
        assert {edit.id for edit in crm.edits(words.accounts, ids, [words.employees])} == set(ids)
        assert crm.calls - before <= 5

    def test_of_a_record_that_is_gone_nobody_is_told(self, side: Side, crm: Crm):
        assert list(crm.edits(side.words.accounts, [side.words.missing_id], [side.words.name])) == []
        assert list(crm.edits(side.words.accounts, [], [side.words.name])) == []

    def test_describe_tells_types_choices_and_names_for_suggestions(self, side: Side, crm: Crm):
        schema = crm.describe([side.words.accounts, "NoSuchObject"])
        account = schema.objects[side.words.accounts]
        assert side.words.a_choice in account.fields[side.words.industry].choices
        assert side.words.accounts in schema.known
        assert "NoSuchObject" not in schema.objects

    def test_the_connection_names_the_org_and_now_is_its_clock(self, side: Side, crm: Crm):
        name = crm.connection()
        assert name.startswith(f"{crm.name}:")
        assert crm.connection() == name
        again = side.open()
        assert again.connection() == name
        again.close()
        side.advance(days=400)
        crm.count(side.words.accounts)
        assert abs(crm.now() - side.now()) < timedelta(seconds=5)

    def test_a_record_has_an_address(self, side: Side, crm: Crm):
        (id,) = side.accounts(1)
        url = crm.record_url(side.words.accounts, id)
        assert url.startswith("http")
        assert id in url

    def test_an_update_gives_an_outcome_for_every_record(self, side: Side, crm: Crm):
        words = side.words
        good, bad = side.accounts(2)
        records = [
            Record(ref="good", id=good, values={words.employees: 12, words.industry: words.a_choice}),
            Record(ref="bad", id=bad, values=dict(words.bad_values)),
            Record(ref="gone", id=words.missing_id, values={words.employees: 1}),
        ]
        outcomes = by_ref(crm.update(words.accounts, records))
        assert outcomes["good"].ok
        assert outcomes["good"].id == good
        for ref in ("bad", "gone"):
            assert not outcomes[ref].ok
            assert outcomes[ref].code
            assert outcomes[ref].message
            assert not outcomes[ref].retryable
        assert float(self.value(side, words.accounts, good, words.employees)) == 12

    def test_none_clears_a_field(self, side: Side, crm: Crm):
        words = side.words
        (id,) = side.add(words.accounts, [{words.name: "Example Industries 001", words.employees: 5}])
        assert by_ref(crm.update(words.accounts, [Record(ref="a", id=id, values={words.employees: None})]))["a"].ok
        assert self.value(side, words.accounts, id, words.employees) in (None, "")

    def test_of_a_record_that_comes_twice_in_a_batch_the_first_is_written(self, side: Side, crm: Crm):
        words = side.words
        (id,) = side.accounts(1)
        records = [
            Record(ref="first", id=id, values={words.employees: 1}),
            Record(ref="second", id=id, values={words.employees: 2}),
        ]
        outcomes = by_ref(crm.update(words.accounts, records))
        assert outcomes["first"].ok
        assert not outcomes["second"].ok
        assert "twice" in (outcomes["second"].message or "")
        assert float(self.value(side, words.accounts, id, words.employees)) == 1

    def test_an_update_of_nothing_sends_nothing(self, side: Side, crm: Crm):
        before = crm.calls
        assert list(crm.update(side.words.accounts, [])) == []
        assert crm.calls == before

    def test_an_upsert_twice_creates_once(self, side: Side, prepared: Crm):
        words = side.words
        records = [self.task(side, number) for number in range(5)]
        first = by_ref(prepared.upsert(words.tasks, words.key, records))
        second = by_ref(prepared.upsert(words.tasks, words.key, records))
        assert all(outcome.ok and outcome.created for outcome in first.values())
        assert all(outcome.ok and not outcome.created for outcome in second.values())
        assert {ref: outcome.id for ref, outcome in first.items()} == {
            ref: outcome.id for ref, outcome in second.items()
        }
        assert len(side.held(words.tasks)) == 5

    def test_a_key_that_comes_twice_in_a_batch_is_created_once(self, side: Side, prepared: Crm):
        words = side.words
        once, again = self.task(side, 1), self.task(side, 1)
        records = [once, Record(ref="again", key=again.key, values=again.values)]
        outcomes = by_ref(prepared.upsert(words.tasks, words.key, records))
        assert outcomes[once.ref].ok
        assert not outcomes["again"].ok
        assert len(side.held(words.tasks)) == 1

    def test_an_upsert_whose_answer_is_lost_makes_no_duplicate(self, side: Side, prepared: Crm):
        words = side.words
        side.fault(words.upsert_calls, "drop_after")
        records = [self.task(side, number) for number in range(3)]
        outcomes = by_ref(prepared.upsert(words.tasks, words.key, records))
        assert side.hits() == 1
        assert all(outcome.ok for outcome in outcomes.values())
        assert len(side.held(words.tasks)) == 3

    def test_writing_costs_what_was_said(self, side: Side, crm: Crm):
        words = side.words
        ids = side.accounts(450)
        crm.connection()
        before = crm.calls
        records = [Record(ref=id, id=id, values={words.employees: 3}) for id in ids]
        assert all(outcome.ok for outcome in crm.update(words.accounts, records))
        assert crm.calls - before <= crm.cost(words.accounts, "update", 450)

    @pytest.mark.parametrize("kind", ["429", "503", "drop_before"])
    def test_a_read_gets_over_a_busy_crm(self, side: Side, crm: Crm, kind: str):
        side.accounts(3)
        schema = described(crm, side.words.accounts)
        side.fault(side.words.read_calls, kind, times=2)
        rows, _, _ = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        assert len(rows) == 3
        assert side.hits() == 2

    @pytest.mark.parametrize("kind", ["429", "503", "drop_before", "lock"])
    def test_an_update_gets_over_a_busy_crm(self, side: Side, crm: Crm, kind: str):
        words = side.words
        (id,) = side.accounts(1)
        side.fault(words.update_calls, kind)
        assert by_ref(crm.update(words.accounts, [Record(ref="a", id=id, values={words.employees: 4})]))["a"].ok
        assert side.hits() == 1

    def test_a_crm_that_stays_busy_says_try_again(self, side: Side, crm: Crm):
        crm.count(side.words.accounts)
        side.fault("* /*", "503", times=50)
        with pytest.raises(TryAgain) as caught:
            crm.count(side.words.accounts)
        assert "503" in str(caught.value)

    def test_a_token_that_expires_is_renewed_once(self, side: Side):
        crm = side.open(renewable=True)
        side.accounts(3)
        schema = described(crm, side.words.accounts)
        side.fault(side.words.read_calls, "401")
        rows, _, _ = read_all(crm, Read(schema=schema, fields=(side.words.name,)))
        assert len(rows) == 3
        assert side.hits() == 1
        crm.close()

    def test_a_wrong_token_is_given_up_with_a_next_step(self, side: Side):
        with pytest.raises(GiveUp, match=r"(?i)token|credentials"):
            side.open(token="not-a-token").count(side.words.accounts)

    def test_nobody_listening_says_where_and_what_to_check(self, side: Side):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(TryAgain, match=f"127.0.0.1:{port}.*Check the address"):
            side.open(url=f"http://127.0.0.1:{port}").count(side.words.accounts)

    def test_the_reserve_of_the_daily_budget_is_not_eaten(self, side: Side):
        crm = side.open(reserve=1.0)
        with pytest.raises(TryAgain, match="calls of the day are used"):
            [crm.count(side.words.accounts) for _ in range(3)]
        crm.close()

    def test_setup_creates_what_is_missing_and_is_done_once(self, side: Side, crm: Crm):
        words = side.words
        steps = crm.missing(side.wanted())
        assert any(words.key in step.target for step in steps)
        assert all(step.text for step in steps)
        crm.setup(steps)
        field = described(crm, words.tasks).fields[words.key]
        assert field.updateable
        assert field.unique
        assert field.upsert_key
        assert crm.missing(side.wanted()) == ()
        crm.setup(steps)
        assert crm.missing(side.wanted()) == ()

    def test_setup_makes_each_list_once(self, crm: Crm):
        wanted = (WantedList(name="Tossup example_play"), WantedList(name="Tossup other_play"))
        assert crm.lists([one.name for one in wanted]) == {}
        steps = crm.missing((), wanted)
        assert [step.target for step in steps] == [one.name for one in wanted]
        crm.setup(steps[:1])
        assert list(crm.lists([one.name for one in wanted])) == ["Tossup example_play"]
        crm.setup(steps)
        assert crm.missing((), wanted) == ()
        assert len(set(crm.lists([one.name for one in wanted]).values())) == 2

    def test_people_are_put_on_a_list_once_and_read_back(self, side: Side, crm: Crm):
        records = self.members(side, crm, 3)
        outcomes = by_ref(self.put(side, crm, records))
        assert all(outcome.ok and outcome.created and outcome.id for outcome in outcomes.values())
        assert all(outcome.ok for outcome in self.put(side, crm, records))
        assert len(side.held(side.words.members)) == 3
        assert self.on_lists(side, crm) == {
            outcomes[record.ref].id: record.values[side.words.contact_id] for record in records
        }
        assert crm.count(side.words.members) == 3

    def test_who_is_on_a_list_already_stays_there_and_is_not_ours(self, side: Side, crm: Crm):
        (record,) = self.members(side, crm, 1)
        (first,) = self.put(side, crm, [record])
        (again,) = self.put(side, crm, [replace(record, ref="again", key="another-lead")])
        assert first.id is not None
        assert (again.ref, again.ok, again.id, again.created) == ("again", True, None, False)
        assert len(side.held(side.words.members)) == 1

    def test_an_unknown_person_is_refused_and_the_others_are_put_on_the_list(self, side: Side, crm: Crm):
        good, bad = self.members(side, crm, 2)
        side.delete(side.words.people, str(bad.values[side.words.contact_id]))
        outcomes = by_ref(self.put(side, crm, [good, bad]))
        assert outcomes[good.ref].ok
        assert not outcomes[bad.ref].ok
        assert outcomes[bad.ref].code
        assert outcomes[bad.ref].message

    def test_a_lost_answer_puts_nobody_on_a_list_twice(self, side: Side, crm: Crm):
        records = self.members(side, crm, 2)
        side.fault(side.words.member_calls, "drop_after")
        assert all(outcome.ok for outcome in self.put(side, crm, records))
        assert side.hits() == 1
        assert len(side.held(side.words.members)) == 2

    def test_members_are_taken_off_and_one_that_is_gone_is_fine(self, side: Side, crm: Crm):
        words = side.words
        outcomes = list(self.put(side, crm, self.members(side, crm, 3)))
        kept, off, gone = (Record(ref=str(n), id=one.id, values={}) for n, one in enumerate(outcomes))
        side.delete(words.members, str(gone.id))
        before = crm.calls
        done = by_ref(crm.remove(words.members, [off, gone]))
        assert crm.calls - before == crm.cost(words.members, "remove", 2)
        assert all(done[record.ref].ok for record in (off, gone))
        assert list(self.on_lists(side, crm)) == [kept.id]

    def test_tasks_of_ours_are_deleted_and_one_that_is_gone_is_fine(self, side: Side, prepared: Crm):
        words = side.words
        values = {**words.new_task, words.subject: "Example"}
        records = [Record(ref=f"k{n}", key=f"k{n}", values=values) for n in range(3)]
        made = {one.ref: one.id for one in prepared.upsert(words.tasks, words.key, records)}
        off, gone = (Record(ref=ref, key=ref, id=made[ref], values={}) for ref in ("k1", "k2"))
        side.delete(words.tasks, str(gone.id))
        before = prepared.calls
        done = by_ref(prepared.remove(words.tasks, [off, gone]))
        assert prepared.calls - before == prepared.cost(words.tasks, "remove", 2)
        assert all(done[record.ref].ok for record in (off, gone))
        assert prepared.keyed(words.tasks, words.key, ["k0", "k1", "k2"]) == {"k0": made["k0"]}

    def test_nothing_else_is_ever_deleted(self, side: Side, prepared: Crm):
        words = side.words
        (id,) = side.accounts(1)
        task = Record(ref="k", key="k", values={**words.new_task, words.subject: "Example"})
        (made,) = prepared.upsert(words.tasks, words.key, [task])
        for object, record in (
            (words.accounts, Record(ref="a", id=id, key="k", values={})),
            (words.tasks, Record(ref="k", id=made.id, values={})),
        ):
            with pytest.raises(GiveUp, match="nothing else"):
                list(prepared.remove(object, [record]))
        assert len(side.held(words.accounts)) == 1
        assert prepared.keyed(words.tasks, words.key, ["k"]) == {"k": made.id}

    def test_what_is_left_of_the_days_calls_is_told_less_the_reserve(self, side: Side, crm: Crm):
        list(crm.ids(side.words.accounts))
        left = crm.calls_left()
        assert left is not None
        assert left > 0

    def members(self, side: Side, crm: Crm, n: int) -> list[Record]:
        """People to put on a list, which is there, as the member's key is."""
        words, play = side.words, WantedList(name="Tossup example_play")
        crm.setup(crm.missing(side.wanted_of_members(), (play,)))
        people = side.add(words.people, [dict(words.a_person) for _ in range(n)])
        list_id = crm.lists([play.name])[play.name]
        return [
            Record(ref=f"member-{n}", key=f"lead-{n}", values={words.list_id: list_id, words.contact_id: person})
            for n, person in enumerate(people)
        ]

    def put(self, side: Side, crm: Crm, records: list[Record]) -> Iterator[Outcome]:
        """Put them there."""
        return crm.upsert(side.words.members, side.words.member_key, records)

    def on_lists(self, side: Side, crm: Crm) -> dict[str, str]:
        """Contacts on lists as a read brings them, by member id; ids and fetch agree with it."""
        words = side.words
        schema = described(crm, words.members)
        rows, _, _ = read_all(crm, Read(schema=schema, fields=(words.contact_id, words.list_id)))
        ids = [id for some in crm.ids(words.members) for id in some.to_pylist()]
        assert sorted(ids) == sorted(row[schema.id_field] for row in rows)
        fetched = [batch.rows.num_rows for batch in crm.fetch(schema, (words.list_id,), ids[:1])]
        assert sum(fetched) == len(ids[:1])
        return {row[schema.id_field]: row[words.contact_id] for row in rows}

    def task(self, side: Side, number: int) -> Record:
        """A task to upsert."""
        words = side.words
        values: dict[str, Any] = {words.subject: f"Call Example Industries {number:03}"} | dict(words.new_task)
        return Record(ref=f"task-{number}", key=f"lead-{number}", values=values)

    def value(self, side: Side, object: str, id: str, name: str) -> Any:
        """What the CRM holds in this field."""
        record = next(record for record in side.held(object) if id in (record.get("Id"), record.get("id")))
        return record.get("properties", record).get(name)


def by_ref(outcomes: Any) -> dict[str, Outcome]:
    """Outcomes by ref; every ref once."""
    listed = list(outcomes)
    found = {outcome.ref: outcome for outcome in listed}
    assert len(found) == len(listed)
    return found
