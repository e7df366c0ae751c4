"""What belongs to a whole mailbox, as exchangelib reads it: rules, out-of-office, rights."""

from __future__ import annotations

import pytest
from exchangelib.errors import ErrorItemNotFound
from exchangelib.settings import OofSettings

from tests.judges.conftest import Judge


def test_the_inbox_rules_are_told_with_whom_they_forward_to(judge: Judge) -> None:
    account = judge.owner()
    forwards, marks = account.rules
    target = judge.lab.cast.outsiders[0].address

    assert (forwards.display_name, forwards.is_enabled) == ("Forward invoices", True)
    assert forwards.conditions.contains_subject_strings == ["invoice"]
    (to,) = forwards.actions.forward_to_recipients
    assert to.email_address == target
    assert marks.actions.mark_as_read is True


def test_the_out_of_office_answer_is_told_and_can_be_switched_off(judge: Judge) -> None:
    account = judge.owner()
    settings = account.oof_settings

    assert settings.state == OofSettings.SCHEDULED
    assert settings.external_audience == "Known"
    assert "lake" in settings.internal_reply
    assert settings.start < settings.end

    account.oof_settings = OofSettings(state=OofSettings.DISABLED, external_audience="All")
    assert judge.mailbox(account).settings.out_of_office.state == "Disabled"


def test_the_delegates_are_told_with_their_levels(judge: Judge) -> None:
    account = judge.owner()
    (delegate,) = account.delegates

    assert delegate.user_id.primary_smtp_address == judge.lab.cast.users[1].address
    assert delegate.delegate_permissions.calendar_folder_permission_level == "Editor"
    assert delegate.delegate_permissions.tasks_folder_permission_level == "Reviewer"
    assert delegate.receive_copies_of_meeting_messages is True


def test_a_folders_rights_are_told(judge: Judge) -> None:
    account = judge.owner()
    rights = account.calendar.permission_set.calendar_permissions
    levels = {
        entry.user_id.primary_smtp_address or entry.user_id.distinguished_user: (
            entry.calendar_permission_level
        )
        for entry in rights
    }

    assert levels[judge.lab.cast.users[1].address] == "Editor"
    assert levels["Default"] == "FreeBusyTimeOnly"


def test_a_configuration_is_made_read_changed_and_removed(judge: Judge) -> None:
    account = judge.owner()
    inbox = account.inbox
    words = {"name": "Ann & <co>", "isOn": True, "count": 7}
    inbox.create_user_configuration(name="Judged", dictionary=words, xml_data=b"<a/>")

    made = inbox.get_user_configuration(name="Judged")
    assert made.dictionary == words
    assert made.xml_data == b"<a/>"

    inbox.update_user_configuration(name="Judged", xml_data=b"<b/>")
    changed = inbox.get_user_configuration(name="Judged")
    assert changed.xml_data == b"<b/>"
    assert changed.dictionary == words

    inbox.delete_user_configuration(name="Judged")
    with pytest.raises(ErrorItemNotFound):
        inbox.get_user_configuration(name="Judged")


def test_the_list_of_categories_is_a_configuration_of_the_calendar(judge: Judge) -> None:
    found = judge.owner().calendar.get_user_configuration(name="CategoryList")

    assert b"CategoryList.xsd" in found.xml_data
