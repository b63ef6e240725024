"""A run that was killed at any moment is finished by the next, and what it wrote is known as ours."""

import multiprocessing
import os
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
import requests

from jobs import verbs
from jobs.settings import settings_of
from jobs.store.ledger import Ledger
from jobs.wiring import open_ledger
from mappings.changes import Change
from tests.jobs.apply.planned import Planned
from tests.jobs.small import AT, FULL, silent

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["jobs.verbs", "connector.salesforce.crm", "connector.hubspot.crm"])


def killed(env: dict[str, str], plan: str, event: int, after: bool) -> None:
    """Apply a plan, and die before or after the n-th thing that is lasting: an intent, a write, an outcome."""
    count = 0

    def deadly(do: Callable[..., Any], counts: Callable[..., bool] = lambda *_, **__: True) -> Callable[..., Any]:
        def done(*args: Any, **named: Any) -> Any:
            nonlocal count
            count += counts(*args, **named)
            if count == event and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = do(*args, **named)
            if count == event and after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return done

    def writes(_adapter: Any, request: requests.PreparedRequest, **_: Any) -> bool:
        path = request.path_url
        looks = request.method == "POST" and re.search(r"/composite/sobjects/\w+$", path)
        return request.method != "GET" and not looks and not path.endswith(("/search", "/batch/read", "/token"))

    Ledger.intend = deadly(Ledger.intend)
    Ledger.settle = deadly(Ledger.settle)
    requests.adapters.HTTPAdapter.send = deadly(requests.adapters.HTTPAdapter.send, writes)
    verbs.apply(settings_of(env), plan, report=silent)
    os._exit(0)


def die(planned: Planned, event: int, *, after: bool) -> None:
    """Apply the plan in another process, which dies at this event."""
    child = FORKS.Process(target=killed, args=(planned.company.env, planned.plan.id, event, after))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("event", [1, 2, 4, 5, 7])
def test_a_run_killed_at_any_moment_is_finished_by_the_next(planned: Planned, event: int) -> None:
    here = planned.company
    die(planned, event, after=event % 2 == 0)
    planned.apply()
    assert here.state() == planned.applied
    assert planned.apply()["written"] == 0


def test_what_arrived_unheard_of_is_ours_after_the_next_run(planned: Planned) -> None:
    here = planned.company
    die(planned, 2, after=True)
    here.emulator.clock.advance(7200)
    here.edit("update", FULL, "account", employees=500)
    told = here.sync().to_json()
    assert told["conflicts"] == 0
    assert float(here.account(FULL)[here.names["headroom"]]) == 350


def test_of_what_arrived_unheard_of_only_that_is_somebodys_which_they_wrote_since(planned: Planned) -> None:
    here = planned.company
    die(planned, 2, after=True)
    arrived = float(here.account(FULL)[here.names["headroom_value"]])
    here.emulator.clock.advance(7200)
    here.edit("update", FULL, "account", headroom=7)
    here.edit("update", FULL, "account", employees=500)
    made = here.sync().plan
    assert made is not None
    assert [(one.object, one.field) for one in made.conflicts] == [(here.names["account"], here.names["headroom"])]
    assert float(here.account(FULL)[here.names["headroom"]]) == 7
    assert float(here.account(FULL)[here.names["headroom_value"]]) > arrived > 0


def test_a_record_unheard_of_whose_key_field_is_gone_since_stops_no_run(planned: Planned) -> None:
    here, connection = planned.company, planned.plan.connection
    made = Change(object=here.names["task"], action="create", id=None, key="a/b/c/d", key_field="old_key", fields=())
    with open_ledger(here.settings, connection) as ledger:
        run = ledger.begin("sync", connection, AT)
        ledger.intend(run, planned.plan.id, connection, [made], AT)
    assert planned.apply()["refused"] == 0
    assert verbs.undo(here.settings, run, write=True, report=silent).written == 0
