"""Looking for secrets in everything a run leaves behind, in every spelling they could have there."""

import base64
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import orjson

SHORTEST = 12


def spellings(secret: str) -> set[bytes]:
    """The secret as it is, in JSON, in an address, in hexadecimal, and within base64 at any place."""
    raw = secret.encode()
    found = {raw, orjson.dumps(secret)[1:-1], quote(secret, safe="").encode(), quote_plus(secret).encode()}
    found |= {raw.hex().encode(), raw.hex().upper().encode(), secret.encode("utf-16-le"), repr(secret)[1:-1].encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            # what stands before and after shares a character with us at either end
            within = encode(b"\x00" * before + raw)[4 if before else 0 :]
            found.add(within.rstrip(b"=")[: -2 if len(raw) + before % 3 else None])
    return {one for one in found if len(one) >= SHORTEST}


def parts(secret: str) -> list[str]:
    """A private key is looked for line by line: any of them would do harm."""
    if not secret.startswith("-----BEGIN"):
        return [secret]
    return [line for line in secret.splitlines() if len(line) >= 32 and not line.startswith("-----")]


def left_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it is, and every value of every database in it, unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
        if path.suffix == ".db":
            yield from _ledger(path)
        if path.suffix == ".duckdb":
            yield from _mirror(path)


def _ledger(path: Path) -> Iterator[tuple[str, bytes]]:
    with sqlite3.connect(path) as con:
        tables = [name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = con.execute(f'SELECT * FROM "{table}"').fetchall()
            yield f"{path.name} {table}", b"\n".join(_bytes(value) for row in rows for value in row)
    con.close()


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode(errors="surrogatepass")
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def _mirror(path: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as con:
        names = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, table in names:
            rows = con.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()
            yield f"{path.name} {schema}.{table}", str(rows).encode(errors="surrogatepass")


def found(secrets: Mapping[str, str], places: Iterable[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """(name of the secret, where it is) for every one that can be read somewhere."""
    wanted = [(name, one) for name, secret in secrets.items() for part in parts(secret) for one in spellings(part)]
    return sorted({(name, place) for place, content in places for name, one in wanted if one in content})
