"""What people answer in surveys: recommendation and satisfaction, falls, and delight."""

from leads.facts.feedback import FEEDBACK
from tests.leads.scenes.scene import Scenes, ago, score

NO_ANSWER = dict.fromkeys(
    ["nps", "nps_on", "nps_before", "nps_fall", "csat", "csat_before", "csat_fall", "delighted_on"]
)

feedback = Scenes(FEEDBACK)
feedback("who never answered has no row", {}, feedback=[])
feedback(
    "a promoter who became a detractor fell by five",
    {
        "nps": 4, "nps_on": ago(10), "nps_record": "@2", "nps_before": 9, "nps_before_record": "@1", "nps_fall": 5,
        "csat": None, "delighted_on": None, "feedback_since": ago(10), "feedback_record": "@2",
    },
    feedback=[score("nps", 9, 100), score("nps", 4, 10)],
)  # fmt: skip
feedback(
    "a score that rose did not fall",
    {"nps": 9, "nps_before": 4, "nps_fall": 0},
    feedback=[score("nps", 4, 100), score("nps", 9, 10)],
)
feedback(
    "two answers of one day are one moment: the first id is quoted, nothing fell",
    {"nps": 9, "nps_record": "@1", "nps_before": None, "nps_before_record": None, "nps_fall": None},
    feedback=[score("nps", 9, 10), score("nps", 3, 10)],
)
feedback(
    "satisfaction falls like recommendation, each from its own answers",
    {
        "csat": 3.1, "csat_on": ago(10), "csat_record": "@3", "csat_before": 4.6, "csat_before_record": "@1",
        "csat_fall": 1.5, "nps": 9, "nps_before": None, "nps_fall": None,
    },
    feedback=[score("csat", 4.6, 100), score("nps", 9, 50), score("csat", 3.1, 10)],
)  # fmt: skip
feedback(
    "satisfaction that rose or stayed did not fall",
    {"csat": 5, "csat_before": 4, "csat_before_record": "@2", "csat_fall": 0},
    feedback=[score("csat", 5, 101), score("csat", 4, 100), score("csat", 5, 10)],
)
feedback(
    "satisfaction of over 180 days ago is none to fall from",
    {"csat": 2, "csat_before": None, "csat_before_record": None, "csat_fall": None},
    feedback=[score("csat", 5, 181), score("csat", 2, 10)],
)
feedback("an answer of 180 days ago still says something", {"nps": 7}, feedback=[score("nps", 7, 180)])
feedback(
    "one of 181 days ago only says when people last answered",
    {**NO_ANSWER, "feedback_since": ago(181), "feedback_record": "@1"},
    feedback=[score("nps", 7, 181)],
)
feedback(
    "an answer of tomorrow is not known yet",
    {"nps": 8, "nps_record": "@1", "feedback_since": ago(5), "delighted_on": None},
    feedback=[score("nps", 8, 5), score("nps", 10, -1), score("csat", 5, -1)],
)
feedback("a 9 of 30 days ago delights", {"delighted_on": ago(30)}, feedback=[score("nps", 9, 30)])
feedback("a 10 of 31 days ago no longer does", {"delighted_on": None}, feedback=[score("nps", 10, 31)])
feedback("an 8 does not", {"delighted_on": None, "nps": 8}, feedback=[score("nps", 8, 1)])
feedback(
    "the top box of a satisfaction survey does",
    {
        "delighted_on": ago(1),
        "delighted_record": "@1",
        "csat": 5,
        "csat_on": ago(1),
        "csat_record": "@1",
        "nps": None,
    },
    feedback=[score("csat", 5, 1)],
)
feedback("the box below does not", {"delighted_on": None, "csat": 4.5}, feedback=[score("csat", 4.5, 1)])
feedback(
    "a score off the scale is no answer",
    {},
    feedback=[
        score("nps", 11, 1),
        score("nps", -1, 1),
        score("nps", 8.5, 1),
        score("csat", 0, 1),
        score("csat", 6, 1),
    ],
)
