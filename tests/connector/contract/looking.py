"""Records are found by id and key, fields by who wrote them last, and the CRM says what it is."""

from datetime import timedelta

import pytest

from connector.port import Crm, Record
from tests.connector.contract.base import Contract
from tests.connector.contract.side import Side, described


class Looking(Contract):
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
