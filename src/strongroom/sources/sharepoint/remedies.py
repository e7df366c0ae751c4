"""The exact step or command that gives an account or an application what it lacks."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

from strongroom.words.powershell import quoted

_PORTAL = "Entra admin center, App registrations, the application, API permissions"


class Remedies(Protocol):
    """What to do about each thing that is missing."""

    def read(self, site: str, user: str) -> str:
        """Let the account or application read a site."""

    def write(self, site: str, user: str) -> str:
        """Let it put a site back."""

    def only_read(self, site: str, user: str) -> str:
        """Take away that it may write, where another one restores."""

    def list_sites(self) -> str:
        """Let it find all sites."""


class ApplicationRemedies:
    """For an application in a tenant.

    Args:
        client_id: The application that backs up.
        restore_client_id: The one that restores; empty: the same.
    """

    def __init__(self, client_id: str, restore_client_id: str = "") -> None:
        self._client_id = client_id
        self._restore_client_id = restore_client_id or client_id

    def read(self, site: str, user: str) -> str:  # noqa: ARG002 - one application is one user
        """As the interface says: for all sites, or for this one alone."""
        return (
            f"{_granting('Sites.Read.All')} Or, for chosen sites alone (Sites.Selected), in"
            f" PowerShell: {_site_grant(site, self._client_id, 'read')}"
        )

    def write(self, site: str, user: str) -> str:  # noqa: ARG002 - see above
        """As the interface says."""
        return (
            f"For the application that restores: {_granting('Sites.FullControl.All')} Or, for"
            f" chosen sites alone, in PowerShell:"
            f" {_site_grant(site, self._restore_client_id, 'fullcontrol')}"
        )

    def only_read(self, site: str, user: str) -> str:  # noqa: ARG002 - see above
        """As the interface says."""
        return (
            f"{_PORTAL}: leave Sites.Read.All alone, and remove what writes; for chosen sites,"
            " change the grant: "
            f"{_site_grant(site, self._client_id, 'read')}, after removing the old one."
        )

    def list_sites(self) -> str:
        """As the interface says."""
        return (
            f"{_PORTAL}, Add a permission, Microsoft Graph, Application permissions:"
            " Sites.Read.All, then 'Grant admin consent'. Or name the sites one by one."
        )

    def narrow(self, wide: str) -> str:
        """Take away what reaches further than the chosen sites, or than reading."""
        return f"{_PORTAL}: remove {wide}, and revoke the admin consent for it."

    def shut(self, path: str) -> str:
        """Take away what was granted on one site."""
        return (
            f"In PowerShell, find and remove the grant on {path}: Get-MgSitePermission and"
            " Remove-MgSitePermission, both with -SiteId of that site."
        )


class PersonRemedies:
    """For somebody who signed in to Online."""

    def read(self, site: str, user: str) -> str:
        """As the interface says."""
        return f"In the site {site}: Settings, Site permissions, add {user} with Read."

    def write(self, site: str, user: str) -> str:
        """As the interface says."""
        return (
            f"SharePoint admin center, Active sites, {site}, Membership, Site admins: add {user}."
            " Or in SharePoint Online Management Shell:"
            f" Set-SPOUser -Site {quoted(site)} -LoginName {quoted(user)}"
            " -IsSiteCollectionAdmin $true"
        )

    def only_read(self, site: str, user: str) -> str:
        """As the interface says."""
        return f"In the site {site}: Settings, Site permissions, set {user} to Read."

    def list_sites(self) -> str:
        """As the interface says."""
        return "Name the sites one by one; only an application with Sites.Read.All lists all."


class FarmRemedies:
    """For an account on a farm.

    Args:
        auth: How it signs in; decides how a farm writes its name.
    """

    def __init__(self, auth: str) -> None:
        self._auth = auth

    def read(self, site: str, user: str) -> str:
        """As the interface says: by a policy of the web application, or on this site alone."""
        alone = f"New-SPUser -UserAlias $who -Web {quoted(site)} -PermissionLevel 'Read'"
        return self._policy(site, user, "Full Read", "FullRead", alone)

    def write(self, site: str, user: str) -> str:
        """As the interface says."""
        alone = f"New-SPUser -UserAlias $who -Web {quoted(site)} -SiteCollectionAdmin"
        return self._policy(site, user, "Full Control", "FullControl", alone)

    def only_read(self, site: str, user: str) -> str:
        """As the interface says."""
        application = f"{urlsplit(site).scheme}://{urlsplit(site).netloc}"
        return (
            f"Central Administration, Manage web applications, {application}, User Policy: set"
            f" {user} to Full Read."
        )

    def list_sites(self) -> str:
        """As the interface says."""
        return (
            "Let a crawl of the search service finish (Central Administration, Manage service"
            " applications, Search, Content sources). On the farm: Get-SPSite -Limit All | Select"
            " Url. Or name the sites one by one."
        )

    def _policy(self, site: str, user: str, level: str, role: str, alone: str) -> str:
        parts = urlsplit(site)
        application = f"{parts.scheme}://{parts.netloc}"
        who = f"$who = {self._who(user)}"
        policy = (
            f"{who}; $app = Get-SPWebApplication {quoted(application)};"
            " $policy = $app.Policies | Where-Object { $_.UserName -eq $who };"
            f" if (-not $policy) {{ $policy = $app.Policies.Add($who, {quoted(user)}) }};"
            f" $policy.PolicyRoleBindings.Add($app.PolicyRoles.GetSpecialRole('{role}'));"
            " $app.Update()"
        )
        return (
            f"Central Administration, Manage web applications, {application}, User Policy, Add"
            f" Users, all zones, {user}, {level}. Or in the SharePoint Management Shell: {policy}."
            f" For this site alone: {who}; {alone}"
        )

    def _who(self, user: str) -> str:
        if "|" in user:  # as the farm itself writes it, so it need not be asked
            return quoted(user)
        if self._auth == "forms":
            # The first word is the name of the farm's membership provider, which is told to nobody.
            asked = f"-Identity {quoted(f'PROVIDER:{user}')} -IdentityType FormsUser"
        elif self._auth == "legacy":
            issuer = "(Get-SPTrustedIdentityTokenIssuer | Select-Object -First 1)"
            asked = f"-Identity {quoted(user)} -TrustedIdentityTokenIssuer {issuer}"
        else:
            asked = f"-Identity {quoted(user)} -IdentityType WindowsSamAccountName"
        return f"(New-SPClaimsPrincipal {asked}).ToEncodedString()"


def _granting(permission: str) -> str:
    return (
        f"{_PORTAL}, Add a permission, SharePoint, Application permissions: {permission}, then"
        " 'Grant admin consent'."
    )


def _site_grant(site: str, client_id: str, role: str) -> str:
    parts = urlsplit(site)
    path = parts.path.rstrip("/")
    named = f"{parts.netloc}:{path}" if path else parts.netloc
    return (
        f"New-MgSitePermission -SiteId (Get-MgSite -SiteId {quoted(named)}).Id -BodyParameter"
        f" @{{ roles = @('{role}'); grantedToIdentities = @(@{{ application = @{{"
        f" id = {quoted(client_id)}; displayName = 'Strongroom' }} }}) }}"
    )
