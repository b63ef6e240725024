"""Which revision a ledger's tables are of, and how they become those of this Tossup: whole or not at all."""

from importlib.resources import files

import sqlalchemy as sa

from connector.errors import GiveUp
from jobs.store.database import Database

_FIRST = "0001"
_FIRST_TABLES = frozenset({"runs", "plans", "intents", "outcomes", "written"})
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))


def known() -> tuple[str, ...]:
    """The revisions that this Tossup knows, oldest first."""
    names = (file.name for file in files("jobs.store.migrations.versions").iterdir())
    return tuple(sorted(name[1:5] for name in names if name.startswith("r0")))


def bring_up(database: Database) -> None:
    """Make the tables or carry over older ones, in one transaction, one process at a time; those of today stay.

    Raises `GiveUp` for the ledger of a newer Tossup and for tables that are somebody else's.
    """
    wanted = known()
    with database.reading() as con:
        at = _revision(con)
    if at == wanted[-1]:
        return
    _refuse_strange(at, wanted, database.name)
    with database.changing() as con:
        # another process may have done it while we waited for the word
        at = _revision(con)
        _refuse_strange(at, wanted, database.name)
        if at != wanted[-1]:
            _upgrade(con, at, database.name)


def _revision(con: sa.Connection) -> str | None:
    if not sa.inspect(con).has_table(_VERSION.name):
        return None
    return con.scalar(sa.select(_VERSION.c.version_num))


def _refuse_strange(at: str | None, wanted: tuple[str, ...], name: str) -> None:
    if at is None or at in wanted:
        return
    if at.isdecimal() and at > wanted[-1]:
        raise GiveUp(
            f"{name} is of a newer Tossup: its tables are revision {at}, this one knows them up to {wanted[-1]}. "
            "Install the Tossup that wrote it, or a newer one; or go back to a backup from before."
        )
    raise GiveUp(f"{name} is another program's (revision {at}). Give the ledger a database or schema of its own.")


def _upgrade(con: sa.Connection, at: str | None, name: str) -> None:
    # some 0.3 s that no later opening pays
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": con})
    config.set_main_option("script_location", "jobs.store:migrations")
    if at is None and _is_first(con, name):
        command.stamp(config, _FIRST)
    command.upgrade(config, "head")


def _is_first(con: sa.Connection, name: str) -> bool:
    """Whether these are the tables that Tossup made before it had revisions; none of them is a new ledger."""
    there = _FIRST_TABLES & set(sa.inspect(con).get_table_names())
    if there and there != _FIRST_TABLES:
        raise GiveUp(
            f"{name} holds tables of another program ({', '.join(sorted(there))}). "
            "Give the ledger a database or schema of its own."
        )
    return bool(there)
