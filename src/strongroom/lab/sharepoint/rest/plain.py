"""Files by their own addresses, as a browser opens them, and their older versions."""

from __future__ import annotations

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.downloads import download
from strongroom.lab.sharepoint.rest.entities.files import file_at
from strongroom.lab.sharepoint.rest.entities.web_files import root_file
from strongroom.lab.sharepoint.rest.whole import whole

_HISTORY = "_vti_history/"


def get_file(call: Call, path: str) -> Response:
    """Give a file.

    Args:
        call: The request.
        path: Server-relative, decoded: ``/sites/a/Shared Documents/a.docx``, with
            ``_vti_history/512/`` behind the web for an older version.

    Raises:
        ApiError: there is none.
    """
    inner = path[len(call.web.path.rstrip("/")) + 1 :]
    if inner.casefold().startswith(_HISTORY):
        number, _, rest = inner[len(_HISTORY) :].partition("/")
        item = file_at(call, call.web.inside(rest))
        found = next((one for one in item.versions if str(one.id) == number), None)
        if found is None or found.content is None:
            raise errors.no_file(path)
        return download(call.headers, found.content)
    attachment = _attachment(call, path)
    if attachment is not None:
        return download(call.headers, attachment)
    own = root_file(call.web, path)
    if own is not None:
        return download(call.headers, own.held.file.content, etag=own.etag)
    item = file_at(call, path)
    return download(call.headers, item.content_for(call.user_id), etag=item.etag)


def _attachment(call: Call, path: str) -> bytes | None:
    of = call.web.list_of(path)
    if of is None or of.is_library:
        return None
    parts = path[len(of.root_path) :].strip("/").split("/")
    if len(parts) != 3 or parts[0] != "Attachments":
        return None
    item = of.items.get(whole(parts[1]))
    found = item.attachments.get(parts[2].casefold()) if item else None
    if found is None:
        raise errors.no_file(path)
    return found.content
