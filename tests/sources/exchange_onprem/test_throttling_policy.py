"""What an administrator of an Exchange Server is told to do about throttling."""

from __future__ import annotations

from strongroom.sources.exchange_onprem.throttling_policy import policy_finding
from strongroom.words.speed import Download


def test_with_impersonation_the_mailboxes_policy_counts_and_the_commands_give_it_to_them() -> None:
    found = policy_finding("LAB\\backup", is_impersonating=True, throttled=0)
    assert found.code == "throttling-policy"
    assert "the mailboxes' own policies count, not the account's" in found.text
    assert any(
        one.startswith("New-ThrottlingPolicy -Name StrongroomBackup ")
        and "-EwsMaxConcurrency Unlimited -EwsMaxBurst Unlimited" in one
        and "-EwsRechargeRate Unlimited -EwsCutoffBalance Unlimited" in one
        for one in found.commands
    )
    account = (
        "Set-ThrottlingPolicyAssociation -Identity $account -ThrottlingPolicy StrongroomBackup"
    )
    assert account in found.commands
    assert any(
        one.startswith("Get-Mailbox") and "StrongroomBackup" in one for one in found.commands
    )
    assert "unlimited as well" in found.remedy, "what it costs is told"


def test_as_a_delegate_the_accounts_policy_counts_and_no_mailbox_is_touched() -> None:
    found = policy_finding("backup@lab.example", is_impersonating=False, throttled=0)
    assert "the account's own policy counts" in found.text
    assert not any(one.startswith("Get-Mailbox") for one in found.commands)


def test_what_is_given_can_be_taken_back() -> None:
    for is_impersonating in (True, False):
        found = policy_finding("LAB\\backup", is_impersonating=is_impersonating, throttled=0)
        given = [one for one in found.commands if "-ThrottlingPolicy StrongroomBackup" in one]
        taken = [one for one in found.commands if "-ThrottlingPolicy $null" in one]
        assert len(taken) == 1 + is_impersonating
        assert given


def test_only_what_is_private_names_the_account_and_nothing_in_the_name_is_run() -> None:
    found = policy_finding("LAB\\o'backup; $(rm)", is_impersonating=True, throttled=0)
    assert found.private == ("$account = 'LAB\\o''backup; $(rm)'",)
    assert "backup; " not in " ".join((found.text, found.remedy, *found.commands))


def test_that_the_server_asked_to_go_slower_is_told_first() -> None:
    found = policy_finding("LAB\\backup", is_impersonating=True, throttled=2)
    assert found.text.startswith("While this was measured the server asked 2 time(s)")


def test_what_the_default_policy_lets_through_in_the_long_run_is_told_with_what_it_stands_on() -> (
    None
):
    some = Download(
        items=20, byte_count=1, requests=1, line_bytes=2, first_byte_s=0.2, body_s=1.0
    )  # fmt: skip
    found = policy_finding("LAB\\backup", is_impersonating=True, throttled=0, download=some)
    assert "about 90,000 items of one mailbox per hour" in found.text
    assert "how it counts, Microsoft does not tell" in found.text
    unread = policy_finding("LAB\\backup", is_impersonating=True, throttled=0)
    assert "in the long run" not in unread.text
