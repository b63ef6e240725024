"""What Alembic runs: every revision in the transaction that `jobs.store.revisions` has begun."""

from alembic import context

from jobs.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
