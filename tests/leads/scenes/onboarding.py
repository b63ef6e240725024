"""Whether onboarding is open, done or not tracked."""

from leads.facts.onboarding import ONBOARDING
from tests.leads.scenes.scene import Scenes, ago
from tests.leads.world import TODAY

onboarding = Scenes(ONBOARDING)
onboarding(
    "begun today is open",
    {
        "onboarding_open": True, "onboarding_days": 0, "onboarded_days": None, "onboarding_started_on": TODAY,
        "onboarded_on": None,
    },
    account={"onboarding_started_on": TODAY},
)  # fmt: skip
onboarding(
    "completed today is done",
    {"onboarding_open": False, "onboarding_days": 30, "onboarded_days": 0, "onboarded_on": TODAY},
    account={"onboarding_started_on": ago(30), "onboarded_on": TODAY},
)
onboarding(
    "completed tomorrow is open today",
    {"onboarding_open": True, "onboarded_days": None, "onboarded_on": None},
    account={"onboarding_started_on": ago(30), "onboarded_on": ago(-1)},
)
onboarding(
    "one that begins tomorrow has not begun",
    {"onboarding_open": None, "onboarding_days": None, "onboarding_started_on": None},
    account={"onboarding_started_on": ago(-1)},
)
onboarding("not tracked is not open", {"onboarding_open": None, "onboarding_days": None})
onboarding(
    "completed without a first day is done",
    {"onboarding_open": False, "onboarding_days": None, "onboarded_days": 7},
    account={"onboarded_on": ago(7)},
)
