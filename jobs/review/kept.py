"""A plan in the list of plans."""

from dataclasses import dataclass

from jobs.result import JsonObject
from jobs.store.records import SavedPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A plan in the list, and the runs that wrote it."""

    saved: SavedPlan
    runs: tuple[str, ...]

    def to_json(self) -> JsonObject:
        """The machine interface of `tossup plans --json`."""
        one = self.saved
        return {
            "plan": one.id,
            "connection": one.connection,
            "at": one.at.isoformat(),
            "changes": {"create": one.creates, "update": one.updates, "close": one.closes},
            "conflicts": one.conflicts,
            "calls": one.calls,
            "runs": list(self.runs),
        }
