"""A mapping against what a CRM really has: every problem at once, each with its place and a suggestion."""

from collections.abc import Iterator

from mappings.canonical import TABLES
from mappings.check_read import lacking, of_read, puzzling
from mappings.check_write import of_write
from mappings.config import MappingConfig, Rules
from mappings.load import Positions
from mappings.problems import Problem, in_order
from mappings.schema import Schema
from mappings.selfcheck import Finding
from mappings.sources import lineage


def check(rules: Rules, schema: Schema, positions: Positions) -> list[Problem]:
    """What keeps this mapping from working with this CRM, by file, line and column; empty when all is well.

    What is optional may be missing, and so may fields with `create: true`: `setup` makes them.
    """
    mapping = rules.mapping
    found = [*of_read(mapping, schema), *of_write(mapping, schema)]
    return _placed(mapping, found, positions)


def notes(rules: Rules, schema: Schema, positions: Positions) -> list[Problem]:
    """What works but could be more: columns that nothing fills, optional fields that are not there, odd values."""
    mapping = rules.mapping
    found = [
        *_without_effect(mapping),
        *_unfilled(mapping, schema),
        *_unseen(mapping, schema),
        *lacking(mapping, schema),
        *puzzling(mapping, schema),
    ]
    return _placed(mapping, found, positions)


def _without_effect(mapping: MappingConfig) -> Iterator[Finding]:
    """Keys of the company that files may still have and nothing reads."""
    for name, field in type(mapping.company).model_fields.items():
        if field.deprecated and name in mapping.company.model_fields_set:
            yield Finding(path=("company", name), text=f"{field.deprecated}")


def _unfilled(mapping: MappingConfig, schema: Schema) -> Iterator[Finding]:
    filled = lineage(mapping, schema)
    for table, spec in TABLES.items():
        # a company that sells in one currency needs no rates
        if table in ("ours", "rate"):
            continue
        if not any(name.startswith(f"{table}.") for name in filled):
            yield Finding(path=("read", table), text=f"nothing fills this table ({spec.doc.rstrip('.')})")
            continue
        for column, what in spec.columns.items():
            if f"{table}.{column}" not in filled and column not in _named(mapping, table):
                yield Finding(path=("read", table, column), text=f"nothing fills this column ({what.doc})")


def _unseen(mapping: MappingConfig, schema: Schema) -> Iterator[Finding]:
    """What closing writes and making does not: that somebody moved such a record on cannot be seen."""
    leads = ((("write", "lead", n), lead) for n, lead in enumerate(mapping.write.lead))
    for path, record in ((("write", "task"), mapping.write.task), *leads):
        told = {*record.constants, *(out.field for out in record.fields.values())}
        for name in sorted(record.close.keys() - told) if record.object in schema.objects else ():
            text = (
                "say under constants what it is at first: else a record that somebody moved on looks as if nobody had"
            )
            yield Finding(path=(*path, "close", name), text=f"{text} touched it")


def _named(mapping: MappingConfig, table: str) -> set[str]:
    """Columns that need no word: those the mapping names (`lacking` speaks of them), and the company's currency."""
    return {"currency", *(column for source in mapping.read.get(table, ()) for column in source.fields)}


def _placed(mapping: MappingConfig, findings: list[Finding], positions: Positions) -> list[Problem]:
    name = f"{mapping.crm}.yaml"
    return in_order(positions.problem(name, one.path, one.text, one.suggestion) for one in findings)
