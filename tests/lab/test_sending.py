"""The lab sends nothing and counts everything that would have left."""

from __future__ import annotations

import base64

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import Message
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.settings import InboxRule
from strongroom.lab.exchange import ids
from tests.fakes.face_client import FaceClient, create_item, extended, folder_ref, item_ref
from tests.fakes.lab_people import ANN, BEN

INBOX = folder_ref("inbox")
TO_BEN = (
    f"<t:ToRecipients><t:Mailbox><t:EmailAddress>{BEN}</t:EmailAddress></t:Mailbox>"
    "</t:ToRecipients>"
)
MEETING = (
    "<t:Subject>talk</t:Subject><t:Start>2026-03-05T09:00:00Z</t:Start>"
    "<t:End>2026-03-05T10:00:00Z</t:End><t:RequiredAttendees><t:Attendee><t:Mailbox>"
    f"<t:EmailAddress>{BEN}</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>"
)


def _reasons(estate: Estate) -> list[str]:
    return [one.why for one in estate.outgoing]


@pytest.mark.parametrize(
    ("disposition", "count"), [("SaveOnly", 0), ("SendOnly", 1), ("SendAndSaveCopy", 1)]
)
def test_a_new_message_goes_out_as_its_disposition_says(
    estate: Estate, ann: FaceClient, disposition: str, count: int
) -> None:
    body = create_item("Message", TO_BEN, attributes={"MessageDisposition": disposition})
    assert ann.codes(body) == ["NoError"]
    assert len(estate.outgoing) == count
    assert all(one.to == (BEN,) and one.sender == ANN for one in estate.outgoing)


@pytest.mark.parametrize(
    ("how", "reasons"), [("SendToNone", []), ("SendOnlyToAll", ["meeting invitation"])]
)
def test_a_new_meeting_invites_only_if_asked(
    estate: Estate, ann: FaceClient, how: str, reasons: list[str]
) -> None:
    body = create_item("CalendarItem", MEETING, attributes={"SendMeetingInvitations": how})
    assert ann.codes(body) == ["NoError"]
    assert _reasons(estate) == reasons


def test_changing_and_deleting_a_meeting_tells_people_only_if_asked(
    estate: Estate, mailbox: Mailbox, ann: FaceClient
) -> None:
    ann.post(create_item("CalendarItem", MEETING))
    (item,) = mailbox.folder_by_role("calendar").items
    reference = item_ref(ids.item_id(item))
    for how in ("SendToNone", "SendToAllAndSaveCopy"):
        ann.post(
            '<m:UpdateItem ConflictResolution="AlwaysOverwrite"'
            f' SendMeetingInvitationsOrCancellations="{how}"><m:ItemChanges><t:ItemChange>'
            f"{reference}<t:Updates><t:SetItemField>"
            '<t:FieldURI FieldURI="calendar:Location"/><t:CalendarItem><t:Location>x</t:Location>'
            "</t:CalendarItem></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges>"
            "</m:UpdateItem>"
        )
    assert _reasons(estate) == ["meeting update"]
    ann.post(
        '<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendOnlyToAll">'
        f"<m:ItemIds>{reference}</m:ItemIds></m:DeleteItem>"
    )
    assert _reasons(estate) == ["meeting update", "meeting cancellation"]


def _asking_for_receipt(mailbox: Mailbox) -> str:
    asking = Message(
        {
            tags.PidTagReadReceiptRequested: True,
            tags.PidTagSenderSmtpAddress: BEN,
            tags.PidTagMessageFlags: 0,
        }
    )
    return ids.item_id(mailbox.folder_by_role("inbox").add_item(asking))


@pytest.mark.parametrize(("suppress", "count"), [("true", 0), ("false", 1)])
def test_reading_and_deleting_answer_receipts_unless_suppressed(
    estate: Estate, mailbox: Mailbox, ann: FaceClient, suppress: str, count: int
) -> None:
    for_reading, for_deleting = _asking_for_receipt(mailbox), _asking_for_receipt(mailbox)
    ann.post(
        '<m:UpdateItem ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly"'
        f' SuppressReadReceipts="{suppress}"><m:ItemChanges><t:ItemChange>'
        f"{item_ref(for_reading)}<t:Updates><t:SetItemField>"
        '<t:FieldURI FieldURI="message:IsRead"/><t:Message><t:IsRead>true</t:IsRead></t:Message>'
        "</t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    assert len(estate.outgoing) == count
    ann.post(
        f'<m:DeleteItem DeleteType="HardDelete" SuppressReadReceipts="{suppress}"><m:ItemIds>'
        f"{item_ref(for_deleting)}</m:ItemIds></m:DeleteItem>"
    )
    assert len(estate.outgoing) == 2 * count


def test_an_uploaded_receipt_request_sends_nothing(
    estate: Estate, mailbox: Mailbox, ann: FaceClient
) -> None:
    stream = fts.build(Message({tags.PidTagReadReceiptRequested: True, tags.PidTagMessageFlags: 1}))
    assert _upload(ann, mailbox, "inbox", stream) == ["NoError"]
    assert estate.outgoing == []


def test_a_submitted_item_in_the_outbox_counts(
    estate: Estate, mailbox: Mailbox, ann: FaceClient
) -> None:
    flags = tags.FLAG_SUBMITTED | tags.FLAG_UNSENT
    stream = fts.build(Message({tags.PidTagMessageFlags: flags}))
    assert _upload(ann, mailbox, "outbox", stream) == ["NoError"]
    assert _reasons(estate) == ["submitted in the Outbox"]
    submitted = extended("0x0E07", "Integer", "4")
    ann.post(create_item("Message", submitted, folder=folder_ref("outbox")))
    assert len(estate.outgoing) == 2
    ann.post(create_item("Message", folder=folder_ref("outbox")))
    assert len(estate.outgoing) == 2


@pytest.mark.parametrize(("state", "count"), [("on", 1), ("off", 0)])
def test_a_rule_forwards_what_is_delivered_and_nothing_else(
    estate: Estate, mailbox: Mailbox, ann: FaceClient, state: str, count: int
) -> None:
    rule = InboxRule(id="1", name="on", sequence=1, is_enabled=state == "on", forwards_to=(BEN,))
    mailbox.settings.rules.append(rule)
    ann.post(create_item("Message", folder=INBOX))
    _upload(ann, mailbox, "inbox", fts.build(Message({tags.PidTagMessageFlags: 1})))
    assert estate.outgoing == []
    estate.deliver(ANN, Message({tags.PidTagSubject: "news"}))
    assert len(estate.outgoing) == count


def _upload(client: FaceClient, mailbox: Mailbox, role: str, stream: bytes) -> list[str]:
    data = base64.b64encode(stream).decode()
    return client.codes(
        '<m:UploadItems><m:Items><t:Item CreateAction="CreateNew">'
        f'<t:ParentFolderId Id="{ids.folder_id(mailbox.folder_by_role(role))}"/>'
        f"<t:Data>{data}</t:Data></t:Item></m:Items></m:UploadItems>"
    )
