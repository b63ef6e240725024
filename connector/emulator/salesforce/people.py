"""What people do in the CRM's own pages: edit, complete, delete, convert, merge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from connector.emulator.org import BadRequest
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.records import Caller, Records
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.upsert import existing

Values = Mapping[str, object]
Answer = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing somebody does to one record."""

    table: Table
    id: str
    values: Values
    caller: Caller


class People:
    """Acts for a person, who sees every field; the record is stamped with that person."""

    def __init__(self, core: Core, records: Records) -> None:
        self.core = core
        self.records = records
        self._actions: Mapping[str, Callable[[Act], Answer]] = {
            "create": self._create,
            "update": self._update,
            "complete": self._complete,
            "delete": self._delete,
            "purge": self._purge,
            "undelete": self._undelete,
            "convert": self._convert,
            "merge": self._merge,
            "commit_late": self._commit_late,
        }

    def act(self, person: str, action: str, object: str, id: str, values: Values) -> Answer:
        """Do `action` as `person` (a user's id, name or username). Raises BadRequest or RecordError."""
        table = self.core.table(object)
        if table is None:
            raise BadRequest(f"there is no object {object}")
        do = self._actions.get(action)
        if do is None:
            raise BadRequest(f"action must be one of {', '.join(self._actions)}")
        return do(Act(table=table, id=id, values=values, caller=Caller(user_id=self.person(person))))

    def person(self, named: str) -> str:
        """The id of the user so named."""
        users = self.core.tables["User"]
        if users.live(named) is not None:
            return named
        for row, id in enumerate(users.ids):
            if named in (users.columns["Name"][row], users.columns["Username"][row]):
                return id
        raise BadRequest(f"there is no user {named}")

    def _create(self, act: Act) -> Answer:
        return {"id": act.table.ids[self.records.create(act.table, act.values, act.caller)]}

    def _update(self, act: Act) -> Answer:
        self.records.update(act.table, existing(act.table, act.id), act.values, act.caller)
        return {"id": act.id}

    def _complete(self, act: Act) -> Answer:
        """A task becomes Completed, a case Closed."""
        status = {"Task": "Completed", "Case": "Closed"}.get(act.table.name)
        if status is None:
            raise BadRequest(f"a {act.table.name} cannot be completed")
        return self._update(replace(act, values={"Status": status, **act.values}))

    def _delete(self, act: Act) -> Answer:
        self.records.delete(act.table, [existing(act.table, act.id)], act.caller)
        return {"id": act.id}

    def _purge(self, act: Act) -> Answer:
        """Delete for good: nothing is left for queryAll to show."""
        row = act.table.row(act.id)
        if row is None:
            raise BadRequest(f"there is no {act.table.name} {act.id}")
        self.records.delete(act.table, [row], act.caller)
        act.table.purge(row)
        return {"id": act.id}

    def _undelete(self, act: Act) -> Answer:
        row = act.table.row(act.id)
        if row is None or not act.table.columns["IsDeleted"][row]:
            raise BadRequest(f"{act.id} is not in the recycle bin")
        self.records.store(act.table, row, {"IsDeleted": False, "SystemModstamp": self.core.stamp()})
        act.table.deletions = [(at, gone) for at, gone in act.table.deletions if gone != row]
        return {"id": act.id}

    def _commit_late(self, act: Act) -> Answer:
        """Save `values["values"]` with the stamp of `values["seconds"]` ago; without an id, as a new record."""
        inner, seconds = act.values.get("values"), act.values.get("seconds")
        if not isinstance(inner, dict) or not isinstance(seconds, (int, float)):
            raise BadRequest("commit_late needs seconds and values")
        late = replace(act, values=inner, caller=replace(act.caller, at=self.core.stamp() - int(seconds)))
        return self._update(late) if act.id else self._create(late)

    def _today(self) -> str:
        return datetime.fromtimestamp(self.core.clock.seconds(), UTC).date().isoformat()

    def _convert(self, act: Act) -> Answer:
        """A lead becomes a contact of an account (`account_id`, or a new one) and, by `opportunity`, a named deal."""
        if act.table.name != "Lead":
            raise BadRequest(f"a {act.table.name} cannot be converted")
        row = existing(act.table, act.id)
        lead = act.table.get(row)
        if lead["IsConverted"]:
            raise BadRequest(f"lead {act.id} is converted already")
        owned = {"OwnerId": lead["OwnerId"] if str(lead["OwnerId"]).startswith("005") else act.caller.user_id}
        account = act.values.get("account_id") or self._new("Account", {"Name": lead["Company"], **owned}, act)
        person = {name: lead[name] for name in ("FirstName", "LastName", "Title", "Email", "Phone") if lead[name]}
        contact = self._new("Contact", {**person, "AccountId": account, **owned}, act)
        deal = None
        if act.values.get("opportunity"):
            terms = {"StageName": "Prospecting", "CloseDate": self._today()}
            deal = self._new(
                "Opportunity", {"Name": act.values["opportunity"], "AccountId": account, **terms, **owned}, act
            )
        converted: dict[str, object] = {
            "Status": "Closed - Converted",
            "IsConverted": True,
            "ConvertedDate": self._today(),
            "ConvertedAccountId": account,
            "ConvertedContactId": contact,
            "ConvertedOpportunityId": deal,
        }
        self.records.update(act.table, row, converted, act.caller)
        return {"account_id": account, "contact_id": contact, "opportunity_id": deal}

    def _new(self, name: str, values: Values, act: Act) -> str:
        table = self.core.tables[name]
        return table.ids[self.records.create(table, values, act.caller)]

    def _merge(self, act: Act) -> Answer:
        """`losers` go to the recycle bin with MasterRecordId; what referred to them refers to `id`."""
        table, losers = act.table, act.values.get("losers")
        if table.name not in ("Account", "Contact", "Lead") or not isinstance(losers, list):
            raise BadRequest("merge needs an Account, Contact or Lead, and losers (a list of ids)")
        master, gone = existing(table, act.id), [existing(table, loser) for loser in losers]
        for row in gone:
            self.records.point_elsewhere(table, table.ids[row], table.ids[master])
        self.records.delete(table, gone, act.caller, master=table.ids[master])
        self.records.update(table, master, {}, act.caller)
        return {"id": act.id}
