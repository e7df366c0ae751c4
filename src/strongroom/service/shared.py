"""What all verbs stand on: the home, its database, its service key, and the outside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from strongroom.control import connections, storages
from strongroom.control.database import Database
from strongroom.control.home import Home
from strongroom.errors import OperatorError
from strongroom.service.ports import Ports
from strongroom.vault import service_key

_NAME = re.compile(r"[^\W_][\w.@+ -]{0,79}")


@dataclass
class Shared:
    """One open home. Not frozen only because the service key is read when it is first needed."""

    home: Home
    database: Database
    ports: Ports

    @cached_property
    def service_key(self) -> bytes:
        """The key that sealed details are wrapped for: 32 bytes. A secret."""
        if self._has_sealed():
            return service_key.load(self.home.path)
        return service_key.load_or_create(self.home.path)

    def _has_sealed(self) -> bool:
        """Say whether something was sealed already, which a new key would not open."""
        with self.database.read() as db:
            return bool(connections.everything(db) or storages.everything(db))


def checked_name(noun: str, name: str) -> str:
    """Take a name that an operator chose, or refuse it.

    Names turn up in other commands, in file names of restore points' hosts and on terminals, so
    they are plain: letters, digits, and ``. _ @ + -`` and space inside.

    Raises:
        OperatorError: it holds something else, or is empty or very long.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise OperatorError(
            f"This cannot be the name of a {noun}.",
            why="A name begins with a letter or digit and goes on with letters, digits, spaces and "
            ". _ @ + - (80 at most).",
            hint="Choose another name.",
        )
    return name
