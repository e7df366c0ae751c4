"""The end of EWS in Exchange Online: its dates, and what to say of them.

Source:
    https://techcommunity.microsoft.com/blog/exchange/exchange-online-ews-your-time-is-almost-up/4492361
    https://learn.microsoft.com/powershell/module/exchange/set-organizationconfig
"""

from __future__ import annotations

from datetime import date

from strongroom.sources.exchange_onprem.powershell import quoted

SWITCHED_OFF_FROM = date(2026, 10, 1)
"""From here on Microsoft switches it off, tenant by tenant, where nobody has asked to keep it."""

ENDS = date(2027, 4, 1)
"""Here it ends for everybody."""


def allow_command(client_id: str) -> str:
    """Write the command that keeps EWS on for an application."""
    return (
        "In Exchange Online PowerShell: Set-OrganizationConfig -EwsEnabled $true "
        f"-EwsAllowedAppIDs {quoted(client_id)} (it replaces the list, so name every application "
        "that is to be on it; it may take 24 hours)"
    )


def warning(today: date, client_id: str) -> str:
    """Say what an administrator has to know of every connection that reads by EWS."""
    if today >= ENDS:
        return (
            f"EWS ended in Exchange Online on {ENDS}: mailboxes cannot be read this way any more."
        )
    days = (ENDS - today).days
    since = "Since" if today >= SWITCHED_OFF_FROM else "From"
    return (
        f"This connection reads Exchange Online by EWS, which ends there on {ENDS}, in {days} days."
        f" {since} {SWITCHED_OFF_FROM} Microsoft switches it off tenant by tenant, unless an "
        f"administrator keeps it on. {allow_command(client_id)}."
    )


def switched_off_why(today: date) -> str:
    """Say what a 403 of EWS means on a day."""
    if today >= ENDS:
        return f"HTTP 403. EWS ended in Exchange Online on {ENDS}."
    return (
        f"HTTP 403. Microsoft switches EWS off in Exchange Online, since {SWITCHED_OFF_FROM} "
        f"tenant by tenant and on {ENDS} for good; it may also be off for this application, for "
        "the mailbox, or for its licence (Kiosk, F1, F3)."
    )
