"""Sites of private and shared channels of teams: site collections that no list of teams names.

Source:
    https://learn.microsoft.com/microsoftteams/private-channels
    https://learn.microsoft.com/sharepoint/teams-connected-sites
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from strongroom.errors import TransientError
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.search import CHANNELS, FoundSite, of_group, search_sites
from strongroom.wire.sharepoint.sites import Channel, read_channel

CHANNEL = "channel"
_NO = (SiteDenied, SiteRefused, TransientError)
"""A search that is shut or broken keeps nobody from listing what the directory knows."""

TEMPLATE = "TEAMCHANNEL"


def find_channels(rest: RestConnection, site: str) -> Mapping[str, FoundSite]:
    """Search for them, by the id of the collection; none where nobody may search.

    Args:
        rest: To the tenant.
        site: Path of a site that can be asked.
    """
    with contextlib.suppress(*_NO):
        found = search_sites(rest, site, CHANNELS)
        return {one.id: one for one in found if one.template == TEMPLATE}
    return {}


def channel_name(rest: RestConnection, path: str, title: str) -> str:
    """Name a channel's site with its team, whose own site may be called quite otherwise.

    Args:
        rest: To its host.
        path: Of the site.
        title: What it is called.
    """
    told = Channel(group_id="", kind="")
    with contextlib.suppress(*_NO):
        told = read_channel(rest, path)
    team = _team(rest, path, told.group_id) if told.group_id else ""
    kind = f"{told.kind} channel".strip()
    return f"{title} ({kind} of the team {team})" if team else f"{title} ({kind})"


def _team(rest: RestConnection, path: str, group_id: str) -> str:
    """Give the name of a team; the id of its group where it is not found."""
    with contextlib.suppress(*_NO):
        for one in search_sites(rest, path, of_group(group_id)):
            if one.template != TEMPLATE and one.group_id == group_id and one.title:
                return one.title
    return f"whose group is {group_id}"
