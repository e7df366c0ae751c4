"""The registration as a script, for administrators who may not or will not sign in here."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from strongroom.errors import OperatorError
from strongroom.wire.entra.app_only import CertificateProof
from strongroom.wire.entra.registration import Permission

_PLAIN = re.compile(r"[A-Za-z0-9 ._-]{1,64}")

_SCRIPT = """\
# Needs: Install-Module Microsoft.Graph.Applications
$ErrorActionPreference = 'Stop'
Connect-MgGraph -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'
$certificate = [Security.Cryptography.X509Certificates.X509Certificate2]::new(
    [Text.Encoding]::ASCII.GetBytes('{pem}'))
$wanted = @(
{wanted}
)
$found = $wanted | ForEach-Object {{
    $want = $_
    $api = Get-MgServicePrincipal -Filter "appId eq '$($want.Api)'"
    $role = $api.AppRoles | Where-Object Value -eq $want.Name
    if (-not $role) {{ throw "This tenant has no permission called $($want.Name)." }}
    @{{ Api = $want.Api; Resource = $api.Id; Role = $role.Id }}
}}
$access = @($found | Group-Object {{ $_.Api }} | ForEach-Object {{
    @{{ ResourceAppId = $_.Name
       ResourceAccess = @($_.Group | ForEach-Object {{ @{{ Id = $_.Role; Type = 'Role' }} }}) }}
}})
$key = @{{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData }}
$app = New-MgApplication -DisplayName '{name}' -SignInAudience 'AzureADMyOrg' `
    -RequiredResourceAccess $access -KeyCredentials @($key)
$principal = New-MgServicePrincipal -AppId $app.AppId
foreach ($one in $found) {{
    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id `
        -PrincipalId $principal.Id -ResourceId $one.Resource -AppRoleId $one.Role | Out-Null
}}
Disconnect-MgGraph | Out-Null
"Application (client) ID: $($app.AppId)"
"""


def registration_script(
    name: str, proof: CertificateProof, permissions: Sequence[Permission]
) -> str:
    """Write a PowerShell script that registers the application; it holds no secret.

    Args:
        name: What the application is called: letters, digits, blanks, ``.``, ``_`` and ``-``.
        proof: Only its certificate goes into the script; the key stays here.
        permissions: What is granted.

    Raises:
        OperatorError: a name would not stand safely in a script.
    """
    words = [name, *(word for one in permissions for word in (one.resource, one.name))]
    if not all(_PLAIN.fullmatch(word) for word in words):
        raise OperatorError(
            "This name cannot be used in a script.",
            hint="Use letters, digits, blanks, dots, underscores and hyphens, at most 64.",
        )
    certificate = x509.load_pem_x509_certificate(proof.pem.encode())
    wanted = "\n".join(
        f"    @{{ Api = '{one.resource}'; Name = '{one.name}' }}" for one in permissions
    )
    pem = certificate.public_bytes(Encoding.PEM).decode().strip()
    return _SCRIPT.format(name=name, pem=pem, wanted=wanted)
