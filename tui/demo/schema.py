"""Running the demo's migrations inside this process."""

from __future__ import annotations

from pathlib import Path

PACKAGE = "tui.demo"
"""Where `alembic.ini` is found, in the sense of the setting `package`."""


def upgrade(database: Path, revision: str = "head") -> None:
    """Migrate a database that nobody else uses up to `revision`; makes a missing one.

    For files under construction only: writes are not synced to disk.

    Raises:
        alembic.util.CommandError: There is no such revision.
    """
    # Alembic and SQLAlchemy take most of a second to load.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import URL, create_engine
    from sqlalchemy.pool import NullPool

    config = Config(Path(__file__).with_name("alembic.ini"))
    engine = create_engine(
        URL.create("sqlite", database=str(database.absolute())), poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        # Alembic leaves the commit of a connection that was given to it to its owner.
        connection.commit()
