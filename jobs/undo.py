"""Undo a run: a plan that takes back what it wrote, where that is still ours.

A field gets back what it held before, where the CRM still holds what the run wrote and no later run of ours wrote it;
a record that the run made and nobody touched goes away; a member comes off its list, or back on it. Everything else
stays as it is and is told by name. An undo is a run like any other: planned, written with intents, and undone so too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from connector.errors import GiveUp
from connector.port import Outcome
from jobs.apply import calls_needed
from jobs.attached import attached
from jobs.before import now_held
from jobs.recover import hear
from jobs.result import Left, Reason
from jobs.store.erase import is_erased
from jobs.store.ledger import Ledger, Run
from jobs.unmaking import EDITOR, lost_key, saved
from jobs.wiring import Work
from mappings.changes import Action, Change, FieldChange, Plan, Value, is_undo, undo_of
from mappings.same import is_empty, same
from mappings.write import closing, list_target, said_fields

Row = Mapping[str, Value]
_DID: Mapping[Action, str] = {
    "create": "made it anew",
    "update": "wrote it again",
    "close": "closed it",
    "remove": "took it away",
}
_FORGOTTEN = "a text of it was forgotten (`tossup forget`), so nobody can tell what it was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What undoing a run would write, and what it leaves."""

    plan: Plan
    left: tuple[Left, ...]


def undo_plan(work: Work, run: str) -> Undoing:
    """The plan that takes back what a run wrote. Raises `GiveUp` where there is no such run on this connection.

    What a run that was killed never heard of is looked for in the CRM and noted first.
    """
    told = known(work.ledger, work.connection, run)
    hear(work, run)
    wrote = work.ledger.written_by(run)
    if not wrote and told.summary.get("written"):
        raise GiveUp(
            f"What run {run} wrote is no longer known: plans, changes and outcomes are kept for "
            f"{work.settings.keep_days} days (TOSSUP_KEEP_DAYS). Nothing was taken back."
        )
    later = _Later(work.ledger.later(run))
    changes: list[Change] = []
    left: list[Left] = []
    ordered = sorted(wrote, key=lambda one: (one[0].object, one[0].ref))
    for object, some in groupby(ordered, key=lambda one: one[0].object):
        for back, stays in _of_object(work, object, list(some), later, run):
            changes += [back] if back is not None else []
            left += stays
    plan = Plan(connection=work.connection, changes=tuple(changes))
    calls = calls_needed(work.crm, plan.changes, work.schema)
    return Undoing(
        plan=Plan(connection=work.connection, changes=plan.changes, calls=calls),
        left=tuple(sorted(left, key=lambda one: (one.object, one.id, one.field or ""))),
    )


def known(ledger: Ledger, connection: str, run: str) -> Run:
    """The run of this number. Raises `GiveUp` where this connection has none."""
    found = ledger.runs(1, connection, str(int(run) + 1)) if run.isdecimal() else ()
    if not found or found[0].id != run:
        raise GiveUp(f"There is no run {run}. `tossup runs` lists them.")
    return found[0]


class _Later:
    """Which later runs wrote what this run wrote, those left out that were themselves undone."""

    def __init__(self, wrote: Sequence[tuple[str, Change]]) -> None:
        self._runs: dict[tuple[str, str, str | None], list[tuple[str, Change]]] = {}
        for run, change in wrote:
            undone = change.why.removeprefix(undo_of("")) if is_undo(change.why) else None
            # a record that was closed is opened again by writing its fields
            whole = change.action != "update" or self._was_closed_by(undone, change)
            for name in [None] if whole else [field.name for field in change.fields]:
                self._add(run, change, undone, (change.object, change.ref, name))

    def _was_closed_by(self, run: str | None, change: Change) -> bool:
        before = self._runs.get((change.object, change.ref, None), ())
        return any(one == run and last.action == "close" for one, last in before)

    def _add(self, run: str, change: Change, undone: str | None, place: tuple[str, str, str | None]) -> None:
        before = self._runs.setdefault(place, [])
        kept = [one for one in before if one[0] != undone]
        self._runs[place] = kept if len(kept) < len(before) else [*before, (run, change)]

    def of(self, change: Change, name: str | None = None) -> str | None:
        """What the last run did that wrote this field since, in words; without a name: to the record as a whole."""
        runs = self._runs.get((change.object, change.ref, name))
        if not runs:
            return None
        run, last = runs[-1]
        return f"run {run} {_DID[last.action]} since"


def _of_object(
    work: Work, object: str, wrote: Sequence[tuple[Change, Outcome]], later: _Later, run: str
) -> Iterator[tuple[Change | None, list[Left]]]:
    schema = work.schema.objects.get(object)
    if schema is None:
        for change, outcome in wrote:
            yield None, [_left(change, outcome, None, "gone", f"{object} is out of sight; check our user's rights")]
        return
    ids = sorted({id for change, outcome in wrote if (id := _id(change, outcome)) is not None})
    names = {name for change, _ in wrote for name in (*change.values, change.key_field or "")}
    names |= {*said_fields(work.rules.mapping, object), EDITOR}
    held = now_held(work, object, ids, names) if ids else {}
    back: Mapping[str, Callable[..., tuple[Change | None, list[Left]]]] = {"create": _unmade, "remove": _remade}
    told = [
        (one, back.get(one[0].action, _restored)(work, *one, held.get(_id(*one) or ""), later, run)) for one in wrote
    ]
    hung = attached(work, object, [one for one, (undone, _) in told if one[0].action == "create" and undone])
    there = _there(work, object, [undone for _, (undone, _) in told if undone is not None])
    for one, (undone, stays) in told:
        hangs = hung.get(one[1].id or "")
        if undone is not None and undone.id is None and undone.ref in there:
            hangs = "a record that carries its key is there"
        if hangs is None:
            yield undone, stays
        else:
            yield None, [*stays, _left(*one, None, "touched", hangs)]


