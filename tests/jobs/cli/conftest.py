"""A company that was synced once, and what a sync and an explanation of it came to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from jobs import verbs
from jobs.explain import Story
from jobs.result import RunResult
from tests.command import run
from tests.jobs.cli.shell import Tossup
from tests.jobs.small import CRMS, FULL, Company, company, small_world


@pytest.fixture
def tossup(tmp_path: Path) -> Tossup:
    """Run a command as a shell would, with these variables alone."""
    return lambda *words, **variables: run(*words, folder=tmp_path, variables=variables)


@pytest.fixture(scope="session")
def synced_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Company]]:
    """The company in this CRM, made once for all tests of the command line."""
    with ExitStack() as stack:

        @cache
        def made(crm: str) -> Company:
            folder = tmp_path_factory.mktemp("cli") / "store"
            served = stack.enter_context(company(crm, folder, small_world(("a101",))))
            name = "株式会社サンプル００１ほっかいどう営業本部第二営業所"
            served.edit("update", FULL, "account", **{served.names["name"]: name})
            return served

        yield made


@pytest.fixture(scope="session")
def told_of(synced_in: Callable[[str], Company]) -> Callable[[str], tuple[RunResult, Story]]:
    """What a sync and an explanation came to: how they are printed does not need them made anew each time."""

    @cache
    def made(crm: str) -> tuple[RunResult, Story]:
        served = synced_in(crm)
        return served.sync(), verbs.explain(served.settings, "サンプル")

    return made


@pytest.fixture(params=CRMS)
def synced(request: pytest.FixtureRequest, synced_in: Callable[[str], Company]) -> Company:
    """A company, in each CRM, which `told` syncs once."""
    return synced_in(request.param)


@pytest.fixture
def told(synced: Company, told_of: Callable[[str], tuple[RunResult, Story]]) -> tuple[RunResult, Story]:
    """What a sync and an explanation of the company came to."""
    return told_of(synced.crm)


@pytest.fixture
def printed(told: tuple[RunResult, Story], monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbs that answer what they answered before."""
    result, story = told
    for name, answer in (("sync", result), ("plan", result), ("find_leads", result.found), ("explain", story)):
        monkeypatch.setattr(verbs, name, lambda *_, _answer=answer, **__: _answer)
