"""Registration in a tenant: an administrator signs in once, and the connection's applications are.

The story of ``register``: sign in → make each application with exactly its rights → forget the
administrator → wait until the new sign-in works → prove what it may, and what it may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from functools import partial
from urllib.parse import urlsplit

from strongroom.clock import Clock
from strongroom.compose.enrolment import THROUGH, administrator, one_tenant
from strongroom.compose.registration_plan import Planned, plan, script_for_exchange, steps_left
from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Prompt
from strongroom.service.registration import (
    BACKUP,
    RESTORE,
    GrantedPermission,
    Registered,
    RegisteredApplication,
    RegistrationReport,
    RegistrationWish,
)
from strongroom.vault.secret import Secret
from strongroom.wire.entra.administration import Administration, site_path
from strongroom.wire.entra.app_only import CertificateProof
from strongroom.wire.entra.certificates import public_part
from strongroom.wire.entra.clouds import endpoints_of
from strongroom.wire.entra.permissions import APIS, EXCHANGE, GRAPH, SHAREPOINT
from strongroom.wire.entra.place import Place
from strongroom.wire.entra.proving import prove
from strongroom.wire.entra.registration import SCOPES, SITES_SCOPE, Made, Registrar
from strongroom.wire.origins import Origin


def register(
    details: ConnectionDetails, wish: RegistrationWish, prompt: Prompt, clock: Clock
) -> Registered:
    """Make the applications of a connection, in an administrator's name (see ``Ports``)."""
    place = one_tenant(details, clock)
    planned = plan(details, wish, clock)
    graph = endpoints_of(details.cloud, details.endpoints).graph
    asked = (*SCOPES, SITES_SCOPE) if wish.sites else SCOPES
    scopes = [f"{graph}/{one}" for one in asked]
    with administrator(place, scopes, wish.sign_in, prompt) as (account, token):
        registrar = Registrar(Administration(place.http, graph, token, clock=clock))
        made = [registrar.register(one.wanted) for one in planned]
    # From here on it is the new applications that sign in, and the administrator is forgotten.
    checked = [
        sentence
        for one, it in zip(planned, made, strict=True)
        for sentence in _proved(details, one, it, place)
    ]
    return _registered(
        planned,
        made,
        RegistrationReport(
            tenant=account.tenant,
            administrator=account.name,
            signed_in_through=THROUGH,
            applications=tuple(_told(one, it) for one, it in zip(planned, made, strict=True)),
            checked=tuple(checked),
            steps=steps_left(details, wish),
            script=script_for_exchange(planned, made, wish),
        ),
    )


def _registered(
    planned: Sequence[Planned], made: Sequence[Made], report: RegistrationReport
) -> Registered:
    by_purpose = {one.purpose: (one, it) for one, it in zip(planned, made, strict=True)}
    backup, made_backup = by_purpose[BACKUP]
    restore = by_purpose.get(RESTORE)
    return Registered(
        client_id=made_backup.client_id,
        certificate=Secret(backup.wanted.proof.pem),
        restore_client_id=restore[1].client_id if restore else "",
        restore_certificate=Secret(restore[0].wanted.proof.pem) if restore else None,
        report=report,
    )


def _proved(details: ConnectionDetails, one: Planned, made: Made, place: Place) -> list[str]:
    """Sign in as the new application for each API, until its tokens carry exactly its rights."""
    endpoints = endpoints_of(details.cloud, details.endpoints)
    resources = {GRAPH: endpoints.graph, EXCHANGE: endpoints.ews}
    if details.url:
        resources[SHAREPOINT] = str(Origin.of(details.url))
    told = []
    for api, resource in resources.items():
        roles = frozenset(right.name for right in one.rights.in_tenant if right.resource == api)
        if not roles:
            continue
        token = prove(place, made.client_id, one.wanted.proof, resource, roles=roles)
        told.append(
            f"'{one.wanted.name}' signs in by its certificate to {APIS[api]}, with"
            f" {', '.join(sorted(roles))} and nothing else."
        )
        if api == GRAPH and one.rights.sites:
            seen = Administration(place.http, resource, partial(str, token), clock=place.clock)
            told += _sites_proved(seen, one)
    return told


def _sites_proved(seen: Administration, one: Planned) -> list[str]:
    """Look at each chosen site, and at one that was not chosen: the root site of the host."""
    told = []
    for url in one.rights.sites:
        seen.patiently(partial(seen.get, f"sites/{site_path(url)}"), waits=True)
        told.append(f"'{one.wanted.name}' reaches {url}.")
    root = str(Origin.of(one.rights.sites[0]))
    if any(not urlsplit(url).path.strip("/") for url in one.rights.sites):
        return told
    try:
        seen.get(f"sites/{site_path(root)}")
    except AccessDenied:
        return [*told, f"{root}/, which was not chosen, is refused."]
    raise OperatorError(
        "The application reaches more than the sites that were chosen.",
        why=f"It was let at {root}/ as well.",
        hint="Somebody granted it that: look at the permissions of that site.",
    )


def _told(one: Planned, made: Made) -> RegisteredApplication:
    fingerprint, ends = shown_certificate(one.wanted.proof)
    return RegisteredApplication(
        purpose=one.purpose,
        name=one.wanted.name,
        client_id=made.client_id,
        object_id=made.object_id,
        principal_id=made.principal_id,
        permissions=tuple(
            GrantedPermission(
                api=APIS[right.resource], name=right.name, id=right.id, meaning=right.meaning
            )
            for right in one.rights.in_tenant
        ),
        sites=one.wanted.sites,
        certificate=fingerprint,
        certificate_ends=ends,
        was_there=made.was_there,
    )


def shown_certificate(proof: CertificateProof) -> tuple[str, str]:
    """Give the fingerprint of a certificate, and until when it is valid, RFC 3339."""
    part = public_part(proof)
    return part.fingerprint, f"{part.ends.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
