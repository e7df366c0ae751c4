"""How fast Exchange Online can be read, and what is Microsoft's to decide."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from strongroom.clock import Clock
from strongroom.errors import ItemError, OperatorError
from strongroom.sources.exchange_online.facts import organization
from strongroom.sources.exchange_online.places import Places, place_findings
from strongroom.sources.exchange_online.signer import Signer
from strongroom.sources.exchange_onprem.measuring import TRIES, look_at
from strongroom.sources.speed.reporting import Allowed, report_of
from strongroom.words.speed import Answers, Finding, Line, SpeedReport, Spread

AT, GRAPH = "ews", "graph"

SLOTS = 16
SLOTS_WHY = (
    "Microsoft documents 27 requests at a time for one mailbox and has been heard to speak of "
    f"{SLOTS}, which is what is counted on here."
)
"""Source:
https://github.com/MicrosoftDocs/office-developer-exchange-docs/pull/406
"""

POLICY = Finding(
    code="policy-fixed",
    text="The throttling policies of Exchange Online are Microsoft's, and Microsoft does not allow "
    "administrators to change them: New-ThrottlingPolicy and Set-ThrottlingPolicyAssociation are "
    "there on an Exchange Server of one's own only.",
    remedy="What an administrator could do so far is to ask Microsoft: Microsoft 365 admin center, "
    'Help & support, "Increase EWS Throttling Policy" lifts EWS\'s limits for 30 to 90 days, '
    "where it is still offered. The program finds by itself what the service takes.",
)
"""Source:
https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
"""


def measured(
    signer: Signer, mailbox: str | None, lines: Sequence[Line], *, clock: Clock
) -> SpeedReport:
    """Measure EWS and Graph, and say what that means.

    Args:
        signer: Who asks.
        mailbox: Address of the mailbox to look into; None: a person's own, an application's none.
        lines: The lines to the connection's servers.
        clock: Time.

    Raises:
        AccessDenied: the sign-in is not taken.
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    own = signer.ews if signer.is_person else None
    there = signer.ews.for_mailbox(mailbox) if mailbox else own
    seen = look_at(signer.ews, there, at=AT, clock=clock)
    before = signer.graph.meter.now()
    country = organization(signer, signer.ews_claims().tenant)[1]
    graph = _graph_answers(signer)
    after = signer.graph.meter.now()
    told = signer.ews.facts
    places = Places(
        back_end=told.back_end_target,
        front_end=told.front_end_name,
        edge=told.edge,
        graph=signer.graph.facts.data_center,
        country=country,
    )
    report = report_of(
        seen,
        lines,
        at=AT,
        allowed=Allowed(slots=SLOTS, why=SLOTS_WHY),
        more=[*place_findings(places), POLICY],
    )
    return replace(
        report,
        requests=report.requests + after.requests - before.requests,
        answers=(*report.answers, graph) if graph else report.answers,
    )


def _graph_answers(signer: Signer) -> Answers | None:
    """Ask Graph for what is about no mailbox; a refusal is an answer too, and takes as long."""
    each_s = []
    for _ in range(TRIES):
        with contextlib.suppress(OperatorError, ItemError):
            signer.graph.get("organization", {"$select": "id"})
        each_s.append(signer.graph.facts.round_trip_s)
    whole = Spread.of(each_s)
    return Answers(at=GRAPH, of="account", whole=whole) if whole else None
