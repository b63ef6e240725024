"""Over a line that breaks and a CRM that is busy, the same arrives."""

from functools import partial

import pytest

from connector.hubspot.config import HubSpotConfig
from connector.salesforce.config import SalesforceConfig
from connector.wire import Patience
from tests.jobs.apply.planned import Planned
from tests.jobs.small import Company


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that ask a busy CRM again at once, and often."""
    patience = Patience(first_s=0.001, longest_s=5.0, attempts=12)
    monkeypatch.setattr("jobs.wiring.SalesforceConfig", partial(SalesforceConfig, patience=patience))
    monkeypatch.setattr("jobs.wiring.HubSpotConfig", partial(HubSpotConfig, patience=patience))


def break_line(here: Company, share: float) -> None:
    """This share of calls fails, in four ways; the control plane, and signing in, are not part of the line."""
    for seed, kind in enumerate(("503", "429", "drop_before", "drop_after")):
        here.emulator.faults.add({"match": "* /[sc]*", "kind": kind, "probability": share / 4, "seed": seed})


@pytest.mark.parametrize("share", [0.05, 0.2])
@pytest.mark.usefixtures("patient")
def test_over_a_bad_line_the_same_arrives(planned: Planned, share: float) -> None:
    here = planned.company
    break_line(here, share)
    told = planned.apply()
    assert (told["written"], told["refused"]) == (len(planned.plan.changes), 0)
    assert sum(fault["hits"] for fault in here.emulator.faults.shown()) > 0
    here.emulator.faults.clear()
    assert here.state() == planned.applied


@pytest.mark.usefixtures("patient")
def test_a_whole_sync_over_a_bad_line_ends_the_same(planned: Planned) -> None:
    here = planned.company
    break_line(here, 0.2)
    told = here.sync(full=True).to_json()
    here.emulator.faults.clear()
    assert told["refused"] == 0
    assert here.state() == planned.applied
