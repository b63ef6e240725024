"""Changes of records that are there, held against what would be decided now: what it would not write is left out.

The look just before writing only tells whether the CRM still holds what a plan showed. Whether the plan is still
right is asked here: a value that would be another one today, a record to be closed whose lead holds again. What
people did with a record stays for that look, which says who did it; what a killed run left half done is finished.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import ibis
import pyarrow as pa

from jobs.before import only_untouched
from jobs.past import NO_PAST, Touch, past, touches
from jobs.plan import wanted_accounts
from jobs.result import Left
from jobs.wiring import Work
from leads.find import Found
from leads.handover import lead_of_message
from leads.notes import same_note
from mappings.canonical import Lead
from mappings.changes import Change, FieldChange, Value
from mappings.same import is_empty, same
from mappings.write import computed_at_field, note_field, policies_of

Told = tuple[Change | None, list[Left]]
"""What is left of a change, and what is left out of it."""
Pair = tuple[str, str]

_SLICE = 5_000
_OTHER = "decided anew: it would hold something else today"
_NOTHING = "decided anew: nothing is written there any more"
_AS_IT_IS = "decided anew: it would not be changed so today"
_CLOSED = "decided anew: it would be closed today"
_STAYS = "decided anew: it would stay as it is today"
_HOLDS = "decided anew: its lead holds again"


def accounts_anew(work: Work, found: Found, changes: Sequence[Change]) -> Iterator[Told]:
    """Changes of accounts without the fields that would hold something else now; those that are gone as they are."""
    if not changes:
        return
    object, rider = work.rules.mapping.write.account.object, computed_at_field(work.rules.mapping)
    desired = work.mirror.stage("accounts_wanted", wanted_accounts(work, found))
    for start in range(0, len(changes), _SLICE):
        some = changes[start : start + _SLICE]
        ids = [str(change.id) for change in some]
        there, cleared = work.mirror.fetch(object, ids, []).keys(), _cleared(work, object, ids)
        # as a table: thousands of ids in the text of a query take the engine longer than all accounts do
        asked = ibis.memtable(pa.table({"id": pa.array(ids, pa.string())}))
        rows = {row["id"]: row for row in desired.semi_join(asked, "id").to_pyarrow().to_pylist()}
        for change in some:
            id = str(change.id)
            yield _account(change, rows.get(id), rider, cleared.get(id, set())) if id in there else (change, [])


def _cleared(work: Work, object: str, ids: Sequence[str]) -> dict[str, set[str]]:
    """The fields that a person cleared without our ledger ever having written them, by account; see `jobs.seen`."""
    held = work.ledger.seen(work.connection).fields(object, ids)
    if not held:
        return {}
    ours = {name for name, policy in policies_of(work.rules.mapping, object).items() if policy == "ours"}
    names = {name for fields in held.values() for name in fields} & set(work.mirror.fields(object)) - ours
    wrote, rows = past(work, object, list(held)), work.mirror.fetch(object, list(held), sorted(names))
    return {
        id: {name for name in names & held[id] if is_empty(row[name])} - wrote.get(id, NO_PAST).values.keys()
        for id, row in rows.items()
    }


def _account(change: Change, wanted: Mapping[str, Value] | None, rider: str | None, cleared: Collection[str]) -> Told:
    if wanted is None:
        return None, [outdated(change, _NOTHING)]
    late = {
        one.name
        for one in change.fields
        if one.name != rider
        and not (one.name in wanted and same(wanted[one.name], one.new) and one.name not in cleared)
    }
    return _without(change, late, _OTHER, rider)


def _without(change: Change, late: Collection[str], text: str, rider: str | None = None) -> Told:
    """The change without these fields; nothing of it where only the `rider` would be left."""
    fields = tuple(one for one in change.fields if one.name not in late)
    if all(one.name == rider for one in fields):
        return None, [outdated(change, text)]
    return replace(change, fields=fields), [outdated(change, text, name) for name in sorted(late)]


def outdated(change: Change, text: str, field: str | None = None) -> Left:
    """What is left out, and why; a record that is not made by its key."""
    return Left(object=change.object, id=change.id or change.ref, field=field, reason="outdated", text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Records of ours that a plan would change: what they hold, what was written, what would be changed now.

    `begun` are the leads of which a record was closed as planned already, each with the reason of that: the other
    record of a toss-up, and what tells of it, no longer show by themselves that they belong to it.
    """

    work: Work
    leads: Mapping[str, Lead]
    fresh: Mapping[Pair, Change]
    seen: Mapping[Pair, Touch]
    begun: frozenset[Pair]

    @classmethod
    def at(
        cls, work: Work, leads: Mapping[str, Lead], fresh: Mapping[Pair, Change], old: Sequence[Change]
    ) -> "Records":
        """As the last pull shows them."""
        seen: dict[Pair, Touch] = {}
        for object, some in groupby(sorted(old, key=lambda one: one.object), key=lambda one: one.object):
            changes = list(some)
            names = {field.name for change in changes for field in change.fields}
            found = touches(work, object, sorted({str(change.id) for change in changes}), names)
            seen |= {(object, id): touch for id, touch in found.items()}
        closed = (one for one in old if one.action == "close" and _is_done(one, seen.get(_place(one))))
        return cls(work=work, leads=leads, fresh=fresh, seen=seen, begun=frozenset(map(_cause, closed)))

    def is_begun(self, change: Change) -> bool:
        """Whether it finishes what was begun: another record of the same lead was closed for the same reason."""
        return _cause(change) in self.begun

    def anew(self, change: Change) -> Told:
        """The change as far as it would be made now."""
        touch = self.seen.get(_place(change))
        if touch is None or _is_done(change, touch) or self.is_begun(change):
            return change, []
        if touch.changed and only_untouched(self.work, change):
            return change, []
        fresh = self.fresh.get(_place(change))
        if change.action != "update":
            still = fresh is not None and fresh.action == change.action
            return (change, []) if still else (None, [outdated(change, self._why_not(change))])
        late = {one.name for one in change.fields if not self._still(change.object, one, fresh, touch)}
        return _without(change, late, _CLOSED if fresh is not None and fresh.action == "close" else _AS_IT_IS)

    def _still(self, object: str, one: FieldChange, fresh: Change | None, touch: Touch) -> bool:
        """Whether this value would be written now, or is there. Notes differ by the day they begin with."""
        if _holds(one, touch):
            return True
        if fresh is None or fresh.action != "update" or one.name not in fresh.values:
            return False
        new = fresh.values[one.name]
        noted = one.name == note_field(self.work.rules.mapping, object)
        return same_note(str(new), str(one.new)) if noted else same(new, one.new)

    def _why_not(self, change: Change) -> str:
        lead = self.leads.get(change.ref)
        return _HOLDS if lead is not None and lead.state in ("open", "waiting") else _STAYS


def _place(change: Change) -> Pair:
    return change.object, str(change.id)


def _cause(change: Change) -> Pair:
    """The lead that a record is about, also where it only tells of it, and why it is changed."""
    return str(lead_of_message(change.ref) or change.ref), change.why


def _is_done(change: Change, touch: Touch | None) -> bool:
    """Whether it was written already, as far as anybody reads it back."""
    told = [one for one in change.fields if touch is not None and one.name in touch.row]
    return bool(told) and change.action != "remove" and all(touch is not None and _holds(one, touch) for one in told)


def _holds(one: FieldChange, touch: Touch) -> bool:
    """Whether the record holds this value, or we wrote it last: an index may not show it yet."""
    wrote = one.name in touch.was and same(touch.was[one.name], one.new)
    return wrote or (one.name in touch.row and same(touch.row[one.name], one.new))
