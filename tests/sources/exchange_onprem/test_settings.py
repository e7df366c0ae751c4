from __future__ import annotations

from typing import Any

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.settings import Delegate, InboxRule, OutOfOffice
from strongroom.lab.estate.words import Permission
from strongroom.lab.exchange.shapes.permissions import of_level
from strongroom.words.item import Folder
from strongroom.words.restoring import Selection
from tests.fakes.exchange import TARGET, Site

HELPER = "helper@lab.example"
LIST = "IPM.Configuration.CategoryList"
ROAMING_XML = 0x7C080102


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


def settle(site: Site, settings: dict[str, Any], *folders: Folder) -> list[str]:
    server = site.open()
    target = server.target(server.resolve(TARGET))
    for folder in folders:
        target.folder(folder, None)
    return list(target.settle(settings))


def helper(site: Site, **changes: Any) -> Delegate:
    if site.estate.mailbox(HELPER) is None:
        site.estate.add_mailbox(HELPER, "Helper", password="made-up")
    return Delegate(address=HELPER, name="Helper", **changes)


def test_delegates_come_back_with_their_rights_and_without_meeting_copies(quiet: Site) -> None:
    settings = quiet.mailbox(TARGET).settings
    levels = (("calendar", "Editor"), ("inbox", "Reviewer"))
    delegate = helper(quiet, levels=levels, receives_copies=True, sees_private=True)
    settings.delegates.append(delegate)
    documents = {"delegates": saved(quiet)["delegates"]}
    settings.delegates.clear()
    said = settle(quiet, documents)
    (back,) = settings.delegates
    assert back.address == HELPER
    assert back.sees_private
    assert not back.receives_copies
    assert dict(levels).items() <= dict(back.levels).items()
    assert any(HELPER in line and "without the copies" in line for line in said)
    assert quiet.estate.outgoing == []


def test_a_delegate_whom_the_server_does_not_know_is_named(quiet: Site) -> None:
    settings = quiet.mailbox(TARGET).settings
    settings.delegates += [Delegate(address="gone@lab.example", name="Gone"), helper(quiet)]
    documents = {"delegates": saved(quiet)["delegates"]}
    settings.delegates.clear()
    said = settle(quiet, documents)
    assert [one.address for one in settings.delegates] == [HELPER]
    assert any("gone@lab.example" in line and "not put back" in line for line in said)


def test_a_delegate_whom_the_mailbox_has_is_left_as_it_is(quiet: Site) -> None:
    settings = quiet.mailbox(TARGET).settings
    settings.delegates.append(helper(quiet, levels=(("calendar", "Editor"),)))
    documents = {"delegates": saved(quiet)["delegates"]}
    settings.delegates[0] = now = helper(quiet, levels=(("calendar", "Reviewer"),))
    said = settle(quiet, documents)
    assert settings.delegates == [now]
    assert any("one already" in line for line in said)


def test_right_levels_of_their_own_kind_are_named_and_left_out(quiet: Site) -> None:
    settings = quiet.mailbox(TARGET).settings
    settings.delegates.append(helper(quiet, levels=(("calendar", "Custom"), ("tasks", "Editor"))))
    documents = {"delegates": saved(quiet)["delegates"]}
    settings.delegates.clear()
    said = settle(quiet, documents)
    assert dict(settings.delegates[0].levels)["tasks"] == "Editor"
    assert any("CalendarFolderPermissionLevel" in line for line in said)


def category_list(site: Site, *names: str) -> None:
    rows = "".join(f'<category name="{name}" color="3" guid="{{1}}"/>' for name in names)
    xml = f'<?xml version="1.0"?><categories xmlns="CategoryList.xsd">{rows}</categories>'
    calendar = site.mailbox(TARGET).folder_by_role("calendar")
    for item in calendar.items:
        calendar.mailbox.hard_delete_item(item)
    if names:
        message = Message({tags.PidTagMessageClass: LIST, ROAMING_XML: xml.encode()})
        calendar.add_item(message, is_associated=True)


def categories(site: Site) -> str:
    (one,) = site.mailbox(TARGET).folder_by_role("calendar").items
    data = one.get(ROAMING_XML)
    assert isinstance(data, bytes)
    return data.decode()


def test_the_list_of_categories_is_made_where_there_is_none(quiet: Site) -> None:
    category_list(quiet, "Tender", "Pri &amp; vé")
    documents = {"categories": saved(quiet)["categories"]}
    category_list(quiet)
    said = settle(quiet, documents)
    assert 'name="Tender"' in categories(quiet)
    assert said == ["categories: the list with its colours is put back."]
    assert saved(quiet)["categories"] == documents["categories"]


