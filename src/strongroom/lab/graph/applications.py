"""``/applications``: registering, finding, changing and deleting.

Source:
    https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping

from cryptography import x509

from strongroom.lab.entra import well_known
from strongroom.lab.entra.words import Application, ClientCertificate
from strongroom.lab.graph import odata, shapes
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError, bad_request, denied, not_found

_READ = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")
_WRITE = "Application.ReadWrite.All"
_AUDIENCES = {"AzureADMyOrg": False, "AzureADMultipleOrgs": True}
_PROPERTIES = frozenset(
    {
        "displayName",
        "isFallbackPublicClient",
        "keyCredentials",
        "notes",
        "publicClient",
        "requiredResourceAccess",
        "signInAudience",
        "tags",
        "web",
    }
)


def create(call: Call) -> object:
    """Register an application."""
    call.need(_WRITE)
    _check_may_register(call)
    body = call.json()
    name = body.get("displayName")
    if not isinstance(name, str) or not name:
        raise bad_request(
            "A value is required for property 'displayName' of resource 'Application'."
        )
    draft = Application(id="", app_id="", name=name, home="", created_at=call.directory.clock.now())
    _change(draft, body, call)
    made = call.tenant.add_application(name, app_id=str(uuid.uuid4()), with_principal=False)
    _change(made, body, call)
    return odata.entity(call, "applications", shapes.application_shape(made, call.tenant))


def list_all(call: Call) -> object:
    """List registrations."""
    call.need(*_READ)
    rows = [shapes.application_shape(one, call.tenant) for one in _all(call)]
    return odata.page(call, "applications", rows)


def get(call: Call) -> object:
    """Describe one registration."""
    call.need(*_READ)
    shape = shapes.application_shape(_find(call), call.tenant)
    return odata.entity(call, "applications", shape)


def change(call: Call) -> object:
    """Change what the body names and leave the rest; key credentials are replaced as a whole."""
    call.need(_WRITE)
    call.need_role(well_known.MAY_KEEP_APPLICATIONS)
    _change(_find(call), call.json(), call)
    return None


def delete(call: Call) -> object:
    """Delete a registration and its service principal."""
    call.need(_WRITE)
    call.need_role(well_known.MAY_KEEP_APPLICATIONS)
    call.tenant.remove_application(_find(call))
    return None


def add_password(call: Call) -> object:
    """Refuse: this organisation's policy allows certificates only, as many do."""
    call.need(_WRITE)
    _find(call)
    raise GraphError(
        403,
        "CredentialTypeNotAllowedAsPerAppPolicy",
        "Credential type not allowed as per assigned policy.",
    )


def _check_may_register(call: Call) -> None:
    is_keeper = call.claims.is_application or call.user().roles & well_known.MAY_KEEP_APPLICATIONS
    if not is_keeper and not call.tenant.users_may_register:
        raise denied()


def _all(call: Call) -> list[Application]:
    return list(call.tenant.applications.values())


def _find(call: Call) -> Application:
    wanted = call.path[0]
    for one in _all(call):
        if wanted in {one.id, f"appId={one.app_id}"}:
            return one
    raise not_found(wanted)


def _change(application: Application, body: Mapping[str, object], call: Call) -> None:
    for name in body:
        if name not in _PROPERTIES:
            raise bad_request(f"Invalid property '{name}'.")
    # Everything is read before anything is changed: a refused request changes nothing.
    certificates = _certificates(application, body, call)
    asks_for = _asks_for(body)
    audience = body.get("signInAudience", "")
    if audience and audience not in _AUDIENCES:
        raise bad_request("Invalid value specified for property 'signInAudience'.")
    public, web = _redirects(body, "publicClient"), _redirects(body, "web")
    application.name = str(body.get("displayName", application.name))
    application.is_public = bool(body.get("isFallbackPublicClient", application.is_public))
    if audience:
        application.is_multi_tenant = _AUDIENCES[str(audience)]
    if public is not None:
        application.public_redirects = public
    if web is not None:
        application.web_redirects = web
    if certificates is not None:
        application.certificates = certificates
    if asks_for is not None:
        application.asks_for = asks_for
    if "notes" in body:
        application.notes = None if body["notes"] is None else str(body["notes"])
    if "tags" in body:
        application.tags = [str(one) for one in _list(body["tags"])]


def _certificates(
    application: Application, body: Mapping[str, object], call: Call
) -> list[ClientCertificate] | None:
    if "keyCredentials" not in body:
        return None
    held = {one.key_id: one for one in application.certificates}
    found = []
    for one in _list(body["keyCredentials"]):
        if not isinstance(one, dict):
            raise bad_request("Invalid value specified for property 'keyCredentials'.")
        key_id = str(one.get("keyId") or uuid.uuid4())
        if one.get("key") is None and key_id in held:
            found.append(held[key_id])
            continue
        if (one.get("type"), one.get("usage")) != ("AsymmetricX509Cert", "Verify"):
            raise bad_request("Key credential type or usage is invalid.")
        try:
            der = base64.b64decode(str(one.get("key")), validate=True)
            certificate = x509.load_der_x509_certificate(der)
        except (binascii.Error, ValueError) as error:
            raise GraphError(
                400, "KeyCredentialsInvalidValue", "Key value is invalid certificate"
            ) from error
        name = str(one.get("displayName") or certificate.subject.rfc4514_string())
        made = ClientCertificate(
            key_id=key_id,
            certificate=certificate,
            display_name=name,
            added_at=call.directory.clock.now(),
        )
        found.append(made)
    return found


def _asks_for(body: Mapping[str, object]) -> dict[str, list[str]] | None:
    if "requiredResourceAccess" not in body:
        return None
    found: dict[str, list[str]] = {}
    for one in _list(body["requiredResourceAccess"]):
        resource = one.get("resourceAppId") if isinstance(one, dict) else None
        api = well_known.RESOURCES.get(str(resource))
        if api is None or not isinstance(one, dict):
            raise bad_request("Invalid value specified for property 'resourceAppId'.")
        for access in _list(one.get("resourceAccess")):
            right = api.by_id(str(access.get("id"))) if isinstance(access, dict) else None
            kind = "Role" if right and right.is_application else "Scope"
            if right is None or not isinstance(access, dict) or access.get("type") != kind:
                raise bad_request("Invalid value specified for property 'resourceAccess'.")
            found.setdefault(api.app_id, []).append(right.id)
    return found


def _redirects(body: Mapping[str, object], kind: str) -> list[str] | None:
    if kind not in body:
        return None
    value = body[kind]
    if not isinstance(value, dict):
        raise bad_request(f"Invalid value specified for property '{kind}'.")
    return [str(one) for one in _list(value.get("redirectUris", []))]


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise bad_request("Invalid value specified: a collection was expected.")
    return value
