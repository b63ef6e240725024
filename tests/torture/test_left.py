"""The test of the tests beside it: what runs say and leave is looked at, and a secret in any of it is found."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.emulator.server import Emulator
from jobs.settings import settings_of
from tests.jobs.few_rules import few_rules
from tests.jobs.small import Company
from tests.torture.left import Looking
from tests.torture.runs import Warm, warm


@pytest.fixture(scope="module")
def forks() -> Iterator[Warm]:
    """A warm interpreter."""
    with warm() as forks:
        yield forks


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Company]:
    """A HubSpot that holds nothing."""
    with Emulator("hubspot") as emulator:
        places = {"STATE_DIR": tmp_path / "store", "CONFIG": few_rules(tmp_path / "rules", "hubspot")}
        (tmp_path / "store").mkdir()
        env = {
            **emulator.announcement["env"]["hubspot"],
            **{f"TOSSUP_{name}": str(place) for name, place in places.items()},
        }
        yield Company(crm="hubspot", emulator=emulator, settings=settings_of(env))


@pytest.mark.parametrize("where", ["log", "store", "stderr of a run"])
def test_a_secret_is_found_wherever_it_is(here: Company, forks: Warm, where: str) -> None:
    secret = here.org.secrets()["refresh_token"]
    looking = Looking(log=io.StringIO(f"Bearer {secret}" if where == "log" else "nothing"))
    if where == "store":
        (here.settings.state_dir / "note").write_text(f"it was {secret}")
    # what we do not know is a secret is said: here, a folder that is called like one
    called = {"TOSSUP_CONFIG": f"/{secret}"} if where == "stderr of a run" else {}
    told = forks.run({**here.env, "TOSSUP_HUBSPOT_ACCESS_TOKEN": "another-one", **called}, "sync")
    assert told["code"] == 75
    with pytest.raises(AssertionError, match="refresh_token"):
        looking(here, forks)
    assert looking.search.runs == 1


def test_what_a_run_logs_with_debug_is_heard(here: Company, forks: Warm) -> None:
    forks.run(here.env, "sync")
    looking = Looking(log=io.StringIO())
    looking(here, forks)
    assert looking.calls > 0
