"""Who may do what, inherited or not; people and groups."""

from __future__ import annotations

import pytest

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.permissions import (
    CONTRIBUTE,
    EDIT,
    FULL_CONTROL,
    LIMITED_ACCESS,
    READ,
    Securable,
)
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotAllowed, NotFound


def _scope(item: Securable) -> Securable:
    return item.scope


def test_an_item_has_its_folders_permissions_until_it_has_its_own(
    site: SiteCollection, planks: SpList, ann: User
) -> None:
    folder = planks.add_folder("F", by=ann.id)
    item = planks.add_item({"Title": "oak"}, by=ann.id, folder=folder)
    assert _scope(item) is site.root
    folder.break_inheritance(by=ann.id)
    assert _scope(item) is folder
    item.break_inheritance(by=ann.id, is_copied=False)
    assert item.assignments == {ann.id: (FULL_CONTROL,)}
    item.reset_inheritance(by=ann.id)
    assert _scope(item) is folder
    assert folder.assignments == site.root.assignments


def test_clearing_what_lies_below_makes_it_inherit_again(planks: SpList, ann: User) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    item.break_inheritance(by=ann.id)
    planks.break_inheritance(by=ann.id, clears_below=True)
    assert item.permissions is None
    assert item.scope is planks


def test_nothing_is_assigned_where_permissions_are_inherited(planks: SpList, ann: User) -> None:
    with pytest.raises(NotAllowed):
        planks.add_assignment(ann.id, READ, by=ann.id)
    planks.break_inheritance(by=ann.id)
    with pytest.raises(NotFound):
        planks.add_assignment(4711, READ, by=ann.id)
    with pytest.raises(NotFound):
        planks.add_assignment(ann.id, 1, by=ann.id)
    with pytest.raises(NotFound):
        planks.remove_assignment(4711, by=ann.id)


def test_whoever_may_see_an_item_may_pass_through_the_web(
    site: SiteCollection, planks: SpList, ann: User
) -> None:
    guest = site.principals.ensure_user("i:0#.f|membership|guest@other.example")
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    item.break_inheritance(by=ann.id)
    item.add_assignment(guest.id, READ, by=ann.id)
    assert site.root.assignments[guest.id] == (LIMITED_ACCESS,)
    assert planks.permissions is None


def test_roles_add_up_over_groups(site: SiteCollection, planks: SpList, ben: User) -> None:
    roles = site.role_definitions
    assert planks.mask_of(ben.id) == roles[EDIT].mask
    planks.break_inheritance(by=ben.id, is_copied=False)
    planks.remove_assignment(ben.id, by=ben.id)
    assert planks.mask_of(ben.id) == 0
    planks.add_assignment(site.root.visitor_group_id, READ, by=ben.id)
    planks.add_assignment(ben.id, CONTRIBUTE, by=ben.id)
    assert planks.mask_of(ben.id) == roles[CONTRIBUTE].mask
    planks.remove_assignment(ben.id, by=ben.id, role_id=CONTRIBUTE)
    assert planks.mask_of(ben.id) == 0


def test_a_deleted_role_is_taken_from_everybody(site: SiteCollection, ann: User) -> None:
    role = site.add_role("Reviewers", 432, by=ann.id)
    assert role.id == 1073741928
    site.root.add_assignment(ann.id, role.id, by=ann.id)
    with pytest.raises(AlreadyExists):
        site.add_role("REVIEWERS", 1, by=ann.id)
    site.delete_role(role.id, by=ann.id)
    assert role.id not in site.root.assignments.get(ann.id, ())


def test_somebody_who_left_the_directory_stays_known_where_they_were(
    database: ContentDatabase, site: SiteCollection, ben: User
) -> None:
    database.gone.add(ben.login.casefold())
    assert site.principals.ensure_user(ben.login) is ben
    other = database.create("/sites/new", "New")
    with pytest.raises(NotFound):
        other.principals.ensure_user(ben.login)
    site.principals.remove_user(ben)
    with pytest.raises(NotFound):
        site.principals.ensure_user(ben.login)


def test_people_and_groups_are_items_of_a_hidden_list(site: SiteCollection, ann: User) -> None:
    people = site.root.list_by_title("User Information List")
    assert people is not None
    assert people.item(ann.id).values["Name"] == ann.login
    group = site.principals.add_group("Sawyers")
    assert people.item(group.id).title == "Sawyers"
    site.principals.remove_user(ann)
    assert people.item(ann.id).values["Deleted"] is True


def test_a_directory_says_who_there_is(site: SiteCollection) -> None:
    site.principals.directory = {"i:0#.f|membership|eve@x": ("Eve", "eve@x")}.get
    assert site.principals.ensure_user("i:0#.f|membership|eve@x").title == "Eve"
    with pytest.raises(NotFound):
        site.principals.ensure_user("i:0#.f|membership|nobody@x")


def test_groups_have_members_and_one_name_each(site: SiteCollection, ben: User) -> None:
    principals = site.principals
    group = principals.add_group("Sawyers")
    principals.add_member(group, ben)
    principals.add_member(group, ben)
    assert group.members == [ben.id]
    with pytest.raises(AlreadyExists):
        principals.add_group("sawyers")
    principals.remove_member(group, ben)
    with pytest.raises(NotFound):
        principals.remove_member(group, ben)
    principals.remove_group(group)
    with pytest.raises(NotFound):
        principals.by_id(group.id)
