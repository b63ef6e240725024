"""Associations between records: who is linked to whom, and by which association types."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Types = tuple[int, ...]
Ends = tuple[str, str]

_FEW: Final = 8
_OF_THE_PORTAL: Final = 10_001

_STANDARD: Final = """
contacts companies 1 2 279 280
contacts contacts - - 449 449
companies companies 14 13 450 450
deals contacts - - 3 4
deals companies 5 6 341 342
deals line_items - - 19 20
deals deals - - 451 451
tickets contacts - - 16 15
tickets companies 26 25 339 340
tickets deals - - 28 27
tickets tickets - - 452 452
tasks contacts - - 204 203
tasks companies - - 192 191
tasks deals - - 216 215
tasks tickets - - 230 229
tasks leads - - 647 646
calls contacts - - 194 193
calls companies - - 182 181
calls deals - - 206 205
calls tickets - - 220 219
calls leads - - 597 596
emails contacts - - 198 197
emails companies - - 186 185
emails deals - - 210 209
emails tickets - - 224 223
emails leads - - 599 598
meetings contacts - - 200 199
meetings companies - - 188 187
meetings deals - - 212 211
meetings tickets - - 226 225
meetings leads - - 601 600
notes contacts - - 202 201
notes companies - - 190 189
notes deals - - 214 213
notes tickets - - 228 227
notes leads - - 855 854
leads contacts 578 577 608 607
leads companies 580 579 610 609
feedback_submissions contacts - - 98 97
feedback_submissions tickets - - 100 99
subscriptions contacts - - 295 296
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkType:
    """One association type in one direction. `inverse` is the id of the same type seen from the other end."""

    id: int
    ends: Ends
    inverse: int
    label: str | None = None
    category: str = "HUBSPOT_DEFINED"

    def shown(self) -> dict[str, Any]:
        """As the associations API answers it."""
        return {"category": self.category, "typeId": self.id, "label": self.label}


class LinkTypes:
    """The association types of a portal, by id and by the objects they join."""

    def __init__(self) -> None:
        self._by_id: dict[tuple[Ends, int], LinkType] = {}
        self._from: dict[tuple[str, int], LinkType] = {}
        self._by_ends: dict[Ends, list[int]] = {}
        self._next = _OF_THE_PORTAL
        for line in _STANDARD.split("\n")[1:-1]:
            one, other, *ids = line.split()
            self._pair((one, other), ids[0], ids[1], _special_label(one, other))
            self._pair((one, other), ids[2], ids[3], (None, None))

    def _pair(self, ends: Ends, there: str, back: str, labels: tuple[str | None, str | None]) -> None:
        if there != "-":
            self.add(ends, int(there), int(back), labels)

    def add(
        self,
        ends: Ends,
        there: int,
        back: int,
        labels: tuple[str | None, str | None] = (None, None),
        category: str = "HUBSPOT_DEFINED",
    ) -> None:
        """Define a type with its id and label in each direction."""
        both = (
            LinkType(id=there, ends=ends, inverse=back, label=labels[0], category=category),
            LinkType(id=back, ends=(ends[1], ends[0]), inverse=there, label=labels[1], category=category),
        )
        for type in both:
            self._know(type)

    def _know(self, type: LinkType) -> None:
        self._by_id[type.ends, type.id] = type
        self._from[type.ends[0], type.id] = type
        known = self._by_ends.setdefault(type.ends, [])
        if type.id not in known:
            known.append(type.id)

    def define(
        self, ends: Ends, labels: tuple[str | None, str | None] = (None, None), category: str = "USER_DEFINED"
    ) -> tuple[int, int]:
        """Define a type of this portal's own; returns its ids in both directions."""
        there, back = self._next, self._next + 1
        self._next += 2
        self.add(ends, there, back, labels, category)
        return there, back

    def get(self, ends: Ends, id: int) -> LinkType | None:
        """The type with this id between these objects, in this direction."""
        return self._by_id.get((ends, id))

    def of_object(self, object: str, id: int) -> LinkType | None:
        """The type with this id that goes out from an object."""
        return self._from.get((object, id))

    def of_all(self, object: str) -> list[LinkType]:
        """Every type that goes out from an object or comes in to it."""
        return [type for (ends, _), type in self._by_id.items() if object in ends]

    def between(self, ends: Ends) -> list[LinkType]:
        """Every type from one object to another; the unlabelled one is made when there is none yet."""
        if ends not in self._by_ends:
            self.define(ends, category="HUBSPOT_DEFINED")
        return [self._by_id[ends, id] for id in self._by_ends[ends]]

    def default(self, ends: Ends) -> LinkType:
        """The unlabelled type."""
        return next(type for type in self.between(ends) if type.label is None)

    def primary(self, ends: Ends) -> LinkType | None:
        """The type that marks the one main record, where these objects have it."""
        return next((type for type in self.between(ends) if type.label == "Primary"), None)

    def snapshot(self) -> list[list[Any]]:
        """Every type of this portal's own, JSON-able."""
        own = (type for type in self._by_id.values() if type.id >= _OF_THE_PORTAL)
        return [[*type.ends, type.id, type.inverse, type.label, type.category] for type in own]

    def restore(self, state: list[list[Any]]) -> None:
        """Add the types that `snapshot` saw."""
        for one, other, id, inverse, label, category in state:
            self._know(LinkType(id=id, ends=(one, other), inverse=inverse, label=label, category=category))
            self._next = max(self._next, id + 1)


