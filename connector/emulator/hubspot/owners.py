"""The people and queues that records can be assigned to."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from connector.emulator.hubspot.wire import stamp
from connector.emulator.org import BadRequest


@dataclass(slots=True, kw_only=True)
class Owner:
    """One owner. A queue has a name only; `archived` is a person who left."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    type: Literal["PERSON", "QUEUE"] = "PERSON"
    user_id: int | None = None
    archived: bool = False
    created: int = 0
    updated: int = 0

    @property
    def name(self) -> str:
        """First and last name, as shown on the screen."""
        return f"{self.first_name} {self.last_name}".strip()

    def shown(self) -> dict[str, Any]:
        """As the owners API answers it."""
        return {
            "id": self.id,
            "email": self.email,
            "type": self.type,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": None if self.archived else self.user_id,
            "userIdIncludingInactive": self.user_id,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "archived": self.archived,
            "teams": [],
        }


class Owners:
    """Every owner of a portal, by id."""

    def __init__(self) -> None:
        self.by_id: dict[str, Owner] = {}

    def add(self, told: dict[str, Any], id: int, now: int) -> Owner:
        """Take in an owner from `firstName`, `lastName`, `email`, `type`, `archived` (and `id`, if it must be)."""
        unknown = set(told) - {"id", "firstName", "lastName", "name", "email", "type", "archived"}
        if unknown:
            raise BadRequest(f"unknown in an owner: {', '.join(sorted(unknown))}")
        if not str(told.get("id", id)).isdigit():
            raise BadRequest(f"the id of an owner must be a number, got {told['id']}")
        queue = told.get("type") == "QUEUE"
        owner = Owner(
            id=str(told.get("id", id)),
            first_name=told.get("firstName", told.get("name", "")),
            last_name=told.get("lastName", ""),
            email=told.get("email"),
            type="QUEUE" if queue else "PERSON",
            user_id=None if queue else id + 500_000,
            archived=bool(told.get("archived", False)),
            created=now,
            updated=now,
        )
        self.by_id[owner.id] = owner
        return owner

    def assignable(self, id: str) -> bool:
        """Whether a record can be given to this owner."""
        return id in self.by_id and not self.by_id[id].archived

    def user(self, person: str) -> int:
        """The user id of a person named by owner id, email or name; a made-up one for anybody else."""
        for owner in self.by_id.values():
            if person in {owner.id, owner.email, owner.name} and owner.user_id is not None:
                return owner.user_id
        return 900_000 + sum(person.encode()) % 99_999

    def snapshot(self) -> list[dict[str, Any]]:
        """Every owner, JSON-able."""
        return [asdict(owner) for owner in self.by_id.values()]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Become what `snapshot` saw."""
        self.by_id = {owner["id"]: Owner(**owner) for owner in state}
