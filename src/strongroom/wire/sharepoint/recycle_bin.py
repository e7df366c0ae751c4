"""What lies in the recycle bin of a site, both stages. Nothing of it is ever put back from here.

What an entry held can be had by nobody: a server gives it out only once it is restored.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn499819(v=office.15) (RecycleBinItem)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.RecycleBinItem)
"""  # noqa: E501 - an address

from __future__ import annotations

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Question
from strongroom.wire.sharepoint.sites import api

_ENTRY = "Id,Title,LeafName,DirName,DeletedDate,Size,ItemType,ItemState"
_PERSON = "Id,LoginName,Title,Email,PrincipalType"


def entries(web: str) -> Question:
    """Ask for what lies there, with who deleted it and who had made it.

    Args:
        web: Path of a web of the site.
    """
    people = ",".join(
        f"{who}/{name}" for who in ("DeletedBy", "Author") for name in _PERSON.split(",")
    )
    return Question(
        target=f"{api(web)}/site/recyclebin?$select={_ENTRY},{people}"
        "&$expand=DeletedBy,Author&$top=5000",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )
