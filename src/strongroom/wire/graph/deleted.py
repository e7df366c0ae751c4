"""Sites and groups that were deleted and can still be brought back.

Source:
    https://learn.microsoft.com/graph/api/directory-deleteditems-get
    https://learn.microsoft.com/sharepoint/restore-deleted-site-collection
"""

from __future__ import annotations

from enum import StrEnum

from strongroom.wire.graph.answers import text_of
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.graph.refusals import GraphRefused

_FIELDS = "id,webUrl,deletedDateTime"
_PAGE = "999"
_GONE = 404


class GroupState(StrEnum):
    """How a Microsoft 365 group stands."""

    THERE = "there"
    DELETED = "deleted"
    GONE = "gone"


def deleted_at(graph: GraphConnection, url: str) -> str | None:
    """Say when a site was deleted that is in the tenant's recycle bin; None: it is not in it.

    Args:
        graph: As an application.
        url: The address that the site had.

    Raises:
        GraphDenied, GraphRefused: the tenant does not tell us.
    """
    wanted = url.casefold().rstrip("/")
    for row in graph.rows("admin/sharepoint/deletedSites", {"$select": _FIELDS, "$top": _PAGE}):
        if text_of(row, "webUrl").casefold().rstrip("/") == wanted:
            return text_of(row, "deletedDateTime")[:10]
    return None


def group_state(graph: GraphConnection, group_id: str) -> GroupState:
    """Say how a group stands, by its GUID.

    Raises:
        GraphDenied: the token lacks Group.Read.All.
    """
    for path, state in (
        (f"groups/{group_id}", GroupState.THERE),
        (f"directory/deletedItems/{group_id}", GroupState.DELETED),
    ):
        try:
            graph.get(path, {"$select": "id"})
        except GraphRefused as error:
            if error.status != _GONE:
                raise
        else:
            return state
    return GroupState.GONE
