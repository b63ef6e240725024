"""Looking for secrets in everything that runs say and leave behind, in every spelling they could have there."""

import base64
import re
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import duckdb
import orjson
import sqlalchemy as sa

SHORTEST = 12
PAUSED = (".db", ".duckdb")
"""Databases, which are read in a copy: to open one is to mend what a killed run has left open."""

ASSERTION = "an assertion"
_SIGNED = re.compile(rb"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{43,}")
"""A signed assertion, whoever's: one that was sent and never arrived is known to nobody, and opens the door."""

_EMPTY = re.compile(rb"\0{64,}")
"""Most of a database's file: no secret is in it, nor goes across it."""

Place = tuple[str, bytes]
"""What it is called, and all that stands there."""


@cache
def spellings(secret: str) -> frozenset[bytes]:
    """The secret as it is, in JSON, in an address, in hexadecimal, and within base64 at any place."""
    raw = secret.encode()
    found = {raw, orjson.dumps(secret)[1:-1], quote(secret, safe="").encode(), quote_plus(secret).encode()}
    found |= {raw.hex().encode(), raw.hex().upper().encode(), secret.encode("utf-16-le"), repr(secret)[1:-1].encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            # what stands before and after shares a character with us at either end
            within = encode(b"\x00" * before + raw)[4 if before else 0 :]
            found.add(within.rstrip(b"=")[: -2 if len(raw) + before % 3 else None])
    return frozenset(one for one in found if len(one) >= SHORTEST)


def parts(secret: str) -> list[str]:
    """A private key is looked for line by line: any of them would do harm."""
    if not secret.startswith("-----BEGIN"):
        return [secret]
    return [line for line in secret.splitlines() if len(line) >= 32 and not line.startswith("-----")]


def left_in(folder: Path) -> Iterator[Place]:
    """Every file as it is, and every value of every database in it, unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
        if path.suffix in PAUSED:
            with tempfile.TemporaryDirectory() as apart:
                for one in path.parent.glob(f"{path.name}*"):
                    shutil.copy(one, apart)
                yield from _rows_in(Path(apart) / path.name)


def _rows_in(path: Path) -> Iterator[Place]:
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as con:
            tables = [name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                yield f"{path.name} {table}", _values(con.execute(f'SELECT * FROM "{table}"').fetchall())
        return
    with duckdb.connect(str(path)) as mirror:
        names = mirror.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, table in names:
            rows = mirror.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()
            yield f"{path.name} {schema}.{table}", str(rows).encode(errors="surrogatepass")


def rows_on(url: str) -> Iterator[Place]:
    """Every value of every table on a database server, unpacked."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as con:
            for name in sa.inspect(con).get_table_names():
                rows = con.exec_driver_sql(f'SELECT * FROM "{name}"').fetchall()
                yield f"server {name}", _values(rows)
    finally:
        engine.dispose()


def _values(rows: Iterable[Iterable[Any]]) -> bytes:
    return b"\n".join(_bytes(value) for row in rows for value in row)


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode(errors="surrogatepass")
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def found(secrets: Mapping[str, str], places: Iterable[Place]) -> list[tuple[str, str]]:
    """(name of the secret, where it is) for every one that can be read somewhere."""
    wanted = [(name, one) for name, secret in secrets.items() for part in parts(secret) for one in spellings(part)]
    leaks: set[tuple[str, str]] = set()
    for place, whole in places:
        content = _EMPTY.sub(b"\0", whole)
        leaks |= {(name, place) for name, one in wanted if one in content}
        leaks |= {(ASSERTION, place)} if _SIGNED.search(content) else set()
    return sorted(leaks)


@dataclass(kw_only=True)
class Search:
    """What was looked through for secrets so far, in figures."""

    runs: int = 0
    places: int = 0
    bytes: int = 0
    secrets: dict[str, str] = field(default_factory=dict)

    def through(self, secrets: Mapping[str, str], places: Iterable[Place], *, runs: int = 0) -> None:
        """Nothing of these is in any of those; `runs` said or left them."""
        looked = list(places)
        self.runs += runs
        self.places += len(looked)
        self.bytes += sum(len(content) for _, content in looked)
        self.secrets |= {secret: name for name, secret in secrets.items()}
        assert secrets, "there is nothing to look for"
        leaks = found(secrets, looked)
        assert not leaks, leaks

    def __str__(self) -> str:
        spelled = sum(len(spellings(part)) for one in self.secrets for part in parts(one))
        return (
            f"{self.runs:,} commands, {self.places:,} places, {self.bytes:,} bytes, "
            f"{len(self.secrets)} secrets in {spelled:,} spellings"
        )
