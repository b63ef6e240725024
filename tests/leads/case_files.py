"""Reads the cases in cases/*.yaml and puts all of them into one world, each with records of its own.

A file has `play`, `background` (rows shared by its cases), `base` (the rows every case starts from) and `cases`. In
`given`, a mapping changes the base's row of that table (or makes one), a list replaces its rows. `passes` names gates
that refuse no lead of the case, though they came close. Ids, parents and
keys are the case's own; products and whatever stands in the background are shared. `today-30` is a day, `repeat: 25`
makes that many rows with {n} counted up, `~` empties a column.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.leads.world import TODAY, read_yaml

FOLDER = Path(__file__).parent / "cases"
OWN = ("id", "account_id", "parent_id", "owner_id", "contact_id", "opportunity_id", "key")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: where it stands, its records, and what is expected of which play."""

    file: str
    name: str
    play: str
    prefix: str
    rows: Mapping[str, list[Row]]
    expect: Mapping[str, Any]
    because: str
    passes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def all_cases() -> list[Case]:
    """Every case of every file, in order."""
    return [case for file in sorted(FOLDER.glob("*.yaml")) for case in _cases(file)]


def background() -> dict[str, list[Row]]:
    """The rows that the files share out to all."""
    rows: dict[str, list[Row]] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        for table, given in (read_yaml(file).get("background") or {}).items():
            rows.setdefault(table, []).extend(_expanded(given))
    return rows


def _cases(file: Path) -> Iterator[Case]:
    content = read_yaml(file)
    for place, case in enumerate(content["cases"]):
        prefix = f"{file.stem}{place:02d}-"
        rows = _merged(content.get("base") or {}, case.get("given") or {})
        yield Case(
            file=file.stem,
            name=case["name"],
            play=case.get("play", content.get("play")),
            prefix=prefix,
            rows={table: [_owned(row, prefix) for row in _expanded(given)] for table, given in rows.items()},
            expect=case["expect"],
            because=case["because"],
            passes=tuple(case.get("passes", ())),
        )


def _merged(base: Mapping[str, list[Row]], given: Mapping[str, Any]) -> dict[str, list[Row]]:
    rows = {table: deepcopy(list(of)) for table, of in base.items()}
    for table, change in given.items():
        if isinstance(change, list):
            rows[table] = change
        elif rows.get(table):
            rows[table][0] |= change
        else:
            rows[table] = [change]
    return rows


def _expanded(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        plain = {key: _day(value) for key, value in row.items() if key != "repeat"}
        for n in range(row.get("repeat", 1)):
            yield {k: v.replace("{n}", str(n)) if isinstance(v, str) else v for k, v in plain.items()}


def _day(value: Any) -> Any:
    found = re.fullmatch(r"today([+-]\d+)?", value) if isinstance(value, str) else None
    return TODAY + timedelta(days=int(found[1] or 0)) if found else value


def _owned(row: Row, prefix: str) -> Row:
    return {key: f"{prefix}{value}" if key in OWN and value is not None else value for key, value in row.items()}
