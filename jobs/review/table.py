"""A plan in a terminal of 80 columns."""

from collections.abc import Iterator, Sequence

from rich.console import Group as Parts
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from jobs.review.headings import Headings
from jobs.review.kept import KeptPlan
from jobs.review.outline import Group, Outline, ref
from jobs.review.words import brief, wrote
from leads.phrases import tidy
from mappings.changes import Action, Value
from mappings.same import is_empty

_STYLES: dict[Action, str] = {"create": "green", "update": "cyan", "close": "magenta", "remove": "red"}
_MOST = 100


def table(outline: Outline) -> RenderableType:
    """The whole plan, every record and field."""
    return Parts(*_parts(outline))


def plan_list(plans: Sequence[KeptPlan]) -> Table:
    """The last plans, newest first."""
    shown = Table(box=None, pad_edge=False)
    for column in ("plan", "made", "create", "update", "end", "conflicts", "calls", "by run"):
        shown.add_column(
            column, no_wrap=column == "made", justify="left" if column in ("plan", "made", "by run") else "right"
        )
    for one in plans:
        made = one.saved
        counts = (made.creates, made.updates, made.closes, made.conflicts, made.calls)
        shown.add_row(made.id, f"{made.at:%Y-%m-%d %H:%M}", *(f"{n:,}" for n in counts), ", ".join(one.runs))
    return shown


def _parts(outline: Outline) -> Iterator[RenderableType]:
    plan, words = outline.plan, outline.headings
    counts = ", ".join(words.counted(n, action) for action, n in outline.counts.items() if n)
    yield Text.assemble((f"{words.plan} {plan.id}", "bold"), f"  {plan.connection}")
    yield Text(
        f"{counts or words.nothing.rstrip('.。')}; {words.calls}: {plan.calls:,}; "
        f"{words.conflicts}: {len(plan.conflicts):,}"
    )
    for group in outline.groups:
        yield Text("")
        yield from _group(outline, group)
    if plan.conflicts:
        yield Text("")
        yield _conflicts(outline)


def _group(outline: Outline, group: Group) -> Iterator[RenderableType]:
    words, style = outline.headings, _STYLES[group.action]
    yield Text(
        f"{group.object}: {words.counted(len(group.changes), group.action)}{words.why(group.why)}",
        style=f"bold {style}",
    )
    new = group.action == "create"
    heads = [words.field, *([] if new else [words.old]), words.new]
    yield _grid([Text(f"{'' if place else '  '}{head}", style="dim") for place, head in enumerate(heads)])
    for change in group.changes:
        name = tidy(outline.plan.called(change) or "")
        yield Text.assemble((f"{group.mark} ", style), (name, "bold"), " " if name else "", (ref(change), "dim"))
        yield _grid(
            *(
                [
                    Text(f"  {field.name}"),
                    *([] if new else [Text(_cut(field.old, words), style="dim")]),
                    Text(_cut(field.new, words)),
                ]
                for field in outline.fields(change)
            )
        )


def _grid(*rows: Sequence[Text]) -> Table:
    """Rows whose columns are where those of every other grid of as many columns are."""
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    for ratio in (4, 9) if rows and len(rows[0]) == 2 else (5, 3, 4):
        grid.add_column(ratio=ratio, overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _conflicts(outline: Outline) -> Table:
    words = outline.headings
    shown = _table(f"{words.conflicts}: {len(outline.plan.conflicts):,}. {words.explained}", "yellow")
    for column, ratio in ((words.field, 4), (words.holds, 5), (words.wanted, 4)):
        shown.add_column(column, ratio=ratio, overflow="fold")
    for conflict in outline.plan.conflicts:
        whose = Text.assemble(("! ", "yellow"), (tidy(outline.name(conflict)), "bold"), f"\n  {conflict.field}")
        shown.add_row(whose, Text(tidy(wrote(conflict))), Text(_cut(conflict.ours, words)))
    return shown


def _table(title: str, style: str) -> Table:
    return Table(
        title=Text(title, style=f"bold {style}"), title_justify="left", box=None, pad_edge=False, expand=True
    )


def _cut(value: Value, words: Headings) -> str:
    return words.empty if is_empty(value) else tidy(brief(value, _MOST))
