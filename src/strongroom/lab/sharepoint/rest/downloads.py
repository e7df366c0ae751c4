"""Bytes on their way to a client, also in ranges.

Source:
    https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from strongroom.lab.https import Response

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def download(headers: Mapping[str, str], content: bytes, *, etag: str = "") -> Response:
    """Give a file, or the range of it that was asked for.

    Args:
        headers: Of the request, names in small letters.
        content: The whole file.
        etag: With its quotes.
    """
    told = [("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes")]
    if etag:
        told.append(("ETag", etag))
    wanted = _RANGE.fullmatch(headers.get("range", ""))
    if wanted is None or not (wanted[1] or wanted[2]):
        return Response(headers=told, body=content)
    size = len(content)
    first = int(wanted[1]) if wanted[1] else max(0, size - int(wanted[2]))
    last = min(int(wanted[2]), size - 1) if wanted[1] and wanted[2] else size - 1
    if first >= size or first > last:
        return Response(status=416, headers=[*told, ("Content-Range", f"bytes */{size}")])
    told.append(("Content-Range", f"bytes {first}-{last}/{size}"))
    return Response(status=206, headers=told, body=content[first : last + 1])
