"""Is an application kept to the mailboxes that were chosen for it?

A role of Exchange over some mailboxes (RBAC for Applications) and a permission for the whole tenant
add up: as long as the second is granted, the first narrows nothing.

Source:
    https://learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

from __future__ import annotations

import contextlib

from strongroom.errors import OperatorError
from strongroom.sources.exchange_online import steps
from strongroom.sources.exchange_online.ews_rights import ews_access, mailbox_opened
from strongroom.sources.exchange_online.graph_rights import TO_BACK_UP, TO_RESTORE, graph_rights
from strongroom.sources.exchange_online.outcomes import (
    MISSING,
    NOT_APPLICABLE,
    PROVED,
    UNKNOWN,
    found,
    said,
)
from strongroom.sources.exchange_online.signer import Signer
from strongroom.wire.entra.permissions import EWS
from strongroom.wire.graph.exchange_settings import read_mailbox_id
from strongroom.wire.graph.granted import list_granted
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.capability import Capability

SCOPE = "scope"
_CONTENT = frozenset(
    {
        EWS.name,
        *(right.permission.name for right in (*TO_BACK_UP, *TO_RESTORE)),
        *(name for right in TO_BACK_UP for name in right.wider),
    }
)
"""Rights over the content of mailboxes; consent for the whole tenant makes each one boundless."""


def reach_told(signer: Signer) -> Capability:
    """Say how far the rights over content reach, where nobody said what must stay shut."""
    if signer.is_person:
        return _persons_own(signer)
    return _nobody_chose(signer, _everywhere(signer))


def scope_kept(signer: Signer, outside: str, *, cloud: str) -> Capability:
    """Say whether a mailbox outside the scope stays shut, and nothing opens all of them.

    Args:
        signer: Who asks.
        outside: Address of a mailbox that must stay shut.
        cloud: Which of Microsoft's clouds.
    """
    if signer.is_person:
        return _persons_own(signer)
    everywhere = _everywhere(signer)
    if everywhere:
        names = ", ".join(everywhere)
        detail = (
            f"{signer.subject} was to reach some mailboxes only, and holds {names} for the whole "
            "tenant. The two add up, so it reaches every mailbox."
        )
        return found(SCOPE, MISSING, detail, steps.removal_step(signer.client_id, everywhere))
    return _stays_shut(signer, outside, cloud)


def _persons_own(signer: Signer) -> Capability:
    detail = f"A person's sign-in reaches that person's own mailbox: {signer.name}."
    return found(SCOPE, NOT_APPLICABLE, detail)


def _nobody_chose(signer: Signer, everywhere: list[str]) -> Capability:
    if not everywhere:
        detail = (
            f"{signer.subject} holds no right over all mailboxes of the tenant. Whether those "
            "outside its scope stay shut shows only on one of them: name it (--outside)."
        )
        return found(SCOPE, UNKNOWN, detail)
    detail = (
        f"{signer.subject} reaches every mailbox of the tenant. To keep it to some, grant the same "
        "rights in Exchange (RBAC for Applications) and take these away: "
        f"{', '.join(everywhere)}."
    )
    return found(SCOPE, NOT_APPLICABLE, detail)


def _everywhere(signer: Signer) -> list[str]:
    """Name the rights over content that hold for the whole tenant."""
    names = set(signer.ews_claims().roles | signer.graph_claims().roles)
    # Granted a moment ago, it is in no token yet. Not every application may look.
    with contextlib.suppress(OperatorError):
        names |= {one.name for one in list_granted(signer.graph, signer.client_id)}
    return sorted(names & _CONTENT)


def _stays_shut(signer: Signer, outside: str, cloud: str) -> Capability:
    with contextlib.suppress(GraphDenied):
        try:
            read_mailbox_id(signer.graph, outside)
        except GraphRefused as error:
            # Nobody's mailbox stays shut to everybody.
            detail = f"There is no mailbox {outside}, so nothing is shown. {said(error)}"
            return found(SCOPE, UNKNOWN, detail)
    tried = graph_rights(signer, (*TO_BACK_UP, *TO_RESTORE), outside, cloud=cloud)
    if ews_access(signer).outcome is PROVED:
        tried.append(mailbox_opened(signer, outside))
    opened = [one.name for one in tried if one.outcome is PROVED]
    if opened:
        detail = (
            f"The mailbox {outside} is to stay shut, and opened to {signer.name} all the same "
            f"({', '.join(opened)})."
        )
        look = f"Test-ServicePrincipalAuthorization -Identity {signer.client_id}"
        return found(
            SCOPE, MISSING, detail, f"In Exchange Online PowerShell, see which role: {look}"
        )
    if not any(one.outcome is MISSING for one in tried):
        detail = f"Whether {outside} stays shut could not be tried: neither way leads to it."
        return found(SCOPE, UNKNOWN, detail)
    return found(SCOPE, PROVED, f"The mailbox {outside} stays shut to {signer.name}.")
