from __future__ import annotations

from strongroom.sources.exchange_onprem.planning import plan
from strongroom.words.item import Folder
from strongroom.words.restoring import Selection

INBOX = Folder(id="i", path=("Inbox",), kind="IPF.Note", role="inbox")
BELOW = Folder(id="b", path=("Inbox", "Below"), kind="IPF.Note")
CALENDAR = Folder(id="c", path=("Calendar",), kind="IPF.Appointment", role="calendar")
UNREAD = Folder(id="u", path=("Unread",), is_listed_only=True)
OUTBOX = Folder(id="o", path=("Outbox",), role="outbox")


def selection(*folders: Folder, **counts: int) -> Selection:
    return Selection(folders=folders, counts=counts, ways={"export": sum(counts.values())})


def test_folders_are_made_before_any_is_filled_and_empty_ones_are_not_filled() -> None:
    made = plan(selection(INBOX, BELOW, b=3), {})
    assert [(phase.does, phase.folder_ids) for phase in made.phases] == [
        ("create", ("i", "b")),
        ("fill", ("b",)),
    ]
    assert made.losses == ()
    assert made.warnings == ()


def test_search_folders_are_named_as_lost_and_not_made() -> None:
    made = plan(selection(INBOX, UNREAD, i=1), {})
    assert [loss.what for loss in made.losses] == ["Unread"]
    assert all("u" not in phase.folder_ids for phase in made.phases)


def test_overdue_reminders_are_told_before_a_calendar_comes_back() -> None:
    assert any("overdue" in warning for warning in plan(selection(CALENDAR, c=1), {}).warnings)
    assert plan(selection(CALENDAR), {}).warnings == ()


def test_retention_that_would_age_restored_mail_away_is_told() -> None:
    tagged = Folder(id="t", path=("Old",), facts={"retention": {"days": 30}})
    saved = plan(selection(tagged, t=1), {}).warnings
    assert any("Old" in warning and "retention hold" in warning for warning in saved)
    target = plan(selection(INBOX, i=1), {"retention": {"days": 30}}).warnings
    assert any("target mailbox is under a retention policy" in warning for warning in target)


def test_mail_from_the_outbox_is_told_to_come_back_as_drafts() -> None:
    assert any("drafts" in warning for warning in plan(selection(OUTBOX, o=1), {}).warnings)


def test_what_was_read_as_mime_is_told_to_lack_properties() -> None:
    chosen = Selection(folders=(INBOX,), counts={"i": 5}, ways={"export": 2, "mime": 3})
    assert [loss.count for loss in plan(chosen, {}).losses] == [3]


def test_a_setting_that_was_not_saved_is_told_as_lost() -> None:
    chosen = Selection(
        folders=(), counts={}, ways={}, settings={"rules": {"unavailable": "no right"}}
    )
    made = plan(chosen, {})
    assert [(loss.what, "no right" in loss.why) for loss in made.losses] == [("rules", True)]
    assert any("switched off" in warning for warning in made.warnings)
