from __future__ import annotations

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.words import Permission
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.exchange.shapes.permissions import of_level
from strongroom.lab.https import Request
from tests.fakes.face_client import (
    PATH,
    FaceClient,
    basic,
    create_item,
    envelope,
    folder_ref,
    get_item,
    sync_hierarchy,
    sync_items,
    text,
)
from tests.fakes.lab_people import ANN, BEN

INBOX_OF_ANN = folder_ref("inbox", ANN)


def _status(face: ExchangeFace, header: str | None, *, method: str = "POST") -> int:
    headers = {"authorization": header} if header is not None else {}
    body = envelope(sync_hierarchy()).encode()
    return face.answer(Request(method=method, path=PATH, headers=headers, body=body)).status


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", "Basic !!!", "Bearer abc", basic(ANN, "wrong"), basic("nobody@x", "y")],
)
def test_who_does_not_sign_in_is_asked_to(face: ExchangeFace, header: str | None) -> None:
    assert _status(face, header) == 401


def test_the_challenge_names_basic(face: ExchangeFace) -> None:
    response = face.answer(Request(method="POST", path=PATH, headers={}, body=b""))
    assert dict(response.headers)["WWW-Authenticate"].startswith("Basic realm=")


def test_a_disabled_mailbox_lets_nobody_in(estate: Estate, face: ExchangeFace) -> None:
    estate.add_mailbox("gone@lab.example", "Gone", password="g", role="disabled")
    assert _status(face, basic("gone@lab.example", "g")) == 401


def test_only_post_is_served_and_only_at_its_path(face: ExchangeFace) -> None:
    assert _status(face, basic(ANN, "ann's"), method="GET") == 405
    elsewhere = Request(method="POST", path="/EWS/Other.asmx", headers={}, body=b"")
    assert face.answer(elsewhere).status == 404


def test_the_answer_names_servers_and_echoes_the_correlation_id(face: ExchangeFace) -> None:
    request = Request(
        method="POST",
        path=PATH,
        headers={
            "authorization": basic(ANN, "ann's"),
            "client-request-id": "a-b-c",
            "return-client-request-id": "true",
        },
        body=envelope(sync_hierarchy()).encode(),
    )
    headers = dict(face.answer(request).headers)
    assert headers["client-request-id"] == "a-b-c"
    assert headers["X-BEServer"] == headers["X-DiagInfo"] == "EX01"
    assert {"request-id", "X-FEServer", "X-CalculatedBETarget"} <= headers.keys()
    assert headers["Set-Cookie"].startswith("X-BackEndCookie=")


def test_the_keeper_sees_the_mailbox_that_it_impersonates(
    keeper: FaceClient, ann: FaceClient
) -> None:
    assert keeper.codes(sync_hierarchy()) == ["NoError"]
    assert text(keeper.message(sync_hierarchy()), "m:SyncState") == text(
        ann.message(sync_hierarchy()), "m:SyncState"
    )


def test_others_may_not_impersonate(face: ExchangeFace) -> None:
    client = FaceClient(face, BEN, "ben's", acting_as=ANN)
    assert client.fault(sync_hierarchy()) == "ErrorImpersonateUserDenied"
    assert client.status == 500


def test_nobody_can_be_impersonated_who_is_not_there(face: ExchangeFace) -> None:
    client = FaceClient(face, "keeper", "k", acting_as="nobody@lab.example")
    assert client.fault(sync_hierarchy()) == "ErrorNonExistentMailbox"


def test_an_empty_impersonation_header_is_refused(face: ExchangeFace) -> None:
    client = FaceClient(face, "keeper", "k", acting_as=" ")
    assert client.fault(sync_hierarchy()) == "ErrorInvalidExchangeImpersonationHeaderData"


def test_an_account_without_mailbox_must_say_whose_folder_it_means(face: ExchangeFace) -> None:
    client = FaceClient(face, "keeper", "k")
    assert client.codes(sync_items(folder_ref("inbox"))) == ["ErrorMissingEmailAddress"]


