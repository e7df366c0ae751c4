"""Why a site does not open: no right, or nobody is let in (locked, archived); and what helps."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from strongroom.errors import StrongroomError
from strongroom.sources.sharepoint import excluding
from strongroom.wire.graph.answers import text_of
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.graph.refusals import GraphRefused
from strongroom.wire.graph.sites import archive_of
from strongroom.wire.sharepoint.rest_refusals import SiteDenied
from strongroom.words.powershell import quoted

Told = Callable[[SiteDenied, str], SiteDenied]
"""Says more of a no that a site gave, by its address."""

_LOCKED = 423
_DENIED = 403


def told_online(graph: GraphConnection | None) -> Told:
    """Say it for a tenant.

    Args:
        graph: Knows more of a site than the site itself tells; None: nobody may ask it.
    """

    def told(error: SiteDenied, address: str) -> SiteDenied:
        if error.status not in {_LOCKED, _DENIED}:
            return error
        known = "" if graph is None else _by_graph(graph, address)
        if known and known != _SHUT:
            return _shut(error, "The site is archived.", f"{excluding.archived(address, known)}.")
        unlock = (
            "In SharePoint Online Management Shell:"
            f" Get-SPOSite -Identity {quoted(address)} | Format-List LockState, ArchiveStatus shows"
            " it;"
            f" Set-SPOSite -Identity {quoted(address)} -LockState Unlock lets people in again, and"
            f" Set-SPOSiteArchiveState -Identity {quoted(address)} -ArchiveState Active brings it"
            " back from the archive."
        )
        if known or error.status == _LOCKED:
            return _shut(error, "The site is locked or archived: nobody is let in.", unlock)
        return _perhaps(error, unlock)

    return told


def told_on_farm(error: SiteDenied, address: str) -> SiteDenied:
    """Say it for a farm, which answers alike whether there is no right or a lock."""
    if error.status not in {_LOCKED, _DENIED}:
        return error
    unlock = (
        "In SharePoint Management Shell:"
        f" Get-SPSite -Identity {quoted(address)} | Format-List ReadLocked, LockIssue shows it;"
        f" Set-SPSite -Identity {quoted(address)} -LockState Unlock lets people in again."
    )
    if error.status == _LOCKED:
        return _shut(error, "The site is locked: nobody is let in.", unlock)
    return _perhaps(error, unlock)


_SHUT = "shut"


def _by_graph(graph: GraphConnection, address: str) -> str:
    """Ask Graph how a site stands: its state of archive, ``shut``; or empty."""
    parts = urlsplit(address)
    path = quote(parts.path.rstrip("/"))
    name = f"{parts.netloc}:{path}" if path else parts.netloc
    try:
        found = graph.get(f"sites/{name}", {"$select": "id,siteCollection"})
    except GraphRefused as error:
        return _SHUT if error.status == _LOCKED else ""
    except StrongroomError:
        return ""  # it was a second opinion alone
    return archive_of(found) if text_of(found, "id") else ""


def _shut(error: SiteDenied, what: str, hint: str) -> SiteDenied:
    return SiteDenied(what, status=error.status, code=error.code, why=error.why, hint=hint)


def _perhaps(error: SiteDenied, unlock: str) -> SiteDenied:
    hint = f"{error.hint} If it has that, the site may be locked. {unlock}"
    return SiteDenied(error.what, status=error.status, code=error.code, why=error.why, hint=hint)