def test_categories_are_added_to_those_that_the_mailbox_has(quiet: Site) -> None:
    category_list(quiet, "Tender", "Site")
    documents = {"categories": saved(quiet)["categories"]}
    category_list(quiet, "site", "New")
    said = settle(quiet, documents)
    assert [name for name in ("site", "New", "Tender") if f'"{name}"' in categories(quiet)] == [
        "site",
        "New",
        "Tender",
    ]
    assert "Site" not in categories(quiet)
    assert any("Tender" in line for line in said)
    assert settle(quiet, documents) == ["categories: the mailbox has all of them."]


def test_a_list_of_categories_that_is_no_xml_is_told_and_nothing_changes(quiet: Site) -> None:
    category_list(quiet, "Site")
    said = settle(quiet, {"categories": {"xml": "<categories"}})
    assert "not put back" in said[0]
    assert 'name="Site"' in categories(quiet)


def test_a_server_without_these_operations_is_told_of_and_the_others_are_put_back(
    quiet: Site,
) -> None:
    settings = quiet.mailbox(TARGET).settings
    settings.delegates.append(helper(quiet))
    settings.out_of_office = OutOfOffice(state="Enabled", internal_reply="Away.")
    category_list(quiet, "Site")
    documents = saved(quiet)
    settings.delegates.clear()
    settings.out_of_office = OutOfOffice()
    quiet.quirks(without=("AddDelegate", "GetUserConfiguration", "UpdateInboxRules"))
    said = settle(quiet, documents)
    assert any(line.startswith("delegates: not put back") for line in said)
    assert any(line.startswith("categories: not put back") for line in said)
    assert settings.out_of_office.internal_reply == "Away."
    assert settings.out_of_office.state == "Disabled"


def calendar_of(site: Site) -> Folder:
    server = site.open()
    source = server.source(server.resolve(TARGET))
    return next(one for one in source.hierarchy(None).folders if one.role == "calendar")


def test_a_known_folder_gets_the_permissions_that_it_lacks(quiet: Site) -> None:
    helper(quiet)
    quiet.estate.add_mailbox("new@lab.example", "New", password="made-up")
    folder = quiet.mailbox(TARGET).folder_by_role("calendar")
    default = of_level("Default", "FreeBusyTimeOnly")
    folder.permissions = [of_level(HELPER, "Editor"), default]
    before = calendar_of(quiet)
    folder.permissions = [of_level("new@lab.example", "Reviewer")]
    said = settle(quiet, {"rules": {"rules": []}}, before)
    levels = {one.user: one.level for one in folder.permissions}
    assert levels[HELPER] == "Editor"
    assert levels["new@lab.example"] == "Reviewer"
    assert levels["Default"] == "FreeBusyTimeOnly"
    assert any("permissions of Calendar: completed" in line for line in said)


def test_permissions_of_folders_that_are_there_stay_as_they_are_without_settings(
    quiet: Site,
) -> None:
    helper(quiet)
    folder = quiet.mailbox(TARGET).folder_by_role("calendar")
    folder.permissions = [of_level(HELPER, "Editor")]
    before = calendar_of(quiet)
    folder.permissions = []
    assert settle(quiet, {}, before) == []
    assert folder.permissions == []


def project(site: Site, *entries: Permission) -> Folder:
    root = site.mailbox(TARGET).folder_by_role("msgfolderroot")
    made = site.mailbox(TARGET).add_folder(root, "Project")
    made.permissions = list(entries)
    server = site.open()
    found = server.source(server.resolve(TARGET)).hierarchy(None).folders
    site.mailbox(TARGET).delete_folder(made)
    return next(one for one in found if one.path == ("Project",))


def test_a_new_folder_comes_with_permissions_of_those_whom_the_server_knows(quiet: Site) -> None:
    helper(quiet)
    own = Permission(user=HELPER, can_create_items=True, read_items="FullDetails")
    folder = project(quiet, own, of_level("gone@lab.example", "Owner"))
    server = quiet.open()
    target = server.target(server.resolve(TARGET))
    plan = target.plan(Selection(folders=(folder,), counts={}, ways={}))
    assert [loss.what for loss in plan.losses] == ["permissions of Project"]
    assert "gone@lab.example" in plan.losses[0].why
    target.folder(folder, None)
    made = quiet.mailbox(TARGET).folder_by_role("msgfolderroot").child("Project")
    assert made is not None
    named = {one.user: one for one in made.permissions if "@" in one.user}
    assert named == {HELPER: own}
    assert target.settle({}) == ()


def test_a_folder_whose_permissions_are_refused_is_made_and_that_is_said(quiet: Site) -> None:
    folder = project(quiet, of_level("gone@lab.example", "Owner"))
    quiet.quirks(without=("ResolveNames",))
    server = quiet.open()
    target = server.target(server.resolve(TARGET))
    target.folder(folder, None)
    assert quiet.mailbox(TARGET).folder_by_role("msgfolderroot").child("Project") is not None
    (said,) = target.settle({})
    assert said.startswith("permissions of Project: not put back")
