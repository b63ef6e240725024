"""Every fact by name, as people and scripts read the list."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text as Words

from jobs.result import JsonObject
from leads.page import CANDIDATE, GRAINS, Listed, kind, needs

_PER: Mapping[str, str] = {"candidate": CANDIDATE} | {str(per): title for per, title in GRAINS.items()}


def fact_json(one: Listed) -> JsonObject:
    """One fact in the machine interface of `tossup mappings facts --json`."""
    return {
        "fact": one.name,
        "per": one.per,
        "family": one.family,
        "kind": one.fact.kind,
        "unit": one.fact.unit,
        "formula": one.fact.doc,
        "needs": [need.split("|") for need in one.fact.needs],
        "record": one.fact.field,
        "numbers": dict(one.numbers),
    }


def fact_list(found: Sequence[Listed], word: str | None) -> RenderableType:
    """The facts by family, each with its formula, what it needs, and the field it is read from."""
    if not found:
        return Words(f"No fact's name, family or formula holds {word!r}.")
    parts: list[RenderableType] = []
    for per in dict.fromkeys(one.per for one in found):
        parts.append(Words(_PER[per].replace("`", "") + "\n", style="bold"))
        here = [one for one in found if one.per == per]
        for family in dict.fromkeys(one.family for one in here):
            parts += [_family([one for one in here if one.family == family]), Words("")]
    return Group(*parts)


def _family(facts: Sequence[Listed]) -> Table:
    numbers = ", ".join(f"{name} {value:g}" for name, value in facts[0].numbers.items())
    title = Words(facts[0].family, style="bold not italic")
    title.append(f"\n{numbers}" if numbers else "", style="dim not bold")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, show_header=False)
    table.add_column(min_width=24, no_wrap=True)
    table.add_column(overflow="fold")
    for one in facts:
        told = Words.assemble((kind(one.fact), "italic"), "\n", one.fact.doc)
        told.append(f"\nneeds {needs(one.fact)}" if one.fact.needs else "", style="dim")
        told.append(f"\nread from {one.fact.field}" if one.fact.field else "", style="dim")
        table.add_row(one.name, told)
    return table
