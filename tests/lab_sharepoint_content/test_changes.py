"""The change log: what it tells, to whom, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.lab.sharepoint.content.change_log import (
    ChangeToken,
    ChangeType,
    Scope,
    Thing,
    ticks_of,
)
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.list_placing import How
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.permissions import READ
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.refusals import TokenInvalid, TokenTooOld
from tests.fakes.hand_clock import HandClock


def _told(planks: SpList, token: ChangeToken) -> list[tuple[ChangeType, Thing, int]]:
    changes = planks.collection.log.since(Scope.LIST, planks.id, start=token)
    return [(one.type, one.thing, one.item_id) for one in changes]


def test_a_token_is_written_as_servers_write_it(planks: SpList, clock: HandClock) -> None:
    token = planks.current_token
    ticks = ticks_of(clock.now())
    assert str(token) == f"1;3;{planks.id};{ticks};{planks.collection.log.last_number}"
    assert ChangeToken.parse(str(token)) == token
    assert ticks_of(clock.now()) == 639083025000000000


@pytest.mark.parametrize("text", ["", "1;3;x;1;1", "2;3;{0};1;1", "1;9;{0};1;1", "1;3;{0};1"])
def test_anything_else_is_no_token(text: str, planks: SpList) -> None:
    with pytest.raises(TokenInvalid):
        ChangeToken.parse(text.format(planks.id))


def test_every_change_of_an_item_is_told_once(planks: SpList, ann: User) -> None:
    token = planks.current_token
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    planks.update_item(item, {"Title": "ash"}, by=ann.id)
    planks.update_item(item, {"Title": "elm"}, by=ann.id, how=How.SYSTEM)
    planks.add_attachment(item, "a.txt", b"a", by=ann.id)
    item.break_inheritance(by=ann.id)
    item.add_assignment(ann.id, READ, by=ann.id)
    planks.recycle_item(item, by=ann.id)
    (entry,) = planks.collection.recycle_bin.entries()
    planks.collection.recycle_bin.restore(entry.id)
    assert [kind.name for kind, thing, number in _told(planks, token) if number == item.id] == [
        "ADD",
        "UPDATE",
        "SYSTEM_UPDATE",
        "UPDATE",
        "SCOPE_ADD",
        "ASSIGNMENT_ADD",
        "DELETE",
        "RESTORE",
    ]


def test_a_list_hears_of_itself_alone_and_the_site_of_all(
    site: SiteCollection, planks: SpList, documents: SpList, ann: User
) -> None:
    list_token, web_token = planks.current_token, site.root.current_token
    site_token = site.current_token
    documents.upload("a.txt", b"a", by=ann.id)
    below = site.root.webs["hr"]
    tasks = below.list_by_title("Tasks")
    assert tasks is not None
    tasks.add_item({"Title": "x"}, by=ann.id)
    assert _told(planks, list_token) == []
    in_web = list(site.log.since(Scope.WEB, site.root.id, start=web_token))
    assert [one.list_id for one in in_web] == [documents.id]
    in_site = list(site.log.since(Scope.SITE, site.id, start=site_token))
    assert [one.list_id for one in in_site] == [documents.id, tasks.id]


def test_going_on_from_a_change_tells_what_came_after_it(planks: SpList, ann: User) -> None:
    token = planks.current_token
    for name in "abc":
        planks.add_item({"Title": name}, by=ann.id)
    first = next(iter(planks.collection.log.since(Scope.LIST, planks.id, start=token)))
    rest = _told(planks, first.token(Scope.LIST, planks.id))
    assert [number for _, _, number in rest] == [2, 3]


def test_a_token_without_a_number_goes_by_its_time(
    planks: SpList, ann: User, clock: HandClock
) -> None:
    planks.add_item({"Title": "before"}, by=ann.id)
    clock.move(seconds=1)
    made_up = ChangeToken(
        scope=Scope.LIST, guid=planks.id, ticks=ticks_of(clock.now()) - 1, number=-1
    )
    planks.add_item({"Title": "after"}, by=ann.id)
    assert [number for _, _, number in _told(planks, made_up)] == [2]


def test_after_sixty_days_a_token_is_too_old(planks: SpList, ann: User, clock: HandClock) -> None:
    token = planks.current_token
    planks.add_item({"Title": "old"}, by=ann.id)
    clock.move(days=59)
    assert len(_told(planks, token)) == 1
    clock.move(days=2)
    with pytest.raises(TokenTooOld):
        _told(planks, token)
    assert list(planks.collection.log.since(Scope.LIST, planks.id)) == []


def test_a_cut_log_refuses_what_lies_before_the_cut(planks: SpList, ann: User) -> None:
    token = planks.current_token
    planks.add_item({"Title": "old"}, by=ann.id)
    planks.add_item({"Title": "older"}, by=ann.id)
    planks.collection.log.forget_before(planks.collection.log.last_number)
    with pytest.raises(TokenTooOld):
        _told(planks, token)
    assert _told(planks, planks.current_token) == []


def test_the_token_moves_with_time_and_with_others_though_nothing_happened(
    planks: SpList, clock: HandClock
) -> None:
    before = planks.current_token
    clock.move(minutes=5)
    planks.collection.log.pass_numbers(40)
    after = planks.current_token
    assert after.ticks - before.ticks == timedelta(minutes=5) // timedelta(microseconds=1) * 10
    assert after.number == before.number + 40
    assert _told(planks, before) == []


def test_another_objects_token_is_refused(
    planks: SpList, documents: SpList, site: SiteCollection
) -> None:
    with pytest.raises(TokenInvalid):
        _told(planks, documents.current_token)
    future = ChangeToken(scope=Scope.SITE, guid=site.id, ticks=10**18, number=10**12)
    with pytest.raises(TokenInvalid):
        list(site.log.since(Scope.SITE, site.id, start=future))


def test_what_is_no_item_is_told_as_well(
    site: SiteCollection, planks: SpList, ann: User, ben: User
) -> None:
    token = site.current_token
    column = planks.parse_field('<Field Type="Text" DisplayName="Grain" />', by=ann.id)
    planks.delete_field(column, by=ann.id)
    planks.change_settings(by=ann.id, has_moderation=True)
    group = site.principals.add_group("Sawyers")
    site.principals.add_member(group, ben)
    site.root.add_node("Mill", "/sites/yard/mill", by=ann.id)
    site.root.update(by=ann.id, title="Timber yard")
    told = [
        (one.thing.value, one.type.name) for one in site.log.since(Scope.SITE, site.id, start=token)
    ]
    assert told == [
        ("Field", "ADD"),
        ("Field", "DELETE"),
        ("List", "UPDATE"),
        ("Group", "ADD"),
        ("Group", "MEMBER_ADD"),
        ("Web", "NAVIGATION"),
        ("Web", "UPDATE"),
    ]


@pytest.mark.parametrize("tells_below", [False, True])
def test_a_folder_may_speak_for_what_lies_in_it(
    planks: SpList, ann: User, *, tells_below: bool
) -> None:
    planks.collection.log.tells_below = tells_below
    folder = planks.add_folder("F", by=ann.id)
    item = planks.add_item({"Title": "oak"}, by=ann.id, folder=folder)
    token = planks.current_token
    planks.move_item(folder, by=ann.id, name="G")
    entry = planks.recycle_item(folder, by=ann.id)
    planks.collection.recycle_bin.restore(entry.id)
    told = [(kind.name, number) for kind, _, number in _told(planks, token)]
    numbers = [folder.id, item.id] if tells_below else [folder.id]
    assert told == [(kind, n) for kind in ("RENAME", "DELETE", "RESTORE") for n in numbers]
