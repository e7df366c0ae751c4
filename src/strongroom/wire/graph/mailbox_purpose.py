"""What sort of mailbox it is: a person's, a shared one, a room's.

Source:
    https://learn.microsoft.com/graph/api/user-get-mailboxsettings
"""

from __future__ import annotations

from urllib.parse import quote

from strongroom.wire.graph.answers import text_of
from strongroom.wire.graph.connection import GraphConnection

_KNOWN = frozenset({"user", "linked", "shared", "room", "equipment"})


def read_purpose(graph: GraphConnection, user: str) -> str:
    """Say what a mailbox is for: ``user``, ``shared``, ``room``, ``equipment``, ``linked``.

    Args:
        graph: The connection.
        user: Object id or principal name.

    Raises:
        GraphDenied: the token lacks MailboxSettings.Read.
        GraphRefused: there is no mailbox.
    """
    path = f"users/{quote(user, safe='')}/mailboxSettings"
    told = text_of(graph.get(path, {"$select": "userPurpose"}), "userPurpose")
    return told if told in _KNOWN else "user"
