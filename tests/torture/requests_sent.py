"""What the emulator's log of requests says was created, and by which key."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

BULK_UPLOAD = re.compile(r"/jobs/ingest/[^/]+/batches$")


def requests_in(log: Path, since: int) -> list[dict[str, Any]]:
    """The lines of the log from this byte on."""
    with log.open("rb") as file:
        file.seek(since)
        return [orjson.loads(line) for line in file]


def creations(sent: list[dict[str, Any]], key: str) -> Counter[tuple[str, str, str]]:
    """(object, how, key) of every record that a request asked to create; a record without a key is its whole text."""
    found: Counter[tuple[str, str, str]] = Counter()
    arrived = (one for one in sent if one["body"])  # of one cut off by a slow line the server saw no body
    for one in arrived:
        for object, how, value in _created(one, key):
            found[object, how, value] += 1
    return found


def _created(one: dict[str, Any], key: str) -> Iterator[tuple[str, str, str]]:
    path, method = one["path"], one["method"]
    if BULK_UPLOAD.search(path):
        for row in csv.DictReader(io.StringIO(one["body"], newline="")):
            if "Id" not in row:
                yield ("bulk", *_named(row, key))
    elif method == "PATCH" and (found := re.search(r"/composite/sobjects/(\w+)/(\w+)$", path)):
        for record in orjson.loads(one["body"])["records"]:
            assert found[2] == key
            yield (found[1], *_named(record, key))
    elif method == "POST" and (found := re.search(r"/objects/[^/]+/([^/]+)/batch/(create|upsert)$", path)):
        for told in orjson.loads(one["body"])["inputs"]:
            yield (found[1], *_named(told["properties"], key))
    elif method == "POST" and re.search(r"/composite/sobjects|/sobjects/\w+$|/objects/[^/]+/[^/]+$", path):
        if "ids" in orjson.loads(one["body"]):  # asks for records
            return
        yield path, "bare", str(one["body"])


def _named(record: dict[str, Any], key: str) -> tuple[str, str]:
    return ("by key", str(record[key])) if record.get(key) else ("bare", repr(record))
