"""Record ids."""

from hypothesis import given
from hypothesis import strategies as st

from connector.emulator.salesforce import ids


def test_the_suffix_is_the_one_salesforce_computes() -> None:
    # the example of https://help.salesforce.com/s/articleView?id=000385203 and two ids from public documentation
    assert ids.suffix("001A0000006Vm9r") == "IAC"
    assert ids.suffix("00530000003T7fB") == "AAS"


@given(st.integers(1, 62**6 - 1))
def test_an_id_says_the_number_of_its_record(number: int) -> None:
    id = ids.encode("001", number)
    assert len(id) == 18
    assert ids.is_id(id)
    assert ids.is_id(id[:15])
    assert ids.decode(id) == ids.decode(id[:15]) == number


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_ids_sort_by_creation(a: int, b: int) -> None:
    assert (ids.encode("001", a) < ids.encode("001", b)) == (a < b)


def test_a_wrong_suffix_or_a_strange_character_makes_no_id() -> None:
    good = ids.encode("00Q", 77)
    assert not ids.is_id(good[:15] + "AAB")
    assert not ids.is_id("not an id at all!!")
    assert not ids.is_id("001")
