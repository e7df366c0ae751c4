"""A connection as it is shown, and what an edit changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from strongroom.control.records import Connection
from strongroom.errors import OperatorError
from strongroom.service import kinds
from strongroom.service.details import SECRETS, ConnectionDetails
from strongroom.vault.secret import Secret

_PROOFS_OF_A_PERSON = {"password", "app_password", "keytab"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connection as it is shown: everything but the secrets.

    Attributes:
        is_guarded: A password guards it.
        is_locked: It is shut to whoever asked: where it leads and as whom is left out.
        secrets: Which secrets it has, by the names of their fields.
    """

    id: str
    name: str
    kind: str
    server: str
    user: str
    auth: str
    access: str
    has_own_ca: bool
    created: datetime
    url: str = ""
    sign_in_server: str = ""
    autodiscover: str = ""
    directory: str = ""
    uses_tickets: bool = False
    fingerprint: str = ""
    certificate_name: str = ""
    proxy: str = ""
    tenant: str = ""
    cloud: str = "global"
    endpoints: Mapping[str, str] | None = None
    client_id: str = ""
    restore_client_id: str = ""
    uses_ews: bool = False
    sees_permissions: bool = False
    owners: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    is_guarded: bool = False
    is_locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEdit:
    """What to change in a connection's details; None leaves a thing as it is.

    Empty text takes a thing away. Of the proofs that stand in each other's place (password, app
    password, key table), a new one takes the old ones away.
    """

    server: str | None = None
    url: str | None = None
    sign_in_server: str | None = None
    autodiscover: str | None = None
    directory: str | None = None
    user: str | None = None
    password: Secret | None = None
    keytab: Secret | None = None
    uses_tickets: bool | None = None
    auth: str | None = None
    access: str | None = None
    ca_pem: str | None = None
    fingerprint: str | None = None
    certificate_name: str | None = None
    proxy: str | None = None
    tenant: str | None = None
    cloud: str | None = None
    endpoints: Mapping[str, str] | None = None
    client_id: str | None = None
    certificate: Secret | None = None
    client_secret: Secret | None = None
    token_cache: Secret | None = None
    app_password: Secret | None = None
    restore_client_id: str | None = None
    restore_certificate: Secret | None = None
    uses_ews: bool | None = None
    sees_permissions: bool | None = None
    owners: tuple[str, ...] | None = None

    def applied_to(self, details: ConnectionDetails) -> ConnectionDetails:
        """Give the details as they are after the edit.

        Raises:
            OperatorError: they lead somewhere else, and no secret was given for there.
        """
        given = self._given()
        changed = replace(details, **given)
        if changed.destination == details.destination:
            return changed
        secrets = {name: given[name] for name in SECRETS if given.get(name) is not None}
        is_silent = not secrets and changed.auth not in kinds.BY_PERSON and not changed.uses_tickets
        if details.has_secrets and is_silent:
            kinds.check(changed.without_secrets())  # what can never be needs no secret either
            raise OperatorError(
                "A connection to another server needs the password again.",
                why="Otherwise whoever may edit could have the kept secrets sent anywhere. The "
                "address, tenant, cloud, endpoints, proxy, authority and way of signing in all "
                "decide where they go.",
                hint=f"Add {kinds.options_of(changed)}.",
            )
        return replace(changed.without_secrets(), **secrets)

    def _given(self) -> dict[str, Any]:
        given: dict[str, Any] = {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) is not None
        }
        if given.get("server") and "autodiscover" not in given:
            given |= {"autodiscover": "", "directory": ""}  # it was not found by them
        if given.get("ca_pem") == "":
            given["ca_pem"] = None
        if given.get("restore_client_id") == "":
            given["restore_certificate"] = None
        if given.keys() & _PROOFS_OF_A_PERSON:
            given = dict.fromkeys(_PROOFS_OF_A_PERSON - given.keys()) | given
        return given


def view(record: Connection, details: ConnectionDetails) -> ConnectionView:
    """Show a connection to whom it is open."""
    return ConnectionView(
        id=record.id,
        name=record.name,
        kind=record.kind,
        server=details.server,
        url=details.url,
        sign_in_server=details.sign_in_server,
        autodiscover=details.autodiscover,
        directory=details.directory,
        uses_tickets=details.uses_tickets,
        fingerprint=details.fingerprint,
        certificate_name=details.certificate_name,
        user=details.user,
        auth=details.auth,
        access=details.access,
        has_own_ca=details.ca_pem is not None,
        proxy=details.proxy,
        tenant=details.tenant,
        cloud=details.cloud,
        endpoints=details.endpoints,
        client_id=details.client_id,
        restore_client_id=details.restore_client_id,
        uses_ews=details.uses_ews,
        sees_permissions=details.sees_permissions,
        owners=details.owners,
        secrets=tuple(name for name in SECRETS if getattr(details, name) is not None),
        is_guarded=details.is_guarded,
        created=record.created,
    )


def locked_view(record: Connection) -> ConnectionView:
    """Show a connection to whom it is shut: from the clear copies, which decide nothing."""
    shown: Mapping[str, Any] = record.shown or {}
    return ConnectionView(
        id=record.id,
        name=record.name,
        kind=record.kind,
        server="",
        user="",
        auth=str(shown.get("auth", "")),
        access=str(shown.get("access", "")),
        cloud=str(shown.get("cloud", "")),
        has_own_ca=False,
        is_guarded=bool(shown.get("is_guarded", False)),
        is_locked=True,
        created=record.created,
    )
