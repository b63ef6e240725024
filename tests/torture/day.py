"""A moment in the life of a company, to come back to."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.jobs.small import Company
from tests.torture.holds import Records, holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the CRM and the store held at this moment, and what the CRM holds `after` a run that nothing disturbs."""

    company: Company
    state: dict[str, Any]
    store: Path
    before: Records
    after: Records

    def again(self) -> None:
        """Come back to it."""
        self.company.emulator.restore(self.state)
        folder = self.company.settings.state_dir
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.store, folder)

    def holds(self) -> Records:
        """What the CRM holds now, comparable with `after`."""
        return holds(self.company, self.before, datetime.fromisoformat(self.state["now"]))