def test_another_ones_folder_is_not_even_there_without_rights(ben: FaceClient) -> None:
    assert ben.codes(sync_items(INBOX_OF_ANN)) == ["ErrorSyncFolderNotFound"]


def test_a_reviewer_reads_but_does_not_write(mailbox: Mailbox, ben: FaceClient) -> None:
    mailbox.folder_by_role("inbox").permissions = [of_level(BEN, "Reviewer")]
    assert ben.codes(sync_items(INBOX_OF_ANN)) == ["NoError"]
    written = ben.codes(create_item("Message", folder=INBOX_OF_ANN))
    assert written == ["ErrorCreateItemAccessDenied"]


def test_full_access_opens_everything(mailbox: Mailbox, ben: FaceClient) -> None:
    mailbox.full_access.add(BEN)
    assert ben.codes(sync_items(INBOX_OF_ANN)) == ["NoError"]
    assert ben.codes(create_item("Message", folder=INBOX_OF_ANN)) == ["NoError"]


def _delegate(operation: str, level: str) -> str:
    return (
        f"<m:{operation}><m:Mailbox><t:EmailAddress>{ANN}</t:EmailAddress></m:Mailbox>"
        f"<m:DelegateUsers><t:DelegateUser><t:UserId><t:PrimarySmtpAddress>{BEN}"
        "</t:PrimarySmtpAddress></t:UserId><t:DelegatePermissions><t:InboxFolderPermissionLevel>"
        f"{level}</t:InboxFolderPermissionLevel></t:DelegatePermissions></t:DelegateUser>"
        f"</m:DelegateUsers></m:{operation}>"
    )


_REMOVED = (
    f"<m:RemoveDelegate><m:Mailbox><t:EmailAddress>{ANN}</t:EmailAddress></m:Mailbox><m:UserIds>"
    f"<t:UserId><t:PrimarySmtpAddress>{BEN}</t:PrimarySmtpAddress></t:UserId></m:UserIds>"
    "</m:RemoveDelegate>"
)


@pytest.mark.parametrize("end", [_delegate("UpdateDelegate", "None"), _REMOVED])
def test_a_delegate_may_do_what_the_level_says_until_it_is_taken_away(
    ann: FaceClient, ben: FaceClient, end: str
) -> None:
    written = create_item("Message", folder=INBOX_OF_ANN)
    ann.post(_delegate("AddDelegate", "Reviewer"))
    assert ben.codes(sync_items(INBOX_OF_ANN)) == ["NoError"]
    assert ben.codes(written) == ["ErrorCreateItemAccessDenied"]
    assert ben.codes(sync_items(folder_ref("calendar", ANN))) == ["ErrorSyncFolderNotFound"]
    ann.post(_delegate("UpdateDelegate", "Editor"))
    assert ben.codes(written) == ["NoError"]
    ann.post(end)
    assert ben.codes(sync_items(INBOX_OF_ANN)) == ["ErrorSyncFolderNotFound"]


def test_nobody_makes_himself_a_delegate(ben: FaceClient) -> None:
    answer = ben.post(_delegate("AddDelegate", "Editor"))
    assert [one.text for one in answer.iter("{*}ResponseCode")] == ["ErrorAccessDenied"]
    assert ben.codes(sync_items(INBOX_OF_ANN)) == ["ErrorSyncFolderNotFound"]


def test_who_sees_a_folder_and_may_not_read_is_denied(mailbox: Mailbox, ben: FaceClient) -> None:
    folder = mailbox.folder_by_role("inbox")
    folder.permissions = [Permission(user="Default", is_folder_visible=True)]
    assert ben.codes(sync_items(INBOX_OF_ANN)) == ["ErrorAccessDenied"]


def test_an_item_id_alone_opens_nothing(ann: FaceClient, ben: FaceClient) -> None:
    made = ann.message(create_item("Message", "<t:Subject>private</t:Subject>"))
    reference = made.find(".//{*}ItemId")
    assert reference is not None
    assert ben.codes(get_item(str(reference.get("Id")))) == ["ErrorItemNotFound"]
