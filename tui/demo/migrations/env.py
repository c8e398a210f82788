"""Run the demo's migrations on the database that the caller names.

Looked for in this order: an open connection in `config.attributes["connection"]`, `-x url=…`,
`sqlalchemy.url` of the configuration, the environment's `DATABASE_URL` (the gateway's own name
for it). There is no default: a migration that guesses its database is how files get lost.
"""

from __future__ import annotations

import os

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

config = context.config


def database_url() -> str:
    """Return the address of the database.

    Raises:
        CommandError: Nobody named one.
    """
    url = (
        context.get_x_argument(as_dictionary=True).get("url")
        or config.get_main_option("sqlalchemy.url")
        or os.environ.get("DATABASE_URL")
    )
    if not url:
        raise CommandError("No database is named: set DATABASE_URL or give -x url=sqlite:///….")
    return url


def migrate(connection: Connection) -> None:
    """Run what was asked for through an open connection."""
    # SQLite cannot alter most of a table, so changes are made in batch mode, as the gateway does.
    context.configure(connection=connection, target_metadata=None, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    """Migrate online, or print SQL when `--sql` asks for it."""
    if context.is_offline_mode():
        context.configure(url=database_url(), literal_binds=True, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    given = config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    engine = create_engine(database_url(), poolclass=NullPool)
    with engine.connect() as connection:
        migrate(connection)


run()
