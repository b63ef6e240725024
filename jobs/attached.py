"""What people hung on records that we made: notes, calls, files, posts, other records. No field shows it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from connector.port import Outcome
from jobs.wiring import Work
from mappings.changes import Change

Made = Sequence[tuple[Change, Outcome]]


def attached(work: Work, object: str, made: Made) -> Mapping[str, str]:
    """What hangs on these records of one object beside what we linked ourselves, in words, by record id.

    A record of ours that hangs on another one (the task of a lead record) does not count.
    """
    linked = {outcome.id: {(link.object, link.id) for link in change.links} for change, outcome in made if outcome.id}
    found = {id: things - linked[id] for id, things in work.crm.attached(object, sorted(linked)).items()}
    ours = {
        (kind, id)
        for kind in {kind for things in found.values() for kind, _ in things}
        for id in work.ledger.last_written(
            work.connection, kind, {id for things in found.values() for one, id in things if one == kind}
        )
    }
    return {id: _told(things - ours) for id, things in found.items() if things - ours}


def _told(things: set[tuple[str, str]]) -> str:
    counted = sorted(Counter(kind for kind, _ in things).items())
    return f"somebody attached to it: {', '.join(f'{kind} ({n:,})' for kind, n in counted)}"
