"""Items of a list: in pages by their ids, by ids that are known, and all below a folder.

Every list may be asked for its items in the order of their ids, however many it holds: that is the
one index that each has. Beyond 5,000 any other question is refused.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn531433(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.CamlQuery)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Question, asking
from strongroom.wire.sharepoint.rows import Row
from strongroom.wire.sharepoint.writing.request import list_api

IDS_MAX = 500
"""So many values one ``In`` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is asked of each item.

    Attributes:
        select: Names as ``$select`` wants them.
        expand: What of that lies in other things.
    """

    select: tuple[str, ...]
    expand: tuple[str, ...] = ()

    def query(self) -> str:
        """Write it for a URL."""
        parts = [f"$select={quote(','.join(self.select), safe=',/*')}"]
        if self.expand:
            parts.append(f"$expand={quote(','.join(self.expand), safe=',/')}")
        return "&".join(parts)


def page(web: str, list_id: str, columns: Columns, *, after: int, count: int) -> Question:
    """Ask for the next items by their ids.

    Args:
        web: Path of the web.
        list_id: GUID of the list.
        columns: What is asked of each.
        after: The last id that was told; 0 at the beginning.
        count: How many.
    """
    token = quote(f"Paged=TRUE&p_ID={after}", safe="")
    return Question(
        target=f"{list_api(web, list_id)}/items?{columns.query()}&$top={count}&$skiptoken={token}",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def by_ids(web: str, list_id: str, columns: Columns, ids: Sequence[int]) -> Question:
    """Ask for items whose ids are known, up to ``IDS_MAX``; those that are gone are not told."""
    assert len(ids) <= IDS_MAX, "more than the server takes"
    values = "".join(f"<Value Type='Counter'>{one}</Value>" for one in ids)
    where = f"<In><FieldRef Name='ID'/><Values>{values}</Values></In>"
    return _caml(web, list_id, columns, where, count=len(ids), folder="")


def below(
    web: str, list_id: str, columns: Columns, folder: str, *, after: int, count: int
) -> Question:
    """Ask for the next items below a folder, however deep, by their ids.

    Args:
        web: As above.
        list_id: As above.
        columns: As above.
        folder: Path of the folder on the server.
        after: The last id that was told; 0 at the beginning.
        count: How many.
    """
    value = f"<Value Type='Counter'>{after}</Value>"
    where = f"<Gt><FieldRef Name='ID'/>{value}</Gt>"
    return _caml(web, list_id, columns, where, count=count, folder=folder)


def _caml(
    web: str, list_id: str, columns: Columns, where: str, *, count: int, folder: str
) -> Question:
    view = (
        f"<View Scope='RecursiveAll'><Query><Where>{where}</Where>"
        f"<OrderBy Override='TRUE'><FieldRef Name='ID'/></OrderBy></Query>"
        f"<RowLimit>{count}</RowLimit></View>"
    )
    query: Row = {"__metadata": {"type": "SP.CamlQuery"}, "ViewXml": view}
    if folder:
        query["FolderServerRelativeUrl"] = folder
    return asking(f"{list_api(web, list_id)}/GetItems?{columns.query()}", {"query": query})
