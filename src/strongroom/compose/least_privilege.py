"""What the applications of a connection may do: a table, and no permission beside it.

The application that backs up can read and take copies. The one that restores can write as well, is
another one, has its own certificate, and is there only if somebody wished for it. Where some
mailboxes or sites are chosen, the rights over their content are granted for those alone, and never
for the whole tenant beside it: the two would add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.errors import OperatorError
from strongroom.service.details import EXCHANGE_ONLINE, SHAREPOINT_ONLINE
from strongroom.service.registration import BACKUP, RESTORE, RegistrationWish
from strongroom.wire.entra import permissions as p
from strongroom.wire.entra.permissions import Permission

_Table = Mapping[tuple[str, str], tuple[Permission, ...]]

EVERYWHERE: _Table = {
    (EXCHANGE_ONLINE, BACKUP): (
        p.USERS_READ,
        p.SETTINGS_READ,
        p.FOLDERS_READ,
        p.ITEMS_READ,
        p.ITEMS_EXPORT,
    ),
    (EXCHANGE_ONLINE, RESTORE): (
        p.USERS_READ,
        p.SETTINGS_WRITE,
        p.FOLDERS_WRITE,
        p.ITEMS_READ,
        p.ITEMS_IMPORT,
    ),
    (SHAREPOINT_ONLINE, BACKUP): (p.GRAPH_SITES_READ, p.SITES_READ),
    (SHAREPOINT_ONLINE, RESTORE): (p.GRAPH_SITES_READ, p.SITES_FULL),
}
"""By kind and purpose, where nothing is chosen."""

ONLY_SOME: _Table = {
    # What Exchange has a role for, Exchange gives, for the chosen mailboxes.
    (EXCHANGE_ONLINE, BACKUP): (p.USERS_READ,),
    (EXCHANGE_ONLINE, RESTORE): (p.USERS_READ,),
    (SHAREPOINT_ONLINE, BACKUP): (p.GRAPH_SITES_SELECTED, p.SITES_SELECTED),
    (SHAREPOINT_ONLINE, RESTORE): (p.GRAPH_SITES_SELECTED, p.SITES_SELECTED),
}
"""By kind and purpose, where some mailboxes or sites are chosen."""

WITH_PERMISSIONS: tuple[Permission, ...] = (p.GRAPH_SITES_READ, p.SITES_FULL)
"""In place of what backs up sites otherwise, where it is to see their permissions as well: the
right to enumerate them is in no narrower one."""

SITE_ROLES: Mapping[str, str] = {BACKUP: "read", RESTORE: "fullcontrol"}
"""What ``Sites.Selected`` is to mean on a chosen site, by purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What one application is to be allowed.

    Attributes:
        in_tenant: Granted in the whole tenant, by consent.
        in_exchange: Names of the roles that Exchange is to give over the chosen mailboxes.
        sites: The chosen sites.
        site_role: What is allowed there.
    """

    in_tenant: tuple[Permission, ...]
    in_exchange: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    site_role: str = ""


def purposes(wish: RegistrationWish) -> tuple[str, ...]:
    """Name the applications that a wish asks for."""
    return (BACKUP, RESTORE) if wish.can_restore else (BACKUP,)


def rights(kind: str, purpose: str, wish: RegistrationWish) -> Rights:
    """Say what an application needs for a purpose, given what is wished for.

    Raises:
        OperatorError: no application is registered for this kind of connection.
    """
    if (kind, purpose) not in EVERYWHERE:
        raise OperatorError("No application is registered for this kind of connection.")
    wanted = EVERYWHERE[kind, purpose]
    is_seeing = wish.sees_permissions and kind == SHAREPOINT_ONLINE
    if is_seeing and purpose == BACKUP:
        wanted = WITH_PERMISSIONS
    if wish.uses_ews:
        wanted = (*wanted, p.EWS)
    if not (wish.mailboxes or wish.sites):
        return Rights(in_tenant=wanted)
    return Rights(
        in_tenant=ONLY_SOME[kind, purpose],
        in_exchange=tuple(one.exchange_role for one in wanted if one.exchange_role),
        sites=wish.sites,
        site_role=SITE_ROLES[RESTORE if is_seeing else purpose] if wish.sites else "",
    )
