"""Sentences with places to fill in: {name} for a value, {name seat|seats} for a number and what it counts."""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?: ([^{}|]+)\|([^{}|]+))?\}")
"""The name; and what is said after the number one, and after every other."""


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with every place filled once; what a value contains is never read as a template."""
    return PLACEHOLDER.sub(lambda found: filled(found, values[found[1]]), template)


def filled(found: re.Match[str], value: str) -> str:
    """`1 seat`, `12 seats`, or the value alone where the place names nothing that it counts."""
    return value if found[2] is None else f"{value} {found[2] if value == '1' else found[3]}"


def placeholders(template: str) -> frozenset[str]:
    """The names a template quotes."""
    return frozenset(found[1] for found in PLACEHOLDER.finditer(template))


def between(template: str) -> list[str]:
    """What stands before, between and after the places."""
    return PLACEHOLDER.split(template)[:: PLACEHOLDER.groups + 1]
