"""What a client writes into each kind of item is what it reads back."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from lxml import etree

from strongroom.content import tags
from strongroom.content.message import FileTime
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.exchange.shapes import recurrence
from strongroom.lab.quirks import Quirks
from tests.fakes.face_client import (
    NS,
    FaceClient,
    create_item,
    extended,
    folder_ref,
    get_item,
    item_ref,
    text,
)

EML = (
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: Zoe <zoe@far.example>\r\n"
    b"To: ann@lab.example\r\nMessage-ID: <1@far.example>\r\n"
    b"Date: Mon, 2 Mar 2026 08:00:00 +0000\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
)
WITH_MIME = (
    "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true"
    "</t:IncludeMimeContent></m:ItemShape>"
)

WRITTEN = {
    "CalendarItem": (
        "<t:Subject>talk</t:Subject><t:ReminderIsSet>false</t:ReminderIsSet>"
        "<t:Start>2026-03-05T09:00:00Z</t:Start><t:End>2026-03-05T10:30:00Z</t:End>"
        "<t:IsAllDayEvent>false</t:IsAllDayEvent>"
        "<t:LegacyFreeBusyStatus>Tentative</t:LegacyFreeBusyStatus><t:Location>hall</t:Location>"
        "<t:Recurrence><t:WeeklyRecurrence><t:Interval>2</t:Interval>"
        "<t:DaysOfWeek>Monday Thursday</t:DaysOfWeek></t:WeeklyRecurrence><t:NumberedRecurrence>"
        "<t:StartDate>2026-03-05Z</t:StartDate><t:NumberOfOccurrences>5</t:NumberOfOccurrences>"
        "</t:NumberedRecurrence></t:Recurrence>"
    ),
    "Contact": (
        "<t:FileAs>Fox, Eve</t:FileAs><t:GivenName>Eve</t:GivenName>"
        "<t:CompanyName>Foxes</t:CompanyName><t:EmailAddresses>"
        '<t:Entry Key="EmailAddress1" Name="Eve" RoutingType="SMTP">eve@fox.example</t:Entry>'
        '</t:EmailAddresses><t:PhysicalAddresses><t:Entry Key="Home"><t:Street>Den 1</t:Street>'
        "<t:City>Wood</t:City></t:Entry></t:PhysicalAddresses><t:PhoneNumbers>"
        '<t:Entry Key="MobilePhone">123</t:Entry></t:PhoneNumbers>'
        "<t:Birthday>1990-01-02T00:00:00Z</t:Birthday><t:Surname>Fox</t:Surname>"
    ),
    "Task": (
        "<t:Subject>mow</t:Subject><t:DueDate>2026-04-01T00:00:00Z</t:DueDate>"
        "<t:PercentComplete>50</t:PercentComplete><t:Recurrence><t:AbsoluteMonthlyRecurrence>"
        "<t:Interval>1</t:Interval><t:DayOfMonth>3</t:DayOfMonth></t:AbsoluteMonthlyRecurrence>"
        "<t:NoEndRecurrence><t:StartDate>2026-03-03Z</t:StartDate></t:NoEndRecurrence>"
        "</t:Recurrence><t:Status>InProgress</t:Status>"
    ),
    "DistributionList": (
        "<t:DisplayName>all</t:DisplayName><t:Members><t:Member><t:Mailbox><t:Name>Eve</t:Name>"
        "<t:EmailAddress>eve@fox.example</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType>"
        "<t:MailboxType>OneOff</t:MailboxType></t:Mailbox><t:Status>Normal</t:Status></t:Member>"
        "</t:Members>"
    ),
    "PostItem": "<t:Subject>notice</t:Subject><t:PostedTime>2026-03-01T00:00:00Z</t:PostedTime>",
    "Message": (
        "<t:Subject>mail</t:Subject><t:Sensitivity>Private</t:Sensitivity>"
        '<t:Body BodyType="HTML">&lt;p>hi&lt;/p></t:Body><t:Categories><t:String>red</t:String>'
        "</t:Categories><t:Importance>High</t:Importance><t:Flag><t:FlagStatus>Flagged"
        "</t:FlagStatus></t:Flag><t:ToRecipients><t:Mailbox><t:Name>Eve</t:Name>"
        "<t:EmailAddress>eve@fox.example</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType>"
        "</t:Mailbox></t:ToRecipients><t:InternetMessageId>&lt;1@x></t:InternetMessageId>"
    ),
}


def _created(client: FaceClient, body: str) -> str:
    reference = client.message(body).find(".//t:ItemId", NS)
    assert reference is not None
    return str(reference.get("Id"))


def _shown(client: FaceClient, item_id: str) -> etree._Element:
    items = client.message(get_item(item_id)).find("m:Items", NS)
    assert items is not None
    return items[0]


def _plain(node: etree._Element) -> tuple[object, ...]:
    name = str(node.tag).rpartition("}")[2]
    return (name, (node.text or "").strip(), sorted(node.items()), [_plain(one) for one in node])


@pytest.mark.parametrize("element", sorted(WRITTEN))
def test_what_is_written_is_read_back(ann: FaceClient, element: str) -> None:
    shown = _shown(ann, _created(ann, create_item(element, WRITTEN[element])))
    assert str(shown.tag).endswith("}" + element)
    wrapped = f'<x xmlns:t="{NS["t"]}">{WRITTEN[element]}</x>'
    for wanted in etree.fromstring(wrapped):
        found = shown.find(str(wanted.tag))
        assert found is not None, wanted.tag
        assert _plain(found) == _plain(wanted)


@pytest.mark.parametrize("item_class", ["IPM.StickyNote", "IPM.Activity", "REPORT.IPM.Note.NDR"])
def test_what_has_no_element_of_its_own_keeps_its_class(
    ann: FaceClient, mailbox: Mailbox, item_class: str
) -> None:
    written = f"<t:ItemClass>{item_class}</t:ItemClass><t:Subject>milk</t:Subject>"
    made = _created(ann, create_item("Message", written, folder=folder_ref("notes")))
    shown = _shown(ann, made)
    (item,) = mailbox.folder_by_role("notes").items
    assert (item.item_class, item.subject) == (item_class, "milk")
    assert text(shown, "t:ItemClass") == item_class


def _names(client: FaceClient, item_id: str, inner: str) -> set[str]:
    shape = f"<m:ItemShape>{inner}</m:ItemShape>"
    items = client.message(get_item(item_id, shape=shape)).find("m:Items", NS)
    assert items is not None
    return {str(one.tag).rpartition("}")[2] for one in items[0]}


def test_a_shape_is_small_usual_or_whole_and_mime_comes_only_if_asked_for(ann: FaceClient) -> None:
    item_id = _created(ann, create_item("Message", WRITTEN["Message"]))
    bare, usual, whole = (
        _names(ann, item_id, f"<t:BaseShape>{base}</t:BaseShape>")
        for base in ("IdOnly", "Default", "AllProperties")
    )
    assert bare == {"ItemId"}
    assert bare < usual < whole
    assert {"Subject", "ToRecipients"} <= usual
    assert {"Categories", "Flag", "LastModifiedTime", "InternetMessageId"} <= whole - usual
    assert "MimeContent" not in whole
    wanted = "<t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>"
    assert _names(ann, item_id, wanted) == {"ItemId", "MimeContent"}


@pytest.mark.parametrize(
    ("body_type", "kind", "body"),
    [("Best", "HTML", "<p>hi</p>"), ("HTML", "HTML", "<p>hi</p>"), ("Text", "Text", "hi")],
)
def test_a_body_comes_in_the_form_that_is_asked_for(
    ann: FaceClient, body_type: str, kind: str, body: str
) -> None:
    item_id = _created(ann, create_item("Message", WRITTEN["Message"]))
    shape = (
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>"
        f"<t:BodyType>{body_type}</t:BodyType><t:AdditionalProperties>"
        '<t:FieldURI FieldURI="item:Body"/></t:AdditionalProperties></m:ItemShape>'
    )
    shown = ann.message(get_item(item_id, shape=shape)).find(".//t:Body", NS)
    assert shown is not None
    assert (shown.get("BodyType"), shown.text) == (kind, body)


def _append(item_id: str, uri: str, inner: str) -> str:
    return (
        '<m:UpdateItem ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly">'
        f"<m:ItemChanges><t:ItemChange>{item_ref(item_id)}<t:Updates><t:AppendToItemField>"
        f'<t:FieldURI FieldURI="{uri}"/><t:Message>{inner}</t:Message></t:AppendToItemField>'
        "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )


def test_what_is_appended_stands_behind_what_was_there(ann: FaceClient) -> None:
    item_id = _created(ann, create_item("Message", WRITTEN["Message"]))
    more = '<t:Body BodyType="HTML">&lt;p>ho&lt;/p></t:Body>'
    zoe = "<t:Mailbox><t:EmailAddress>zoe@far.example</t:EmailAddress></t:Mailbox>"
    people = f"<t:ToRecipients>{zoe}</t:ToRecipients>"
    assert ann.codes(_append(item_id, "item:Body", more)) == ["NoError"]
    assert ann.codes(_append(item_id, "message:ToRecipients", people)) == ["NoError"]
    shown = _shown(ann, item_id)
    assert text(shown, "t:Body") == "<p>hi</p><p>ho</p>"
    assert [one.text for one in shown.iterfind("t:ToRecipients//t:EmailAddress", NS)] == [
        "eve@fox.example",
        "zoe@far.example",
    ]
    subject = _append(item_id, "item:Subject", "<t:Subject>x</t:Subject>")
    assert ann.codes(subject) == ["ErrorInvalidPropertyAppend"]


def test_a_message_is_a_draft_unless_its_flags_say_otherwise(ann: FaceClient) -> None:
    draft = _shown(ann, _created(ann, create_item("Message")))
    assert (text(draft, "t:IsDraft"), text(draft, "t:IsRead")) == ("true", "true")
    flags = extended("0x0E07", "Integer", "0")
    received = _shown(ann, _created(ann, create_item("Message", flags)))
    assert (text(received, "t:IsDraft"), text(received, "t:IsRead")) == ("false", "false")


def test_the_draft_flag_cannot_be_changed_later(ann: FaceClient, mailbox: Mailbox) -> None:
    item_id = _created(ann, create_item("Message"))
    ann.post(
        '<m:UpdateItem ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly">'
        f"<m:ItemChanges><t:ItemChange>{item_ref(item_id)}<t:Updates><t:SetItemField>"
        '<t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/><t:Message>'
        f"{extended('0x0E07', 'Integer', '0')}</t:Message></t:SetItemField></t:Updates>"
        "</t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    (item,) = mailbox.folder_by_role("drafts").items
    assert item.flags == tags.FLAG_UNSENT
    assert item.changed == item.arrived < item.read_changed


def test_mime_becomes_a_received_message_and_comes_back_in_another_order(
    ann: FaceClient, mailbox: Mailbox
) -> None:
    data = base64.b64encode(EML).decode()
    inner = f'<t:MimeContent CharacterSet="UTF-8">{data}</t:MimeContent>'
    inner += extended("0x0E07", "Integer", "1") + extended(
        "0x0E06", "SystemTime", "2026-03-02T08:00:01Z"
    )
    item_id = _created(ann, create_item("Message", inner, folder=folder_ref("inbox")))
    (item,) = mailbox.folder_by_role("inbox").items
    assert item.subject == "Grüße"
    assert item.get(tags.PidTagMessageDeliveryTime) == FileTime.from_datetime(
        datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
    )
    message = ann.message(get_item(item_id, shape=WITH_MIME))
    answered = base64.b64decode(text(message, ".//t:MimeContent"))
    assert answered != EML
    assert sorted(answered.splitlines()) == sorted(EML.splitlines())
    assert answered.endswith(b"\r\n\r\nHello\r\n")


def test_mime_may_be_written_all_anew(face: ExchangeFace, ann: FaceClient) -> None:
    data = base64.b64encode(EML).decode()
    item_id = _created(ann, create_item("Message", f"<t:MimeContent>{data}</t:MimeContent>"))
    face.quirks = Quirks(resynthesised_mime=True)
    message = ann.message(get_item(item_id, shape=WITH_MIME))
    answered = base64.b64decode(text(message, ".//t:MimeContent"))
    assert b"Hello" in answered
    assert answered != EML


def test_a_task_has_no_mime_and_an_appointment_has_bare_icalendar(ann: FaceClient) -> None:
    task = _created(ann, create_item("Task", "<t:Subject>x</t:Subject>"))
    assert ann.codes(get_item(task, shape=WITH_MIME)) == ["ErrorUnsupportedMimeConversion"]
    event = _created(ann, create_item("CalendarItem", WRITTEN["CalendarItem"]))
    message = ann.message(get_item(event, shape=WITH_MIME))
    assert base64.b64decode(text(message, ".//t:MimeContent")).startswith(b"BEGIN:VCALENDAR")


def test_a_hidden_item_is_made_and_found_as_such(ann: FaceClient, mailbox: Mailbox) -> None:
    _created(ann, create_item("Message", "<t:IsAssociated>true</t:IsAssociated>"))
    (item,) = mailbox.folder_by_role("drafts").items
    assert item.is_associated
    shape = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
    parent = f"<m:ParentFolderIds>{folder_ref('drafts')}</m:ParentFolderIds>"
    for traversal, count in (("Shallow", 0), ("Associated", 1)):
        body = f'<m:FindItem Traversal="{traversal}">{shape}{parent}</m:FindItem>'
        assert len(ann.message(body).findall(".//t:ItemId", NS)) == count


@pytest.mark.parametrize("digits", [0, 7, 9])
def test_times_have_as_many_digits_as_the_server_is_told(
    face: ExchangeFace, ann: FaceClient, digits: int
) -> None:
    face.quirks = Quirks(fraction_digits=digits)
    shown = _shown(ann, _created(ann, create_item("Message")))
    when = text(shown, "t:DateTimeCreated")
    assert when == "2026-03-02T09:00:00" + (f".{'0' * digits}" if digits else "") + "Z"


def test_the_time_of_day_of_a_series_is_that_of_its_zone(ann: FaceClient, mailbox: Mailbox) -> None:
    zone = '<t:StartTimeZone Id="W. Europe Standard Time"/>'
    ann.post(create_item("CalendarItem", WRITTEN["CalendarItem"] + zone))
    (item,) = mailbox.folder_by_role("calendar").items
    pattern = _pattern(item)
    assert (pattern.begin, pattern.end) == (10 * 60, 11 * 60 + 30)


def _pattern(item: StoredItem) -> recurrence.Pattern:
    data = item.get(tags.PidLidAppointmentRecur)
    assert isinstance(data, bytes)
    return recurrence.parse(data)


def test_attachments_come_and_go(ann: FaceClient, mailbox: Mailbox) -> None:
    item_id = _created(ann, create_item("Message"))
    file = "<t:FileAttachment><t:Name>a.txt</t:Name><t:Content>aGk=</t:Content></t:FileAttachment>"
    inside = (
        "<t:ItemAttachment><t:Name>in</t:Name><t:Contact><t:GivenName>Eve</t:GivenName></t:Contact>"
        "</t:ItemAttachment>"
    )
    made = ann.messages(
        f'<m:CreateAttachment><m:ParentItemId Id="{item_id}"/><m:Attachments>{file}{inside}'
        "</m:Attachments></m:CreateAttachment>"
    )
    names = [str(one.find(".//t:AttachmentId", NS).get("Id")) for one in made]  # type: ignore[union-attr]
    references = "".join(f'<t:AttachmentId Id="{name}"/>' for name in names)
    listed = f"<m:AttachmentIds>{references}</m:AttachmentIds>"
    first, second = ann.messages(f"<m:GetAttachment>{listed}</m:GetAttachment>")
    assert text(first, ".//t:Content") == "aGk="
    assert text(second, ".//t:Contact/t:GivenName") == "Eve"
    (item,) = mailbox.folder_by_role("drafts").items
    inner_id = ids.attachment_id(item, (1,))
    assert text(ann.message(get_item(inner_id)), ".//t:GivenName") == "Eve"
    assert ann.codes(f"<m:DeleteAttachment>{listed}</m:DeleteAttachment>") == ["NoError"] * 2
    assert item.message().attachments == []
