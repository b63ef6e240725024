"""JSON Schemas of the configuration files, for editors that complete and explain while one writes."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from mappings.canonical import TABLES
from mappings.config import Gate, MappingConfig, Override, Play, Ranking, Texts
from mappings.outputs import ACCOUNT_OUTPUTS, LEAD_OUTPUTS, TASK_OUTPUTS, Output

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(document: str = "mapping") -> dict[str, object]:
    """A JSON Schema of the mapping, or of another file by its name (`plays`). Raises KeyError for anything else."""
    of: Mapping[str, Callable[[], Json]] = {
        "mapping": _mapping,
        "plays": TypeAdapter(Mapping[str, Play]).json_schema,
        "gates": TypeAdapter(Mapping[str, Gate]).json_schema,
        "ranking": TypeAdapter(Ranking).json_schema,
        "facts": TypeAdapter(Mapping[str, Mapping[str, float]]).json_schema,
        "overrides": TypeAdapter(tuple[Override, ...]).json_schema,
        "texts": TypeAdapter(Texts).json_schema,
    }
    return {"$schema": DIALECT, **of[document]()}


def _mapping() -> Json:
    """What pydantic knows, and what it does not: names of tables, columns and outputs, and the short forms."""
    schema = MappingConfig.model_json_schema()
    kinds = schema["$defs"]
    for name in ("FieldSource", "OutField"):
        kinds[name] = {"anyOf": [{"type": "string", "description": "the name of a field"}, kinds[name]]}
    kinds["Source"]["properties"]["where"] = _one_or_more({"$ref": "#/$defs/Filter"})
    kinds["ReadBack"]["properties"]["is_closed"] = _one_or_more({"$ref": "#/$defs/FieldSource"})
    company = kinds["Company"]["properties"]
    company["rates"] = _rates(company["rates"])
    schema["properties"]["read"] = _read(kinds["Source"])
    kinds["AccountOut"] = _with_fields(kinds["AccountOut"], _outputs(ACCOUNT_OUTPUTS))
    record = kinds.pop("RecordOut")
    kinds["TaskOut"] = _with_fields(record, _outputs(TASK_OUTPUTS))
    kinds["LeadOut"] = _with_fields(record, _outputs(LEAD_OUTPUTS))
    write = kinds["Write"]["properties"]
    write["task"] = {"$ref": "#/$defs/TaskOut"}
    write["lead"] = _one_or_more({"$ref": "#/$defs/LeadOut"})
    return schema


def _one_or_more(item: Json) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _read(source: Json) -> Json:
    tables = {
        name: {
            "description": table.doc,
            **_one_or_more(
                _with_fields(
                    source if name == "account" else _without_extra(source),
                    {column: _described("FieldSource", what.doc) for column, what in table.columns.items()},
                )
            ),
        }
        for name, table in TABLES.items()
        if name != "ours"
    }
    return {"type": "object", "properties": tables, "required": ["account"], "additionalProperties": False}


def _without_extra(source: Json) -> Json:
    return {**source, "properties": {name: what for name, what in source["properties"].items() if name != "extra"}}


def _rates(rates: Json) -> Json:
    """One rate needs no list, and what its key must look like stands with the names."""
    [(pattern, lists)] = rates.pop("patternProperties").items()
    return {**rates, "propertyNames": {"pattern": pattern}, "additionalProperties": _one_or_more(lists["items"])}


def _outputs(outputs: Mapping[str, Output]) -> Json:
    return {name: _described("OutField", output.help) for name, output in outputs.items()}


def _described(kind: str, text: str) -> Json:
    return {"description": text, "$ref": f"#/$defs/{kind}"}


def _with_fields(schema: Json, fields: Json) -> Json:
    """A copy whose `fields` have these names and no others."""
    named = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**schema, "properties": {**schema["properties"], "fields": named}}
