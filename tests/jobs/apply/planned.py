"""A company for which a plan was made and not yet applied."""

from typing import Any

from jobs import verbs
from tests.jobs.small import Company, Moment, silent

MORE = ("a101", "a102", "a103")


class Planned:
    """A company for which a plan was made and not yet applied; `again` brings that moment back."""

    def __init__(self, company: Company) -> None:
        self.company = company
        made = company.sync(write=False).plan
        assert made is not None
        self.plan = made
        self._moment = Moment(company)
        self.apply()
        self.applied = company.state()

    def again(self) -> None:
        """The moment after planning."""
        self._moment.again()

    def apply(self, plan: str | None = None) -> dict[str, Any]:
        """What `tossup apply` does and prints."""
        return verbs.apply(self.company.settings, plan or self.plan.id, report=silent).to_json()
