"""How a ledger of any older Tossup becomes one of today: Alembic revisions, one file each, run when it is opened.

To change the tables: change `jobs/store/tables.py`, then `alembic revision -m "what it adds" --rev-id 0005` (the next
number) and fill in `upgrade` with columns of `migrations/columns.py`. Only add: a run of the version before may still
be under way on another machine while a new one opens the ledger. A test holds the result against the tables.
"""
