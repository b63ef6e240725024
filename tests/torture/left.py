"""Whether anything that runs said or left behind, dead or alive, holds a secret that opens the CRM."""

import io
from dataclasses import dataclass, field

from tests.jobs.small import Company
from tests.secrets import Place, Search, left_in
from tests.torture.runs import Warm


@dataclass(kw_only=True)
class Looking:
    """Looks through what was said and left since it was last asked; `log` is what runs in this process logged."""

    log: io.StringIO
    search: Search = field(default_factory=Search)
    calls: int = 0
    """Of the CRM, that runs have logged: what was looked through is not nothing."""

    def __call__(self, company: Company, warm: Warm | None = None, *more: Place) -> None:
        """No token that this CRM ever gave out, nor anything else that lets one in, is in any of it."""
        heard = warm.heard() if warm else []
        said = [*heard, ("log", self._logged()), *more]
        self.calls += sum(text.count(b" call=") for _, text in said)
        self.search.through(
            company.org.secrets(), [*said, *left_in(company.settings.state_dir)], runs=len(heard) // 2
        )

    def _logged(self) -> bytes:
        text = self.log.getvalue().encode()
        self.log.seek(0)
        self.log.truncate()
        return text
