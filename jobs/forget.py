"""Forgetting one person: everything that the store of a connection holds of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from connector.errors import GiveUp
from jobs.result import JsonObject
from jobs.settings import Settings
from jobs.store.erase import Traces
from jobs.store.words import Words
from jobs.view import View
from jobs.wiring import open_store, rules_of
from mappings.config import MappingConfig, Rules

_IDENTIFIES = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|(?=\w*\d)\w{6,18}", re.ASCII)
"""An address or a record id: a plain word stands in texts about everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was found of a person, and whether it was taken out. `people`: rows of contacts that they are."""

    connection: str
    people: int
    rows: int
    ledger: Traces
    done: bool

    def to_json(self) -> JsonObject:
        """The machine interface: counts alone, so that no log keeps whom they were about."""
        told = {name: getattr(self.ledger, name) for name in ("plans", "intents", "written", "refusals")}
        return {"connection": self.connection, "contacts": self.people, "rows": self.rows, **told, "done": self.done}


def forget(
    settings: Settings, view: View, who: str, also: Sequence[str], *, write: bool, anyway: bool = False
) -> Forgotten:
    """What the store holds of the person with this record id or mail address; with `write`, taken out.

    `also` are names or addresses the mirror does not know (any more). Makes no call. Raises `GiveUp` where nothing
    of them is found, `TryAgain` where it is unclear whether something about them arrived, unless `anyway`.
    """
    rules = rules_of(settings, view.crm)
    with open_store(settings, view.connection) as (mirror, ledger):
        own = contact_objects(rules.mapping)
        found = [row for object in own for row in mirror.people(object, who) if _is(row, who)]
        if not found and not _IDENTIFIES.fullmatch(who.strip()):
            raise GiveUp("Give the record id or the whole mail address of the person; names go with --also.")
        words = Words([who, *also, *(word for row in found for word in _known_by(rules, row))])
        with ledger.locked(view.connection, "forget"):
            traces = ledger.erase(view.connection, words, write=write, anyway=anyway)
            rows = mirror.erase(own, words) if write else len(found)
    if not found and not traces.total and not rows:
        raise GiveUp("Nothing of this person is in the store. Give the record id, or names too: --also NAME.")
    return Forgotten(connection=view.connection, people=len(found), rows=rows, ledger=traces, done=write)


def contact_objects(mapping: MappingConfig) -> tuple[str, ...]:
    """The objects that people are read from."""
    return tuple(dict.fromkeys(source.object for source in mapping.read.get("contact", ())))


def _is(row: dict[str, str], who: str) -> bool:
    """Whether it is this contact's own id or address: others share the employer, the title, the manager."""
    return who.strip().lower() in {word.lower() for word in (*_ids(row), *_addresses(row))}


def _ids(row: dict[str, str]) -> list[str]:
    return [row[name] for name in ("Id", "id", "hs_object_id") if name in row]


def _addresses(row: dict[str, str]) -> list[str]:
    return [value for value in row.values() if "@" in value and " " not in value]


def _known_by(rules: Rules, row: dict[str, str]) -> list[str]:
    """Ids, addresses and the full name of a contact: by what the mapping makes its name of."""
    parts = [row[field] for field in _name_fields(rules.mapping) if field in row]
    full = " ".join(parts) if len(parts) > 1 else ""
    return [*_ids(row), *_addresses(row), full, *(parts if len(parts) == 1 else ())]


def _name_fields(mapping: MappingConfig) -> list[str]:
    sources = [source.fields.get("name") for source in mapping.read.get("contact", ())]
    return [
        field
        for one in sources
        if one is not None
        for field in (*(one.join or ()), *([one.field] if one.field else ()))
    ]
