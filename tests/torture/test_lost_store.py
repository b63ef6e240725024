"""Mirror and ledger are lost between two runs: the keys and people's words are in the CRM, so nothing else is."""

import shutil
from collections.abc import Iterator

import orjson
import pytest

from tests.jobs.small import CRMS, FULL, TOSSUP, Company, company, small_world
from tests.torture.left import Looking
from tests.torture.model import People
from tests.torture.test_people_and_runs import LOST, lose

EDITED, COMPLETED, REWORDED, GREW = "a101", "a102", "a103", "a104"


@pytest.fixture(scope="module", params=CRMS)
def synced(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Company, bytes]]:
    """A company after its first run, and what the CRM held then."""
    folder = tmp_path_factory.mktemp("lost") / "store"
    with company(request.param, folder, small_world((EDITED, COMPLETED, REWORDED, GREW))) as served:
        served.sync()
        shutil.copytree(folder, folder.with_name("kept"))
        yield served, orjson.dumps(served.emulator.snapshot())


@pytest.mark.parametrize("what", LOST)
def test_whatever_is_lost_nothing_is_made_twice_and_peoples_words_stay(
    synced: tuple[Company, bytes], look: Looking, what: str
) -> None:
    here, state = synced
    here.emulator.restore(orjson.loads(state))
    store = here.settings.state_dir
    shutil.rmtree(store)
    shutil.copytree(store.with_name("kept"), store)
    here.next_day()
    people = People(company=here)
    people.check()
    people.writes("account", here.account(EDITED), headroom=7)
    people.writes("account", here.account(GREW), employees=400)
    people.does("complete", "task", here.of(COMPLETED, "task"))
    people.writes("task", here.of(REWORDED, "task"), subject="Called, waiting for an answer")
    people.writes("task", here.of(FULL, "task"), owner=here.owner("CSM 03"))
    people.writes("lead", here.of(TOSSUP, "lead"), lead_body="Spoke to them.")
    tasks, leads = set(here.ours("task")), set(here.ours("lead"))
    lose(here, what)
    here.sync()
    people.check()
    assert (set(here.ours("task")), set(here.ours("lead"))) == (tasks, leads)
    again = here.sync()
    assert again.plan is not None
    assert (again.written, again.plan.changes) == (0, ())
    look(here)
    # without a ledger a value of ours looks like a person's
    assert float(here.account(GREW)[here.names["headroom"]]) == (250 if what == "mirror" else 50)
