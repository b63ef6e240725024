"""Archived activities: hidden from queries, shown by queryAll, otherwise as any other record.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_guidelines_archive.htm
"""

from collections.abc import Callable
from datetime import UTC, date, datetime

from connector.emulator.salesforce.table import Table

DAY_S = 86_400
ACTIVITIES = ("Task", "Event")


def archive(table: Table, after_days: int | None, now_s: float) -> None:
    """What the background process has archived by now; it leaves no stamp. Nothing where `after_days` is None.

    Closed tasks, and events, that many days after their ActivityDate; tasks without one, after they were created.
    """
    if after_days is None or table.name not in ACTIVITIES:
        return
    columns, last = table.columns, now_s - after_days * DAY_S
    closed: Callable[[int], object] = columns["IsClosed"].__getitem__ if table.name == "Task" else lambda _: True
    for row in range(len(table)):
        since = columns["ActivityDate"][row] or columns["CreatedDate"][row]
        if not columns["IsArchived"][row] and closed(row) and since is not None and _seconds(since) <= last:
            columns["IsArchived"][row] = True


def is_hidden(table: Table, row: int) -> bool:
    """Whether plain queries leave this record out for being archived."""
    return table.name in ACTIVITIES and bool(table.columns["IsArchived"][row])


def _seconds(moment: object) -> float:
    """Of a day (as ISO 8601 text) or a moment in seconds."""
    if isinstance(moment, int | float):
        return moment
    day = moment if isinstance(moment, date) else date.fromisoformat(str(moment)[:10])
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
