"""Reading everything that changed, by a search that gives 200 hits at a time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import TryAgain
from connector.hubspot.sweep import Hits, sweep

OPERATORS = {"GTE": int.__ge__, "LTE": int.__le__, "GT": int.__gt__}


class Index:
    """Records by id and stamp, searched `page` at a time; between two questions somebody may edit."""

    def __init__(self, records, page, edit=lambda _: None):
        self.records = dict(records)
        self.page = page
        self.edit = edit
        self.asked = 0

    def __call__(self, question):
        self.asked += 1
        filters = question["filterGroups"][0]["filters"]
        assert len(filters) <= 6
        assert question["after"] == "0"
        found = [record for record in self.records.items() if all(self._passes(record, one) for one in filters)]
        by_id = question["sorts"][0]["propertyName"] == "hs_object_id"
        found.sort(key=lambda record: record if by_id else (record[1], -record[0]))
        hits = found[: self.page]
        self.edit(self.records)
        return Hits(
            page=b"",
            ids=tuple(id for id, _ in hits),
            stamps=tuple(stamp for _, stamp in hits),
            more=len(found) > self.page,
        )

    @staticmethod
    def _passes(record, one):
        value = record[0] if one["propertyName"] == "hs_object_id" else record[1]
        return OPERATORS[one["operator"]](value, int(one["value"]))


@settings(deadline=None)
@given(
    st.dictionaries(st.integers(1, 10_000), st.integers(0, 8), max_size=80),
    st.integers(2, 9),
    st.integers(0, 4),
    st.integers(4, 8),
)
def test_every_record_in_the_span_is_found_however_many_share_a_stamp(records, page, since, until):
    index = Index(records, page)
    found = {id for hits in sweep(index, "stamp", since, until) for id in hits.ids}
    assert found == {id for id, stamp in records.items() if since <= stamp <= until}
    assert index.asked <= 3 * len(records) + 2 * (until - since) + 2


def test_records_that_move_on_while_they_are_read_do_not_hide_others():
    records = {id: id for id in range(1, 101)}
    moving = iter(range(1, 101))

    def edit(records):
        records[next(moving)] = 10_000

    found = {id for hits in sweep(Index(records, 10, edit), "stamp", 0, 5_000) for id in hits.ids}
    assert found >= set(range(20, 101))
    assert 100 in found


def test_more_than_ten_thousand_rows_of_one_stamp_are_read_by_id():
    index = Index(dict.fromkeys(range(1, 12_001), 5) | {20_000: 6}, 1000)
    found = {id for hits in sweep(index, "stamp", 0, 9) for id in hits.ids}
    assert len(found) == 12_001
    assert index.asked <= 16


def test_an_index_that_does_not_go_on_by_id_ends_the_read():
    stuck = Hits(page=b"", ids=(7,), stamps=(5,), more=True)
    with pytest.raises(TryAgain, match="did not go on"):
        list(sweep(lambda _: stuck, "stamp", 5, 9))
