"""Every record that is written has an outcome, is made once, as cheaply as was said; only our tasks are deleted."""

import pytest

from connector.errors import GiveUp
from connector.port import Crm, Record
from tests.connector.contract.base import Contract, by_ref
from tests.connector.contract.side import Side


class Writing(Contract):
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
