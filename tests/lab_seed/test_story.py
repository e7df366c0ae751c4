"""The made-up organisation: always the same for a seed, and with everything a mailbox can hold."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import Message, PropertyKey, moment, text
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.folder import TYPE_SEARCH, Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.seed import hostile
from strongroom.lab.seed.calendar import EXCEPTION_CLASS
from strongroom.lab.seed.organisation import EMPTY, populate
from strongroom.lab.seed.stage import Cast
from strongroom.lab.seed.story_clock import StoryClock

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
VERSION = (15, 2, 2562, 17)


def told(seed: int) -> tuple[Estate, Cast]:
    clock = StoryClock(NOW)
    estate = Estate(clock=clock, seed=seed)
    cast = populate(
        estate, seed=seed, now=NOW, password=lambda address: address, set_time=clock.set
    )
    return estate, cast


def trees(estate: Estate) -> list[Mailbox]:
    archives = [box.archive for box in estate.mailboxes if box.archive is not None]
    return [*estate.mailboxes, *archives, estate.public_folders]


def items(estate: Estate) -> list[StoredItem]:
    return [item for tree in trees(estate) for folder in tree.folders for item in folder.items]


def stream(item: StoredItem) -> bytes:
    return b"".join(item.export_pieces(VERSION))


def digest(estate: Estate) -> str:
    """Everything that a client can see: ids, places, names and whole export streams."""
    whole = hashlib.sha256()
    for tree in trees(estate):
        for folder in tree.folders:
            whole.update(repr((folder.path, folder.kind, folder.entry_id)).encode())
            for item in folder.items:
                whole.update(item.entry_id + item.change_key + stream(item))
    return whole.hexdigest()


@pytest.fixture(scope="module")
def organisation() -> tuple[Estate, Cast]:
    return told(1)


@pytest.fixture(scope="module")
def estate(organisation: tuple[Estate, Cast]) -> Estate:
    return organisation[0]


@pytest.fixture(scope="module")
def first(organisation: tuple[Estate, Cast]) -> Mailbox:
    estate, cast = organisation
    mailbox = estate.mailbox(cast.users[0].address)
    assert mailbox is not None
    return mailbox


def folder_classes(tree: Mailbox) -> set[str]:
    return {folder.kind for folder in tree.folders}


def classes(tree: Mailbox) -> Counter[str]:
    return Counter(item.item_class for item in tree.items)


def test_the_same_seed_tells_the_same_story_to_the_byte() -> None:
    assert digest(told(3)[0]) == digest(told(3)[0])


def test_another_process_tells_the_same_story() -> None:
    """Where it hung on the order of a set, it would hang on how the process hashes."""
    words = "from tests.lab_seed.test_story import digest, told; print(digest(told(3)[0]))"
    done = subprocess.run(
        [sys.executable, "-c", words],
        env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest(told(3)[0])


def test_another_seed_tells_another_story() -> None:
    assert digest(told(3)[0]) != digest(told(4)[0])


def test_there_are_mailboxes_of_every_role_and_an_empty_one(estate: Estate) -> None:
    roles = Counter(box.role for box in estate.mailboxes)
    empty = estate.mailbox(EMPTY)

    assert roles == {"user": 4, "disabled": 1, "shared": 1, "room": 1}
    assert empty is not None
    assert empty.items == []


def test_every_mailbox_is_small_enough_for_a_quick_start_and_large_enough_for_a_test(
    estate: Estate,
) -> None:
    sizes = {box.address: len(box.items) for box in estate.mailboxes if box.address != EMPTY}

    assert all(40 <= size <= 150 for size in sizes.values()), sizes


def test_everybody_lives_at_the_labs_own_domain(estate: Estate) -> None:
    assert all(box.address.endswith("@lab.example") for box in estate.mailboxes)


def test_a_users_mailbox_holds_an_item_of_every_kind(first: Mailbox) -> None:
    assert set(classes(first)) >= {
        "IPM.Note",
        "IPM.Note.SMIME",
        "IPM.Note.SMIME.MultipartSigned",
        "IPM.Appointment",
        "IPM.Schedule.Meeting.Request",
        "IPM.Schedule.Meeting.Resp.Pos",
        "IPM.Contact",
        "IPM.DistList",
        "IPM.Task",
        "IPM.StickyNote",
        "IPM.Activity",
        "IPM.Post",
        "IPM.Configuration.CategoryList",
        "IPM.Microsoft.FolderDesign.NamedView",
        "IPM.Rule.Version2.Message",
    }


def test_somebody_was_told_that_a_meeting_is_cancelled(estate: Estate) -> None:
    assert any(item.item_class == "IPM.Schedule.Meeting.Canceled" for item in items(estate))


def test_hidden_items_are_hidden_and_others_are_not(first: Mailbox) -> None:
    hidden = {item.item_class for item in first.items if item.is_associated}
    shown = {item.item_class for item in first.items if not item.is_associated}

    assert "IPM.Configuration.CategoryList" in hidden
    assert hidden.isdisjoint(shown)


def test_mail_lies_in_every_place_where_mail_lies(first: Mailbox) -> None:
    places = {
        "inbox", "sentitems", "drafts", "outbox", "deleteditems", "junkemail",
        "recoverableitemsdeletions",
    }  # fmt: skip

    assert all(first.folder_by_role(role).items for role in places)
    assert first.archive is not None
    assert first.archive.items
    assert all(item.received < NOW for item in first.items)


def test_the_archive_holds_older_mail_than_the_mailbox(first: Mailbox) -> None:
    assert first.archive is not None
    inbox = first.folder_by_role("inbox")

    assert max(item.received for item in first.archive.items) < min(
        item.received for item in inbox.items if item.item_class == "IPM.Note" and in_thread(item)
    )


def in_thread(item: StoredItem) -> bool:
    return bool(item.text(tags.PidTagInReplyToId))


def test_answers_point_at_what_they_answer(first: Mailbox) -> None:
    letters = [item for item in first.items if item.text(tags.PidTagInternetMessageId)]
    known = {item.text(tags.PidTagInternetMessageId): item for item in letters}
    answers = [item for item in first.items if item.text(tags.PidTagInReplyToId) in known]

    assert answers
    for answer in answers:
        above = known[answer.text(tags.PidTagInReplyToId)]
        index, longer = (
            above.get(tags.PidTagConversationIndex),
            answer.get(tags.PidTagConversationIndex),
        )
        assert isinstance(index, bytes)
        assert isinstance(longer, bytes)
        assert longer[: len(index)] == index
        assert len(longer) == len(index) + 5
        assert answer.text(tags.PidTagConversationTopic) == above.text(tags.PidTagConversationTopic)


def test_mail_differs_in_state_as_peoples_mail_does(estate: Estate) -> None:
    notes = [item for item in items(estate) if item.item_class == "IPM.Note"]

    def some(key: PropertyKey) -> set[object]:
        return {repr(item.get(key)) for item in notes}

    assert {item.is_read for item in notes} == {True, False}
    assert some(tags.PidTagFlagStatus) == {"None", "1", "2"}
    assert some(tags.PidTagImportance) == {"0", "1", "2"}
    assert some(tags.PidTagReadReceiptRequested) == {"True", "False"}
    assert len(some(tags.PidNameKeywords)) > 3
    assert {bool(item.flags & tags.FLAG_UNSENT) for item in notes} == {True, False}


def test_bodies_are_text_or_html_and_some_show_a_picture(first: Mailbox) -> None:
    messages = [item.message() for item in first.items if item.item_class == "IPM.Note"]
    natives = {message.properties.get(tags.PidTagNativeBody) for message in messages}
    pictures = [
        (message, attachment)
        for message in messages
        for attachment in message.attachments
        if tags.PidTagAttachContentId in attachment.properties
    ]

    assert natives == {tags.NATIVE_TEXT, tags.NATIVE_HTML}
    assert pictures
    for message, picture in pictures:
        html = message.properties[tags.PidTagHtml]
        assert isinstance(html, bytes)
        assert f"cid:{text(picture.properties, tags.PidTagAttachContentId)}".encode() in html


def test_a_series_has_a_deleted_and_a_changed_occurrence(first: Mailbox) -> None:
    series = [
        item.message()
        for item in first.folder_by_role("calendar").items
        if item.get(tags.PidLidRecurring)
    ]

    assert series
    for message in series:
        (changed,) = message.attachments
        assert changed.embedded is not None
        assert changed.embedded.properties[tags.PidTagMessageClass] == EXCEPTION_CLASS
        blob = message.properties[tags.PidLidAppointmentRecur]
        assert isinstance(blob, bytes)
        assert blob[38:42] == b"\x02\0\0\0"  # deleted instances: the deleted and the changed one


def test_calendars_hold_days_zones_and_other_peoples_meetings(first: Mailbox) -> None:
    items = first.folder_by_role("calendar").items
    appointments = [item for item in items if not item.is_associated]
    zones = {
        repr(item.get(tags.PidLidAppointmentTimeZoneDefinitionStartDisplay))
        for item in appointments
    }

    assert len(zones) == 3
    assert {item.get(tags.PidLidAppointmentSubType) for item in appointments} == {True, False}
    assert {item.get(tags.PidLidResponseStatus) for item in appointments} == {0, 1, 3}


def test_the_room_is_booked_as_a_resource(organisation: tuple[Estate, Cast]) -> None:
    estate, cast = organisation
    room = estate.mailbox(cast.room.address)
    assert room is not None

    for item in room.folder_by_role("calendar").items:
        rows = item.message().recipients
        assert rows[-1][tags.PidTagSmtpAddress] == cast.room.address
        assert rows[-1][tags.PidTagRecipientType] == tags.RECIPIENT_BCC


def test_some_reminder_is_overdue_when_the_story_ends(first: Mailbox) -> None:
    tasks = [item.message().properties for item in first.folder_by_role("tasks").items]
    due = [when for task in tasks if (when := moment(task, tags.PidLidReminderSignalTime))]

    assert min(due) < NOW < max(due)
    assert {task[tags.PidLidTaskComplete] for task in tasks} == {True, False}
    assert any(task[tags.PidLidTaskFRecurring] for task in tasks)


def test_one_rule_forwards_and_the_answering_machine_is_set(first: Mailbox) -> None:
    settings = first.settings

    assert any(rule.forwards_to for rule in settings.rules)
    assert settings.out_of_office.state == "Scheduled"
    assert settings.delegates
    assert first.folder_by_role("calendar").permissions


def test_search_folders_are_there_and_empty(first: Mailbox) -> None:
    found = [folder for folder in first.folders if folder.folder_type == TYPE_SEARCH]

    assert {folder.name for folder in found} == {"Unread Mail", "For Follow Up"}
    assert not any(folder.items for folder in found)


def test_public_folders_hold_posts_cards_and_a_hidden_view(estate: Estate) -> None:
    tree = estate.public_folders

    assert {"IPM.Post", "IPM.Contact", "IPM.Microsoft.FolderDesign.NamedView"} == set(classes(tree))
    assert all(folder.permissions for folder in tree.folders if folder.items)


def test_hostile_names_are_everywhere(first: Mailbox) -> None:
    paths = {folder.path[1:] for folder in first.folders}
    subjects = {item.subject for item in first.items}
    files = {
        attachment.properties.get(tags.PidTagAttachLongFilename)
        for item in first.items
        for attachment in item.message().attachments
    }

    assert paths >= set(hostile.FOLDER_PATHS)
    assert subjects >= set(hostile.SUBJECTS)
    assert files >= set(hostile.FILE_NAMES)


def test_every_export_stream_gives_back_the_message_it_was_made_of(estate: Estate) -> None:
    def same(found: Message, wanted: Message) -> bool:
        return (
            found.properties == wanted.properties
            and found.recipients == wanted.recipients
            and len(found.attachments) == len(wanted.attachments)
        )

    wrong = [item for item in items(estate) if not same(fts.parse(stream(item)), item.message())]

    assert wrong == []


def test_stamps_are_finer_than_a_microsecond(estate: Estate) -> None:
    stamps = [item.get(tags.PidTagCreationTime) for item in items(estate)]

    assert any(isinstance(stamp, int) and stamp % 10 for stamp in stamps)


def test_a_folder_is_as_old_as_its_newest_item_and_no_item_is_from_the_future(
    first: Mailbox,
) -> None:
    def newest(folder: Folder) -> datetime:
        stamps = [item.message().properties for item in folder.items]
        return max(when for bag in stamps if (when := moment(bag, tags.PidTagLastModificationTime)))

    filled = [folder for folder in first.folders if folder.items]

    assert all(newest(folder) <= NOW for folder in filled)
    assert all(folder.last_commit <= NOW for folder in filled)


def test_the_clock_of_the_story_runs_on_with_the_systems_time_and_not_back() -> None:
    later = StoryClock(datetime(2030, 1, 1, tzinfo=UTC))
    clock = StoryClock(NOW, after=later)

    assert clock.now() == NOW
    clock.run_on()
    assert clock.now() == datetime(2030, 1, 1, tzinfo=UTC)
    with pytest.raises(RuntimeError):
        clock.set(NOW)
