"""Worlds for tests: canonical rows in memory, rules from the presets, and find() over them."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ruamel.yaml import YAML

from jobs.store.wording import BringsRows, question
from leads.find import Found, find
from mappings.canonical import TABLES
from mappings.config import Company, Gate, MappingConfig, Play, Ranking, RecordOut, Rules, Texts, Write

PRESETS = Path(__file__).parents[2] / "mappings" / "presets"
TODAY = date(2026, 11, 18)
ARROW = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "money": pa.int64(),
         "boolean": pa.bool_(), "date": pa.date32()}  # fmt: skip
LINEAGE = MappingProxyType(
    {f"{table}.{column}": f"{table.title()}.{column}" for table, spec in TABLES.items() for column in spec.columns}
)
Rows = Mapping[str, Iterable[Mapping[str, Any]]]


def read_yaml(path: Path) -> Any:
    """A YAML file as plain Python."""
    return json.loads(json.dumps(YAML(typ="safe").load(path.read_text("utf-8")), default=str))


@cache
def rules(currency: str = "USD", route: str | None = "Partner Desk") -> Rules:
    """The presets' plays, gates and texts with a mapping that writes nowhere in particular."""
    record = RecordOut.model_validate({"object": "Task", "key": "Key", "fields": {}})
    write = Write.model_validate(
        {"account": {"object": "Account", "fields": {}}, "task": record, "lead": (record,), "default_route": route}
    )
    mapping = MappingConfig(
        crm="salesforce", company=Company(name="Example Vendor", currency=currency), read={}, write=write
    )
    return Rules(
        mapping=mapping,
        plays={k: Play.model_validate(v) for k, v in read_yaml(PRESETS / "plays.yaml").items()},
        gates={k: Gate.model_validate(v) for k, v in read_yaml(PRESETS / "gates.yaml").items()},
        ranking=Ranking.model_validate(read_yaml(PRESETS / "ranking.yaml")),
        texts={
            "en": Texts.model_validate(read_yaml(PRESETS / "texts.en.yaml")),
            "ja": Texts.model_validate(read_yaml(PRESETS / "texts.ja.yaml")),
        },
    )


@cache
def _engine() -> Any:
    return ibis.duckdb.connect()


def close_engine() -> None:
    """Let go of the engine that all worlds share."""
    _engine().disconnect()
    _engine.cache_clear()
    question.cache_clear()


def arrow(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """The rows as a canonical table with all its columns. Raises ValueError for a column that it does not have."""
    columns = TABLES[name].columns
    given = list(rows)
    unknown = {key for row in given for key in row} - set(columns)
    if unknown:
        raise ValueError(f"{name} has no column {sorted(unknown)}")
    fields = [(column, ARROW[spec.kind]) for column, spec in columns.items()]
    data = [{column: _value(row.get(column), columns[column].kind) for column in columns} for row in given]
    return pa.Table.from_pylist(data, pa.schema(fields))


class World:
    """Canonical tables in an in-memory engine, which also is the stage; a new world takes the place of the last."""

    def __init__(self, rows: Rows) -> None:
        self.engine = _engine()
        self._made: set[str] = set()
        self._staged: dict[str, str] = {}
        self.tables = {name: self._load(name, rows.get(name, ())) for name in TABLES}

    def _load(self, name: str, rows: Iterable[Mapping[str, Any]]) -> ir.Table:
        self._made.add(f"t_{name}")
        return self.engine.create_table(f"t_{name}", arrow(name, rows), overwrite=True)

    def stage(self, name: str, expr: ir.Table) -> ir.Table:
        """Materialise under a name."""
        unique = f"s{len(self._made)}_{name}"
        self._made.add(unique)
        self._staged[name] = unique
        try:
            asked = question(expr.op())
        except BringsRows:
            return self.engine.create_table(unique, expr, overwrite=True)
        columns = ", ".join(one.sql("duckdb") for one in expr.schema().to_sqlglot_column_defs("duckdb"))
        self.engine.raw_sql(f'CREATE OR REPLACE TABLE "{unique}" ({columns})')
        self.engine.raw_sql(f'INSERT INTO "{unique}" {asked}')
        return self.engine.table(unique)

    def let_go(self, name: str) -> None:
        """Drop what was staged last under the name."""
        if name in self._staged:
            self.engine.raw_sql(f'DROP TABLE "{self._staged.pop(name)}"')

    def find(self, rules: Rules, **options: Any) -> Found:
        """find() as of TODAY with every column mapped, unless told otherwise."""
        return find(
            self.tables,
            rules,
            **{
                "today": TODAY, "lineage": LINEAGE, "stage": self.stage, "let_go": self.let_go, "language": "en",
                **options,
            },
        )  # fmt: skip

    def close(self) -> None:
        """Drop what it holds."""
        for name in sorted(self._made):
            self.engine.raw_sql(f'DROP TABLE IF EXISTS "{name}"')


def _value(value: Any, kind: str) -> Any:
    return date.fromisoformat(value) if kind == "date" and isinstance(value, str) else value
