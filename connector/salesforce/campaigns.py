"""Campaigns and their members: which campaigns there are, and making those that are missing.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaignmember.htm
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector.port import Outcome, Record, SetupStep
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.query import RestQuery
from connector.salesforce.soql import any_of
from connector.transport import Transport
from connector.wire import Call
from mappings.schema import WantedList

MEMBERS = "CampaignMember"
_PLACE = ("CampaignId", "ContactId")
_TWICE = "DUPLICATE_VALUE"
_FIXED = "INVALID_FIELD_FOR_INSERT_UPDATE"
_ASKED = 50
"""Keys of one question: they go into its address, which holds 16 KB."""


class Campaigns:
    """The campaigns of one org, by name. Names are not unique in Salesforce: of several the oldest counts."""

    def __init__(self, config: SalesforceConfig, transport: Transport, rest: RestQuery) -> None:
        self._path = f"{config.data}/sobjects/Campaign"
        self._transport = transport
        self._rest = rest

    def named(self, names: Sequence[str]) -> Mapping[str, str]:
        """Ids by name, of those that exist."""
        if not names:
            return {}
        soql = f"SELECT Id, Name FROM Campaign WHERE {any_of('Name', sorted(set(names)))} ORDER BY Id DESC"
        found = {str(row["Name"]).lower(): str(row["Id"]) for row in self._rest.rows(soql)}
        return {name: found[name.lower()] for name in names if name.lower() in found}

    def missing(self, wanted: Sequence[WantedList]) -> tuple[SetupStep, ...]:
        """A step for each campaign that is not there."""
        there = self.named([one.name for one in wanted])
        return tuple(_step(one) for one in wanted if one.name not in there)

    def joined(self, key_field: str, records: Sequence[Record], outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes of an upsert of members, those who are members already being fine.

        A contact is a member of a campaign once: one whom somebody else put there is not ours, so without an id. And
        nobody can move a member, so that an upsert that is sent again is refused: look who is there.
        """
        by_ref = {record.ref: record for record in records}
        fixed: list[Outcome] = []
        for outcome in outcomes:
            if outcome.code == _FIXED:
                fixed.append(outcome)
            else:
                yield Outcome(ref=outcome.ref, ok=True) if outcome.code == _TWICE else outcome
        for start in range(0, len(fixed), _ASKED):
            some = fixed[start : start + _ASKED]
            there = self._there(key_field, [by_ref[outcome.ref] for outcome in some])
            yield from (there.get(outcome.ref, outcome) for outcome in some)

    def _there(self, key_field: str, records: Sequence[Record]) -> Mapping[str, Outcome]:
        """An outcome for each of these that is a member as it was to be, by ref."""
        keys = any_of(key_field, [str(record.key) for record in records])
        rows = self._rest.rows(f"SELECT Id, {key_field}, CampaignId, ContactId FROM {MEMBERS} WHERE {keys}")
        found = {str(row[key_field]): row for row in rows}
        return {
            record.ref: Outcome(ref=record.ref, ok=True, id=str(found[record.key]["Id"]))
            for record in records
            if record.key in found and all(found[record.key][name] == record.values.get(name) for name in _PLACE)
        }

    def create(self, wanted: Sequence[WantedList]) -> None:
        """Create those that are not there. One whose answer got lost is not sent again: run setup again."""
        there = self.named([one.name for one in wanted])
        for one in wanted:
            if one.name not in there:
                body = {**one.values, "Name": one.name}
                self._transport.send(Call(method="POST", target=self._path, json=body))


def _step(wanted: WantedList) -> SetupStep:
    text = f"Create the campaign {wanted.name}, for the contacts of that play (our user must be a Marketing User)."
    return SetupStep(action="create_list", target=wanted.name, text=text, list=wanted)
