"""What Graph cannot set up for Exchange Online, as PowerShell: some mailboxes only, and EWS.

Source:
    https://learn.microsoft.com/exchange/permissions-exo/application-rbac
    https://learn.microsoft.com/powershell/module/exchangepowershell/set-organizationconfig
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.wire.entra.powershell import address, word

_CONNECT = """\
# Needs: Install-Module ExchangeOnlineManagement; run it as an Exchange Administrator.
$ErrorActionPreference = 'Stop'
Connect-ExchangeOnline
"""

_SCOPE = """\
$filter = '{filter}'
if (Get-ManagementScope {scope} -ErrorAction SilentlyContinue) {{
    Set-ManagementScope {scope} -RecipientRestrictionFilter $filter
}} else {{
    New-ManagementScope {scope} -RecipientRestrictionFilter $filter | Out-Null
}}
"""

_PRINCIPAL = """\
if (-not (Get-ServicePrincipal {principal} -ErrorAction SilentlyContinue)) {{
    New-ServicePrincipal -AppId {client} -ObjectId {principal} -DisplayName {name} | Out-Null
}}
$held = @(Test-ServicePrincipalAuthorization -Identity {principal}).RoleName
foreach ($role in {roles}) {{
    if ($held -notcontains $role) {{
        New-ManagementRoleAssignment -App {principal} -Role $role `
            -CustomResourceScope {scope} | Out-Null
    }}
}}
# Exchange takes from half an hour to two hours to follow; this shows what it will do:
Test-ServicePrincipalAuthorization -Identity {principal} -Resource '{first}' | Format-Table
"""

_EWS = """\
# EWS is off for applications that are not listed, and for all of them from 2027-04-01.
$listed = (Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy).EwsAllowedAppIDs
$ids = @(@("$listed" -split ',') + @({clients}) | Where-Object {{ $_ }} | Select-Object -Unique)
Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs ($ids -join ',')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeApplication:
    """An application whose rights Exchange itself is to give.

    Attributes:
        name: What it is called.
        client: Its application id: a quoted word, or a variable of the script.
        principal: The same of its service principal's object id.
        roles: Names of application roles.
    """

    name: str
    client: str
    principal: str
    roles: tuple[str, ...]


def exchange_script(
    applications: Sequence[ExchangeApplication],
    *,
    scope: str,
    mailboxes: Sequence[str],
    uses_ews: bool,
) -> str:
    """Write the script; running it again changes nothing that is right already.

    Args:
        applications: Which ones.
        scope: Name of the management scope.
        mailboxes: The only ones that the applications may open; none: all, by the tenant's consent.
        uses_ews: Put the applications on the list of those that may use EWS.

    Returns:
        PowerShell; empty if there is nothing to do.

    Raises:
        OperatorError: a name or an address would not stand safely in a script.
    """
    parts = []
    if mailboxes:
        only = [f"EmailAddresses -eq ''{address(one)}''" for one in mailboxes]
        parts.append(_SCOPE.format(filter=" -or ".join(only), scope=word(scope)))
        parts += [
            _PRINCIPAL.format(
                principal=one.principal,
                client=one.client,
                name=word(one.name),
                roles=", ".join(word(role) for role in one.roles),
                scope=word(scope),
                first=address(mailboxes[0]),
            )
            for one in applications
        ]
    if uses_ews:
        parts.append(_EWS.format(clients=", ".join(one.client for one in applications)))
    return _CONNECT + "".join(parts) if parts else ""
