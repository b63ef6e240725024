"""Columns of the company's own on accounts: what a mapping's `extra` lines add to the canonical tables."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from mappings.canonical import TABLES, Column, Table
from mappings.config import ExtraField, FieldSource, MappingConfig, Source

PREFIX = "x_"
"""Begins the name of every such column, so that no later version of the canonical tables can mean it too."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,38}[a-z0-9]|[a-z]")


def is_name(name: str) -> bool:
    """Whether a condition can name it: small letters, digits and _, a letter first, at most 40 characters."""
    return _NAME.fullmatch(name) is not None


def tables(mapping: MappingConfig) -> Mapping[str, Table]:
    """The canonical tables, `account` with the mapping's own columns after the others.

    Where several sources name the same column, the kind of the first counts.
    """
    own: dict[str, Column] = {}
    for source in mapping.read.get("account", ()):
        for name, field in source.extra.items():
            own.setdefault(f"{PREFIX}{name}", column(field))
    if not own:
        return TABLES
    account = TABLES["account"]
    columns = MappingProxyType({**account.columns, **own})
    return MappingProxyType({**TABLES, "account": Table(doc=account.doc, columns=columns)})


def column(field: ExtraField) -> Column:
    """The canonical column that such a line makes."""
    return Column(kind=field.kind, doc="a column of the company's own")


def fields(source: Source) -> dict[str, FieldSource]:
    """Every column that a source fills, its extra ones under their full names."""
    return {**source.fields, **{f"{PREFIX}{name}": field for name, field in source.extra.items()}}


def place(name: str) -> tuple[str, str]:
    """Where a source of the mapping says how a column is filled: ("fields", "employees") or ("extra", "health")."""
    return ("extra", name.removeprefix(PREFIX)) if name.startswith(PREFIX) else ("fields", name)
