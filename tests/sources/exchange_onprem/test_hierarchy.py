from __future__ import annotations

from datetime import timedelta

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.folder import TYPE_SEARCH
from strongroom.lab.estate.words import Permission
from strongroom.sources.exchange_onprem.source import ExchangeSource
from strongroom.words.item import Folder, Hierarchy
from tests.fakes.exchange import TARGET, Site, read_all


def opened(site: Site) -> ExchangeSource:
    server = site.open()
    return server.source(server.resolve(TARGET))


def by_path(found: Hierarchy) -> dict[str, Folder]:
    return {"/".join(folder.path): folder for folder in found.folders}


def test_renamed_and_moved_folders_keep_their_id_and_deleted_ones_go(quiet: Site) -> None:
    mailbox = quiet.mailbox(TARGET)
    top = mailbox.folder_by_role("msgfolderroot")
    renamed = mailbox.add_folder(top, "Before")
    moved = mailbox.add_folder(top, "Mover")
    below = mailbox.add_folder(moved, "Below")
    deleted = mailbox.add_folder(top, "Gone")
    source = opened(quiet)
    first = source.hierarchy(None)
    mailbox.change_folder(renamed, name="After")
    mailbox.move_folder(moved, renamed)
    mailbox.delete_folder(deleted)
    second = source.hierarchy(first)
    before, after = by_path(first), by_path(second)
    assert after["After"].id == before["Before"].id
    assert after["After/Mover"].id == before["Mover"].id
    assert after[f"After/Mover/{below.name}"].id == before["Mover/Below"].id
    assert {"Before", "Mover", "Gone"}.isdisjoint(after)
    assert second == Hierarchy(folders=source.hierarchy(None).folders, cursor=second.cursor)


def test_where_no_folder_changed_the_list_costs_one_request(quiet: Site) -> None:
    source = opened(quiet)
    first = source.hierarchy(None)
    assert quiet.count(lambda: source.hierarchy(first)) == 1
    assert source.hierarchy(first).folders == first.folders


def test_a_cursor_that_expired_leads_to_a_list_from_the_start(quiet: Site) -> None:
    source = opened(quiet)
    first = source.hierarchy(None)
    stale = Hierarchy(folders=first.folders, cursor="bm90IGEgc3RhdGU=")
    assert source.hierarchy(stale).folders == first.folders


def test_the_root_comes_first_and_known_folders_have_their_roles(quiet: Site) -> None:
    found = opened(quiet).hierarchy(None)
    assert (found.folders[0].path, found.folders[0].role) == ((), "msgfolderroot")
    roles = {folder.role: "/".join(folder.path) for folder in found.folders}
    assert roles["inbox"] == "Inbox"
    assert roles["conflicts"] == "Sync Issues/Conflicts"


def test_a_server_with_fewer_known_folders_is_read_all_the_same(quiet: Site) -> None:
    quiet.quirks(unknown_folders=("conversationhistory", "voicemail", "notes", "junkemail"))
    found = opened(quiet).hierarchy(None)
    assert {"inbox", "calendar"} <= {folder.role for folder in found.folders}
    assert "Notes" in by_path(found)
    assert by_path(found)["Notes"].role is None


def test_search_folders_are_listed_only(quiet: Site) -> None:
    mailbox = quiet.mailbox(TARGET)
    mailbox.add_folder(mailbox.folder_by_role("msgfolderroot"), "Unread", folder_type=TYPE_SEARCH)
    assert by_path(opened(quiet).hierarchy(None))["Unread"].is_listed_only


def test_permissions_and_hiding_are_kept_with_the_folder(quiet: Site) -> None:
    mailbox = quiet.mailbox(TARGET)
    shared = mailbox.add_folder(mailbox.folder_by_role("msgfolderroot"), "Shared", is_hidden=True)
    shared.permissions.append(
        Permission(
            user="Default", is_folder_visible=True, read_items="FullDetails", level="Reviewer"
        )
    )
    folder = by_path(opened(quiet).hierarchy(None))["Shared"]
    assert folder.facts["hidden"] is True
    assert "Reviewer" in str(folder.facts["permissions"])


def test_public_folders_are_listed_level_by_level(populated: Site) -> None:
    populated.quirks(without_root_folder=True)
    backup = read_all(populated.open(), "public-folders")
    stored = {
        "/".join(f.path) if isinstance(f.path, tuple) else f.path
        for f in populated.estate.public_folders.folders
    }
    assert len(backup.hierarchy.folders) == len(stored)
    assert {"Notices/Works council", "Supplier cards"} <= backup.folders.keys()
    assert len(backup.contents) == len(populated.estate.public_folders.items)


def test_all_folders_stand_in_one_request_and_a_change_shows(quiet: Site) -> None:
    inbox = quiet.mailbox(TARGET).folder_by_role("inbox")
    inbox.add_item(Message({tags.PidTagSubject: "one"}))
    inbox.add_item(Message({tags.PidTagSubject: "view"}), is_associated=True)
    source = opened(quiet)
    folders = source.hierarchy(None).folders
    assert quiet.count(lambda: source.standings(folders)) == 1
    ours = next(folder for folder in folders if folder.role == "inbox")
    before = source.standings(folders)[ours.id]
    assert before.count == 2
    assert before.mark
    quiet.clock.move(minutes=2)
    assert source.standings(folders)[ours.id].mark == before.mark
    inbox.add_item(Message({tags.PidTagSubject: "two"}))
    after = source.standings(folders)[ours.id]
    assert after.mark != before.mark
    assert not after.is_settled


def test_settled_is_judged_by_the_servers_clock(quiet: Site) -> None:
    inbox = quiet.mailbox(TARGET).folder_by_role("inbox")
    inbox.add_item(Message({tags.PidTagSubject: "one"}))
    source = opened(quiet)
    folders = source.hierarchy(None).folders
    ours = next(folder for folder in folders if folder.role == "inbox")
    assert not source.standings([ours])[ours.id].is_settled
    quiet.clock.move(seconds=timedelta(minutes=2).total_seconds())
    assert source.standings([ours])[ours.id].is_settled
