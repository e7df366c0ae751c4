"""exchangelib writes to the lab, and the estate behind it holds what was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from exchangelib import (
    Attendee,
    CalendarItem,
    Contact,
    EWSDate,
    EWSDateTime,
    EWSTimeZone,
    FileAttachment,
    Folder,
    ItemAttachment,
    Mailbox,
    Message,
    Task,
)
from exchangelib.errors import (
    ErrorFolderExists,
    ErrorFolderNotFound,
    ErrorItemNotFound,
)
from exchangelib.indexed_properties import EmailAddress
from exchangelib.items import SEND_TO_NONE
from exchangelib.recurrence import Recurrence, WeeklyPattern

from strongroom.content import tags
from strongroom.content.message import text
from strongroom.lab.estate.item import StoredItem
from tests.judges.conftest import Judge

BERLIN = EWSTimeZone("Europe/Berlin")


def newest(judge: Judge, role: str = "inbox") -> StoredItem:
    mailbox = judge.lab.estate.mailbox(judge.lab.cast.users[0].address)
    assert mailbox is not None
    return mailbox.folder_by_role(role).items[-1]


def test_a_mail_is_saved_and_not_sent(judge: Judge) -> None:
    account = judge.owner()
    mail = Message(
        account=account,
        folder=account.drafts,
        subject="Saved only ☂",
        body="Line one\r\nLine two",
        to_recipients=[Mailbox(email_address="x@customer.example", name="X")],
        categories=["Tender"],
        importance="High",
    ).save()
    stored = newest(judge, "drafts")

    assert mail.id
    assert stored.subject == "Saved only ☂"
    assert stored.flags & tags.FLAG_UNSENT
    assert "Line two" in text(stored.message().properties, tags.PidTagBody)
    assert stored.get(tags.PidNameKeywords) == ["Tender"]
    assert [text(row, tags.PidTagSmtpAddress) for row in stored.message().recipients] == [
        "x@customer.example"
    ]
    assert judge.lab.outgoing == []


def test_a_mail_with_files_comes_back_with_them(judge: Judge) -> None:
    account = judge.owner()
    mail = Message(account=account, folder=account.inbox, subject="With files", body="see below")
    mail.attach(FileAttachment(name="a.bin", content=bytes(range(256)) * 20))
    inner = Message(account=account, folder=account.inbox, subject="Inside", body="inner")
    mail.attach(ItemAttachment(name="Inside", item=inner))
    mail.save()
    again = account.inbox.get(id=mail.id)
    by_name = {attachment.name: attachment for attachment in again.attachments}

    assert by_name["a.bin"].content == bytes(range(256)) * 20
    assert by_name["Inside"].item.subject == "Inside"


def test_a_sent_mail_is_counted(judge: Judge) -> None:
    account = judge.owner()
    Message(
        account=account, subject="Goes out", to_recipients=["x@customer.example"]
    ).send_and_save()

    assert [mail.to for mail in judge.lab.outgoing] == [("x@customer.example",)]


def test_an_appointment_keeps_its_zone_attendees_and_series(judge: Judge) -> None:
    account = judge.owner()
    start = EWSDateTime(2027, 3, 22, 9, tzinfo=BERLIN)  # the clocks change within the series
    event = CalendarItem(
        account=account,
        folder=account.calendar,
        subject="Made by a stranger",
        start=start,
        end=start + timedelta(minutes=30),
        location="Roof",
        required_attendees=[Attendee(mailbox=Mailbox(email_address="x@customer.example"))],
        recurrence=Recurrence(
            pattern=WeeklyPattern(interval=1, weekdays=["Monday"], first_day_of_week="Monday"),
            start=start.date(),
            number=4,
        ),
    ).save(send_meeting_invitations=SEND_TO_NONE)
    again = account.calendar.get(id=event.id)
    stored = newest(judge, "calendar")

    assert again.start == start
    assert again.recurrence.boundary.number == 4
    assert again.required_attendees[0].mailbox.email_address == "x@customer.example"
    assert stored.item_class == "IPM.Appointment"
    assert stored.get(tags.PidLidRecurring) is True
    assert isinstance(stored.get(tags.PidLidAppointmentRecur), bytes)
    assert judge.lab.outgoing == []


def test_an_all_day_event_stays_all_day(judge: Judge) -> None:
    account = judge.owner()
    event = CalendarItem(
        account=account,
        folder=account.calendar,
        subject="Whole day",
        start=EWSDate(2027, 5, 1),
        end=EWSDate(2027, 5, 1),
        is_all_day=True,
    ).save(send_meeting_invitations=SEND_TO_NONE)
    again = account.calendar.get(id=event.id)

    assert again.is_all_day
    assert (again.start, again.end) == (EWSDate(2027, 5, 1), EWSDate(2027, 5, 1))


def test_a_card_and_a_task_come_back_as_such(judge: Judge) -> None:
    account = judge.owner()
    card = Contact(
        account=account,
        folder=account.contacts,
        display_name="Quilla Yarrowkiln",
        given_name="Quilla",
        surname="Yarrowkiln",
        company_name="Nobody Ltd",
        email_addresses=[EmailAddress(label="EmailAddress1", email="q@customer.example")],
    ).save()
    task = Task(
        account=account,
        folder=account.tasks,
        subject="To do",
        due_date=EWSDate(2027, 1, 5),
        status="InProgress",
        percent_complete=Decimal(40),
    ).save()

    again = account.contacts.get(id=card.id)
    assert (again.given_name, again.surname) == ("Quilla", "Yarrowkiln")
    assert again.email_addresses[0].email == "q@customer.example"
    assert newest(judge, "contacts").get(tags.PidTagSurname) == "Yarrowkiln"
    again = account.tasks.get(id=task.id)
    assert (again.status, again.due_date) == ("InProgress", EWSDate(2027, 1, 5))
    assert newest(judge, "tasks").get(tags.PidLidPercentComplete) == pytest.approx(0.4)


def test_an_update_changes_what_it_names_and_nothing_else(judge: Judge) -> None:
    account = judge.owner()
    mail = account.inbox.filter(subject="Files").get()
    before = mail.body
    mail.subject = "Renamed"
    mail.is_read = not mail.is_read
    mail.categories = ["One", "Two"]
    old_key = mail.changekey
    mail.save(update_fields=["subject", "is_read", "categories"])
    again = account.inbox.get(id=mail.id)

    assert (again.subject, again.is_read, again.categories) == (
        "Renamed",
        mail.is_read,
        ["One", "Two"],
    )
    assert again.body == before
    assert again.changekey != old_key


def test_a_field_can_be_taken_away(judge: Judge) -> None:
    account = judge.owner()
    mail = account.inbox.filter(subject="Files").get()
    mail.categories = ["One"]
    mail.save(update_fields=["categories"])
    mail.categories = None
    mail.save(update_fields=["categories"])

    assert not account.inbox.get(id=mail.id).categories


def test_a_moved_item_has_a_new_id_and_a_copy_leaves_the_original(judge: Judge) -> None:
    account = judge.owner()
    mail = account.inbox.filter(subject="Files").get()
    old_id = mail.id
    copy_id, _ = mail.copy(account.drafts)
    mail.move(account.junk)

    assert mail.id not in {old_id, copy_id}
    assert account.junk.get(id=mail.id).subject == "Files"
    assert account.drafts.get(id=copy_id).subject == "Files"
    with pytest.raises(ErrorItemNotFound):
        account.inbox.get(id=old_id)


def test_items_are_deleted_in_three_ways(judge: Judge) -> None:
    account = judge.owner()
    one, two, three = account.sent.all().only("subject")[:3]
    graves = account.recoverable_items_deletions.all().count()
    trash = account.trash.all().count()
    left = account.sent.all().count()
    one.move_to_trash()
    two.soft_delete()
    three.delete()

    assert account.sent.all().count() == left - 3
    assert account.trash.all().count() == trash + 1
    assert account.recoverable_items_deletions.all().count() == graves + 1


def test_folders_are_made_renamed_moved_emptied_and_deleted(judge: Judge) -> None:
    account = judge.owner()
    folder = Folder(parent=account.inbox, name="Made here").save()
    Message(account=account, folder=folder, subject="inside").save()
    folder.name = "Renamed"
    folder.save()
    assert folder.all().count() == 1
    folder.empty()
    assert folder.all().count() == 0
    folder.move(account.msg_folder_root)
    mailbox = judge.mailbox(account)
    assert any(f.path[1:] == ("Renamed",) for f in mailbox.folders)

    with pytest.raises(ErrorFolderExists):
        Folder(parent=account.msg_folder_root, name="renamed").save()
    folder.delete()
    assert not any(f.name == "Renamed" for f in mailbox.folders)


def test_a_deleted_folder_is_not_found(judge: Judge) -> None:
    account = judge.owner()
    folder = Folder(parent=account.inbox, name="Short life").save()
    mailbox = judge.mailbox(account)
    mailbox.delete_folder(next(f for f in mailbox.folders if f.name == "Short life"))

    with pytest.raises(ErrorFolderNotFound):
        folder.refresh()


def test_a_message_from_its_mime_is_received_and_not_a_draft(judge: Judge) -> None:
    account = judge.owner()
    mime = (
        b"From: Ann <ann@customer.example>\r\nTo: bo@lab.example\r\n"
        b"Subject: =?utf-8?q?caf=C3=A9?=\r\n"
        b"Date: Tue, 3 Feb 2004 10:00:00 +0100\r\nMessage-ID: <m1@customer.example>\r\n\r\nHi\r\n"
    )
    saved = Message(account=account, folder=account.inbox, mime_content=mime).save()
    stored = newest(judge)

    assert saved.id
    assert stored.subject == "café"
    assert stored.text(tags.PidTagInternetMessageId) == "<m1@customer.example>"
    assert account.inbox.get(id=saved.id).datetime_sent == datetime(2004, 2, 3, 9, tzinfo=UTC)