def _special_label(one: str, other: str) -> tuple[str | None, str | None]:
    return ("Parent company", "Child company") if one == other else ("Primary", "Primary")


class Links:
    """Who is linked to whom, kept from both ends. Types are ids in the direction of the pair."""

    def __init__(self) -> None:
        self._of: dict[Ends, dict[int, Any]] = {}

    def of(self, ends: Ends, id: int) -> list[tuple[int, Types]]:
        """The records a record is linked to, by id ascending, each with its types."""
        return sorted(_entries(self._of.get(ends, {}).get(id)))

    def types(self, ends: Ends, id: int, to: int) -> Types:
        """The types between two records; empty when they are not linked."""
        return next((types for other, types in _entries(self._of.get(ends, {}).get(id)) if other == to), ())

    def put(self, ends: Ends, id: int, to: int, types: Types, back: Types) -> None:
        """Make these the types between two records, `back` those of the other direction; none unlinks them."""
        _put(self._of.setdefault(ends, {}), id, to, types)
        _put(self._of.setdefault((ends[1], ends[0]), {}), to, id, back)

    def others(self, object: str) -> list[str]:
        """The objects to which records of this one are linked."""
        return [to for one, to in self._of if one == object]

    def pairs(self) -> Iterator[tuple[Ends, int, int, Types]]:
        """Every link, from both ends."""
        for ends, by_id in self._of.items():
            for id, held in by_id.items():
                for to, types in _entries(held):
                    yield ends, id, to, types

    def load(self, ends: Ends, rows: Iterable[tuple[int, int, Types]]) -> None:
        """Take in one direction of the links of a pair of objects."""
        by_id = self._of.setdefault(ends, {})
        shared: dict[Types, Types] = {}
        for id, to, types in rows:
            _put(by_id, id, to, shared.setdefault(types, types))


def _entries(held: Any) -> list[tuple[int, Types]]:
    if held is None:
        return []
    if isinstance(held, dict):
        return list(held.items())
    return [(held[at], held[at + 1]) for at in range(0, len(held), 2)]


def _put(by_id: dict[int, Any], id: int, to: int, types: Types) -> None:
    held = by_id.get(id)
    if held is None:
        if types:
            by_id[id] = (to, types)
        return
    if isinstance(held, Mapping):
        _put_many(by_id, id, to, types)
        return
    entries = [(other, known) for other, known in _entries(held) if other != to] + ([(to, types)] if types else [])
    if len(entries) > _FEW:
        by_id[id] = dict(entries)
    elif entries:
        by_id[id] = tuple(part for entry in entries for part in entry)
    else:
        del by_id[id]


def _put_many(by_id: dict[int, Any], id: int, to: int, types: Types) -> None:
    held = by_id[id]
    if types:
        held[to] = types
    else:
        held.pop(to, None)
        if not held:
            del by_id[id]
