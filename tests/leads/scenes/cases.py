"""Support cases at their limits: how many, how severe, and whether they are a spike."""

from leads.facts.cases import CASES
from tests.leads.scenes.scene import Scenes, ago, cases_on
from tests.leads.world import TODAY

OPEN_CASE = {"severity": "high", "is_closed": False}
NO_SEVERE = {"severe_n": 0, "severe_opened_on": None, "severe_record": None}

cases = Scenes(CASES)
cases("an account without cases has had none", {**NO_SEVERE, "cases_n": 0, "cases_28": 0, "last_case_on": None})
cases(
    "the oldest severe case that is open is quoted",
    {
        "severe_n": 2,
        "severe_opened_on": ago(9),
        "severe_record": "@2",
        "last_case_on": ago(2),
        "last_case_record": "@1",
    },
    case=[{**OPEN_CASE, "opened_on": ago(2)}, {**OPEN_CASE, "opened_on": ago(9)}],
)
cases(
    "a severe case without a day counts, and stands behind those with one",
    {"severe_n": 2, "severe_opened_on": ago(3), "severe_record": "@2"},
    case=[OPEN_CASE, {**OPEN_CASE, "opened_on": ago(3)}],
)
cases(
    "a severe case without a day can be quoted alone",
    {"severe_n": 1, "severe_opened_on": None, "severe_record": "@1", "cases_n": 0},
    case=[OPEN_CASE],
)
cases(
    "a case that is solved today is open no more",
    {**NO_SEVERE, "cases_n": 1},
    case=[{"severity": "high", "is_closed": True, "opened_on": ago(1), "closed_on": TODAY}],
)
cases(
    "a case that will be solved tomorrow is open today",
    {"severe_n": 1, "severe_record": "@1"},
    case=[{"severity": "high", "is_closed": True, "opened_on": ago(1), "closed_on": ago(-1)}],
)
cases(
    "a case of tomorrow is not known yet",
    {**NO_SEVERE, "cases_n": 0, "cases_28": 0, "last_case_on": None},
    case=[{**OPEN_CASE, "opened_on": ago(-1)}],
)
cases("the 90th day back is outside, the 89th inside", {"cases_n": 1}, case=cases_on(89, 90))
cases("the 28th day back is outside, the 27th inside", {"cases_28": 2}, case=cases_on(0, 27, 28))
OLD = {"customer_since": ago(392)}
cases(
    "five cases against a mean of 33 / 13 are not twice as many",
    {"cases_28": 5, "cases_mean": 2.5385, "cases_spike": False},
    account=OLD,
    case=cases_on(*[1] * 5, *[28] * 16, *[391] * 17, 392),
)
cases(
    "six cases against a mean of exactly three are twice as many, not more",
    {"cases_28": 6, "cases_mean": 3.0, "cases_spike": False},
    account=OLD,
    case=cases_on(*[1] * 6, *[100] * 39),
)
cases(
    "six cases against a mean just under three are more than twice as many",
    {"cases_28": 6, "cases_mean": 2.9231, "cases_spike": True},
    account=OLD,
    case=cases_on(*[1] * 6, *[100] * 38),
)
cases("four cases are too few to be a spike", {"cases_spike": False}, account=OLD, case=cases_on(1, 1, 1, 1))
cases("five are enough", {"cases_spike": True, "cases_mean": 0}, account=OLD, case=cases_on(1, 1, 1, 1, 1))
cases(
    "a customer of 391 days has no habit yet",
    {"cases_28": 5, "cases_mean": None, "cases_spike": None},
    account={"customer_since": ago(391)},
    case=cases_on(1, 1, 1, 1, 1),
)
cases("one of unknown age has none either", {"cases_mean": None, "cases_spike": None}, case=cases_on(1))
