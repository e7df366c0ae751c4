"""Which tenant this is, where it stands, and until when it is read by EWS if it is."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import date
from itertools import islice

from strongroom.errors import AccessDenied, ItemError, OperatorError
from strongroom.sources.exchange_online import retirement
from strongroom.sources.exchange_online.directory import shut_by_ews, why_excluded
from strongroom.sources.exchange_online.regions import region_of
from strongroom.sources.exchange_online.signer import Signer
from strongroom.sources.exchange_onprem.speed import speed_told
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.graph.organization import read_organization
from strongroom.wire.graph.users import list_users
from strongroom.words.json import Json

_LOOKED_AT = 5
"""So many of the tenant's people are tried to find one with a mailbox."""


def tenant_facts(signer: Signer, today: date, *, uses_ews: bool) -> Mapping[str, Json]:
    """Ask Graph, and EWS if that is what mailboxes are read by, who they are.

    Args:
        signer: Who asks.
        today: For the days that are left of EWS.
        uses_ews: Mailboxes are read by EWS.

    Raises:
        SignInEnded: the sign-in is not taken, with the reason.
    """
    claims = signer.ews_claims() if uses_ews else signer.graph_claims()
    name, country = organization(signer, claims.tenant)
    is_on = uses_ews and _lets_in(signer)
    told = signer.ews.facts
    graph_s = signer.graph.facts.round_trip_s
    round_trip_s = told.round_trip_s if uses_ews else graph_s
    return {
        "product": "Exchange Online",
        "tenant": claims.tenant,
        "tenant_name": name,
        "tenant_country": country,
        "url": signer.ews.transport.url if uses_ews else signer.graph.url,
        "graph_url": signer.graph.url,
        "user": claims.user or signer.name,
        "access": "own mailbox" if signer.is_person else "application",
        "version": str(told.version) if told.version else "",
        "front_end": told.front_end,
        "back_end": told.back_end_target or told.back_end,
        "region": region_of(told.back_end_target),
        "graph_region": signer.graph.facts.data_center,
        "round_trip_ms": round(round_trip_s * 1000, 1),
        "graph_round_trip_ms": round(graph_s * 1000, 1),
        "speed": speed_told(round_trip_s),
        "way": "export" if is_on or not uses_ews else None,
        **_counted(signer),
        "ews_ends": retirement.ENDS.isoformat(),
        "warning": retirement.warning(today, signer.client_id) if uses_ews else "",
    }


def organization(signer: Signer, tenant: str) -> tuple[str, str]:
    """Say the tenant's name and country; empty where that is not ours to know.

    Nothing is repeated that does not name the very tenant that the token is of: a test can be
    pointed at any address, and must not become a way to read what answers there.
    """
    try:
        found = read_organization(signer.graph)
    except OperatorError:
        return "", ""
    return (found.name, found.country) if found.id == tenant else ("", "")


def _counted(signer: Signer) -> Mapping[str, Json]:
    """Count who is listed with a mailbox, and who without, opening none.

    Opening each would take minutes in a large tenant. Nothing is said for a person, who has one.
    """
    if signer.is_person:
        return {}
    try:
        reasons = [why_excluded(user) for user in list_users(signer.graph)]
    except OperatorError:
        return {"resources": None, "resources_excluded": None}
    listed = reasons.count(None)
    return {"resources": listed, "resources_excluded": len(reasons) - listed}


def _lets_in(signer: Signer) -> bool:
    """Say whether EWS lets us in; whatever it answers tells who it is."""
    try:
        if shut_by_ews(signer.ews) is not None:
            return False
    except (AccessDenied, ItemError):
        # The token is not taken: a capability of its own says so.
        return False
    if not signer.is_person:
        _ask_in_some_mailbox(signer)
    return True


def _ask_in_some_mailbox(signer: Signer) -> None:
    """Ask as somebody: only then does the server of a mailbox answer, and tell its version."""
    with contextlib.suppress(OperatorError):
        for user in islice(list_users(signer.graph, at_once=_LOOKED_AT), _LOOKED_AT):
            if why_excluded(user) is not None:
                continue
            with contextlib.suppress(OperatorError, ItemError):
                get_server_time_zones(signer.ews.for_mailbox(user.address))
                return
