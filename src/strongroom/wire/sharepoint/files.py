"""Files: where their bytes are, which versions there are, what is attached to an item.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn450841(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.File, SP.FileVersion)
"""

from __future__ import annotations

from urllib.parse import quote

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Question
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import item_api, quoted

_VERSION = "ID,VersionLabel,IsCurrentVersion,Created,CheckInComment,Size"
_AUTHOR = "CreatedBy/LoginName,CreatedBy/Title,CreatedBy/Email"


def file_by_id(web: str, unique_id: str) -> str:
    """Give the path of a file by its GUID: it is the same file wherever it was moved."""
    return f"{api(web)}/web/GetFileById('{unique_id}')"


def file_by_path(web: str, path: str) -> str:
    """Give the path of a file on a server that does not know files by their GUID (2013)."""
    return f"{api(web)}/web/GetFileByServerRelativeUrl({quoted(path)})"


def content(file: str) -> str:
    """Give the path of a file's bytes."""
    return f"{file}/$value"


def version_content(file: str, version_id: int) -> str:
    """Give the path of the bytes of an older version, by its number (512 is 1.0)."""
    return f"{file}/versions({version_id})/$value"


def old_version_content(web: str, path: str, version_id: int) -> str:
    """Give the same where ``_api`` cannot (2013).

    Args:
        web: Path of the web.
        path: Of the file on the server.
        version_id: Number of the version.
    """
    below = path.removeprefix(web.rstrip("/")).lstrip("/")
    return f"{quote(web.rstrip('/'), safe='/%')}/_vti_history/{version_id}/{quote(below, safe='/')}"


def versions(file: str) -> Question:
    """Ask for the older versions of a file, with whoever made them."""
    return Question(
        target=f"{file}/versions?$select={_VERSION},{_AUTHOR}&$expand=CreatedBy&$top=5000",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def item_versions(web: str, list_id: str, item_id: int) -> Question:
    """Ask for all versions of an item with their values. Online and from 2019 on."""
    return Question(
        target=f"{item_api(web, list_id, item_id)}/versions?$top=5000",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def files_in(folder: str) -> Question:
    """Ask for the files in a folder, with who changed them last.

    Args:
        folder: The folder, as requests name it.
    """
    return Question(
        target=f"{folder}/Files?$expand=ModifiedBy&$top=5000",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def folders_in(folder: str) -> Question:
    """Ask for the folders in a folder; the roots of lists are among them."""
    return Question(
        target=f"{folder}/Folders?$select=Name,ServerRelativeUrl&$top=5000", call=Call.MANY
    )


def attachments(web: str, list_id: str, item_id: int) -> Question:
    """Ask what is attached to an item."""
    return Question(target=f"{item_api(web, list_id, item_id)}/AttachmentFiles", call=Call.MANY)


def attached_files(web: str, folder: str) -> Question:
    """Ask likewise of the folder that attachments lie in, which tells sizes and versions too.

    Args:
        web: Path of the web.
        folder: ``…/Lists/Tasks/Attachments/7``.
    """
    names = "Name,Length,ETag,UniqueId,TimeLastModified"
    target = f"{api(web)}/web/GetFolderByServerRelativeUrl({quoted(folder)})/Files?$select={names}"
    return Question(target=target, call=Call.MANY)


def attachment_content(web: str, list_id: str, item_id: int, name: str) -> str:
    """Give the path of an attachment's bytes."""
    return f"{item_api(web, list_id, item_id)}/AttachmentFiles({quoted(name)})/$value"
