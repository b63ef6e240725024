"""JSON Schemas for editors, checked with a validator of the few words they use."""

from typing import Any

import pytest

from mappings.editor_schema import DIALECT, json_schema
from mappings.load import PRESETS
from mappings.marked import parse

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "null": type(None),
}


def wrong(value: Any, schema: Any, root: Any, path: str = "") -> list[str]:
    """Where `value` breaks `schema`: $ref, anyOf, type, const, enum, properties, items."""
    if "$ref" in schema:
        return wrong(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, path)
    if "anyOf" in schema:
        found = [wrong(value, one, root, path) for one in schema["anyOf"]]
        return min(found, key=lambda one: (one != [], f"{path}: no" in " ".join(one)))
    type_ = TYPES.get(schema.get("type", ""), object)
    if not isinstance(value, type_) or (isinstance(value, bool) and type_ in (int, int | float)):
        return [f"{path}: no {schema['type']}"]
    return [
        *wrong_in_object(value, schema, root, path),
        *wrong_in_list(value, schema, root, path),
        *unlisted(value, schema, path),
    ]


def unlisted(value: Any, schema: Any, path: str) -> list[str]:
    allowed = value == schema.get("const", value) and value in schema.get("enum", [value])
    return [] if allowed else [f"{path}: {value}"]


def wrong_in_list(value: Any, schema: Any, root: Any, path: str) -> list[str]:
    items = enumerate(value) if isinstance(value, list) else ()
    return [one for place, item in items for one in wrong(item, schema["items"], root, f"{path}[{place}]")]


def wrong_in_object(value: Any, schema: Any, root: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    found = [f"{path}.{name}: missing" for name in schema.get("required", ()) if name not in value]
    for name, item in value.items():
        inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
        if inner is False:
            found.append(f"{path}.{name}: unknown")
        elif inner is not True:
            found += wrong(item, inner, root, f"{path}.{name}")
    return found


def document(text: str | bytes) -> Any:
    return parse(text if isinstance(text, bytes) else text.encode()).value


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("salesforce.yaml", "mapping"),
        ("hubspot.yaml", "mapping"),
        ("plays.yaml", "plays"),
        ("gates.yaml", "gates"),
        ("ranking.yaml", "ranking"),
        ("facts.yaml", "facts"),
        ("overrides.yaml", "overrides"),
        ("texts.en.yaml", "texts"),
        ("texts.ja.yaml", "texts"),
    ],
)
def test_the_presets_satisfy_their_schemas(file: str, kind: str) -> None:
    schema = json_schema(kind)
    assert schema["$schema"] == DIALECT
    assert wrong(document((PRESETS / file).read_bytes()), schema, schema) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("employees: N", "employes: N", ".read.account.fields.employes: unknown"),
        ("  contact:", "  contacts:", ".read.contacts: unknown"),
        ("headroom: {field", "headrom: {field", ".write.account.fields.headrom: unknown"),
        ("op: eq", "op: equals", ".read.purchase.where[0].op: equals"),
        ("crm: salesforce", "crm: zoho", ".crm: zoho"),
        ("{constant: queue}", "{constant: queue, feld: x}", ".read.owner[1].fields.kind.feld: unknown"),
        ("    object: Contact\n", "    object: Contact\n    extra: {}\n", ".read.contact.extra: unknown"),
        (
            "    object: Account\n",
            "    object: Account\n    extra: {a: {kind: money}}\n",
            ".read.account.extra.a.kind: money",
        ),
        (
            "  language: en",
            "  rates: {EUR: {from: 2026-01-31, rate: 1, to: x}}\n  language: en",
            ".company.rates.EUR.to: unknown",
        ),
        ("  language: en", "  fiscal_year: 4\n  language: en", ".company.fiscal_year: unknown"),
    ],
)
def test_an_editor_sees_a_slip(old: str, new: str, where: str) -> None:
    text = (PRESETS / "salesforce.yaml").read_text("utf-8").replace(old, new)
    schema = json_schema()
    assert wrong(document(text), schema, schema)[0] == where
