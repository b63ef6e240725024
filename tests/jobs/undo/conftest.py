"""A company after its first sync, and a shell."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.command import Ended, run
from tests.jobs.small import CRMS, company, small_world
from tests.jobs.undo.undone import MORE, Synced


@pytest.fixture(scope="session", params=CRMS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    """Five customers, synced once."""
    with company(request.param, tmp_path_factory.mktemp("undo") / "store", small_world(MORE)) as served:
        yield Synced(served)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Ended]:
    """Run a command as a shell would."""
    return lambda *words, **variables: run(*words, folder=tmp_path, variables=variables)
