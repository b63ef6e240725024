"""A plan in the order people review it: by object, by what is done, by why; then what is left to people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from jobs.review.headings import Headings
from jobs.terminal import plain
from mappings.changes import Action, Change, Conflict, FieldChange, Plan
from mappings.schema import Schema

ACTIONS: tuple[Action, ...] = ("create", "update", "close", "remove")
MARKS: Mapping[Action, str] = {"create": "+", "update": "~", "close": "x", "remove": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Changes of one kind: the same object, the same action, the same reason."""

    object: str
    action: Action
    why: str
    changes: tuple[Change, ...]

    @property
    def mark(self) -> str:
        """One character for what is done."""
        return MARKS[self.action]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A whole plan, ready to be laid out."""

    plan: Plan
    groups: tuple[Group, ...]
    headings: Headings
    schema: Schema | None
    stamp: str | None = None
    """The account field that says when the others were computed: it changes with them and tells nothing by itself."""

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many records of each action."""
        return {action: self.plan.count(action) for action in ACTIONS}

    def label(self, object: str, field: str) -> str:
        """What the CRM's pages call a field; its own name where nobody pulled the schema."""
        known = self.schema.objects.get(object) if self.schema is not None else None
        found = known.fields.get(field) if known is not None else None
        return found.label if found is not None and found.label else field

    def name(self, record: Change | Conflict) -> str:
        """Whose record: the account's name, else the id."""
        return plain(self.plan.called(record) or ref(record))

    def fields(self, change: Change) -> Sequence[FieldChange]:
        """The fields of a change as they are read: by label."""
        told = [one for one in change.fields if one.name != self.stamp]
        return sorted(told, key=lambda one: (self.label(change.object, one.name), one.name))


def ref(record: Change | Conflict) -> str:
    """The key or id of a record."""
    return record.ref if isinstance(record, Change) else record.id


def outline(plan: Plan, headings: Headings, schema: Schema | None = None, stamp: str | None = None) -> Outline:
    """Put a plan in order; `stamp` is a field to leave out, as `Outline.stamp` says."""
    named = _by_name(plan)
    ordered = sorted(plan.changes, key=lambda one: (_kind(one), *named(one)))
    groups = tuple(
        Group(object=object, action=ACTIONS[place], why=why, changes=tuple(changes))
        for (object, place, why), changes in groupby(ordered, key=_kind)
    )
    return Outline(plan=plan, groups=groups, headings=headings, schema=schema, stamp=stamp)


def _kind(change: Change) -> tuple[str, int, str]:
    return change.object, ACTIONS.index(change.action), change.why


def _by_name(plan: Plan) -> Callable[[Change], tuple[str, str]]:
    return lambda change: (plan.called(change) or "", change.ref)
