"""Which database a home uses: the file in it, or the one that ``database.json`` names.

That file is ours alone and holds no secret: an address without a password, and where the password
is. It is written all or nothing, so a home always uses one database or the other.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from strongroom.control.database import DatabasePlace
from strongroom.control.home import Home
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from strongroom.disk import flush_folder
from strongroom.errors import OperatorError


def chosen_database(home: Home) -> DatabasePlace:
    """Say where the control database of a home is.

    Raises:
        OperatorError: what the home says about it cannot be read.
    """
    try:
        text = home.chosen_database.read_bytes()
    except FileNotFoundError:
        return SqliteFile(path=home.database)
    except OSError as error:  # a home of another account does not even say so
        raise OperatorError(
            f"The control database of the home {home.path} cannot be opened.",
            why=f"{error.strerror}.",
            hint="Run the command as the account that the home belongs to.",
        ) from error
    try:
        said: dict[str, Any] = json.loads(text)
        url, password_file = said["url"], said["password_file"]
    except (ValueError, KeyError, TypeError) as error:
        raise OperatorError(
            f"The file {home.chosen_database}, which names the database, is damaged.",
            hint="Name the database again: `strongroom database join URL`.",
        ) from error
    return PostgresPlace(
        url=str(url), password_file=None if password_file is None else Path(password_file)
    )


def choose_database(home: Home, place: PostgresPlace) -> None:
    """Have a home use this database from now on, durably."""
    said = {
        "url": place.url,
        "password_file": None if place.password_file is None else str(place.password_file),
    }
    fresh = home.path / f".database.{secrets.token_hex(8)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(said, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(home.chosen_database)
    flush_folder(home.path)
