"""People are put on a list once, read back, and taken off."""

from collections.abc import Iterator
from dataclasses import replace

from connector.port import Crm, Outcome, Read, Record
from mappings.schema import WantedList
from tests.connector.contract.base import Contract, by_ref
from tests.connector.contract.side import Side, described, read_all


class Listing(Contract):
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
