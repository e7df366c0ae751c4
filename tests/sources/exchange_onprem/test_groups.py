"""Members of groups: all of them, each once, and never silence about who may be missing."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.seed.organisation import EVERYBODY, TEAM
from strongroom.service.ports import Grouped
from strongroom.sources.exchange_onprem import groups
from strongroom.words.group import Group
from strongroom.words.resource import ResourceKind
from tests.fakes.exchange import PASSWORD, TARGET, Site

ALL, SALES, BOARD = "all@lab.example", "sales@lab.example", "board@lab.example"
ANN, BOB = "ann@lab.example", "bob@lab.example"


@pytest.fixture
def grouped(quiet: Site) -> Site:
    """Give two people in groups that stand in a circle."""
    for address in (ANN, BOB):
        quiet.estate.add_mailbox(address, address.title(), password=PASSWORD, archive=False)
    quiet.estate.add_group(ALL, "All", SALES, TARGET, ANN, "eve@supplier.example")
    quiet.estate.add_group(SALES, "Sales", BOB, ANN.upper(), ALL)
    return quiet


def look_up(site: Site, address: str = ALL, *, without: str = "") -> Group:
    server: Grouped = site.open()
    return server.group(address, lambda one: one == without)


def test_members_are_found_through_all_groups_and_each_once(grouped: Site) -> None:
    found = look_up(grouped, ALL.upper())
    assert found.members == (TARGET, ANN, BOB)
    assert found.others == (("eve@supplier.example", "A contact: the mailbox is elsewhere."),)
    assert (found.untold, found.left_out) == ((), ())


def test_each_group_is_opened_once(grouped: Site) -> None:
    server = grouped.open()
    server.facts()
    assert grouped.count(lambda: server.group(ALL, lambda _: False)) == 2


def test_a_group_that_is_left_out_is_not_opened(grouped: Site) -> None:
    found = look_up(grouped, without=SALES)
    assert found.members == (TARGET, ANN)
    assert found.left_out == (SALES,)


@pytest.mark.parametrize("inside", [False, True])
def test_a_group_that_names_nobody_is_never_taken_for_empty(grouped: Site, *, inside: bool) -> None:
    group = grouped.estate.group(SALES if inside else ALL)
    assert group is not None
    group.hides_members = True
    found = look_up(grouped)
    assert [address for address, _ in found.untold] == [group.address]
    assert "hidden" in found.untold[0][1]


def test_a_hidden_group_inside_another_is_told(grouped: Site) -> None:
    group = grouped.estate.group(SALES)
    assert group is not None
    group.is_hidden = True
    found = look_up(grouped)
    assert found.members == (TARGET, ANN)
    assert [address for address, _ in found.untold] == [SALES]


@pytest.mark.parametrize("address", ["nobody@lab.example", ANN])
def test_what_is_no_group_is_refused(grouped: Site, address: str) -> None:
    with pytest.raises(OperatorError, match=f"no group {address}"):
        look_up(grouped, address)


def test_a_part_of_the_members_is_not_all(grouped: Site) -> None:
    grouped.quirks(group_members_max=2)
    found = look_up(grouped)
    assert {address for address, _ in found.untold} == {ALL, SALES}
    assert "only a part" in found.untold[0][1]


def test_no_more_groups_are_opened_than_anybody_means(
    grouped: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "GROUPS_MAX", 2)
    grouped.estate.add_group(BOARD, "Board", SALES, ALL)
    found = look_up(grouped, BOARD)
    assert [address for address, _ in found.untold] == [ALL]
    assert found.members == (BOB, ANN)


def test_a_server_that_opens_no_groups_says_what_to_do(grouped: Site) -> None:
    grouped.quirks(without=("ExpandDL",))
    with pytest.raises(OperatorError, match="does not tell who is in a group") as refused:
        look_up(grouped)
    assert "--match" in refused.value.hint


def test_a_member_comes_with_all_that_belongs_to_the_mailbox(grouped: Site) -> None:
    found = list(grouped.open().of_mailbox(TARGET))
    assert [one.kind for one in found] == [
        ResourceKind.MAILBOX,
        ResourceKind.ARCHIVE,
        ResourceKind.RECOVERABLE,
    ]
    (gone,) = grouped.open().of_mailbox("gone@lab.example")
    assert gone.excluded


def test_the_organisations_own_groups_stand_in_a_circle(populated: Site) -> None:
    server = populated.open()
    everybody, team = (server.group(one, lambda _: False) for one in (EVERYBODY, TEAM))
    assert set(everybody.members) == set(team.members)
    assert len(everybody.members) == 6
    assert everybody.untold == ()
