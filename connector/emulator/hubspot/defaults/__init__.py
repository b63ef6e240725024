"""The properties every portal is born with, read from the tables beside this file."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from connector.emulator.hubspot.catalog import Kind
from connector.emulator.hubspot.properties import Property

_GROUPS = {
    "contacts": "contactinformation",
    "companies": "companyinformation",
    "deals": "dealinformation",
    "tickets": "ticketinformation",
    "products": "productinformation",
    "line_items": "lineiteminformation",
    "feedback_submissions": "feedback_submission_information",
    "subscriptions": "subscription_information",
    "leads": "leadinformation",
}
_YES_NO = "true=Yes,false=No"
_CREATED_WRITABLE = frozenset({"deals", "tickets"})


def standard_properties(kind: Kind, created: int) -> dict[str, Property]:
    """Fresh definitions of an object's standard properties, by name; a custom object has the common ones only."""
    lines = [*_common(kind), *(() if kind.custom else _lines(f"{kind.name}.txt"))]
    parsed = (_parse(line, created) for line in lines)
    return {definition.name: definition for definition in parsed}


def main_group(kind: Kind) -> str:
    """The property group an object's common properties stand in."""
    if kind.custom:
        return f"{kind.name}_information"
    return _GROUPS.get(kind.name, kind.singular)


def _common(kind: Kind) -> Iterator[str]:
    words = {
        "group": main_group(kind),
        "created": kind.created,
        "modified": kind.modified,
        "created_flags": "" if kind.name in _CREATED_WRITABLE else "ro",
    }
    return (line.format(**words) for line in _lines("_every.txt"))


@cache
def _lines(file: str) -> tuple[str, ...]:
    text = resources.files(__package__).joinpath(file).read_text("utf-8")
    return tuple(line for line in text.splitlines() if line)


def _parse(line: str, created: int) -> Property:
    name, type, field_type, label, group, flags, *options = (part.strip() for part in line.split("|"))
    return Property(
        name=name,
        label=label,
        type=type,
        field_type=field_type,
        group=group,
        options=_options(_YES_NO if type == "bool" else options[0]) if options or type == "bool" else [],
        unique="unique" in flags.split(),
        read_only="ro" in flags.split(),
        calculated="calc" in flags.split(),
        external="external" in flags.split(),
        form_field="form" in flags.split(),
        standard=True,
        created=created,
        updated=created,
    )


def _options(text: str) -> list[dict[str, Any]]:
    if text.startswith("@"):
        text = next(line for line in _lines("options.txt") if line.startswith(f"{text} ")).split(" ", 1)[1]
    return [_option(entry, order) for order, entry in enumerate(text.split(","))]


def _option(entry: str, order: int) -> dict[str, Any]:
    value, _, label = entry.partition("=")
    label = label or value.replace("_", " ").capitalize()
    return {"value": value, "label": label, "displayOrder": order, "hidden": False, "description": ""}
