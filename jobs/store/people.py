"""One person in the mirror: found, taken out, and the file written anew."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from jobs.store.catalog import quoted, transaction
from jobs.store.erase import ERASED, Words


def find(con: duckdb.DuckDBPyConnection, object: str, who: str) -> list[dict[str, str]]:
    """The texts, by column, of every row that has `who` in one."""
    columns = _texts(con, "main", object)
    if not columns:
        return []
    same = " OR ".join(f"lower({quoted(column)}) = lower($who)" for column in columns)
    rows = con.execute(
        f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(object)} WHERE {same}", {"who": who.strip()}
    ).fetchall()
    return [{name: value for name, value in zip(columns, row, strict=True) if value} for row in rows]


def take_out(con: duckdb.DuckDBPyConnection, objects: Sequence[str], own: Sequence[str], words: Words) -> int:
    """Delete rows of `own` that have a word in any text, blank such texts elsewhere; how many rows were touched."""
    rows = 0
    with transaction(con):
        for schema, table in _tables(con):
            columns = _texts(con, schema, table)
            if schema == "tossup" or not columns or (schema == "main" and table not in objects):
                continue
            name = f"{quoted(schema)}.{quoted(table)}"
            if table in own or schema == "links":
                test = " OR ".join(_holds(column, len(words.all)) for column in columns)
                rows += _count(con.execute(f"DELETE FROM {name} WHERE {test}", list(words.all) * len(columns)))
                continue
            for column in columns:
                blank = f"UPDATE {name} SET {quoted(column)} = ? WHERE {_holds(column, len(words.all))}"
                rows += _count(con.execute(blank, [ERASED, *words.all]))
    return rows


def rewrite(path: Path) -> None:
    """Copy every live row into a new file and put it in the old one's place; leave no older copy."""
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    with duckdb.connect() as con:
        for name, file, how in (("before", path, " (READ_ONLY)"), ("after", fresh, "")):
            con.execute(f"ATTACH {_literal(file)} AS {name}{how}")
        con.execute("COPY FROM DATABASE before TO after")
    fresh.chmod(0o600)
    fresh.replace(path)
    for older in (f"{path.name}.wal", f"{path.name}.damaged", f"{fresh.name}.wal"):
        path.with_name(older).unlink(missing_ok=True)


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()


def _texts(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    query = (
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? AND data_type = 'VARCHAR'"
    )
    return [name for (name,) in con.execute(query, [schema, table]).fetchall()]


def _holds(column: str, words: int) -> str:
    return "(" + " OR ".join(f"contains(lower({quoted(column)}), lower(?))" for _ in range(words)) + ")"


def _count(done: duckdb.DuckDBPyConnection) -> int:
    row = done.fetchone()
    return int(row[0]) if row else 0


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
