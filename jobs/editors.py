"""Who wrote the fields that are in conflict: asked of the CRM, for those fields alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC

import structlog

from connector.errors import GiveUp
from connector.port import Crm, Edit
from mappings.changes import Conflict

MOST = 2_000
"""Records asked about in one run: after a lost ledger, every account may be in conflict."""


def with_editors(crm: Crm, conflicts: Sequence[Conflict]) -> tuple[Conflict, ...]:
    """The same conflicts with who wrote the field, when and through what, where the CRM tells.

    What our user may not see stays unknown, and the log says why; the log names no person.
    """
    objects = sorted({conflict.object for conflict in conflicts})
    told = {object: _edits(crm, object, [one for one in conflicts if one.object == object]) for object in objects}
    return tuple(_told(one, told[one.object].get((one.id, one.field))) for one in conflicts)


def _edits(crm: Crm, object: str, conflicts: Sequence[Conflict]) -> Mapping[tuple[str, str], Edit]:
    ids = list(dict.fromkeys(one.id for one in conflicts))
    log = structlog.get_logger("jobs")
    if len(ids) > MOST:
        log.warning("editors are asked for some records only", object=object, asked=MOST, conflicts=len(ids))
    fields = sorted({one.field for one in conflicts})
    try:
        return {(edit.id, edit.field): edit for edit in crm.edits(object, ids[:MOST], fields)}
    except GiveUp as error:
        log.warning("who wrote the fields in conflict is unknown", object=object, why=str(error))
        return {}


def _told(conflict: Conflict, edit: Edit | None) -> Conflict:
    if edit is None:
        return conflict
    at = edit.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return replace(conflict, by=edit.by, at=at, source=edit.source)
