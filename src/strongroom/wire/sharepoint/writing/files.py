"""Sending files, whole or in pieces, and saying how a version stands.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn450841(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.File)
    https://github.com/pnp/pnpjs/blob/version-4/packages/sp/files/types.ts
"""

from __future__ import annotations

from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.writing.request import Paths, post, quoted, upload

CHUNK_BYTES = 10 * 1024 * 1024
"""What a piece has. Each is a request whose answer may not come, and is then asked about."""

MINOR, MAJOR, OVERWRITE = 0, 1, 2
"""``CheckinType``."""
COMMENT_CHARS_MAX = 1023


def upload_file(
    paths: Paths, folder: str, name: str, content: bytes | Body, *, overwrites: bool = False
) -> Question:
    """Send a whole file.

    Args:
        paths: How the server names things.
        folder: Path of the folder on the server.
        name: Of the file.
        content: Its bytes.
        overwrites: One of that name becomes an older version of it; else the server refuses.
    """
    truth = "true" if overwrites else "false"
    if paths.is_decoded:
        method = f"Files/AddUsingPath(decodedurl={quoted(name)},overwrite={truth})"
    else:
        method = f"Files/add(url={quoted(name)},overwrite={truth})"
    return upload(f"{paths.folder(folder)}/{method}", content)


def start_upload(paths: Paths, path: str, upload_id: str, piece: bytes) -> Question:
    """Begin to send a file in pieces; it must be there, if only as an empty one.

    The answer is the number of bytes that the server has now.
    """
    return upload(f"{paths.file(path)}/StartUpload(uploadId=guid'{upload_id}')", piece)


def continue_upload(paths: Paths, path: str, upload_id: str, offset: int, piece: bytes) -> Question:
    """Send one more piece. The offset must be what the server has already."""
    method = f"ContinueUpload(uploadId=guid'{upload_id}',fileOffset={offset})"
    return upload(f"{paths.file(path)}/{method}", piece)


def finish_upload(paths: Paths, path: str, upload_id: str, offset: int, piece: bytes) -> Question:
    """Send the last piece; only now is any of it to be seen."""
    method = f"FinishUpload(uploadId=guid'{upload_id}',fileOffset={offset})"
    return upload(f"{paths.file(path)}/{method}", piece)


def cancel_upload(paths: Paths, path: str, upload_id: str) -> Question:
    """Drop what was sent so far."""
    return post(f"{paths.file(path)}/CancelUpload(uploadId=guid'{upload_id}')")


def check_out(paths: Paths, path: str) -> Question:
    """Take a file for oneself."""
    return post(f"{paths.file(path)}/CheckOut()")


def undo_check_out(paths: Paths, path: str) -> Question:
    """Give it back as it was."""
    return post(f"{paths.file(path)}/UndoCheckOut()")


def check_in(paths: Paths, path: str, comment: str, kind: int) -> Question:
    """Give it back as a new minor (0) or major (1) version, or in place of the current one (2)."""
    text = quoted(comment[:COMMENT_CHARS_MAX])
    return post(f"{paths.file(path)}/CheckIn(comment={text},checkintype={kind})")


def publish(paths: Paths, path: str, comment: str) -> Question:
    """Make the current minor version a major one."""
    return post(f"{paths.file(path)}/Publish(comment={quoted(comment[:COMMENT_CHARS_MAX])})")


def approve(paths: Paths, path: str, comment: str) -> Question:
    """Let everybody see it, where that takes an approval."""
    return post(f"{paths.file(path)}/Approve(comment={quoted(comment[:COMMENT_CHARS_MAX])})")


def deny(paths: Paths, path: str, comment: str) -> Question:
    """Refuse that."""
    return post(f"{paths.file(path)}/Deny(comment={quoted(comment[:COMMENT_CHARS_MAX])})")


def recycle_file(paths: Paths, path: str) -> Question:
    """Put it into the recycle bin."""
    return post(f"{paths.file(path)}/recycle()")
