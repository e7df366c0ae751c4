"""How fast an Exchange Server can be read."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.clock import Clock
from strongroom.sources.exchange_onprem.measuring import look_at
from strongroom.sources.exchange_onprem.throttling_policy import SLOTS, SLOTS_WHY, policy_finding
from strongroom.sources.speed.reporting import Allowed, report_of
from strongroom.wire.ews.connection import EwsConnection
from strongroom.words.speed import Line, SpeedReport

AT = "server"
_ITEMS = 1000
_BATCHES = (10, 100)
"""Items per request that servers are usually found to answer well; the program sizes each by how
the last ones were answered."""


def speed_told(round_trip_s: float) -> str:
    """Say in a sentence how long the line alone takes over a thousand items.

    Args:
        round_trip_s: From a small request to the first byte of its answer, in seconds.
    """
    least, most = (_ITEMS // items for items in reversed(_BATCHES))
    return (
        f"A first backup asks some {least} to {most} times per {_ITEMS:,} items, in batches as "
        f"large as the server answers well; at {round_trip_s * 1000:,.1f} ms each, one slot waits "
        f"{least * round_trip_s:,.1f} to {most * round_trip_s:,.1f} s for the line, beside what the"
        " items' own bytes and the server's work take."
    )


def measured(
    account: EwsConnection, mailbox: str | None, lines: Sequence[Line], *, clock: Clock
) -> SpeedReport:
    """Measure an Exchange Server, and say what that means.

    Args:
        account: A connection in nobody's name but the account's own.
        mailbox: Address of the mailbox to look into; None: the account's own.
        lines: The lines to the connection's servers.
        clock: Time.

    Raises:
        AccessDenied: the sign-in is not taken.
        ServerUnreachable: nobody answers.
        TransientError: nobody answered in time.
    """
    there = account.for_mailbox(mailbox) if mailbox else account
    seen = look_at(account, there, at=AT, clock=clock)
    policy = policy_finding(
        account.transport.sign_in.user,
        is_impersonating=account.is_impersonating,
        throttled=seen.throttled,
        download=seen.download,
    )
    return report_of(seen, lines, at=AT, allowed=Allowed(slots=SLOTS, why=SLOTS_WHY), more=[policy])
