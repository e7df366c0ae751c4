"""office365-rest-python-client asks what changed: everything, as it happened, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from office365.runtime.client_request_exception import ClientRequestException
from office365.sharepoint.changes.change import Change
from office365.sharepoint.changes.query import ChangeQuery
from office365.sharepoint.changes.token import ChangeToken
from office365.sharepoint.client_context import ClientContext

from strongroom.lab.sharepoint.content.change_log import ChangeType, Scope
from strongroom.lab.sharepoint.content.permissions import READ
from tests.judges.sharepoint import SharePointJudge
from tests.judges.site_meaning import plain
from tests.judges.staged_site import INVOICE, Staged

PATH = "/sites/marketing"
_THINGS = ("Item", "List", "Web", "Site", "File", "Folder", "User", "Group", "View", "ContentType",
           "Field")  # fmt: skip
_WAYS = ("Add", "Update", "SystemUpdate", "DeleteObject", "Rename", "Move", "Restore",
         "RoleAssignmentAdd", "RoleAssignmentDelete", "RoleDefinitionAdd", "RoleDefinitionDelete",
         "RoleDefinitionUpdate", "GroupMembershipAdd", "GroupMembershipDelete", "Navigation",
         "SecurityPolicy", "RecursiveAll")  # fmt: skip


@pytest.fixture
def site(sharepoint: SharePointJudge, staged: Staged) -> ClientContext:
    return sharepoint.online(PATH)


def everything(since: str) -> ChangeQuery:
    """Ask for all that there is."""
    flags = dict.fromkeys((*_THINGS, *_WAYS), True)
    return ChangeQuery(**flags, ChangeTokenStart=ChangeToken(since))


def told(changes: list[Change]) -> list[tuple[str, int]]:
    """Say of which type each change is, as the client takes it, and what happened."""
    return [(type(one).__name__, int(one.properties["ChangeType"].value)) for one in changes]


def test_items_since_a_token(site: ClientContext, staged: Staged) -> None:
    collection, by = staged.collection, staged.ann.id
    with collection.lock:
        of = collection.root.add_list("Watched", by=by)
    one = site.web.lists.get_by_title("Watched")
    one.select(["CurrentChangeToken"]).get().execute_query()
    begin = one.properties["CurrentChangeToken"]
    with collection.lock:
        first, second = of.add_item({"Title": "1"}, by=by), of.add_item({"Title": "2"}, by=by)
        of.update_item(first, {"Title": "one"}, by=by)
        of.recycle_item(second, by=by)
    query = ChangeQuery(Item=True, ChangeTokenStart=begin)
    found = list(one.get_changes(query).execute_query())
    numbers = [plain(change)["ItemId"] for change in found]
    assert numbers == [first.id, second.id, first.id, second.id]
    assert told(found) == [("ChangeItem", kind) for kind in (1, 1, 2, 3)]
    last = plain(found[-1].properties["ChangeToken"])
    query.ChangeTokenStart = ChangeToken(last["StringValue"])
    assert list(one.get_changes(query).execute_query()) == []


def _rename(site: Staged) -> None:
    site.papers.move_item(site.report, by=site.ann.id, name="renamed.txt")


def _restore(site: Staged) -> None:
    gone = site.projects.recycle_item(site.projects.items[3], by=site.ann.id)
    site.collection.recycle_bin.restore(gone.id)


def _move(site: Staged) -> None:
    documents = site.collection.root.list_by_title("Documents")
    assert documents is not None
    site.papers.move_to(site.office, documents, by=site.ann.id)


HAPPENINGS: dict[str, tuple[Callable[[Staged], object], list[tuple[str, int]]]] = {
    "a list": (
        lambda site: site.collection.root.add_list("Brand new", by=site.ann.id),
        [("ChangeList", ChangeType.ADD)],
    ),
    "a setting": (
        lambda site: site.tasks.change_settings(by=site.ann.id, major_limit=9),
        [("ChangeList", ChangeType.UPDATE)],
    ),
    "a name": (_rename, [("ChangeItem", ChangeType.RENAME)]),
    "back out of the bin": (
        _restore,
        [("ChangeItem", ChangeType.DELETE), ("ChangeItem", ChangeType.RESTORE)],
    ),
    "into another library": (
        _move,
        [("ChangeItem", ChangeType.MOVE_AWAY), ("ChangeItem", ChangeType.MOVE_INTO)],
    ),
    "a role for somebody": (
        lambda site: site.papers.add_assignment(site.bob.id, READ, by=site.ann.id),
        [("ChangeList", ChangeType.ASSIGNMENT_ADD)],
    ),
    "permissions of its own": (
        lambda site: site.projects.items[1].break_inheritance(by=site.ann.id),
        [("ChangeItem", ChangeType.SCOPE_ADD)],
    ),
    "somebody in a group": (
        lambda site: site.collection.principals.add_member(site.group, site.ann),
        [("ChangeGroup", ChangeType.MEMBER_ADD)],
    ),
    "a role": (
        lambda site: site.collection.add_role("Other", 1, by=site.ann.id),
        [("ChangeWeb", ChangeType.ROLE_ADD)],
    ),
    "the web": (
        lambda site: site.collection.root.update(by=site.ann.id, description="Else"),
        [("ChangeWeb", ChangeType.UPDATE)],
    ),
    "a content type of a list": (
        lambda site: site.projects.add_content_type(
            site.collection.root.content_types[INVOICE], by=site.ann.id
        ),
        [("ChangeList", ChangeType.LIST_CONTENT_TYPE_ADD)],
    ),
}


def test_whatever_happens_is_told_once_and_in_order(site: ClientContext, staged: Staged) -> None:
    # The lab counts a visitor among the site's people when they first come.
    site.web.get().execute_query()
    begin = str(staged.collection.current_token)
    expected = []
    with staged.collection.lock:
        for happen, changes in HAPPENINGS.values():
            happen(staged)
            expected += changes
    found = list(site.site.get_changes(everything(begin)).execute_query())
    # A content type brings its columns along.
    columns = [one for one in found if "FieldId" in one.properties]
    assert len(columns) == 1
    main = told([one for one in found if one not in columns])
    assert main == [(name, int(kind)) for name, kind in expected]
    again = plain(found[-1].properties["ChangeToken"])["StringValue"]
    assert list(site.site.get_changes(everything(again)).execute_query()) == []


def test_a_token_that_is_too_old_or_of_something_else_is_refused(
    site: ClientContext, staged: Staged
) -> None:
    token = staged.collection.log.current_token(Scope.SITE, staged.collection.id)
    old = f"1;1;{staged.collection.id};{token.ticks - 61 * 864_000_000_000};{-1}"
    other = f"1;3;{staged.projects.id};{token.ticks};{token.number}"
    for wrong in (old, other, "1;2;x"):
        with pytest.raises(ClientRequestException):
            site.site.get_changes(everything(wrong)).execute_query()
