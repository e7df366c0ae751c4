"""New certificates for a connection's applications, in an administrator's name.

The new ones are registered beside the old ones, proved, kept, and only then the old ones go:
whatever is cut short in between, one that works is registered and kept.
"""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.compose.enrolment import THROUGH, administrator, one_tenant
from strongroom.compose.registering import shown_certificate
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import KeepCertificates, Prompt
from strongroom.service.registration import (
    BACKUP,
    RESTORE,
    RegisteredApplication,
    RegistrationReport,
    RegistrationWish,
)
from strongroom.vault.secret import Secret
from strongroom.wire.entra.administration import Administration
from strongroom.wire.entra.app_only import CertificateProof
from strongroom.wire.entra.certificates import make_certificate
from strongroom.wire.entra.clouds import endpoints_of
from strongroom.wire.entra.proving import prove
from strongroom.wire.entra.registration import SCOPES
from strongroom.wire.entra.rotation import Rotation


def renew_certificates(
    details: ConnectionDetails,
    wish: RegistrationWish,
    prompt: Prompt,
    keep: KeepCertificates,
    clock: Clock,
) -> RegistrationReport:
    """Renew the certificates (see ``Ports``)."""
    place = one_tenant(details, clock)
    graph = endpoints_of(details.cloud, details.endpoints).graph
    held = {BACKUP: (details.client_id, details.secret("certificate"))}
    if details.restore_client_id:
        held[RESTORE] = (details.restore_client_id, details.secret("restore_certificate"))
    with administrator(place, [f"{graph}/{SCOPES[0]}"], wish.sign_in, prompt) as (account, token):
        asked = Administration(place.http, graph, token, clock=clock)
        rotations = {purpose: Rotation(asked, id_) for purpose, (id_, _) in held.items()}
        new = {
            purpose: make_certificate(one.name, clock=clock, days=wish.certificate_days)
            for purpose, one in rotations.items()
        }
        for purpose, one in rotations.items():
            one.add(new[purpose])
            prove(place, held[purpose][0], new[purpose], graph, roles=None)
        keep(Secret(new[BACKUP].pem), Secret(new[RESTORE].pem) if RESTORE in new else None)
        for purpose, one in rotations.items():
            one.retire(CertificateProof(pem=held[purpose][1].reveal()), new[purpose])
    applications = []
    for purpose, one in rotations.items():
        fingerprint, ends = shown_certificate(new[purpose])
        applications.append(
            RegisteredApplication(
                purpose=purpose,
                name=one.name,
                client_id=held[purpose][0],
                object_id=one.object_id,
                principal_id="",
                permissions=(),
                certificate=fingerprint,
                certificate_ends=ends,
                was_there=True,
            )
        )
    return RegistrationReport(
        tenant=account.tenant,
        administrator=account.name,
        signed_in_through=THROUGH,
        applications=tuple(applications),
        checked=("The new certificate signs in, and the old one is taken away.",),
    )
