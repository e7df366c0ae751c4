from __future__ import annotations

from typing import Any

from strongroom.lab.estate.settings import Delegate, InboxRule, OutOfOffice
from tests.fakes.exchange import TARGET, Site


def saved(site: Site) -> dict[str, Any]:
    server = site.open()
    return dict(server.source(server.resolve(TARGET)).settings())


def test_rules_replies_and_delegates_are_read(quiet: Site) -> None:
    settings = quiet.mailbox(TARGET).settings
    settings.rules.append(InboxRule(id="1", name="Tidy up", sequence=1))
    settings.out_of_office = OutOfOffice(state="Enabled", internal_reply="Away.")
    settings.delegates.append(
        Delegate(address="helper@lab.example", name="Helper", levels=(("calendar", "Editor"),))
    )
    found = saved(quiet)
    assert "Tidy up" in str(found["rules"])
    assert "Away." in str(found["out_of_office"])
    assert "helper@lab.example" in str(found["delegates"])


def test_a_setting_that_the_server_does_not_give_says_why(quiet: Site) -> None:
    quiet.quirks(without=("GetInboxRules", "GetDelegate"))
    found = saved(quiet)
    assert "GetInboxRules" in found["rules"]["unavailable"]
    assert "unavailable" in found["delegates"]
    assert "unavailable" not in found["out_of_office"]


def test_only_mailboxes_have_settings(quiet: Site) -> None:
    server = quiet.open()
    assert server.source(server.resolve(f"archive:{TARGET}")).settings() == {}


def test_what_was_not_saved_is_told_and_not_written(quiet: Site) -> None:
    server = quiet.open()
    target = server.target(server.resolve(TARGET))
    assert target.settle({"rules": {"unavailable": "no right"}}) == (
        "rules: not put back, since it was not saved (no right).",
    )


def test_delegates_are_named_and_not_added_because_that_may_send_them_mail(quiet: Site) -> None:
    quiet.mailbox(TARGET).settings.delegates.append(
        Delegate(address="helper@lab.example", name="Helper")
    )
    documents = {"delegates": saved(quiet)["delegates"]}
    quiet.mailbox(TARGET).settings.delegates.clear()
    server = quiet.open()
    said = server.target(server.resolve(TARGET)).settle(documents)
    assert any("helper@lab.example" in line for line in said)
    assert quiet.mailbox(TARGET).settings.delegates == []
    assert quiet.estate.outgoing == []
