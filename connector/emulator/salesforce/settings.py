"""What a test or a person can change about the org from outside."""

from collections.abc import Mapping
from dataclasses import replace

from connector.emulator.org import BadRequest
from connector.emulator.salesforce import history
from connector.emulator.salesforce.auth import Auth
from connector.emulator.salesforce.bulk import Bulk
from connector.emulator.salesforce.query import Queries
from connector.emulator.salesforce.records import Records
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.web import UNLIMITED_CALLS, VENDOR_DAILY_CALLS, Usage


class Settings:
    """Settings by name.

    `limits` "off" or "vendor" (100,000 calls a day); `daily_calls` the limit itself; `calls_used`; `expire_tokens`
    (true: every token but the static one is refused from now on); `token_life_s`; `assignment_rule` (whether new
    leads go to the default lead owner unless the caller says Sforce-Auto-Assign: FALSE); `bulk_polls` (how often a
    job's state is asked for before it may be complete); `bulk_queue_s` (how long a job waits before its first record
    is saved, by the CRM's clock); `page_size` (query pages no longer than this);
    `archive_after_days` (closed activities of that age are archived; 0: never, Salesforce: 365);
    `hide`, `show` and `track` (a list of `Object.Field`; at most 20 of an object are tracked in its history);
    `flows` ({object: {field: value}}: what becomes of records saved through the API).
    """

    def __init__(self, auth: Auth, usage: Usage, records: Records, queries: Queries, bulk: Bulk) -> None:
        self._auth = auth
        self._usage = usage
        self._records = records
        self._queries = queries
        self._bulk = bulk
        self._limits = "off"

    def apply(self, values: Mapping[str, object]) -> dict[str, object]:
        """Set what is named, ignore what is not ours, return every setting. Raises BadRequest."""
        self._set_limits(values)
        self._set_auth(values)
        self._set_behaviour(values)
        if isinstance(values.get("track"), list):
            history.track(self._records.core, [str(name) for name in values["track"]])  # type: ignore[attr-defined]  # a list, as just seen
        for name in ("hide", "show"):
            self._set_visible(values.get(name), hidden=name == "hide")
        return {
            "limits": self._limits,
            "daily_calls": self._usage.limit,
            "calls_used": self._usage.used,
            "token_life_s": self._auth.token_life_s,
            "assignment_rule": self._records.rule_active,
            "bulk_polls": self._bulk.polls,
            "bulk_queue_s": self._bulk.queue_s,
            "page_size": self._queries.page_size,
            "archive_after_days": self._records.core.archive_after_days,
            "flows": self._records.flows,
        }

    def _set_limits(self, values: Mapping[str, object]) -> None:
        if "limits" in values:
            if values["limits"] not in ("off", "vendor"):
                raise BadRequest("limits must be off or vendor")
            self._limits = str(values["limits"])
            self._usage.limit = UNLIMITED_CALLS if self._limits == "off" else VENDOR_DAILY_CALLS
        if "daily_calls" in values:
            self._usage.limit = _whole(values, "daily_calls")
        if "calls_used" in values:
            self._usage.used = _whole(values, "calls_used")

    def _set_auth(self, values: Mapping[str, object]) -> None:
        if values.get("expire_tokens"):
            self._auth.revoke_all()
        if "token_life_s" in values:
            self._auth.token_life_s = float(_whole(values, "token_life_s"))

    def _set_behaviour(self, values: Mapping[str, object]) -> None:
        if "assignment_rule" in values:
            self._records.rule_active = bool(values["assignment_rule"])
        if "bulk_polls" in values:
            self._bulk.polls = _whole(values, "bulk_polls")
        if "bulk_queue_s" in values:
            self._bulk.queue_s = _whole(values, "bulk_queue_s")
        if isinstance(flows := values.get("flows"), dict):
            self._records.flows = flows
        if "page_size" in values:
            self._queries.page_size = _whole(values, "page_size") or None
        if "archive_after_days" in values:
            self._records.core.archive_after_days = _whole(values, "archive_after_days") or None

    def _set_visible(self, names: object, *, hidden: bool) -> None:
        for name in names if isinstance(names, list) else []:
            object_name, _, field = str(name).partition(".")
            table = self._records.core.table(object_name)
            if table is None:
                raise BadRequest(f"there is no object {object_name}")
            self.hide(table, field, hidden=hidden)

    def hide(self, table: Table, name: str, *, hidden: bool) -> None:
        """Hide a field until it is granted, or show it again. Raises BadRequest."""
        field = table.field(name)
        if field is None:
            raise BadRequest(f"{table.name} has no field {name}")
        table.replace_field(replace(field, guarded=hidden))
        table.changed_at = self._records.core.stamp()


def _whole(values: Mapping[str, object], name: str) -> int:
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int | float | None) or (value or 0) < 0:
        raise BadRequest(f"{name} must be a number from 0")
    return int(value or 0)
