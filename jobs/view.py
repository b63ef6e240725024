"""What the last pull saw beside the rows: the schema, the CRM's clock, and which address it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from connector.errors import GiveUp
from mappings.config import Rules
from mappings.schema import Schema

_FILE = "view.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Enough to decide offline: the mirror's rows are read through this schema, as of `now` (the CRM's clock)."""

    crm: str
    connection: str
    address: str
    now: datetime
    schema: Schema

    def today(self, rules: Rules) -> date:
        """The company's day, never the server's."""
        return self.now.astimezone(ZoneInfo(rules.mapping.company.time_zone)).date()


_JSON = TypeAdapter(View)


def folder_of(state_dir: Path, connection: str) -> Path:
    """Where everything about one connection is kept."""
    return state_dir / connection.replace(":", "-")


def save_view(folder: Path, view: View) -> None:
    """Write whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{_FILE}.new"
    draft.write_bytes(_JSON.dump_json(view, fallback=dict, warnings=False))
    draft.replace(folder / _FILE)


def load_view(folder: Path) -> View | None:
    """The view kept in this folder, or None."""
    try:
        return _JSON.validate_json((folder / _FILE).read_bytes())
    except FileNotFoundError:
        return None


def latest_view(state_dir: Path, crm: str | None, address: str | None) -> View:
    """The connection that offline verbs mean: the one at this address, else the one pulled last.

    Raises GiveUp where nothing was ever pulled.
    """
    views = sorted(_views(state_dir, crm), key=lambda view: (view.address == address, view.now))
    if not views:
        of = f" from {crm}" if crm else ""
        raise GiveUp(f"Nothing was pulled{of} into {state_dir} yet. Run `tossup pull` or `tossup sync` first.")
    return views[-1]


def _views(state_dir: Path, crm: str | None) -> Iterator[View]:
    for path in sorted(state_dir.glob(f"*/{_FILE}")):
        view = load_view(path.parent)
        if view is not None and crm in (None, view.crm):
            yield view