def _there(work: Work, object: str, changes: Sequence[Change]) -> set[str]:
    """Keys to be made anew that a record carries already: somebody took it out of the bin, and it is theirs."""
    new = sorted((str(one.key_field), one.ref) for one in changes if one.id is None and one.key_field)
    fields = groupby(new, key=lambda one: one[0])
    return {key for field, some in fields for key in work.crm.keyed(object, field, [ref for _, ref in some])}


def _id(change: Change, outcome: Outcome) -> str | None:
    return outcome.id or change.id


def _left(change: Change, outcome: Outcome, field: str | None, reason: Reason, text: str) -> Left:
    return Left(object=change.object, id=_id(change, outcome) or change.ref, field=field, reason=reason, text=text)


def _restored(
    work: Work, change: Change, outcome: Outcome, row: Row | None, later: _Later, run: str
) -> tuple[Change | None, list[Left]]:
    """A record that was changed or closed: its fields as they were."""
    if row is None:
        return None, [_left(change, outcome, None, "gone", "the record is no longer there")]
    if change.action == "close" and _answered(work, change, row):
        return None, [_left(change, outcome, None, "touched", "somebody answered on it")]
    fields: list[FieldChange] = []
    left: list[Left] = []
    for one in change.fields:
        since = later.of(change, one.name) or later.of(change)
        if is_erased(one):
            left.append(_left(change, outcome, one.name, "forgotten", _FORGOTTEN))
        elif same(row.get(one.name), one.old):
            continue
        elif since is not None:
            left.append(_left(change, outcome, one.name, "again", f"{since}; undo that one first"))
        elif not same(row.get(one.name), one.new):
            left.append(_left(change, outcome, one.name, "touched", "somebody changed it since"))
        else:
            fields.append(FieldChange(name=one.name, old=row.get(one.name), new=one.old))
    if not fields:
        return None, left
    return (
        Change(
            object=change.object,
            action="update",
            id=_id(change, outcome),
            key=change.key,
            key_field=None,
            fields=tuple(fields),
            why=undo_of(run),
        ),
        left,
    )


def _unmade(
    work: Work, change: Change, outcome: Outcome, row: Row | None, later: _Later, run: str
) -> tuple[Change | None, list[Left]]:
    """A record that was made: taken away where nobody touched it, or closed where we may not."""
    if outcome.id is None:
        return None, []  # somebody else had put that contact on the list
    changed = sorted(f.name for f in change.fields if row and f.name in row and not same(row[f.name], f.new))
    since = next((text for name in (None, *changed) if (text := later.of(change, name)) is not None), None)
    if since is not None:
        text = since if row is None else f"{since}; undo that one first"
        return None, [_left(change, outcome, None, "gone" if row is None else "again", text)]
    if row is None:
        return None, [_left(change, outcome, None, "gone", "the record is no longer there")]
    stays = _stays(work, change, row, changed)
    if stays is not None:
        return None, [_left(change, outcome, None, *stays)]
    gone = tuple(FieldChange(name=one.name, old=one.new, new=None) for one in change.fields)
    last = closing(work.rules.mapping, change.object)
    deletable = work.schema.objects[change.object].deletable
    if not deletable and not last:
        return None, [
            _left(change, outcome, None, "kept", "our user may not delete it, and the mapping cannot close it")
        ]
    closed = tuple(FieldChange(name=name, old=row.get(name), new=new) for name, new in sorted(last.items()))
    return (
        Change(
            object=change.object,
            action="remove" if deletable else "close",
            id=outcome.id,
            key=change.key,
            key_field=change.key_field if deletable else None,
            fields=gone if deletable else closed,
            links=change.links,
            why=undo_of(run),
        ),
        [],
    )


def _remade(
    work: Work, change: Change, outcome: Outcome, row: Row | None, later: _Later, run: str
) -> tuple[Change | None, list[Left]]:
    """A record that was taken away: made anew as it was."""
    since = later.of(change)
    if since is not None or row is not None:
        text = since or "somebody put it back"
        return None, [_left(change, outcome, None, "again" if since is not None else "touched", text)]
    if any(map(is_erased, change.fields)):
        return None, [_left(change, outcome, None, "forgotten", _FORGOTTEN)]
    members = list_target(work.rules.mapping, work.schema)
    keyed = members is not None and change.object == members.object and members.key is not None
    key_field = members.key.field if keyed and members is not None and members.key is not None else change.key_field
    fields = tuple(FieldChange(name=f.name, old=None, new=f.old) for f in change.fields if not is_empty(f.old))
    return (
        Change(
            object=change.object,
            action="create",
            id=None,
            key=change.key,
            key_field=key_field,
            fields=fields,
            links=change.links,
            why=undo_of(run),
        ),
        [],
    )


def _stays(work: Work, change: Change, row: Row, changed: Sequence[str]) -> tuple[Reason, str] | None:
    """Why a record that we made is left, also in words; None where it is as we made it."""
    if any(map(is_erased, change.fields)):
        return "forgotten", _FORGOTTEN
    touched = lost_key(change, row)
    if touched is None and changed:
        touched = f"somebody changed {', '.join(changed)}"
    if touched is None:
        touched = "somebody answered on it" if _answered(work, change, row) else saved(work, row)
    return None if touched is None else ("touched", touched)


def _answered(work: Work, change: Change, row: Row) -> bool:
    return any(not is_empty(row.get(name)) for name in said_fields(work.rules.mapping, change.object))
