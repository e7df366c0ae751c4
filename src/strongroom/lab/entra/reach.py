"""What Exchange and SharePoint themselves let an application at, beside the tenant's consent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

from strongroom.clock import Clock
from strongroom.lab.entra.words import MailboxScope, Site, SiteGrant


class Reach:
    """RBAC for Applications of Exchange, its switch for EWS, and the sites of ``Sites.Selected``.

    Attributes:
        ews_enabled: The organisation's ``EwsEnabled``: None lets everybody in, as long as Microsoft
            leaves it; False nobody.
        ews_allowed_apps: The organisation's ``EwsAllowedAppIDs``, which counts where EWS is enabled
            by name; None: all.
        deleted_sites: Those in the tenant's recycle bin, with the time when they were deleted.
        groups, deleted_groups: GUIDs of Microsoft 365 groups that are there, and of those that can
            be restored.
    """

    def __init__(self, tenant_id: str, *, sharepoint_host: str, clock: Clock) -> None:
        self.mailbox_scopes: list[MailboxScope] = []
        self.ews_enabled: bool | None = None
        self.ews_allowed_apps: frozenset[str] | None = None
        self.sites: dict[str, Site] = {}
        self.site_grants: dict[str, SiteGrant] = {}
        self.deleted_sites: dict[str, tuple[Site, str]] = {}
        self.groups: set[str] = set()
        self.deleted_groups: set[str] = set()
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

    def scoped_mailboxes(self, app_id: str, role: str) -> frozenset[str] | None:
        """Name the mailboxes that a role opens to an application; None: all of them."""
        held = [one for one in self.mailbox_scopes if (one.app_id, one.role) == (app_id, role)]
        if any(one.mailboxes is None for one in held):
            return None
        return frozenset(name for one in held for name in one.mailboxes or ())

    def lets_into_ews(self, app_id: str) -> bool:
        """Say whether the organisation's switch and its list let an application use EWS.

        Source:
            https://learn.microsoft.com/powershell/module/exchange/set-organizationconfig
        """
        if self.ews_enabled and self.ews_allowed_apps is not None:
            return app_id in self.ews_allowed_apps
        return self.ews_enabled is not False

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

    def move_site(self, path: str, new_path: str) -> None:
        """Know a site by another address; what was granted on it stays."""
        at = f"https://{self._host}"
        for one in [one for one in self.sites.values() if one.url == at + path]:
            self.sites[one.id] = replace(one, url=at + new_path)

    def delete_site(self, path: str) -> None:
        """Put a site into the tenant's recycle bin."""
        url = f"https://{self._host}{path}"
        when = self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        for one in [one for one in self.sites.values() if one.url == url]:
            self.deleted_sites[one.id] = (self.sites.pop(one.id), when)

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
