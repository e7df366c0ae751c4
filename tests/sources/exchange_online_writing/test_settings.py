"""What belongs to a whole mailbox comes back switched off, by whichever way it was saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.settings import InboxRule, OutOfOffice
from strongroom.lab.lab import Lab
from strongroom.sources.exchange_onprem import setting_forms
from strongroom.words.coverage import Coverage, Status
from tests.sources.exchange_online_writing.restores import RestoreWorld, add_owner

AWAY = OutOfOffice(
    state="Enabled", audience="Known", internal_reply="Away.", external_reply="Not in."
)
FORWARDS = (
    "<t:ForwardToRecipients><t:Address><t:EmailAddress>away@else.example</t:EmailAddress>"
    "</t:Address></t:ForwardToRecipients>"
)
XML = (
    b'<?xml version="1.0"?><categories xmlns="CategoryList.xsd">'
    b'<category name="Blue &amp; round" color="7" guid="{0B8C7D2E-0000-0000-0000-000000000001}"/>'
    b'<category name="Plain" color="-1" guid="{0B8C7D2E-0000-0000-0000-000000000002}"/>'
    b"</categories>"
)
STREAM = 0x7C080102


def furnish(tenant: Lab, address: str) -> Mailbox:
    mailbox = add_owner(tenant, address)
    with tenant.estate.lock:
        mailbox.settings.out_of_office = AWAY
        mailbox.settings.rules.append(
            InboxRule(
                id="1",
                name="Forward",
                sequence=1,
                conditions="<t:ContainsSubjectStrings><t:String>bill</t:String>"
                "</t:ContainsSubjectStrings>",
                actions=FORWARDS,
                forwards_to=("away@else.example",),
            )
        )
        mailbox.folder_by_role("calendar").add_item(
            Message(
                {
                    tags.PidTagMessageClass: "IPM.Configuration.CategoryList",
                    0x7C060003: 4,
                    STREAM: XML,
                }
            ),
            is_associated=True,
        )
    return mailbox


def lose(tenant: Lab, mailbox: Mailbox) -> None:
    with tenant.estate.lock:
        mailbox.settings.rules.clear()
        mailbox.settings.out_of_office = OutOfOffice()
        for item in list(mailbox.items):
            mailbox.hard_delete_item(item)


def categories(mailbox: Mailbox) -> str:
    found = [one.get(STREAM) for one in mailbox.folder_by_role("calendar").items]
    return "\n".join(one.decode() for one in found if isinstance(one, bytes))


@pytest.mark.parametrize(("saved_by_ews", "restored_by_ews"), [(0, 0), (1, 0), (0, 1)])
def test_settings_come_back_switched_off(
    tenant: Lab, tmp_path: Path, saved_by_ews: int, restored_by_ews: int
) -> None:
    address = f"settings{saved_by_ews}{restored_by_ews}@lab.example"
    mailbox = furnish(tenant, address)
    world = RestoreWorld(tenant, address)
    world.back_up(uses_ews=bool(saved_by_ews))
    lose(tenant, mailbox)
    found: Coverage = world.restore(tmp_path / "journal", uses_ews=bool(restored_by_ews))
    notes = "\n".join(found.notes)

    assert mailbox.settings.out_of_office == replace(AWAY, state="Disabled")
    assert "replies switched off (they were on)" in notes
    listed = categories(mailbox)
    assert "Blue &amp; round" in listed
    assert 'color="7"' in listed
    assert "Plain" in listed
    if saved_by_ews or restored_by_ews:
        assert mailbox.settings.rules == []
        assert setting_forms.OTHER_RULES in notes
        assert ("inbox rules (1): " in notes) == (not restored_by_ews), "said beforehand"
    else:
        [rule] = mailbox.settings.rules
        assert (rule.name, rule.is_enabled) == ("Forward", False)
        assert rule.forwards_to == ("away@else.example",)
        assert "put back switched off; it sends to away@else.example" in notes
    again = world.restore(tmp_path / "again", uses_ews=bool(restored_by_ews))
    assert len(mailbox.settings.rules) == (not saved_by_ews and not restored_by_ews)
    assert categories(mailbox).count("Plain") == 1, again.notes


def test_what_the_application_may_not_set_is_named_and_the_items_come_back(
    tenant: Lab, tmp_path: Path
) -> None:
    mailbox = furnish(tenant, "narrow@lab.example")
    world = RestoreWorld(tenant, "narrow@lab.example")
    world.back_up()
    lose(tenant, mailbox)
    world.register_writer(
        "User.Read.All",
        "MailboxSettings.Read",
        "MailboxFolder.ReadWrite.All",
        "MailboxItem.Read.All",
        "MailboxItem.ImportExport.All",
    )
    found = world.restore(tmp_path / "journal")
    assert found.status() is Status.COMPLETE
    assert any(note.startswith("out_of_office: not put back.") for note in found.notes)
    assert mailbox.settings.rules == []
