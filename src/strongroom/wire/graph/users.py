"""The people and things of a tenant that may have a mailbox.

Source:
    https://learn.microsoft.com/graph/api/user-list
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from strongroom.wire.graph.answers import Row, text_of
from strongroom.wire.graph.connection import GraphConnection

_FIELDS = "id,displayName,mail,userPrincipalName,userType,accountEnabled"
PAGE = 999
"""The most that Graph gives at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryUser:
    """Somebody or something that the directory knows.

    Attributes:
        id: Object id; never changes.
        name: Display name. Untrusted text.
        address: Primary SMTP address; empty if there is none.
        principal_name: Name to sign in with.
        is_guest: Their home, and their mailbox, are elsewhere.
        is_enabled: May sign in. Shared mailboxes and rooms often may not.
    """

    id: str
    name: str
    address: str
    principal_name: str
    is_guest: bool
    is_enabled: bool


def list_users(graph: GraphConnection, *, at_once: int = PAGE) -> Iterator[DirectoryUser]:
    """List everybody, guests too.

    Args:
        graph: The connection.
        at_once: How many are asked for in one request.

    Raises:
        GraphDenied: the token lacks User.Read.All.
    """
    query = {"$select": _FIELDS, "$top": str(at_once)}
    return (_user(row) for row in graph.rows("users", query))


def find_user(graph: GraphConnection, name: str) -> DirectoryUser:
    """Find somebody by object id or principal name.

    Raises:
        GraphDenied: the token lacks User.Read.All.
        GraphRefused: there is nobody of that name.
    """
    return _user(graph.get(f"users/{quote(name, safe='')}", {"$select": _FIELDS}))


def read_me(graph: GraphConnection) -> DirectoryUser:
    """Read the person whose token it is.

    Raises:
        GraphDenied: the token lacks User.Read.
        GraphRefused: it is nobody's: an application's.
    """
    return _user(graph.get("me", {"$select": _FIELDS}))


def _user(row: Row) -> DirectoryUser:
    return DirectoryUser(
        id=text_of(row, "id"),
        name=text_of(row, "displayName"),
        address=text_of(row, "mail"),
        principal_name=text_of(row, "userPrincipalName"),
        is_guest=text_of(row, "userType").casefold() == "guest",
        is_enabled=row.get("accountEnabled") is not False,
    )
