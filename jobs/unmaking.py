"""A record that an undo is to take away, looked at once more: whether it still is as we made it, and nothing more.

Fields that we wrote and answers are compared by whoever asks; here is what no field of ours shows.
"""

from collections.abc import Iterator, Mapping, Sequence

from connector.port import Outcome
from jobs.attached import attached
from jobs.result import Left
from jobs.wiring import Work
from mappings.changes import Change, Value

EDITOR = "LastModifiedById"
"""Who saved a record last; only Salesforce tells."""
_LOST_KEY = "it no longer carries our key"

Row = Mapping[str, Value]


def looks_for(change: Change) -> set[str]:
    """The fields to read of a record that is to be taken away."""
    return {EDITOR, *([change.key_field] if change.key_field is not None else [])}


def lost_key(change: Change, row: Row) -> str | None:
    """In words, where somebody took our key off it."""
    return _LOST_KEY if change.key_field and row.get(change.key_field) != change.key else None


def saved(work: Work, row: Row) -> str | None:
    """In words, where somebody else saved it last."""
    editor, us = row.get(EDITOR), work.crm.user_id()
    return "somebody else saved it" if None not in (editor, us) and not _alike(str(editor), str(us)) else None


def kept(work: Work, object: str, changes: Sequence[Change], rows: Mapping[str, Row]) -> Iterator[Left]:
    """Those of these records that people keep by what they did, each with what that was; gone ones are left out."""
    there = [(change, rows[change.id]) for change in changes if change.id is not None and change.id in rows]
    made = [(change, Outcome(ref=change.ref, ok=True, id=change.id)) for change, _ in there]
    hung = attached(work, object, made) if made else {}
    for change, row in there:
        text = lost_key(change, row) or saved(work, row) or hung.get(str(change.id))
        if text is not None:
            yield Left(object=object, id=str(change.id), field=None, reason="touched", text=text)


def _alike(one: str, other: str) -> bool:
    """Salesforce ids have 15 characters, or 18."""
    return one[:15] == other[:15]
