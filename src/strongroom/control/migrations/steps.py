"""Runs the steps from one version to another, on a connection that somebody else has opened."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(db: Connection, to: str) -> None:
    """Bring the tables to a version, within the transaction that is under way."""
    config = Config()
    config.set_main_option("script_location", "strongroom.control:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = db
    command.upgrade(config, to)
