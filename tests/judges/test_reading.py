"""exchangelib reads the lab: folders, syncs, every kind of item, MIME, attachments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from exchangelib import (
    Account,
    CalendarItem,
    Contact,
    DistributionList,
    FileAttachment,
    Message,
    Task,
)
from exchangelib.folders import PublicFoldersRoot
from exchangelib.properties import AlternateId

from strongroom.content import tags
from strongroom.content.message import text
from strongroom.lab.estate.folder import TYPE_SEARCH, Folder
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids
from strongroom.lab.seed.hostile import SUBJECTS
from strongroom.lab.seed.organisation import EVERYBODY, TEAM
from tests.judges.conftest import Judge


def as_xml_has_it(name: str) -> str:
    """Leave out what XML 1.0 cannot carry, as the server does by default."""
    return "".join(letter for letter in name if letter >= " " or letter in "\n\t")


def below_top(mailbox: Mailbox) -> list[Folder]:
    return list(mailbox.folder_by_role("msgfolderroot").descendants())


def shown(folder: Folder) -> list[str]:
    return [item.item_class for item in folder.items if not item.is_associated]


def test_it_lists_every_folder_with_its_count(judge: Judge) -> None:
    account = judge.owner()
    seen = Counter((f.name, f.total_count) for f in account.msg_folder_root.walk())
    wanted = Counter(
        (as_xml_has_it(folder.name), len(shown(folder)))
        for folder in below_top(judge.mailbox(account))
    )

    assert seen == wanted


def test_it_finds_the_known_folders_by_their_roles(judge: Judge) -> None:
    account = judge.owner()

    assert account.inbox.name == "Inbox"
    assert account.calendar.folder_class == "IPF.Appointment"
    assert account.contacts.folder_class == "IPF.Contact"
    assert account.tasks.folder_class == "IPF.Task"
    assert account.drafts.parent.id == account.msg_folder_root.id
    assert account.recoverable_items_deletions.total_count == 4


def test_it_syncs_the_hierarchy_and_then_only_what_changed(judge: Judge) -> None:
    account = judge.owner()
    mailbox = judge.mailbox(account)
    top = account.msg_folder_root
    first = list(top.sync_hierarchy())
    made = mailbox.add_folder(mailbox.folder_by_role("msgfolderroot"), "Brand new")
    second = list(top.sync_hierarchy())
    mailbox.delete_folder(made)
    third = list(top.sync_hierarchy())

    assert len(first) == len(below_top(mailbox))
    assert {change for change, _ in first} == {"create"}
    assert [(change, folder.name) for change, folder in second] == [("create", "Brand new")]
    assert [change for change, _ in third] == ["delete"]
    assert list(top.sync_hierarchy()) == []


def test_it_syncs_items_and_then_only_what_changed(judge: Judge) -> None:
    account = judge.owner()
    mailbox = judge.mailbox(account)
    inbox = mailbox.folder_by_role("inbox")
    first = list(account.inbox.sync_items(only_fields=["subject"], max_changes_returned=7))
    one, two, three = inbox.items[:3]
    inbox.remove_item(one)
    inbox.mark_read(two, is_read=not two.is_read)
    inbox.change_item(three, changes={tags.PidTagSubject: "Changed"})
    second = list(account.inbox.sync_items(only_fields=["subject"]))

    assert len(first) == len(shown(inbox)) + 1
    assert Counter(change for change, _ in second) == {
        "delete": 1,
        "read_flag_change": 1,
        "update": 1,
    }
    assert [item.subject for change, item in second if change == "update"] == ["Changed"]


def test_it_sees_hidden_items_only_when_it_asks_for_them(judge: Judge) -> None:
    account = judge.owner()
    plain = list(account.calendar.sync_items(only_fields=["item_class"]))
    account.calendar.item_sync_state = None
    both = list(
        account.calendar.sync_items(
            only_fields=["item_class"], sync_scope="NormalAndAssociatedItems"
        )
    )
    classes = {item.item_class for _, item in both} - {item.item_class for _, item in plain}

    assert len(both) == len(plain) + 2
    assert classes == {"IPM.Configuration.CategoryList", "IPM.Configuration.Calendar"}
    assert account.calendar.all().depth("Associated").count() == 2


def test_it_fetches_every_item_of_every_folder(judge: Judge) -> None:
    account = judge.owner()
    mailbox = judge.mailbox(account)
    seen: Counter[str] = Counter()
    for folder in account.msg_folder_root.walk():
        for item in folder.all():
            assert not isinstance(item, Exception), item
            seen[item.item_class] += 1

    assert seen == Counter(kind for folder in below_top(mailbox) for kind in shown(folder))


def test_mail_has_the_people_texts_and_state_that_were_put_in(judge: Judge) -> None:
    account = judge.owner()
    stored = {
        item.text(tags.PidTagInternetMessageId): item
        for item in judge.mailbox(account).folder_by_role("inbox").items
        if item.item_class == "IPM.Note"
    }
    checked = 0
    for mail in account.inbox.all():
        if type(mail) is not Message or mail.item_class != "IPM.Note":
            continue
        item = stored[mail.message_id]
        bag = item.message().properties
        assert mail.subject == as_xml_has_it(item.subject)
        assert mail.sender.email_address == text(bag, tags.PidTagSenderSmtpAddress)
        assert mail.is_read == item.is_read
        assert mail.datetime_received.replace(microsecond=0) == item.received.replace(microsecond=0)
        assert mail.size == item.size
        assert [one.email_address for one in mail.to_recipients or []] == [
            text(row, tags.PidTagSmtpAddress)
            for row in item.message().recipients
            if row[tags.PidTagRecipientType] == tags.RECIPIENT_TO
        ]
        assert list(mail.categories or []) == (item.get(tags.PidNameKeywords) or [])
        assert mail.importance == {0: "Low", 1: "Normal", 2: "High"}[_number(bag)]
        assert mail.is_read_receipt_requested == bag[tags.PidTagReadReceiptRequested]
        assert mail.has_attachments == bool(item.message().attachments)
        checked += 1

    assert checked > 8


def _number(bag: Any) -> int:
    value = bag[tags.PidTagImportance]
    assert isinstance(value, int)
    return value


def test_mime_is_given_and_says_the_same_as_the_fields(judge: Judge) -> None:
    account = judge.owner()
    mails = [mail for mail in account.inbox.all() if type(mail) is Message]

    assert mails
    for mail in mails:
        assert mail.mime_content
        head = mail.mime_content.partition(b"\r\n\r\n")[0]
        assert mail.message_id.encode() in head


def test_attachments_come_with_their_bytes(judge: Judge) -> None:
    account = judge.owner()
    mailbox = judge.mailbox(account)
    wanted = Counter(
        attachment.properties[tags.PidTagAttachDataBinary]
        for item in mailbox.folder_by_role("inbox").items
        if not item.is_associated
        for attachment in item.message().attachments
    )
    seen = Counter(
        attachment.content
        for item in account.inbox.all()
        for attachment in item.attachments
        if isinstance(attachment, FileAttachment)
    )

    assert seen == wanted
    assert len(seen) > 3


def test_appointments_keep_their_times_zones_people_and_exceptions(judge: Judge) -> None:
    account = judge.owner()
    calendar = judge.mailbox(account).folder_by_role("calendar")
    stored = {ids.item_id(item): item for item in calendar.items}
    series = 0
    for event in account.calendar.all():
        assert isinstance(event, CalendarItem)
        bag = stored[event.id].message().properties
        start = bag[tags.PidLidAppointmentStartWhole]
        if not event.is_all_day:
            assert int(event.start.timestamp()) == _seconds(start)
        assert event.is_all_day == bag[tags.PidLidAppointmentSubType]
        assert (event.location or "") == text(bag, tags.PidLidLocation)
        assert event.uid
        if event.type == "RecurringMaster":
            series += 1
            assert event.recurrence.pattern.weekdays
            assert event.recurrence.boundary.number == 16
            assert len(event.modified_occurrences) == 1
            assert len(event.deleted_occurrences) == 1
            assert (
                event.modified_occurrences[0].start != event.modified_occurrences[0].original_start
            )

    assert series == 3


def _seconds(stamp: object) -> int:
    assert isinstance(stamp, int)
    return stamp // 10_000_000 - 11_644_473_600


def test_the_attendees_and_the_room_are_told_apart(judge: Judge) -> None:
    account = judge.owner()
    meetings = [event for event in account.calendar.all() if event.resources]

    assert meetings
    for meeting in meetings:
        assert [one.mailbox.email_address for one in meeting.resources] == [
            "room.aurora@lab.example"
        ]
        assert meeting.required_attendees
        assert meeting.optional_attendees
        assert meeting.organizer.email_address in {user.address for user in judge.lab.cast.users}


def test_cards_keep_names_addresses_and_photos(judge: Judge) -> None:
    account = judge.owner()
    cards = [one for one in account.contacts.all() if isinstance(one, Contact)]
    lists = [one for one in account.contacts.all() if isinstance(one, DistributionList)]

    assert len(cards) == 6
    assert {len(card.email_addresses) for card in cards} == {1, 2, 3}
    assert sum(bool(card.attachments) for card in cards) == 3
    assert all(
        attachment.content.startswith(b"\x89PNG") for c in cards for attachment in c.attachments
    )
    assert all(card.surname and card.given_name and card.company_name for card in cards)
    assert [group.display_name for group in lists] == ["Site neighbours"]


def test_tasks_keep_their_state_dates_and_recurrence(judge: Judge) -> None:
    account = judge.owner()
    tasks = list(account.tasks.all())

    assert all(isinstance(task, Task) for task in tasks)
    assert Counter(task.status for task in tasks) == {
        "NotStarted": 3, "InProgress": 1, "Completed": 1,
    }  # fmt: skip
    assert all(task.due_date for task in tasks)
    assert [task.recurrence.boundary.number for task in tasks if task.recurrence] == [12]
    assert sum(bool(task.reminder_is_set) for task in tasks) == 2


def test_hostile_subjects_arrive_as_they_are(judge: Judge) -> None:
    account = judge.owner()
    seen = {
        (item.subject or "").replace("\r\n", "\n")
        for folder in account.msg_folder_root.walk()
        for item in folder.all().only("subject")
    }

    assert seen >= {as_xml_has_it(subject).replace("\r\n", "\n") for subject in SUBJECTS}


def test_the_archive_has_folders_and_items_of_its_own(judge: Judge) -> None:
    account = judge.owner()
    archive = judge.mailbox(account).archive
    assert archive is not None
    seen = sum(folder.total_count for folder in account.archive_msg_folder_root.walk())

    assert seen == len(archive.items) > 0


def test_public_folders_are_walked_one_level_at_a_time(judge: Judge) -> None:
    account = judge.owner()
    root = account.public_folders_root
    assert isinstance(root, PublicFoldersRoot)
    counts = {folder.name: folder.total_count for folder in root.walk()}
    tree = judge.lab.estate.public_folders

    assert counts == {
        folder.name: len(shown(folder)) for folder in tree.folders if folder is not tree.root
    }


def test_search_folders_are_there(judge: Judge) -> None:
    account = judge.owner()
    names = {folder.name for folder in account.search_folders.walk()}
    mailbox = judge.mailbox(account)

    assert names == {f.name for f in mailbox.folders if f.folder_type == TYPE_SEARCH}


def test_it_finds_by_subject_and_by_time_and_sorts(judge: Judge) -> None:
    account = judge.owner()
    inbox = [
        one for one in judge.mailbox(account).folder_by_role("inbox").items if not one.is_associated
    ]
    middle = sorted(item.received for item in inbox)[len(inbox) // 2]
    zone = account.default_timezone
    later = account.inbox.filter(datetime_received__gte=middle.astimezone(zone)).order_by(
        "-datetime_received"
    )
    received = [item.datetime_received for item in later]

    assert len(received) == sum(item.received >= middle for item in inbox)
    assert received == sorted(received, reverse=True)
    assert account.inbox.filter(subject="Files").count() == 1


def test_names_are_resolved_and_mailboxes_listed(judge: Judge) -> None:
    account = judge.administrator(judge.lab.cast.users[0].address)
    user = judge.lab.cast.users[1]
    (found,) = account.protocol.resolve_names([user.address])
    listed = {box.primary_smtp_address for box in account.protocol.get_searchable_mailboxes()}

    assert found.email_address == user.address
    assert found.name == user.name
    assert {box.address for box in judge.lab.estate.mailboxes if box.role != "disabled"} <= listed


def test_groups_are_opened_one_level_deep(judge: Judge) -> None:
    told = judge.owner().protocol.expand_dl(EVERYBODY)
    group = judge.lab.estate.group(EVERYBODY)
    assert group is not None
    assert [one.email_address for one in told] == group.members
    assert {one.email_address: one.mailbox_type for one in told}[TEAM] == "PublicDL"
    assert {one.mailbox_type for one in told} == {"Mailbox", "PublicDL", "Contact"}


def test_ids_are_converted_there_and_back(judge: Judge) -> None:
    account = judge.owner()
    item = account.inbox.all().only("subject")[0]
    given = AlternateId(id=item.id, format="EwsId", mailbox=account.primary_smtp_address)
    (hexed,) = account.protocol.convert_ids([given], destination_format="HexEntryId")
    (back,) = account.protocol.convert_ids([hexed], destination_format="EwsId")

    assert bytes.fromhex(hexed.id)
    assert back.id == item.id


def test_time_zones_are_listed(judge: Judge) -> None:
    account = judge.owner()
    zones = {zone.id for zone in account.protocol.get_timezones()}

    assert "W. Europe Standard Time" in zones


def test_the_version_is_guessed_when_none_is_given(start: Callable[..., Judge]) -> None:
    judge = start()
    address = judge.lab.cast.users[0].address
    account: Account = judge.account(
        address, user=address, password=judge.lab.password(address), version=None
    )

    assert account.inbox.total_count > 0
    assert (account.version.build.major_version, account.version.build.minor_version) == (15, 2)
