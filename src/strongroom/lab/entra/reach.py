"""What Exchange and SharePoint themselves let an application at, beside the tenant's consent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from strongroom.clock import Clock
from strongroom.lab.entra.words import MailboxScope, Site, SiteGrant


class Reach:
    """RBAC for Applications of Exchange, and the sites behind ``Sites.Selected``."""

    def __init__(self, tenant_id: str, *, sharepoint_host: str, clock: Clock) -> None:
        self.mailbox_scopes: list[MailboxScope] = []
        self.sites: dict[str, Site] = {}
        self.site_grants: dict[str, SiteGrant] = {}
        self._namespace = uuid.UUID(tenant_id)
        self._host = sharepoint_host
        self._clock = clock

    def add_mailbox_scope(
        self, app_id: str, role: str, mailboxes: Iterable[str] | None = None
    ) -> None:
        """Do what ``New-ManagementRoleAssignment -App`` with a management scope does."""
        names = None if mailboxes is None else frozenset(name.casefold() for name in mailboxes)
        self.mailbox_scopes.append(MailboxScope(app_id=app_id, role=role, mailboxes=names))

    def may_open_mailbox(self, app_id: str, address: str, role: str) -> bool:
        """Say whether RBAC for Applications lets an application at a mailbox.

        Args:
            app_id: The application's client id.
            address: The mailbox.
            role: ``Application Mail.Read``, ``Application EWS.AccessAsApp`` …
        """
        return any(
            (scope.app_id, scope.role) == (app_id, role)
            and (scope.mailboxes is None or address.casefold() in scope.mailboxes)
            for scope in self.mailbox_scopes
        )

    def add_site(self, path: str, name: str) -> Site:
        """Make a site known to Graph: ``path`` is ``/sites/marketing``, or ``/`` for the root."""
        collection, web = (self._guid(kind, path) for kind in ("collection", "web"))
        made = Site(
            id=f"{self._host},{collection},{web}",
            url=f"https://{self._host}{path.rstrip('/')}",
            name=name,
            created_at=self._clock.now(),
        )
        self.sites[made.id] = made
        return made

    def grant_site(self, app_id: str, site: Site, role: str) -> SiteGrant:
        """Let an application that holds ``Sites.Selected`` at one site."""
        made = SiteGrant(id=str(uuid.uuid4()), app_id=app_id, site_id=site.id, role=role)
        self.site_grants[made.id] = made
        return made

    def site_roles(self, app_id: str, site_id: str) -> set[str]:
        """Name what ``Sites.Selected`` means for an application on a site."""
        return {
            one.role
            for one in self.site_grants.values()
            if (one.app_id, one.site_id) == (app_id, site_id)
        }

    def _guid(self, kind: str, name: str) -> str:
        return str(uuid.uuid5(self._namespace, f"{kind} {name.casefold()}"))
