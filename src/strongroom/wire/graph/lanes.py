"""Whom a question to Graph is about, and of what kind it is: what the pace tells apart.

Services behind Graph account for each mailbox, site and drive by itself, so each is a lane.
Questions about many people, one each, are none: a lane per person would learn nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OF_ITS_OWN = re.compile(r"(?:admin/exchange/mailboxes|sites|drives)/([^/?]+)/.")
_KINDS = frozenset(
    {
        "me",
        "users",
        "organization",
        "servicePrincipals",
        "appRoleAssignments",
        "exchange",
        "folders",
        "childFolders",
        "items",
        "delta",
        "exportItems",
        "createImportSession",
        "sites",
        "getAllSites",
    }
)


class Asked(NamedTuple):
    """What is asked.

    Attributes:
        lane: The mailbox, site or drive, as it stands in the path; empty for what is about none.
        kind: The last word of the path that names a kind (``GET items``), never an id.
    """

    lane: str
    kind: str


def asked_for(method: str, path: str) -> Asked:
    """Read a path.

    Args:
        method: Of HTTP.
        path: Below the version, its parts quoted: ``users/ann%40lab.example``.
    """
    found = _OF_ITS_OWN.match(path)
    words = [part for part in path.partition("?")[0].split("/") if part in _KINDS]
    return Asked(lane=found[1] if found else "", kind=f"{method} {words[-1] if words else ''}")
