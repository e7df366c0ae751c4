"""Where each of Microsoft's clouds is, and the way for a connection to say otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Self

from strongroom.errors import OperatorError
from strongroom.wire.origins import Origin

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The servers of one cloud, each ``https://host`` without a slash at the end.

    Attributes:
        authority: Where people and applications sign in, without the tenant.
        graph: Microsoft Graph.
        ews: Exchange Online's EWS.
        sharepoint: Domain below which the tenants' SharePoint hosts are (``sharepoint.com``), or
            one whole ``https://`` address.
        onedrive: Where the tenant's OneDrives are, if that does not follow from the name of its
            SharePoint host; a whole ``https://`` address, or empty.
    """

    authority: str
    graph: str
    ews: str
    sharepoint: str
    onedrive: str = ""

    def __post_init__(self) -> None:
        for url in (self.authority, self.graph, self.ews):
            Origin.of(url)
        if self.onedrive:
            Origin.of(self.onedrive)

    def authority_of(self, tenant: str) -> str:
        """Give the authority of one tenant, named by its id or one of its domains.

        Raises:
            OperatorError: no tenant can be called that.
        """
        if not _TENANT.fullmatch(tenant):
            raise _no_tenant()
        return f"{self.authority}/{tenant}"

    def overridden(self, overrides: Mapping[str, str] | None) -> Self:
        """Put other addresses in place of some.

        Raises:
            OperatorError: there is no such endpoint, or it is not ``https``.
        """
        known = {field.name for field in fields(self)}
        unknown = sorted(set(overrides or {}) - known)
        if unknown:
            raise OperatorError(
                f"There is no endpoint called {unknown[0]!r}.",
                hint=f"Endpoints are: {', '.join(sorted(known))}.",
            )
        return replace(self, **{name: url.rstrip("/") for name, url in (overrides or {}).items()})


CLOUDS: Mapping[str, Endpoints] = {
    # GCC (moderate) lives in the global cloud.
    "global": Endpoints(
        authority="https://login.microsoftonline.com",
        graph="https://graph.microsoft.com",
        ews="https://outlook.office365.com",
        sharepoint="sharepoint.com",
    ),
    "gcc-high": Endpoints(
        authority="https://login.microsoftonline.us",
        graph="https://graph.microsoft.us",
        ews="https://outlook.office365.us",
        sharepoint="sharepoint.us",
    ),
    "dod": Endpoints(
        authority="https://login.microsoftonline.us",
        graph="https://dod-graph.microsoft.us",
        ews="https://outlook-dod.office365.us",
        sharepoint="sharepoint-mil.us",
    ),
    "china": Endpoints(
        authority="https://login.chinacloudapi.cn",
        graph="https://microsoftgraph.chinacloudapi.cn",
        ews="https://partner.outlook.cn",
        sharepoint="sharepoint.cn",
    ),
}
"""By the names that operators use.

Source:
    https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
    https://learn.microsoft.com/graph/deployments
"""


def endpoints_of(cloud: str, overrides: Mapping[str, str] | None = None) -> Endpoints:
    """Give the servers of a cloud.

    Raises:
        OperatorError: there is no such cloud, or an override is not one.
    """
    try:
        found = CLOUDS[cloud]
    except KeyError:
        raise OperatorError(
            f"There is no cloud called {cloud!r}.", hint=f"Clouds are: {', '.join(CLOUDS)}."
        ) from None
    return found.overridden(overrides)


def _no_tenant() -> OperatorError:
    return OperatorError(
        "This is not the name of a tenant.",
        hint="Give its id (Entra admin center, Overview, Tenant ID) or one of its domains.",
    )
