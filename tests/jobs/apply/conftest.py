"""A company with a plan that is not applied yet, in each CRM."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.jobs.apply.planned import MORE, Planned
from tests.jobs.small import CRMS, company, small_world


@pytest.fixture(scope="session")
def planned_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Planned]]:
    """The company with a plan in this CRM, made once: planning and applying take longer than going back."""
    with ExitStack() as stack:

        @cache
        def made(crm: str) -> Planned:
            folder = tmp_path_factory.mktemp("apply") / "store"
            return Planned(stack.enter_context(company(crm, folder, small_world(MORE))))

        yield made


@pytest.fixture(params=CRMS)
def planned(request: pytest.FixtureRequest, planned_in: Callable[[str], Planned]) -> Planned:
    """A company with a plan that is not applied yet, in each CRM."""
    found = planned_in(request.param)
    found.again()
    return found
