"""Usage week by week: drops, habits, and when silence is one."""

from typing import Any

from leads.facts.usage import USAGE
from tests.leads.scenes.scene import Scenes, ago, weeks

usage = Scenes(USAGE)
usage(
    "a drop by 30 % of a steady account is one",
    {
        "used_now": 70, "used_before": 100, "own_mean": 100, "own_sd": 0, "usage_fall": 30, "usage_growth": -30,
        "usage_drop": True, "usage_last": 70, "usage_record": "@1",
    },
    usage=weeks(*[70.0] * 4, *[100.0] * 8),
)  # fmt: skip
usage("29.9 % is none", {"usage_fall": 29.9, "usage_drop": False}, usage=weeks(*[70.1] * 4, *[100.0] * 8))
usage(
    "a drop that is within the account's habit is none",
    {"usage_fall": 50, "own_mean": 125, "own_sd": 46.291, "usage_drop": False},
    usage=weeks(*[75.0] * 4, *[150.0] * 4, *[50.0, 150.0, 50.0, 150.0]),
)
usage("growth is told", {"usage_growth": 50, "usage_drop": False}, usage=weeks(*[150.0] * 4, *[100.0] * 8))
FEW: dict[str, Any] = {"used_now": None, "usage_drop": None, "usage_reason": "few_weeks"}
usage("one week of late says nothing", FEW, usage=weeks(1.0, None, None, None, *[100.0] * 8))
usage("two weeks do", {"usage_drop": True}, usage=weeks(1.0, 1.0, None, None, *[100.0] * 8))
usage("three weeks of history say nothing", FEW, usage=weeks(*[1.0] * 4, *[100.0] * 3))
usage("four do", {"usage_drop": True}, usage=weeks(*[1.0] * 4, *[100.0] * 4))
usage(
    "who is silent after a habit uses nothing, while others are heard of",
    {
        "used_now": 0, "used_before": 100, "own_mean": 100, "usage_fall": 100, "usage_drop": True,
        "usage_last": 100, "usage_last_on": ago(28), "usage_record": "@1", "usage_reason": None,
    },
    usage=weeks(*[None] * 4, *[100.0] * 8),
)  # fmt: skip
usage(
    "two silent weeks of one who was heard of weekly count as none",
    {"used_now": 50, "usage_fall": 50, "usage_drop": True},
    usage=weeks(None, None, 100.0, 100.0, *[100.0] * 8),
)
usage(
    "one silent week says nothing",
    {"used_now": 100, "usage_fall": 0, "usage_drop": False},
    usage=weeks(None, *[100.0] * 11),
)
usage(
    "two silent weeks of one who is heard of every other week say nothing",
    {"used_now": None, "usage_fall": None, "usage_drop": None, "usage_reason": "few_weeks"},
    usage=weeks(None, None, 100.0, None, *[None, 100.0] * 4),
)
usage(
    "four silent weeks of one who was heard of every other week may be chance",
    {"used_now": None, "usage_fall": None, "usage_drop": None, "usage_reason": "few_weeks"},
    usage=weeks(*[None] * 4, *[100.0, None] * 8),
)
usage(
    "four silent weeks of one who was heard of in three of four count as none",
    {"used_now": 0, "usage_fall": 100, "usage_drop": True},
    usage=weeks(*[None] * 4, *[100.0, None, 100.0, 100.0] * 3),
)
usage(
    "silence without a habit is none",
    FEW,
    usage=weeks(*[None] * 4, 100.0),
)
usage(
    "usage of tomorrow is not known yet",
    {"used_now": 100, "usage_last": 100, "usage_record": "@1"},
    usage=[*weeks(*[100.0] * 12), {"on": ago(-1), "quantity": 9999.0}],
)
