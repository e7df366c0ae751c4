"""What the service refuses, in words that an administrator of a tenant can act on."""

from __future__ import annotations

import pytest

from strongroom.errors import AccessDenied, OperatorError, StrongroomError
from strongroom.sources.exchange_online import steps
from strongroom.sources.exchange_online.denied import OnlineWords
from strongroom.wire.entra.permissions import EWS, ITEMS_EXPORT, USERS_READ
from strongroom.wire.ews.faults import RequestDenied, RequestRefused
from tests.sources.exchange_online.conftest import OpenOnline

APP = "11111111-2222-3333-4444-555555555555"
ANN = "ann@lab.example"


def _told(
    server: OpenOnline, error: StrongroomError, *, is_person: bool = False
) -> StrongroomError:
    words = OnlineWords("Application x", APP, is_person=is_person)
    with pytest.raises(StrongroomError) as told, words(server()._signer.ews, ANN):
        raise error
    return told.value


@pytest.mark.parametrize(
    ("is_person", "permission"), [(False, "full_access_as_app"), (True, "EWS.AccessAsUser.All")]
)
def test_a_right_that_is_missing_is_told_with_the_portal_s_step(
    open_online: OpenOnline,
    is_person: bool,  # noqa: FBT001 - a parameter of the table
    permission: str,
) -> None:
    denied = RequestDenied("No.", code="ErrorAccessDenied", why="ErrorAccessDenied")
    told = _told(open_online, denied, is_person=is_person)
    assert isinstance(told, AccessDenied)
    assert f"Application x may not open the mailbox {ANN}" in told.what
    assert permission in told.hint
    assert APP in told.hint
    assert "Management Shell" not in told.hint


def test_what_has_no_story_here_goes_through_as_it_came(open_online: OpenOnline) -> None:
    refused = RequestRefused("No.", code="ErrorInvalidRequest")
    assert _told(open_online, refused) is refused
    other = OperatorError("Something else.")
    assert _told(open_online, other) is other


def test_a_step_names_the_tab_where_the_permission_is() -> None:
    assert "APIs my organization uses, Office 365 Exchange Online" in steps.grant_step(APP, EWS)
    graph = steps.grant_step(APP, ITEMS_EXPORT)
    assert "Add a permission, Microsoft Graph, Application permissions: MailboxItem.Export.All" in (
        graph
    )
    assert "-Role 'Application MailboxItem.Export'" in graph
    assert "New-ManagementRoleAssignment" not in steps.grant_step(APP, USERS_READ), "no such role"


def test_a_name_in_a_command_runs_nothing() -> None:
    assert "-App 'x''; rm -r /'" in steps.scoped_step("x'; rm -r /", EWS)
