"""The words both sides use."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical import LeadKey
from tests.mappings.one_lead import LEAD

parts = st.text(
    alphabet=st.characters(blacklist_characters="/", blacklist_categories=("Cs",)), min_size=1, max_size=20
)


@given(parts, parts, parts, parts)
def test_a_lead_key_is_the_same_read_back(account: str, play: str, product: str, cycle: str) -> None:
    key = LeadKey(account_id=account, play=play, product=product, cycle=cycle)
    assert LeadKey.parse(str(key)) == key


def test_a_text_that_is_no_key_is_nobodys() -> None:
    assert [LeadKey.parse(text) for text in ("", "a/b/c", "a/b//d", "a/b/c/d/e")] == [None] * 4


def test_keys_sort_by_account_first() -> None:
    first = LeadKey(account_id="1", play="z", product="z", cycle="z")
    assert sorted([replace(first, account_id="2", play="a"), first])[0] is first


def test_a_lead_with_a_route_is_a_toss_up() -> None:
    assert LEAD.is_tossup
    assert not replace(LEAD, route=None).is_tossup
