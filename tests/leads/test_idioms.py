"""Joining tables: all rows of the left one, and never two columns of one name."""

import ibis
import pytest

from leads.facts.idioms import attach


def test_two_columns_of_one_name_are_refused() -> None:
    left = ibis.table({"account_id": "string", "seats": "int64"}, name="left")
    right = ibis.table({"account_id": "string", "seats": "int64"}, name="right")
    with pytest.raises(ValueError, match="columns seats are on both sides"):
        attach(left, right, "account_id")
