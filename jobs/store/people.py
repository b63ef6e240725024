"""One person in the mirror: found, taken out, and the file written anew."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from jobs.store.catalog import Catalog, link_table, quoted, transaction
from jobs.store.erase import ERASED
from jobs.store.words import Words


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


def take_out(con: duckdb.DuckDBPyConnection, catalog: Catalog, own: Sequence[str], words: Words) -> int:
    """Delete rows of `own` whose id is a word, with their links; blank all other texts in which one stands.

    An object of which a text was blanked is read in full next time: of somebody else it may have been the name.
    How many rows were touched.
    """
    rows = 0
    if not words:
        return rows
    with transaction(con):
        for source, target in catalog.link_pairs():
            for end in ("from_id",) * (source in own) + ("to_id",) * (target in own):
                rows += _delete(con, link_table(source, target), end, words)
        for object in catalog.objects():
            known = catalog.get(object)
            key = known.id_column if known is not None else ""
            rows += _delete(con, quoted(object), key, words) if object in own else 0
            # the id of another kind of record is nobody's, even where the figures are the same
            blanked = sum(
                _blank(con, object, column, words) for column in _texts(con, "main", object) if column != key
            )
            if blanked:
                catalog.read_anew(object)
            rows += blanked
    return rows


def _delete(con: duckdb.DuckDBPyConnection, table: str, column: str, words: Words) -> int:
    ids = [word.lower() for word in words.all]
    return _count(con.execute(f"DELETE FROM {table} WHERE list_contains(?, lower({quoted(column)}))", [ids]))


def _blank(con: duckdb.DuckDBPyConnection, object: str, column: str, words: Words) -> int:
    """Every text of the column in which a word stands; the engine, which knows no ends of words, finds candidates."""
    table, name = quoted(object), quoted(column)
    may = " OR ".join(f"contains(lower({name}), lower(?))" for _ in words.all)
    found = con.execute(f"SELECT DISTINCT {name} FROM {table} WHERE {may}", list(words.all)).fetchall()
    texts = [text for (text,) in found if words.within(text)]
    if not texts:
        return 0
    return _count(con.execute(f"UPDATE {table} SET {name} = ? WHERE list_contains(?, {name})", [ERASED, texts]))


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


def _texts(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    query = (
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? AND data_type = 'VARCHAR'"
    )
    return [name for (name,) in con.execute(query, [schema, table]).fetchall()]


def _count(done: duckdb.DuckDBPyConnection) -> int:
    row = done.fetchone()
    return int(row[0]) if row else 0


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
