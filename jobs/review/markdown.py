"""A plan as Markdown that renders in a pull request, whatever texts the CRM holds."""

import re
from collections.abc import Iterator

from jobs.review.headings import Headings
from jobs.review.outline import Group, Outline, ref
from jobs.review.words import brief, wrote
from mappings.changes import Conflict, Value
from mappings.same import is_empty

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-!|~>$])")
_MOST = 160


def markdown(outline: Outline) -> str:
    """The whole plan: a table for each kind of change, a line for each field."""
    return "\n".join(_lines(outline)) + "\n"


def plain(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no link, nobody mentioned, on one line."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    text = _SPECIAL.sub(r"\\\1", text)
    return text.replace("@", "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")


def _lines(outline: Outline) -> Iterator[str]:
    plan, words = outline.plan, outline.headings
    counts = ", ".join(words.counted(n, action) for action, n in outline.counts.items() if n)
    yield f"# {words.plan} `{plan.id}`"
    yield ""
    yield f"{words.connection}: {plain(plan.connection)}. {counts or words.nothing}"
    yield f"{words.calls}: {plan.calls:,}. {words.conflicts}: {len(plan.conflicts):,}."
    for group in outline.groups:
        yield from _group(outline, group)
    if plan.conflicts:
        yield from _conflicts(outline)


def _group(outline: Outline, group: Group) -> Iterator[str]:
    words = outline.headings
    yield ""
    what = words.counted(len(group.changes), group.action) + plain(words.why(group.why))
    yield f"## {plain(group.object)}: {what}"
    yield ""
    new = group.action == "create"
    columns = [words.record, words.field, *([] if new else [words.old]), words.new]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for change in group.changes:
        name = f"{plain(outline.name(change))}<br><sub>{plain(ref(change))}</sub>"
        for field in outline.fields(change):
            cells = [name, plain(field.name), *([] if new else [_cell(field.old, words)]), _cell(field.new, words)]
            yield f"| {' | '.join(cells)} |"
            name = ""


def _conflicts(outline: Outline) -> Iterator[str]:
    words = outline.headings
    yield ""
    yield f"## {words.conflicts}: {len(outline.plan.conflicts):,}"
    yield ""
    yield words.explained
    yield ""
    yield f"| {words.record} | {words.field} | {words.holds} | {words.wanted} |"
    yield "|---|---|---|---|"
    for conflict in outline.plan.conflicts:
        told = (plain(conflict.field), plain(wrote(conflict)), _cell(conflict.ours, words))
        yield f"| {_whose(outline, conflict)} | {' | '.join(told)} |"


def _whose(outline: Outline, conflict: Conflict) -> str:
    return f"{plain(outline.name(conflict))}<br><sub>{plain(conflict.object)} {plain(conflict.id)}</sub>"


def _cell(value: Value, words: Headings) -> str:
    return plain(words.empty if is_empty(value) else brief(value, _MOST))
