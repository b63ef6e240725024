"""The rights that our login needs, as people read them: by object, its fields in one wrapped list, and what for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jobs.rights import Right, Rights
from mappings.problems import counted

_MANY = "(fields)"


def rights_list(rights: Rights) -> RenderableType:
    """What is lacking first, with what to do about it; then what is held; then what is too much."""
    return Group(*_parts(rights))


def _parts(rights: Rights) -> Iterator[RenderableType]:
    run = [one for one in rights.needed if one.purpose == "run"]
    yield Text(f"{counted(len(run), 'right')} that Tossup needs in {rights.connection}", style="bold")
    if rights.lacking:
        yield from _section(f"LACKING: {counted(len(rights.lacking), 'right')}", rights.lacking, "red")
        yield Text(
            "`tossup setup --apply` creates and grants fields that are not there yet; "
            "for the others ask an administrator.",
            style="yellow",
        )
    yield from _section("Held", [one for one in run if one.held], "green")
    yield from _section("Not told by the CRM", [one for one in run if one.held is None], "yellow")
    more = [one for one in rights.needed if one.purpose == "more"]
    yield from _section("Hidden: read if you grant it, done without until then", more, "yellow")
    setup = [one for one in rights.needed if one.purpose == "setup"]
    yield from _section("For `tossup setup --apply` alone", setup, "")
    if rights.excess:
        yield Text("")
        yield Text("May be edited beyond that (field by field with --json)", style="bold")
        yield _beyond(rights.excess)


def _section(title: str, rights: Sequence[Right], style: str) -> Iterator[RenderableType]:
    if not rights:
        return
    yield Text("")
    yield Text(title, style=f"bold {style}".rstrip())
    scopes = [one for one in rights if one.may == "scope"]
    if scopes:
        yield _scopes(scopes)
    records = [one for one in rights if one.may != "scope"]
    for object, mays in _by_object(records).items():
        whole = ", ".join(may for may, fields in mays.items() if _MANY in fields)
        yield Text.assemble(("  " + object, "bold"), f": {whole}" if whole else "")
        parts = {part for one in records if one.target.partition(".")[0] == object for part in one.parts}
        yield _fields({**mays, "for": sorted(parts)})


def _scopes(rights: Iterable[Right]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column()
    grid.add_column(ratio=1, overflow="fold")
    for one in rights:
        grid.add_row(f"  {one.target}", Text(", ".join(one.parts), style="dim"))
    return grid


def _by_object(rights: Iterable[Right]) -> Mapping[str, Mapping[str, list[str]]]:
    """Of every object what may be done, with the fields it is for; the object as a whole stands for itself."""
    found: dict[str, dict[str, list[str]]] = {}
    for one in rights:
        object, _, field = one.target.partition(".")
        found.setdefault(object, {}).setdefault(one.may, []).append(field or _MANY)
    return found


def _fields(mays: Mapping[str, Sequence[str]]) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(width=8)
    grid.add_column(ratio=1, overflow="fold")
    for may, fields in mays.items():
        named = [field for field in fields if field != _MANY]
        if named:
            grid.add_row(Text(f"    {may}", style="dim"), Text(", ".join(named), style="dim" if may == "for" else ""))
    return grid


def _beyond(excess: Iterable[Right]) -> Table:
    counts: dict[str, int] = {}
    for one in excess:
        object, _, field = one.target.partition(".")
        counts[object] = counts.get(object, 0) + bool(field)
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(width=2)
    grid.add_column(ratio=1, overflow="fold")
    whole = [object for object, n in sorted(counts.items()) if not n]
    if whole:
        grid.add_row("", Text(f"objects that Tossup never writes: {', '.join(whole)}"))
    parts = [f"{object} {n:,}" for object, n in sorted(counts.items()) if n]
    if parts:
        grid.add_row("", Text(f"fields that Tossup never writes: {', '.join(parts)}"))
    return grid
