"""The id of somebody's mailbox.

Source:
    https://learn.microsoft.com/graph/api/usersettings-list-exchange
"""

from __future__ import annotations

from urllib.parse import quote

from strongroom.errors import TransientError
from strongroom.wire.graph.answers import text_of
from strongroom.wire.graph.connection import GraphConnection


def read_mailbox_id(graph: GraphConnection, user: str) -> str:
    """Give the id of a primary mailbox, ``MBX:GUID@TENANT``.

    Args:
        graph: The connection.
        user: Object id or principal name.

    Raises:
        GraphDenied: the token lacks User.Read.All.
        GraphRefused: there is nobody of that name, or no mailbox (``MailboxNotEnabledForRESTAPI``).
    """
    row = graph.get(f"users/{quote(user, safe='')}/settings/exchange")
    found = text_of(row, "primaryMailboxId")
    if not found:
        raise TransientError("Microsoft Graph did not say which mailbox this is.")
    return found
