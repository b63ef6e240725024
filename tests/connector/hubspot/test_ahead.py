"""Fetching ahead in another thread."""

import threading

import pytest

from connector.hubspot.ahead import ahead


def test_items_come_in_order():
    assert list(ahead(range(100), 3)) == list(range(100))


def test_an_error_of_the_source_is_raised_where_the_items_are_read():
    def source():
        yield 1
        raise ValueError("no more")

    items = ahead(source(), 3)
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_leaving_early_stops_the_other_thread():
    before = threading.active_count()
    made = []

    def source():
        for n in range(1000):
            made.append(n)
            yield n

    items = ahead(source(), 2)
    next(items)
    items.close()
    assert threading.active_count() == before
    assert len(made) < 10
