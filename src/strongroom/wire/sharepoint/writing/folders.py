"""Making folders, and attaching files to items.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn450841(v=office.15)
"""

from __future__ import annotations

from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.writing.request import Paths, item_api, post, quoted, typed, upload


def create_folder(paths: Paths, parent: str, name: str) -> Question:
    """Make a folder below another one; one that is there already is answered as if it were new."""
    if paths.is_decoded:
        method = f"Folders/AddUsingPath(decodedurl={quoted(name)})"
        return post(f"{paths.folder(parent)}/{method}")
    document = typed("SP.Folder", {"ServerRelativeUrl": f"{parent.rstrip('/')}/{name}"})
    return post(f"{paths.folder(parent)}/Folders", document)


def attach(web: str, list_id: str, item_id: int, name: str, content: bytes | Body) -> Question:
    """Attach a file to an item."""
    target = f"{item_api(web, list_id, item_id)}/AttachmentFiles/add(FileName={quoted(name)})"
    return upload(target, content)
