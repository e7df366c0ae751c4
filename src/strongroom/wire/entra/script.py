"""The registration as a script to paste, for administrators who may not or will not sign in here.

Source:
    https://learn.microsoft.com/powershell/module/microsoft.graph.applications/new-mgapplication
    https://learn.microsoft.com/powershell/module/microsoft.graph.sites/new-mgsitepermission
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strongroom.errors import OperatorError
from strongroom.wire.entra.certificates import public_part
from strongroom.wire.entra.exchange_script import ExchangeApplication, exchange_script
from strongroom.wire.entra.permissions import Permission
from strongroom.wire.entra.powershell import site, word
from strongroom.wire.entra.registration import SCOPES, SITES_SCOPE, Wanted

ENVIRONMENTS: Mapping[str, str] = {
    "global": "Global",
    "gcc-high": "USGov",
    "dod": "USGovDoD",
    "china": "China",
}
"""What ``Connect-MgGraph`` calls the clouds."""

_BEGINNING = """\
# Needs: Install-Module {modules}
$ErrorActionPreference = 'Stop'
Connect-MgGraph -Environment {environment} -TenantId {tenant} -NoWelcome -Scopes {scopes}
function Register-Application($name, $pem, $wanted) {{
    $certificate = [Security.Cryptography.X509Certificates.X509Certificate2]::new(
        [Text.Encoding]::ASCII.GetBytes($pem))
    $found = $wanted | ForEach-Object {{
        $want = $_
        $api = Get-MgServicePrincipal -Filter "appId eq '$($want.Api)'"
        $role = $api.AppRoles | Where-Object Id -eq $want.Id
        if (-not $role) {{ throw "This tenant has no permission called $($want.Name)." }}
        @{{ Api = $want.Api; Resource = $api.Id; Role = $role.Id }}
    }}
    $access = @($found | Group-Object {{ $_.Api }} | ForEach-Object {{
        @{{ ResourceAppId = $_.Name
           ResourceAccess = @($_.Group | ForEach-Object {{ @{{ Id = $_.Role; Type = 'Role' }} }}) }}
    }})
    $key = @{{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData }}
    $app = New-MgApplication -DisplayName $name -SignInAudience 'AzureADMyOrg' `
        -RequiredResourceAccess $access -KeyCredentials @($key)
    Start-Sleep -Seconds 20   # until the new application is known everywhere
    $principal = New-MgServicePrincipal -AppId $app.AppId
    foreach ($one in $found) {{
        New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id `
            -PrincipalId $principal.Id -ResourceId $one.Resource -AppRoleId $one.Role | Out-Null
    }}
    @{{ AppId = $app.AppId; Principal = $principal.Id }}
}}
"""

_APPLICATION = """\
${variable} = Register-Application {name} @'
{pem}
'@ @(
{wanted}
)
"""

_SITE = """\
New-MgSitePermission -SiteId (Get-MgSite -SiteId {site}).Id -BodyParameter @{{
    roles = @({role})
    grantedToIdentities = @(@{{
        application = @{{ id = ${variable}.AppId; displayName = {name} }} }})
}} | Out-Null
"""

_VARIABLES = ("backup", "restore")


def registration_script(
    wanted: Sequence[Wanted],
    *,
    tenant: str,
    cloud: str,
    scope: str = "",
    mailboxes: Sequence[str] = (),
    roles: Sequence[tuple[str, ...]] = (),
    uses_ews: bool = False,
) -> str:
    """Write a PowerShell script that registers the applications; it holds no secret.

    Args:
        wanted: One or two applications: which backs up, and which restores. Of their certificates
            only the public part goes into the script.
        tenant: Id or domain.
        cloud: Its name (see ``clouds``).
        scope: Name of the management scope for some mailboxes.
        mailboxes: The only mailboxes that they may open; none: all.
        roles: For each application, what Exchange is to allow over those mailboxes.
        uses_ews: Put them on the list of applications that may use EWS.

    Raises:
        OperatorError: a name would not stand safely in a script.
    """
    has_sites = any(one.sites for one in wanted)
    modules = ["Microsoft.Graph.Applications", *(["Microsoft.Graph.Sites"] if has_sites else [])]
    scopes = [*SCOPES, *([SITES_SCOPE] if has_sites else [])]
    text = _BEGINNING.format(
        modules=", ".join(modules),
        environment=ENVIRONMENTS[cloud],
        tenant=word(tenant),
        scopes=", ".join(word(one) for one in scopes),
    )
    named = list(zip(_VARIABLES, wanted, strict=False))
    text += "".join(_application(variable, one) for variable, one in named)
    text += "Disconnect-MgGraph | Out-Null\n"
    text += exchange_script(
        [
            ExchangeApplication(
                name=one.name,
                client=f"${variable}.AppId",
                principal=f"${variable}.Principal",
                roles=allowed,
            )
            for (variable, one), allowed in zip(named, roles or [()] * len(named), strict=True)
        ],
        scope=scope,
        mailboxes=mailboxes,
        uses_ews=uses_ews,
    )
    for variable, _ in named:
        text += f'"Application (client) ID for the {variable}: $(${variable}.AppId)"\n'
    return text


def _application(variable: str, one: Wanted) -> str:
    if not one.permissions:
        raise OperatorError("An application without any permission is of no use.")
    text = _APPLICATION.format(
        variable=variable,
        name=word(one.name),
        pem=public_part(one.proof).pem,
        wanted="\n".join(_permission(permission) for permission in one.permissions),
    )
    for url in one.sites:
        text += _SITE.format(
            variable=variable, name=word(one.name), site=site(url), role=word(one.site_role)
        )
    return text


def _permission(one: Permission) -> str:
    api, id_, name = word(one.resource), word(one.id), word(one.name)
    return f"    @{{ Api = {api}; Id = {id_}; Name = {name} }}"
