"""What to do about a site that is to be restored to its own address and is not there.

Which case it is, is found out as far as we may ask: in the recycle bin, of a group that was
deleted, gone for good. What is not known is said to be so, with the command that tells.

Source:
    https://learn.microsoft.com/sharepoint/restore-deleted-site-collection
    https://learn.microsoft.com/powershell/module/sharepoint-online/new-sposite
    https://learn.microsoft.com/powershell/module/microsoft.sharepoint.powershell/new-spsite
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from strongroom.errors import OperatorError, StrongroomError
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.graph.deleted import GroupState, deleted_at, group_state
from strongroom.wire.sharepoint.sites import is_guid
from strongroom.words.json import Json
from strongroom.words.powershell import quoted

_ONLINE = "in SharePoint Online Management Shell"
_FARM = "in SharePoint Management Shell"
_GROUP, _CHANNEL, _PERSONAL = "GROUP", "TEAMCHANNEL", "SPSPERS"
_BEGINNING = {_GROUP: "STS#3", _CHANNEL: "STS#3"}
"""What cannot be made by itself begins as a team site without a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A site that is not there any more.

    Attributes:
        address: Where it was, and is to be again.
        template: What it was made from (``STS#3``); empty if that is not known.
        language: LCID.
        zone: Number of its time zone; 0: it is not known.
        title: Its name.
        group_id: GUID of its Microsoft 365 group; empty if none is known.
        is_below: It lay below another site.
    """

    address: str
    template: str = ""
    language: int = 1033
    zone: int = 0
    title: str = ""
    group_id: str = ""
    is_below: bool = False

    @property
    def kind(self) -> str:
        """Its template without the number."""
        return self.template.partition("#")[0]

    @classmethod
    def of(cls, address: str, saved: Mapping[str, Json], *, is_below: bool) -> Lost:
        """Read it out of what was saved of its top web."""
        settings = _inner(saved, "settings")
        zone = _inner(_inner(settings, "RegionalSettings"), "TimeZone")
        group = str(_inner(settings, "AllProperties").get("GroupId") or "").strip("{}").lower()
        template = str(settings.get("WebTemplate") or "")
        number = _number(settings.get("Configuration"))
        return cls(
            address=address,
            template=f"{template}#{number}" if template else "",
            language=_number(settings.get("Language")) or 1033,
            zone=_number(zone.get("Id")),
            title=str(settings.get("Title") or "")[:200],
            group_id=group if is_guid(group) else "",
            is_below=is_below,
        )


def gone_online(lost: Lost, graph: GraphConnection | None) -> OperatorError:
    """Say what happened to a site of a tenant, and what brings it back.

    Args:
        lost: The site.
        graph: Who may know; None: nobody may ask.
    """
    if lost.is_below:
        return _below(lost)
    name = f"-Identity {quoted(lost.address)}"
    bring = f"Restore-SPODeletedSite {name}"
    anew = f"{_made_online(lost)} Then start the restore again with --to {lost.address}"
    if lost.kind == _CHANNEL:
        bring = f"the channel, in Teams (Manage team, Channels, Deleted), or {bring}"
    is_known, since = _in_bin(lost, graph)
    state = _state(lost, graph)
    if state is GroupState.DELETED:
        return _error(
            lost,
            "It is the site of a Microsoft 365 group that was deleted, and comes back with it"
            " within 30 days: the group has to be restored first.",
            f"Restore-MgDirectoryDeletedItem -DirectoryObjectId {lost.group_id} (Microsoft Graph"
            " PowerShell). Then start the restore again.",
        )
    of_group = _of_group(lost, state)
    if since is not None:
        return _error(
            lost,
            f"It was deleted on {since} and is in the tenant's recycle bin, which keeps its"
            f" address for 93 days.{of_group}",
            f"To have it back as it was, {_ONLINE}: {bring}, and start the restore again. To make"
            f" it anew instead: Remove-SPODeletedSite {name} (for good), then {anew}",
        )
    if is_known:
        return _error(
            lost, f"It is not in the tenant's recycle bin either.{of_group}", f"To make it: {anew}"
        )
    return _error(
        lost,
        "Whether it is in the tenant's recycle bin, which keeps it for 93 days, is not told to"
        f" us.{of_group}",
        f"Look, {_ONLINE}: Get-SPODeletedSite {name}. If it is there: {bring} brings it back, and"
        f" Remove-SPODeletedSite {name} frees its address for good. If not: {anew}",
    )


def gone_from_farm(lost: Lost) -> OperatorError:
    """Say it of a farm, which tells nobody from outside what its recycle bin holds."""
    if lost.is_below:
        return _below(lost)
    name = f"-Identity {quoted(urlsplit(lost.address).path or '/')}"
    made = " ".join(
        [
            f"New-SPSite -Url {quoted(lost.address)} -OwnerAlias 'DOMAIN\\OWNER'",
            f"-Name {quoted(lost.title or 'NAME')}",
            f"-Template {quoted(lost.template or 'STS#0')} -Language {lost.language}",
        ]
    )
    return _error(
        lost,
        "A farm keeps a deleted site for 30 days as installed, and tells only its administrators.",
        f"Look, {_FARM}: Get-SPDeletedSite {name}. If it is there: Restore-SPDeletedSite {name}"
        f" brings it back, and Remove-SPDeletedSite {name} frees its address for good. If not, an"
        f" administrator of the farm makes it: {made}. Then start the restore again with --to"
        f" {lost.address}",
    )


def _made_online(lost: Lost) -> str:
    if lost.kind == _PERSONAL:
        return (
            "an administrator of SharePoint has it made for its owner, who needs a licence:"
            f" Request-SPOPersonalSite -UserEmails 'OWNER@DOMAIN' ({_ONLINE}). Of somebody who"
            " left, restore into another site instead (--to)."
        )
    template = _BEGINNING.get(lost.kind, lost.template or "STS#3")
    zone = f" -TimeZoneId {lost.zone}" if lost.zone else ""
    return (
        f"an administrator of SharePoint makes it, {_ONLINE}: New-SPOSite"
        f" -Url {quoted(lost.address)} -Owner 'OWNER@DOMAIN' -StorageQuota 26214400"
        f" -Title {quoted(lost.title or 'NAME')} -Template {quoted(template)}"
        f" -LocaleId {lost.language}{zone}."
    )


def _of_group(lost: Lost, state: GroupState | None) -> str:
    """Say what its group means for it."""
    if lost.kind == _CHANNEL:
        return " It is the site of a channel of a team: the channel has to be there first."
    if lost.kind != _GROUP:
        return ""
    match state:
        case GroupState.THERE:
            return " Its Microsoft 365 group is there: the site alone was deleted."
        case GroupState.GONE:
            return (
                " Its Microsoft 365 group is gone for good: a site made anew belongs to none, until"
                " Set-SPOSiteOffice365Group or a new group makes it one's."
            )
        case _:
            return (
                " It is the site of a Microsoft 365 group: if that was deleted, it has to be"
                " restored first, within 30 days (Entra admin center, Groups, Deleted groups)."
            )


def _in_bin(lost: Lost, graph: GraphConnection | None) -> tuple[bool, str | None]:
    """Say whether that is known, and since when it is in the recycle bin; None: it is not."""
    if graph is not None:
        with contextlib.suppress(StrongroomError):
            return True, deleted_at(graph, lost.address)
    return False, None


def _state(lost: Lost, graph: GraphConnection | None) -> GroupState | None:
    if graph is not None and lost.group_id:
        with contextlib.suppress(StrongroomError):
            return group_state(graph, lost.group_id)
    return None


def _below(lost: Lost) -> OperatorError:
    return _error(
        lost,
        "It lay below another site, whose backup holds it as well.",
        "Make an empty site there (Site contents, New, Subsite), and start the restore again; or"
        " restore it from the backup of its collection (--path), which makes it.",
    )


def _error(lost: Lost, why: str, hint: str) -> OperatorError:
    return OperatorError(f"There is no site {lost.address}.", why=why, hint=hint)


def _inner(document: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(value: Json) -> int:
    text = str(value if value is not None else "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
