"""The static lists of a portal: who is on them, and since when."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from connector.emulator.hubspot.rows import Table
from connector.emulator.hubspot.wire import stamp

STATIC: Final = ("MANUAL", "SNAPSHOT")


@dataclass(slots=True, kw_only=True)
class Roster:
    """One static list. `members` are record ids with the moment they joined, in milliseconds since 1970."""

    id: int
    name: str
    type_id: str
    processing: str
    created: int
    updated: int
    members: dict[int, int] = field(default_factory=dict)

    def on(self, table: Table) -> dict[int, int]:
        """Who is on it now, by id: deleted records have left, merged ones are their winner."""
        found: dict[int, int] = {}
        for id, joined in self.members.items():
            now = table.merged.get(id, id)
            if now in table.live:
                found[now] = min(joined, found.get(now, joined))
        return dict(sorted(found.items()))

    def shown(self, size: int) -> dict[str, Any]:
        """As the lists API answers it."""
        return {
            "listId": str(self.id),
            "listVersion": 1,
            "name": self.name,
            "objectTypeId": self.type_id,
            "processingType": self.processing,
            "processingStatus": "COMPLETE",
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "size": size,
        }


class Rosters:
    """Every list of a portal, by id."""

    def __init__(self) -> None:
        self.by_id: dict[int, Roster] = {}
        self.last = 0

    def add(self, name: str, type_id: str, processing: str, now: int) -> Roster:
        """A new list."""
        self.last += 1
        roster = Roster(id=self.last, name=name, type_id=type_id, processing=processing, created=now, updated=now)
        self.by_id[roster.id] = roster
        return roster

    def named(self, name: str, type_id: str) -> Roster | None:
        """The list of this name, whatever its case, of these objects."""
        of_type = (one for one in self.by_id.values() if one.type_id == type_id)
        return next((one for one in of_type if one.name.lower() == name.lower()), None)

    def snapshot(self) -> list[dict[str, Any]]:
        """Every list, JSON-able."""
        return [asdict(one) | {"members": [*one.members.items()]} for one in self.by_id.values()]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Become what `snapshot` saw."""
        rosters = [Roster(**{**one, "members": dict(one["members"])}) for one in state]
        self.by_id = {one.id: one for one in rosters}
        self.last = max(self.by_id, default=0)
