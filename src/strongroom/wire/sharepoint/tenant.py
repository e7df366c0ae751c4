"""The hosts of one tenant: its sites are on one, its people's OneDrives on another.

Source:
    https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges
"""

from __future__ import annotations

import re

from strongroom.wire.entra.clouds import Endpoints
from strongroom.wire.origins import Origin

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?")
_DRIVES = "-my"
_ADMIN = "-admin"


def host_beside(site: str, endpoints: Endpoints) -> str | None:
    """Give the tenant's other host: where OneDrives are; or where sites are, of one that is there.

    It follows from the name of the host that the operator gave, and from Microsoft's domain, which
    is written here: ``contoso.sharepoint.com`` → ``https://contoso-my.sharepoint.com``. No answer
    has a say in it.

    Args:
        site: Address of the connection's own site.
        endpoints: Of its cloud.

    Returns:
        None: the host is not named as a tenant's is, so there is no telling.
    """
    origin = Origin.of(site)
    if endpoints.onedrive:
        named = Origin.of(endpoints.onedrive)
        return None if named == origin else str(named)
    label, _, domain = origin.host.partition(".")
    is_tenants = domain == endpoints.sharepoint and _LABEL.fullmatch(label)
    if not is_tenants or label.endswith(_ADMIN) or origin != Origin(host=origin.host):
        return None
    other = label.removesuffix(_DRIVES) if label.endswith(_DRIVES) else label + _DRIVES
    return str(Origin(host=f"{other}.{domain}"))
