"""Exchange's throttling policies: whose counts, and the commands that make one for backups.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
    https://learn.microsoft.com/powershell/module/exchange/new-throttlingpolicy
    https://learn.microsoft.com/powershell/module/exchange/set-throttlingpolicyassociation
"""

from __future__ import annotations

from strongroom.sources.exchange_onprem.powershell import quoted
from strongroom.words.speed import Download, Finding

SLOTS = 27
"""``EwsMaxConcurrency`` of the default policy since Exchange 2013, per mailbox."""

SLOTS_WHY = (
    f"The default policy of Exchange 2013 and later takes {SLOTS} requests at a time for one "
    "mailbox (EwsMaxConcurrency); which policy this server has, EWS does not tell."
)
_NAME = "StrongroomBackup"
_MAKE = (
    f"New-ThrottlingPolicy -Name {_NAME} -ThrottlingPolicyScope Regular"
    " -EwsMaxConcurrency Unlimited -EwsMaxBurst Unlimited -EwsRechargeRate Unlimited"
    " -EwsCutoffBalance Unlimited"
)
_SHOW = "Get-ThrottlingPolicy | Format-List Name,ThrottlingPolicyScope,Ews*"
_ACCOUNT = f"Set-ThrottlingPolicyAssociation -Identity $account -ThrottlingPolicy {_NAME}"
_MAILBOXES = (
    "Get-Mailbox -ResultSize Unlimited | ForEach-Object { Set-ThrottlingPolicyAssociation"
    f" -Identity $_.DistinguishedName -ThrottlingPolicy {_NAME} }}"
)
_BACK = "Set-ThrottlingPolicyAssociation -Identity $account -ThrottlingPolicy $null"
_MAILBOXES_BACK = (
    f"Get-ThrottlingPolicyAssociation -ResultSize Unlimited -ThrottlingPolicy {_NAME} |"
    " ForEach-Object { Set-ThrottlingPolicyAssociation -Identity $_.ObjectId"
    " -ThrottlingPolicy $null }"
)
_BUDGET = (
    "By default Exchange lets one mailbox be worked on for 5 minutes of the server's time at once, "
    "gives back 15 minutes per hour, makes answers wait beyond that, and refuses all at 50 minutes "
    "too many: a large mailbox is read quickly at first and then slowly."
)


_RECHARGE_S = 900
"""``EwsRechargeRate`` of the default policy: so much of the server's time is given per hour."""


def policy_finding(
    user: str, *, is_impersonating: bool, throttled: int, download: Download | None = None
) -> Finding:
    """Say whose throttling policy counts, and how an administrator makes a wider one.

    Args:
        user: The connection's account.
        is_impersonating: It acts as each mailbox's owner.
        throttled: Answers that told us to go slower while we looked.
        download: What was read, for what the default policy makes of it in the long run.
    """
    seen = (
        f"While this was measured the server asked {throttled} time(s) to go slower. "
        if throttled
        else ""
    )
    if is_impersonating:
        whose = (
            "This connection impersonates, so each mailbox has a budget of its own for it, and "
            "the mailboxes' own policies count, not the account's."
        )
        remedy = (
            "In the Exchange Management Shell; look first, and note what was there. The policy of "
            "the account alone changes little with impersonation: the mailboxes need it too, and "
            "with it whatever their owners run is unlimited as well. Give it to those that are too "
            "slow, or for the first backup only, and take it back with the last commands. The "
            "program itself stays gentle: it goes by how the server answers."
        )
        commands: tuple[str, ...] = (
            _SHOW,
            _MAKE,
            _ACCOUNT,
            _MAILBOXES,
            _MAILBOXES_BACK,
            _BACK,
        )
    else:
        whose = (
            "This connection works as a delegate, so the account's own policy counts, and all "
            "mailboxes together share its one budget."
        )
        remedy = (
            "In the Exchange Management Shell; look first, and note what was there. Impersonation "
            "gives each mailbox a budget of its own and is the better way. The last command takes "
            "the policy back. The program itself stays gentle: it goes by how the server answers."
        )
        commands = (_SHOW, _MAKE, _ACCOUNT, _BACK)
    return Finding(
        code="throttling-policy",
        text=f"{seen}{whose} {_BUDGET}{_long_run(download)}",
        remedy=remedy,
        commands=commands,
        private=(f"$account = {quoted(user)}",),
    )


def _long_run(download: Download | None) -> str:
    """Say how many items of one mailbox the default policy lets through once it is used up."""
    if download is None or download.first_byte_s <= 0:
        return ""
    items_h = download.items / download.first_byte_s * _RECHARGE_S
    return (
        f" By what was measured that is about {items_h:,.0f} items of one mailbox per hour in the "
        "long run, if this policy stands here and Exchange counts the time that its answers take; "
        "how it counts, Microsoft does not tell."
    )
