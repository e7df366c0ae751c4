"""What a test of a tenant's connection finds out, changing nothing: each right that jobs need.

Those in Graph are what jobs need; those over EWS too, where a connection uses that while it lasts.
Only codes of errors are ever shown, never the server's own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from strongroom.errors import AccessDenied
from strongroom.sources.exchange_online import steps
from strongroom.sources.exchange_online.directory import OnlineDirectory
from strongroom.sources.exchange_online.ews_rights import (
    beyond_mailboxes,
    ews_access,
    ews_rights,
    mailbox_opened,
)
from strongroom.sources.exchange_online.graph_rights import (
    TO_BACK_UP,
    TO_RESTORE,
    WRITING,
    directory_right,
    graph_rights,
)
from strongroom.sources.exchange_online.outcomes import (
    MISSING,
    NOT_APPLICABLE,
    PROVED,
    UNKNOWN,
    found,
)
from strongroom.sources.exchange_online.scope import reach_told
from strongroom.sources.exchange_online.signer import Signer
from strongroom.wire.entra.permissions import EWS
from strongroom.words.capability import Capability

SIGN_IN = "sign-in"
REACH = "reach"
BACKUP_ONLY = "backup-only"
RESTORE = "restore-"


def tried_capabilities(
    signer: Signer,
    mailbox: str | None,
    *,
    restorer: Signer | None,
    cloud: str,
    uses_ews: bool,
) -> Sequence[Capability]:
    """Try each right with as few requests as it takes.

    Args:
        signer: Who backs up.
        mailbox: Primary address of a mailbox to try on; None: what needs none, and for a person
            their own.
        restorer: Who restores, if that is another.
        cloud: Which of Microsoft's clouds.
        uses_ews: Mailboxes are read by EWS.

    Raises:
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    signed_in = _sign_in(signer, SIGN_IN, uses_ews=uses_ews)
    if signed_in.outcome is not PROVED:
        return [signed_in]
    if signer.is_person:
        mailbox = mailbox or next(iter(OnlineDirectory(signer).own_addresses()), None)
    in_graph = TO_BACK_UP if restorer else (*TO_BACK_UP, *TO_RESTORE)
    by_graph = graph_rights(signer, in_graph, mailbox, cloud=cloud)
    return [
        signed_in,
        _reach(signer),
        *([] if signer.is_person else [directory_right(signer)]),
        *(ews_rights(signer, mailbox) if uses_ews else []),
        *(by_graph if uses_ews else _perhaps_only_to_back_up(by_graph)),
        *beyond_mailboxes(signer, uses_ews=uses_ews),
        reach_told(signer),
        *(_of_two(signer, restorer, mailbox, cloud, uses_ews=uses_ews) if restorer else []),
    ]


def _sign_in(signer: Signer, name: str, *, uses_ews: bool) -> Capability:
    try:
        claims = signer.ews_claims() if uses_ews else signer.graph_claims()
    except AccessDenied as error:
        return found(name, MISSING, str(error), error.hint)
    who = claims.user if signer.is_person and claims.user else signer.subject
    tenant = f" {claims.tenant}" if claims.tenant else ""
    return found(name, PROVED, f"{who} signed in to the tenant{tenant}.")


def _reach(signer: Signer) -> Capability:
    """Say plainly whose mailboxes such a sign-in reaches at all."""
    if signer.is_person:
        detail = (
            f"{signer.subject} signed in as a person, which reaches that person's own mailbox and "
            "no other. To back up others, add a connection with --certificate."
        )
        return found(REACH, NOT_APPLICABLE, detail)
    detail = f"{signer.subject} acts by itself, for every mailbox that it was given rights over."
    return found(REACH, PROVED, detail)


def _perhaps_only_to_back_up(tried: Sequence[Capability]) -> list[Capability]:
    """Tell of an application that may write nothing at all that it may only back up.

    That is what it was registered for, most likely, and no fault of it.
    """
    names = {right.name for right in TO_RESTORE}
    if any(one.outcome is PROVED for one in tried if one.name in names):
        return list(tried)
    told = "Nothing can be restored by this connection as it is; it may be meant to back up only."
    return [
        replace(one, outcome=NOT_APPLICABLE, detail=f"{one.detail} {told}")
        if one.name in names
        else one
        for one in tried
    ]


def _of_two(
    signer: Signer, restorer: Signer, mailbox: str | None, cloud: str, *, uses_ews: bool
) -> Sequence[Capability]:
    """Try the application that restores, and that the other one can only back up."""
    signed_in = _sign_in(restorer, f"{RESTORE}{SIGN_IN}", uses_ews=uses_ews)
    if signed_in.outcome is not PROVED:
        return [signed_in, _backup_only(signer)]
    tried = [ews_access(restorer)] if uses_ews else []
    if mailbox and tried and tried[0].outcome is PROVED:
        tried.append(mailbox_opened(restorer, mailbox))
    tried += graph_rights(restorer, TO_RESTORE, mailbox, cloud=cloud)
    named = [replace(one, name=f"{RESTORE}{one.name}") for one in tried]
    return [signed_in, *named, _backup_only(signer)]


def _backup_only(signer: Signer) -> Capability:
    claims = signer.graph_claims()
    if not claims.is_readable:
        return found(BACKUP_ONLY, UNKNOWN, "The token cannot be read.")
    excess = sorted(claims.roles & set(WRITING))
    if excess:
        detail = (
            f"{signer.subject} is to back up only, and may write as well: {', '.join(excess)}. "
            "Restores sign in as another application."
        )
        remedy = steps.removal_step(signer.client_id, excess)
        return found(BACKUP_ONLY, MISSING, detail, remedy)
    if EWS.name in signer.ews_claims().roles:
        detail = (
            f"In Microsoft Graph {signer.name} can only read and export. EWS knows no right "
            f"narrower than everything: as long as {EWS.name} is granted, it can write there."
        )
        return found(BACKUP_ONLY, NOT_APPLICABLE, detail)
    return found(BACKUP_ONLY, PROVED, f"{signer.subject} can only read and export.")
