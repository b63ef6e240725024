"""A company after its first sync, what it was before, and how a run of it is undone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from jobs import verbs
from jobs.result import RunResult
from jobs.wiring import describe
from tests.jobs.small import Company, Moment, silent

STAMPS = ("lastmodified", "systemmodstamp", "updatedat", "updated_by", "objectwritetraceid")
MORE = ("a101",)


class Synced(Moment):
    """A company after its first sync: what the CRM held before it, and the run."""

    def __init__(self, company: Company) -> None:
        self.before = everything(company)
        self.run = company.sync()
        self.after = company.state()
        super().__init__(company)


def everything(here: Company) -> dict[str, list[bytes]]:
    """Every live record of every object, field by field, without who saved it when."""
    there = {
        object: sorted(_bytes(one) for one in here.records(object)) for object in here.org.inspect(None)["counts"]
    }
    return {object: records for object, records in sorted(there.items()) if records}


def _bytes(record: dict[str, Any]) -> bytes:
    flat = {**record, **record.get("properties", {})}
    flat.pop("properties", None)
    kept = {name: value for name, value in flat.items() if not any(stamp in name.lower() for stamp in STAMPS)}
    filled = {name: value for name, value in kept.items() if value not in (None, "")}
    return orjson.dumps(filled, option=orjson.OPT_SORT_KEYS)


def undo(here: Company, run: str, *, write: bool = True) -> RunResult:
    """What `tossup undo RUN --yes` does."""
    return verbs.undo(here.settings, run, write=write, report=silent)


def unheard(*_: object, **__: object) -> None:
    """The moment in which a run dies: its writes have arrived, their outcomes are not noted."""
    raise RuntimeError("killed")


def forbidden(object: str) -> Callable[..., Any]:
    """A CRM that lets our user not delete these."""

    def described(*args: Any) -> Any:
        schema = describe(*args)
        there = replace(schema.objects[object], deletable=False)
        return replace(schema, objects={**schema.objects, object: there})

    return described
