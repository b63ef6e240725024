"""A busy CRM, a token that ends, an empty line and a spent budget: tried again, or given up with a next step."""

import socket

import pytest

from connector.errors import GiveUp, TryAgain
from connector.port import Crm, Read, Record
from tests.connector.contract.base import Contract, by_ref
from tests.connector.contract.side import Side, described, read_all


class Enduring(Contract):
    def test_no_job_of_ours_is_under_way_and_one_that_is_gone_keeps_nobody(self, side: Side, crm: Crm):
        crm.end_job("7500000000000001AA")
        assert crm.jobs_under_way([side.words.tasks]) == ()

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

    def test_what_is_left_of_the_days_calls_is_told_less_the_reserve(self, side: Side, crm: Crm):
        list(crm.ids(side.words.accounts))
        left = crm.calls_left()
        assert left is not None
        assert left > 0
