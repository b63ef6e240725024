"""Contacts on campaigns and lists: who is to be put on one, and who is to be taken off again.

A contact is on a list once, whoever put it there. Who was taken off by a person stays off until the lead is another
one; whom we took off ourselves, because the reason was gone, may come back with the reason.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from connector.errors import GiveUp
from jobs.decide import Decided
from jobs.merged import KEY_AS_WRITTEN
from jobs.ours import INDEX_LAG
from jobs.past import held, past, untouched
from jobs.store.mirror import Mirror
from jobs.wiring import Work
from mappings.canonical import Lead
from mappings.changes import Change, FieldChange
from mappings.config import ListOut
from mappings.schema import ObjectSchema
from mappings.write import Desired, becomes, list_name, list_target, member_record

Place = tuple[str, str]
"""A list and a contact, by record id."""
ACTIVE = ("open", "waiting")
"""The states of a lead whose contact may stay on its list; what a guardrail holds or refuses is not mailed on."""


def joining(work: Work, decided: Decided, there: Collection[tuple[str, str]]) -> Iterator[Desired]:
    """The members that open leads ask for; `there` are (kind, key) of what was made for them already.

    Raises `GiveUp` where a play's list has yet to be made.
    """
    members = list_target(work.rules.mapping, work.schema)
    leads = [lead for lead in decided.found.leads if lead.state == "open" and _is_listed(lead, members)]
    leads = [lead for lead in leads if not {("task", str(lead.key)), ("member", str(lead.key))}.intersection(there)]
    if members is None or not leads:
        return
    lists = _lists(work, leads)
    taken = set(places(work.mirror, members, work.schema.objects[members.object], sorted(lists.values())))
    for lead in leads:
        place = (lists[lead.play], str(lead.contact_id))
        if place not in taken:
            taken.add(place)
            yield member_record(lead, members, place[0], work.rules.mapping, work.schema)


def leaving(work: Work, decided: Decided) -> Iterator[Change]:
    """Take those members off that no lead asks for any more, or for another contact, where nobody touched them."""
    members = list_target(work.rules.mapping, work.schema)
    if members is None:
        return
    asked = {
        str(lead.key): lead.contact_id
        for lead in decided.found.leads
        if lead.state in ACTIVE and _is_listed(lead, members)
    }
    rows = decided.tables["ours"].filter(decided.tables["ours"].kind == "member").to_pyarrow().to_pylist()
    stale = {
        row["id"]: row[KEY_AS_WRITTEN]
        for row in rows
        if not row["is_closed"] and row["contact_id"] is not None and asked.get(row["key"]) != row["contact_id"]
    }
    names = [members.fields[name].field for name in ("list_id", "contact_id")]
    late = _late(work, members, sorted(stale))
    for id, row in sorted(untouched(work, members.object, sorted(stale.keys() - late), names).items()):
        gone = tuple(FieldChange(name=name, old=row.get(name), new=None) for name in sorted(names))
        yield Change(
            object=members.object, action="remove", id=id, key=stale[id], key_field=None, fields=gone, why="cleared"
        )


def _late(work: Work, members: ListOut, ids: Sequence[str]) -> set[str]:
    """Members without a key who joined long after we put them there: somebody took them off and put them back."""
    joined = members.read.created_on.field if members.read.created_on is not None else None
    if members.key is not None or joined is None:
        return set()
    wrote = {id: max(one.at.values()) for id, one in past(work, members.object, ids).items() if one.at}
    rows = held(work, members.object, sorted(wrote), [joined])
    moments = {id: row.get(joined) for id, row in rows.items()}
    return {id for id, at in moments.items() if at and datetime.fromisoformat(str(at)) - wrote[id] > INDEX_LAG}


def places(
    mirror: Mirror, members: ListOut, schema: ObjectSchema, lists: Sequence[str] | None = None
) -> dict[Place, str]:
    """Who is on these lists (all where None), whoever put them there: member ids by list and contact."""
    if members.object not in mirror.objects():
        return {}
    table = mirror.table(members.object)
    table = table.select(
        id=table[schema.id_field],
        list_id=table[members.fields["list_id"].field],
        contact_id=table[members.fields["contact_id"].field],
    )
    table = table if lists is None else table.filter(table.list_id.isin(list(lists)))
    rows = table.filter(table.contact_id.notnull()).to_pyarrow().to_pylist()
    return {(row["list_id"], row["contact_id"]): row["id"] for row in rows}


def place_of(change: Change, members: ListOut) -> Place:
    """Where this change puts a member."""
    values = change.values
    return str(values.get(members.fields["list_id"].field)), str(values.get(members.fields["contact_id"].field))


def _is_listed(lead: Lead, members: ListOut | None) -> bool:
    return becomes(lead, members) == ("member",)


def _lists(work: Work, leads: Sequence[Lead]) -> Mapping[str, str]:
    """Ids of the lists of these leads' plays, by play."""
    names = {lead.play: list_name(lead.play) for lead in leads}
    ids = work.crm.lists(sorted(names.values()))
    absent = sorted(set(names.values()) - set(ids))
    if absent:
        raise GiveUp(
            f"{work.connection} has no campaign or list {', '.join(absent)}. Run `tossup setup` to see what it would "
            "create, `tossup setup --apply` to do it."
        )
    return {play: ids[name] for play, name in names.items()}
