"""The documents that tell a client where everything is.

Source:
    https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.lab.entra.errors import json_answer
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.well_known import OIDC_SCOPES
from strongroom.lab.https import Response


def openid_configuration(url: str, tenant: Tenant | None, name: str) -> dict[str, object]:
    """Describe one tenant's endpoints; without a tenant those of ``organizations``."""
    base = f"{url}/{tenant.id if tenant else name}"
    # Where the tenant is not known yet, the issuer is written with a placeholder.
    issuer = f"{url}/{tenant.id}/v2.0" if tenant else f"{url}/{{tenantid}}/v2.0"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": list(OIDC_SCOPES),
        "issuer": issuer,
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "tenant_region_scope": "EU" if tenant else None,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    }


def instance_discovery(query: Mapping[str, str], url: str) -> Response:
    """Vouch for this host alone: a client asks whether an authority is one of the cloud's."""
    asked = query.get("authorization_endpoint", "")
    if not asked.startswith(f"{url}/"):
        body = {
            "error": "invalid_instance",
            "error_description": "AADSTS50049: Unknown or invalid instance.",
            "error_codes": [50049],
        }
        return json_answer(body, status=400)
    tenant = asked.removeprefix(f"{url}/").partition("/")[0]
    return json_answer(
        {
            "tenant_discovery_endpoint": f"{url}/{tenant}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [],
        }
    )
