"""What people paste for the address of a site: pages, lists, documents, links to share.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from strongroom.wire.sharepoint.sites import site_path

MANAGED = frozenset({"sites", "teams", "personal", "portals"})
"""Names below which site collections are; on a farm there may be more."""

_DEPTH_MAX = 20
_ANSWERING = re.compile(r"_(?:layouts|vti_[a-z]+|api|forms|login)", re.IGNORECASE)
_SHARED = re.compile(r":[a-z]{1,2}:", re.IGNORECASE)
_SHARED_BELOW = {"s": "sites", "t": "teams", "p": "personal"}


def plain_path(address: str) -> str:
    """Give the path that an address means, decoded: without query, pages of the server's, links.

    ``/:w:/r/sites/a/Shared%20Documents/x.docx?d=1`` → ``/sites/a/Shared Documents/x.docx``
    """
    names = [one for one in unquote(urlsplit(address).path).split("/") if one]
    if len(names) > 2 and _SHARED.fullmatch(names[0]):
        names = _shared(names[1].casefold(), names[2:])
    for number, name in enumerate(names):
        if _ANSWERING.fullmatch(name):
            names = names[:number]
            break
    return "/" + "/".join(names)


def upwards(path: str) -> Iterator[str]:
    """Give a path and those above it that a site may be at, the innermost first.

    ``/sites`` is none, and what lies below it is in no site at the top of the server.
    """
    names = [one for one in path.split("/") if one]
    least = 2 if names and names[0].casefold() in MANAGED else 0
    if not least <= len(names) <= _DEPTH_MAX:
        yield path
        return
    for length in range(len(names), least - 1, -1):
        yield "/" + "/".join(names[:length])


def is_below_a_site(url: str) -> bool:
    """Say of an address in a tenant whether it is deeper than the top of any site collection."""
    names = [one for one in site_path(url).split("/") if one]
    return len(names) > 2 and names[0].casefold() in MANAGED


def is_same_path(one: str, other: str) -> bool:
    """Say whether two paths are the same to a server: it minds no case, encoding, end."""
    return _folded(one) == _folded(other)


def _folded(path: str) -> str:
    return unquote(path).casefold().rstrip("/")


def _shared(kind: str, names: list[str]) -> list[str]:
    """Read a link to share: with the path in it (``r``), or with a site's name and a token."""
    if kind == "r":
        return names
    if kind in _SHARED_BELOW:
        return [_SHARED_BELOW[kind], *names[:1]]
    return names[:-1]
