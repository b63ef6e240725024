"""SOQL text: field lists, conditions on stamps and ids, and quoting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

LONGEST = 100_000
"""Characters of a query that Salesforce takes at all.

https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_soslsoql.htm
"""
LONGEST_URL = 12_000
"""Bytes of an encoded query that a GET may carry; address and headers together must stay below 16,384."""


def quoted(value: str) -> str:
    """A text literal.

    https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
    """
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def any_of(field: str, values: Iterable[str]) -> str:
    """`field IN (...)`."""
    return f"{field} IN ({', '.join(quoted(value) for value in values)})"


def live_or(kept: Sequence[str]) -> str:
    """The condition that a queryAll gives live activities, and archived ones where one of these fields is filled."""
    filled = " OR ".join(f"{name} != null" for name in kept)
    return f"IsDeleted = false AND (IsArchived = false OR {filled})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A query over one object, ordered so that it can be taken up again after any row.

    `since` is an ISO 8601 stamp in UTC; rows of that very stamp are included. `everything` includes deleted and
    archived rows, `only` is a condition that every row must meet.
    """

    object: str
    fields: tuple[str, ...]
    stamp: str | None = None
    since: str | None = None
    everything: bool = False
    only: str | None = None
    after: tuple[str, str] | None = None
    """Stamp and id of the last row that arrived; the stamp is empty for a query without `since`."""

    @property
    def text(self) -> str:
        """The query as REST is asked: in keyset order."""
        order = f"{self.stamp}, Id" if self.since else "Id"
        return f"{self.unordered} ORDER BY {order}"

    @property
    def unordered(self) -> str:
        """The query as Bulk is asked: ORDER BY would switch off splitting by primary key."""
        return f"SELECT {', '.join(self.fields)} FROM {self.object}{self._where()}"

    @property
    def count(self) -> str:
        """How many rows it has."""
        return f"SELECT COUNT() FROM {self.object}{self._where()}"

    @property
    def fits_a_url(self) -> bool:
        """Whether a GET can carry it."""
        return len(quote_plus(self.text)) <= LONGEST_URL

    def from_here(self, stamp: str, id: str) -> "Select":
        """The same query, beginning behind this row."""
        return replace(self, after=(stamp, id))

    def _where(self) -> str:
        begins = self._begins()
        if self.only is not None:
            begins = f"({begins}) AND {self.only}" if begins else self.only
        return f" WHERE {begins}" if begins else ""

    def _begins(self) -> str:
        if self.after is not None:
            stamp, id = self.after
            if self.since is None:
                return f"Id > {quoted(id)}"
            # rows of one stamp are common: a bulk load gives thousands of rows the same second
            return f"{self.stamp} > {stamp} OR ({self.stamp} = {stamp} AND Id > {quoted(id)})"
        return f"{self.stamp} >= {self.since}" if self.since else ""
