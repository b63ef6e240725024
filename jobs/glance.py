"""A plan at a glance in 80 columns: what comes of it in numbers, and of each kind a few records as examples."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jobs.result import Left
from jobs.review.outline import ACTIONS, MARKS, ref
from jobs.review.words import brief, told
from leads.phrases import tidy
from mappings.changes import Action, Change, FieldChange, Plan
from mappings.problems import counted
from mappings.same import is_empty

_DOES: dict[Action, str] = {"create": "create", "update": "update", "close": "close", "remove": "take away"}
_STYLES: dict[Action, str] = {"create": "green", "update": "cyan", "close": "magenta", "remove": "red"}
FIELDS = 6
"""Fields that are shown of a record."""
_REASONS = 4


def glance(plan: Plan, examples: int = 2) -> RenderableType:
    """What a plan would write: totals first, then some records of each kind; `tossup plans PLAN` has all of it."""
    return Group(*_parts(plan, examples))


def _parts(plan: Plan, examples: int) -> Iterator[RenderableType]:
    records, calls = counted(len(plan.changes), "record"), counted(plan.calls, "call")
    yield Text(f"\nPlan {plan.id} for {plan.connection}: {records}, about {calls}", style="bold")
    kinds = _by_kind(plan)
    yield _totals(kinds) if kinds else Text("Nothing to write: the CRM holds all of it.")
    for (object, action), changes in kinds:
        title = "for example" if len(changes) > examples else "all of them"
        yield Text(f"\n{object} to {_DOES[action]}, {title}:", style=_STYLES[action])
        for change in changes[:examples]:
            yield from _record(change, plan)
        if len(changes) > examples:
            yield Text(f"  ... and {len(changes) - examples:,} more", style="dim")
    yield from _conflicts(plan, examples)


def _by_kind(plan: Plan) -> list[tuple[tuple[str, Action], list[Change]]]:
    def kind(change: Change) -> tuple[int, str]:
        return ACTIONS.index(change.action), change.object

    ordered = sorted(plan.changes, key=lambda one: (kind(one), plan.called(one) or "", one.ref))
    return [((object, ACTIONS[at]), list(some)) for (at, object), some in groupby(ordered, key=kind)]


def _totals(kinds: Sequence[tuple[tuple[str, Action], Sequence[Change]]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=24)
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(ratio=1, overflow="fold")
    for (object, action), changes in kinds:
        reasons = Counter(change.why for change in changes).most_common()
        named = [f"{why} {n:,}" if len(reasons) > 1 else why for why, n in reasons[:_REASONS]]
        more = [f"{len(reasons) - _REASONS} more"] if len(reasons) > _REASONS else []
        grid.add_row(
            Text(f"  {MARKS[action]} {_DOES[action]}", style=_STYLES[action]),
            Text(object),
            f"{len(changes):,}",
            Text(", ".join([*named, *more]), style="dim"),
        )
    return grid


def _record(change: Change, plan: Plan) -> Iterator[RenderableType]:
    name = tidy(plan.called(change) or "")
    yield Text.assemble(
        (f"{MARKS[change.action]} ", _STYLES[change.action]),
        (name, "bold"),
        " " if name else "",
        (ref(change), "dim"),
    )
    told = [one for one in change.fields if not (is_empty(one.old) and is_empty(one.new))]
    for field in told[:FIELDS]:
        yield Text(f"    {_line(field, change.action)}", no_wrap=True, overflow="ellipsis")
    if len(told) > FIELDS:
        yield Text(f"    ... and {counted(len(told) - FIELDS, 'more field', 'more fields')}", style="dim")


def _line(field: FieldChange, action: Action) -> str:
    if action == "create":
        return f"{field.name}: {brief(field.new, 80)}"
    if action == "remove":
        return f"{field.name}: {brief(field.old, 80)}"
    return f"{field.name}: {brief(field.old, 30)} -> {brief(field.new, 60)}"


def _conflicts(plan: Plan, examples: int) -> Iterator[RenderableType]:
    if not plan.conflicts:
        return
    records = len({(one.object, one.id) for one in plan.conflicts})
    fields = counted(len(plan.conflicts), "field")
    yield Text(f"\nLeft to people: {fields} of {counted(records, 'record')}", style="yellow")
    yield from (Text(f"! {told(one, plan)}") for one in plan.conflicts[:examples])
    if len(plan.conflicts) > examples:
        yield Text(f"  ... and {len(plan.conflicts) - examples:,} more", style="dim")


def left_list(left: Sequence[Left], plan: Plan | None = None, limit: int = 10) -> RenderableType:
    """What undoing a run or applying a plan leaves as it is: by record with its fields, and why."""
    records = list(_by_record(left))
    title = f"Left as it is ({counted(len(records), 'record')})"
    table = Table(title=f"\n{title}", title_justify="left", box=None, pad_edge=False, show_header=False, expand=True)
    table.add_column(ratio=3, overflow="fold")
    table.add_column(ratio=2, overflow="fold")
    named = _named(plan) if plan is not None else {}
    for (object, id, text), fields in records[:limit]:
        name = tidy(named.get(id) or named.get(id.partition("/")[0], ""))
        what = Text.assemble(object, " ", (name, "bold"), " " if name else "", (id, "dim"))
        what.append(f"\n  {_few(fields)}" if fields else "")
        table.add_row(what, Text(text))
    if len(records) > limit:
        table.add_row(f"... and {len(records) - limit:,} more", "--json tells them all")
    return table


def _named(plan: Plan) -> Mapping[str, str]:
    """Names by account and record, those of the records that the plan would have changed among them."""
    changed = {change.id: name for change in plan.changes if change.id and (name := plan.called(change))}
    return {**changed, **plan.names}


def _few(fields: Sequence[str]) -> str:
    shown = ", ".join(fields[:FIELDS])
    return shown + (f" and {len(fields) - FIELDS:,} more" if len(fields) > FIELDS else "")


def _by_record(left: Iterable[Left]) -> Iterator[tuple[tuple[str, str, str], list[str]]]:
    def record(one: Left) -> tuple[str, str, str]:
        return one.object, one.id, one.text

    for which, some in groupby(sorted(left, key=record), key=record):
        yield which, sorted(one.field for one in some if one.field is not None)
