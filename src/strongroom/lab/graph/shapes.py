"""What directory objects look like; the property names are those of Graph's own schema."""

from __future__ import annotations

import base64
from datetime import datetime

from strongroom.lab.entra import well_known
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import (
    Application,
    ClientCertificate,
    ClientSecret,
    RoleAssignment,
    ScopeGrant,
    ServicePrincipal,
    Site,
    User,
)

Shape = dict[str, object]


def user_shape(user: User) -> Shape:
    """Describe a person: the default properties, and those that are asked for by name here."""
    given, _, surname = user.name.rpartition(" ")
    return {
        "id": user.id,
        "businessPhones": [],
        "displayName": user.name,
        "givenName": given or user.name,
        "jobTitle": None,
        "mail": user.upn if user.has_mailbox else None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": surname,
        "userPrincipalName": user.upn,
        "accountEnabled": user.is_enabled,
        "userType": "Guest" if user.is_guest else "Member",
        "createdDateTime": _time(user.created_at),
    }


def organization_shape(tenant: Tenant) -> Shape:
    """Describe the tenant."""
    last = len(tenant.domains) - 1
    domains = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": place == last,
            "isInitial": place == 0,
            "name": domain,
            "type": "Managed",
        }
        for place, domain in enumerate(tenant.domains)
    ]
    return {
        "id": tenant.id,
        "displayName": tenant.name,
        "tenantType": "AAD",
        "countryLetterCode": "CH",
        "createdDateTime": _time(tenant.created_at),
        "verifiedDomains": domains,
    }


def application_shape(application: Application, tenant: Tenant) -> Shape:
    """Describe a registration."""
    return {
        "id": application.id,
        "deletedDateTime": None,
        "appId": application.app_id,
        "createdDateTime": _time(application.created_at),
        "displayName": application.name,
        "publisherDomain": tenant.domains[-1],
        "signInAudience": _audience(application),
        "isFallbackPublicClient": application.is_public,
        "identifierUris": [],
        "notes": application.notes,
        "tags": list(application.tags),
        "keyCredentials": [_certificate(one) for one in application.certificates],
        "passwordCredentials": [_secret(one) for one in application.secrets],
        "publicClient": {"redirectUris": list(application.public_redirects)},
        "web": {"redirectUris": list(application.web_redirects)},
        "requiredResourceAccess": [
            {"resourceAppId": resource, "resourceAccess": _accesses(resource, ids)}
            for resource, ids in application.asks_for.items()
        ],
    }


def principal_shape(principal: ServicePrincipal, tenant: Tenant) -> Shape:
    """Describe a service principal; Microsoft's own carry the rights that they offer."""
    api = well_known.RESOURCES.get(principal.app_id)
    owner = tenant.id if principal.app_id in tenant.applications else well_known.MICROSOFT_SERVICES
    return {
        "id": principal.id,
        "deletedDateTime": None,
        "accountEnabled": principal.is_enabled,
        "appId": principal.app_id,
        "appDisplayName": principal.name,
        "displayName": principal.name,
        "appOwnerOrganizationId": owner,
        "appRoleAssignmentRequired": principal.needs_assignment,
        "servicePrincipalNames": [principal.app_id, *(api.names if api else ())],
        "servicePrincipalType": "Application",
        "appRoles": [_role(one) for one in api.permissions if one.is_application] if api else [],
        "oauth2PermissionScopes": (
            [_scope(one) for one in api.permissions if not one.is_application] if api else []
        ),
    }


def assignment_shape(assignment: RoleAssignment, tenant: Tenant) -> Shape:
    """Describe an application permission that was granted."""
    return {
        "id": assignment.id,
        "deletedDateTime": None,
        "appRoleId": assignment.role_id,
        "createdDateTime": _time(assignment.created_at),
        "principalDisplayName": tenant.principals[assignment.principal_id].name,
        "principalId": assignment.principal_id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": tenant.principals[assignment.resource_id].name,
        "resourceId": assignment.resource_id,
    }


def grant_shape(grant: ScopeGrant) -> Shape:
    """Describe delegated permissions that were granted."""
    return {
        "id": grant.id,
        "clientId": grant.client_id,
        "consentType": "Principal" if grant.user_id else "AllPrincipals",
        "principalId": grant.user_id,
        "resourceId": grant.resource_id,
        "scope": " ".join(grant.scopes),
    }


def role_shape(template_id: str, tenant: Tenant) -> Shape:
    """Describe a directory role."""
    return {
        "id": f"{tenant.id[:8]}{template_id[8:]}",
        "deletedDateTime": None,
        "description": well_known.ROLE_NAMES[template_id],
        "displayName": well_known.ROLE_NAMES[template_id],
        "roleTemplateId": template_id,
    }


def site_shape(site: Site) -> Shape:
    """Describe a site."""
    return {
        "id": site.id,
        "name": site.url.rpartition("/")[2],
        "displayName": site.name,
        "webUrl": site.url,
        "createdDateTime": _time(site.created_at),
        "lastModifiedDateTime": _time(site.created_at),
        "siteCollection": None if site.is_below else _site_collection(site),
    }


def _site_collection(site: Site) -> Shape:
    archival = {"archivalDetails": {"archiveStatus": site.archive}} if site.archive else {}
    return {"hostname": site.id.partition(",")[0], **archival}


def listed_site_shape(site: Site) -> Shape:
    """Describe a site as the list of all sites does."""
    return {**site_shape(site), "isPersonalSite": "/personal/" in site.url}


def _certificate(one: ClientCertificate) -> Shape:
    # The key itself is told only when it is asked for by $select; its name is the thumbprint.
    return {
        "customKeyIdentifier": base64.b64encode(one.sha1).decode(),
        "displayName": one.display_name,
        "endDateTime": _time(one.certificate.not_valid_after_utc),
        "key": None,
        "keyId": one.key_id,
        "startDateTime": _time(one.certificate.not_valid_before_utc),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def _secret(one: ClientSecret) -> Shape:
    return {
        "customKeyIdentifier": None,
        "displayName": "secret",
        "endDateTime": _time(one.ends_at),
        "hint": one.value[:3],
        "keyId": one.key_id,
        "secretText": None,
        "startDateTime": None,
    }


def _accesses(resource: str, ids: list[str]) -> list[Shape]:
    api = well_known.RESOURCES[resource]
    found = [(id_, api.by_id(id_)) for id_ in ids]
    return [
        {"id": id_, "type": "Role" if right is None or right.is_application else "Scope"}
        for id_, right in found
    ]


def _role(right: well_known.Permission) -> Shape:
    return {
        "allowedMemberTypes": ["Application"],
        "description": right.value,
        "displayName": right.value,
        "id": right.id,
        "isEnabled": True,
        "origin": "Application",
        "value": right.value,
    }


def _scope(right: well_known.Permission) -> Shape:
    return {
        "adminConsentDescription": right.value,
        "adminConsentDisplayName": right.value,
        "id": right.id,
        "isEnabled": True,
        "type": "Admin" if right.needs_admin else "User",
        "userConsentDescription": right.value,
        "userConsentDisplayName": right.value,
        "value": right.value,
    }


def _audience(application: Application) -> str:
    return "AzureADMultipleOrgs" if application.is_multi_tenant else "AzureADMyOrg"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
