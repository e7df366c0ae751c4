"""What all verbs stand on: the home, its database, its keys, the outside, and who is calling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from strongroom.control.database import Database
from strongroom.control.home import Home
from strongroom.errors import OperatorError
from strongroom.service.audit_sending import AuditSending
from strongroom.service.auditing import AuditLog
from strongroom.service.guard import Guard
from strongroom.service.journals import Journals, journals_of
from strongroom.service.keys import Keys
from strongroom.service.ports import Ports
from strongroom.service.sending_notices import SendingNotices
from strongroom.service.session import Session
from strongroom.service.verbs import Rule
from strongroom.words.json import Json

_NAME = re.compile(r"[^\W_][\w.@+ -]{0,79}")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """One open home, as one session sees it."""

    home: Home
    database: Database
    ports: Ports
    keys: Keys
    log: AuditLog
    sending: AuditSending
    notices: SendingNotices
    guard: Guard
    session: Session

    @property
    def journals(self) -> Journals:
        """Where the journals of restores are kept."""
        return journals_of(self.home, self.database)

    def seen_by(self, session: Session) -> Shared:
        """Give the same home as another session sees it."""
        return replace(self, session=session)

    def admit(self, name: str, rule: Rule, about: Mapping[str, Json]) -> None:
        """Let the session's caller in to a verb (see ``Guard.admit``)."""
        self.guard.admit(self.session, name, rule, about)


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
