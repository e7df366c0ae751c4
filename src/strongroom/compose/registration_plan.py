"""What is wanted of each application of a connection: by Graph, or as a script to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strongroom.clock import Clock
from strongroom.compose.least_privilege import Rights, purposes, rights
from strongroom.errors import OperatorError
from strongroom.service.details import SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.registration import BACKUP, RESTORE, RegistrationWish
from strongroom.wire.entra.app_only import CertificateProof
from strongroom.wire.entra.certificates import make_certificate
from strongroom.wire.entra.exchange_script import ExchangeApplication, exchange_script
from strongroom.wire.entra.powershell import address, plain, word
from strongroom.wire.entra.registration import Made, Wanted
from strongroom.wire.entra.script import registration_script as written
from strongroom.wire.origins import Origin

_EWS_ENDS = "2027-04-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One application of a registration.

    Attributes:
        purpose: What it is for.
        rights: What it is to be allowed, and by whom.
        wanted: The same as it is asked of Graph.
    """

    purpose: str
    rights: Rights
    wanted: Wanted


def plan(
    details: ConnectionDetails,
    wish: RegistrationWish,
    clock: Clock,
    *,
    proofs: Mapping[str, CertificateProof] | None = None,
) -> list[Planned]:
    """Say what is wanted of each application.

    Args:
        details: The kind of connection.
        wish: What an administrator wants.
        clock: From when the certificates are valid that are made here.
        proofs: Certificates to use instead, by purpose.

    Raises:
        OperatorError: a mailbox or site that was chosen cannot be one.
    """
    for mailbox in wish.mailboxes:
        address(mailbox)
    for site in wish.sites:
        Origin.of(site)
    found = []
    for purpose in purposes(wish):
        name = f"{_base(wish)} {purpose}"
        allowed = rights(details.kind, purpose, wish)
        proof = (proofs or {}).get(purpose) or make_certificate(
            name, clock=clock, days=wish.certificate_days
        )
        wanted = Wanted(
            name=name,
            tag=f"{wish.tag}-{purpose}",
            proof=proof,
            permissions=allowed.in_tenant,
            sites=allowed.sites,
            site_role=allowed.site_role,
        )
        found.append(Planned(purpose=purpose, rights=allowed, wanted=wanted))
    return found


def registration_script(details: ConnectionDetails, wish: RegistrationWish, clock: Clock) -> str:
    """Write what ``register`` would do as a script to paste (see ``Ports``)."""
    given = {BACKUP: details.certificate, RESTORE: details.restore_certificate}
    for purpose in purposes(wish):
        if given[purpose] is None:
            option = "--certificate" if purpose == BACKUP else "--restore-certificate"
            raise OperatorError(
                f"The application for {purpose} needs a certificate.",
                why="The script registers its public part; the key stays with you.",
                hint=f"Give {option} PEM.",
            )
    proofs = {key: CertificateProof(pem=one.reveal()) for key, one in given.items() if one}
    planned = plan(details, wish, clock, proofs=proofs)
    return written(
        [one.wanted for one in planned],
        tenant=details.tenant,
        cloud=details.cloud,
        scope=_scope_name(wish),
        mailboxes=wish.mailboxes,
        roles=[one.rights.in_exchange for one in planned],
        uses_ews=wish.uses_ews,
    )


def script_for_exchange(
    planned: Sequence[Planned], made: Sequence[Made], wish: RegistrationWish
) -> str:
    """Write what Exchange still has to be told of applications that are registered."""
    return exchange_script(
        [
            ExchangeApplication(
                name=one.wanted.name,
                client=word(it.client_id),
                principal=word(it.principal_id),
                roles=one.rights.in_exchange,
            )
            for one, it in zip(planned, made, strict=True)
        ],
        scope=_scope_name(wish),
        mailboxes=wish.mailboxes,
        uses_ews=wish.uses_ews,
    )


def steps_left(details: ConnectionDetails, wish: RegistrationWish) -> tuple[str, ...]:
    """Say what a person still has to do after a registration."""
    steps = []
    if wish.mailboxes:
        steps.append(
            "Only Exchange itself can let an application at some mailboxes: run the script as an"
            " Exchange Administrator. Until then the application reaches none. Exchange takes from"
            " half an hour to two hours to follow; `strongroom connection test NAME --mailbox"
            " CHOSEN --outside ANOTHER` then tries a mailbox that was chosen and one that was not."
        )
    if wish.sees_permissions and details.kind == SHAREPOINT_ONLINE:
        steps.append(
            "SharePoint shows permissions to full control alone, so the application that backs up"
            " could write too: the separate application for restores guards nothing. Strongroom"
            " reads by it, and writes by the other one."
        )
    if wish.uses_ews:
        steps.append(
            "EWS has to be switched on for the application (see the script), and ends for all on"
            f" {_EWS_ENDS}. Through EWS an application may do everything in a mailbox: the separate"
            " application for restores guards nothing as long as EWS is allowed."
        )
    return tuple(steps)


def _base(wish: RegistrationWish) -> str:
    return plain(wish.name) or "Strongroom"


def _scope_name(wish: RegistrationWish) -> str:
    return f"{_base(wish)} mailboxes"
