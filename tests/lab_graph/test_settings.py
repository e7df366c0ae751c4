"""What belongs to a whole mailbox: settings, rules, categories; EWS sees the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.settings import InboxRule, OutOfOffice
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.exchange.operations.configurations import PidTagRoamingXmlStream
from tests.fakes.face_client import FaceClient
from tests.fakes.marked import canary
from tests.lab_graph.client import Asker
from tests.lab_graph.letters import letter

ANN = "/users/ann@lab.example"
RULES = f"{ANN}/mailFolders/inbox/messageRules"
CATEGORIES = f"{ANN}/outlook/masterCategories"


def _to(address: str) -> dict[str, object]:
    return {"emailAddress": {"address": address}}


def test_automatic_replies_are_those_of_ews(keeper: Asker, ann: Mailbox) -> None:
    ann.settings.out_of_office = OutOfOffice(
        state="Scheduled",
        audience="Known",
        start=datetime(2026, 12, 1, 8, tzinfo=UTC),
        end=datetime(2026, 12, 9, 8, tzinfo=UTC),
        internal_reply="Gone",
        external_reply="Away",
    )
    row = keeper.get(f"{ANN}/mailboxSettings").body
    told = row["automaticRepliesSetting"]
    assert (told["status"], told["externalAudience"]) == ("scheduled", "contactsOnly")
    assert told["scheduledStartDateTime"] == {
        "dateTime": "2026-12-01T08:00:00.0000000",
        "timeZone": "UTC",
    }
    assert row["workingHours"]["daysOfWeek"][0] == "monday"
    assert row["userPurpose"] == "user"


def test_settings_are_changed_where_they_are_named(keeper: Asker, ann: Mailbox) -> None:
    body = {
        "timeZone": "Tokyo Standard Time",
        "language": {"locale": "ja-JP"},
        "workingHours": {"daysOfWeek": ["sunday"], "startTime": "10:00:00.0000000"},
        "automaticRepliesSetting": {"status": "alwaysEnabled", "internalReplyMessage": "Hi"},
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
    }
    told = keeper.ask("PATCH", f"{ANN[1:]}/mailboxSettings", body).body
    assert told["timeZone"] == "Tokyo Standard Time"
    settings = ann.settings
    assert settings.regional.working_hours == ("10:00:00", "17:00:00")
    assert settings.regional.working_days == ("sunday",)
    assert settings.regional.language == "ja-JP"
    assert (settings.out_of_office.state, settings.out_of_office.internal_reply) == (
        "Enabled",
        "Hi",
    )
    assert settings.deliver_meeting_requests == "DelegatesOnly"
    again = keeper.ask("PATCH", f"{ANN[1:]}/mailboxSettings", told)
    assert again.status == 400, "what cannot be set is refused: the purpose, the archive folder"


@pytest.mark.parametrize(
    "body",
    [
        {"userPurpose": "room"},
        {"automaticRepliesSetting": {"status": "sometimes"}},
        {"automaticRepliesSetting": {"status": "scheduled"}},
        {"workingHours": "always"},
    ],
)
def test_settings_that_cannot_be(body: dict[str, object], keeper: Asker, ann: Mailbox) -> None:
    before = ann.settings.out_of_office
    assert keeper.ask("PATCH", f"{ANN[1:]}/mailboxSettings", body).status == 400
    assert ann.settings.out_of_office == before


def test_a_rule_made_by_graph_is_seen_and_obeyed(
    keeper: Asker, estate: Estate, ann: Mailbox
) -> None:
    folder = keeper.get("folders/drafts").body["id"]
    parts = {
        "conditions": {
            "subjectContains": ["invoice"],
            "fromAddresses": [_to("x@lab.example")],
            "importance": "high",
            "isNonDeliveryReport": True,
            "messageActionFlag": "fyi",
            "withinSizeRange": {"minimumSize": 1, "maximumSize": 9},
        },
        "exceptions": {"hasAttachments": True},
        "actions": {
            "forwardTo": [_to("chief@lab.example")],
            "moveToFolder": folder,
            "stopProcessingRules": True,
            "assignCategories": ["A & B"],
        },
    }
    body = {"displayName": "Invoices", "sequence": 3, "isEnabled": True, **parts}
    made = keeper.post(RULES, body)
    assert made.status == 201
    for name, given in parts.items():
        told = dict(made.body[name])
        for people in ("fromAddresses", "forwardTo"):
            if people in told:
                told[people] = [_to(one["emailAddress"]["address"]) for one in told[people]]
        assert told == given
    estate.deliver(ann.address, letter("invoice"))
    assert [one.to for one in estate.outgoing] == [("chief@lab.example",)]
    estate.add_account("keeper", password=canary("keeper"), may_impersonate=True)
    face = ExchangeFace(estate, validates_answers=True)
    ews = FaceClient(face, "keeper", canary("keeper"), acting_as=ann.address)
    answer = ews.post(
        "<m:GetInboxRules><m:MailboxSmtpAddress>ann@lab.example</m:MailboxSmtpAddress>"
        "</m:GetInboxRules>"
    )
    names = [one.tag.rpartition("}")[2] for one in answer.iter() if isinstance(one.tag, str)]
    assert {"ContainsSubjectStrings", "IsNDR", "ForwardToRecipients", "WithinSizeRange"} < set(
        names
    )
    assert face.violations == []
    assert [one.text for one in answer.iter("{*}FlaggedForAction")] == ["FYI"]


def test_rules_are_listed_changed_and_deleted(keeper: Asker, ann: Mailbox) -> None:
    for name, sequence in (("Second", 2), ("First", 1)):
        body = {"displayName": name, "sequence": sequence, "actions": {"markAsRead": True}}
        keeper.post(RULES, body)
    first, second = keeper.all(RULES)
    assert (first["displayName"], second["displayName"]) == ("First", "Second")
    path = f"{RULES[1:]}/{first['id']}"
    told = keeper.ask("PATCH", path, {"isEnabled": False}).body
    assert (told["isEnabled"], told["actions"]) == (False, {"markAsRead": True})
    assert keeper.ask("GET", path).body["displayName"] == "First"
    assert keeper.ask("DELETE", path).status == 204
    assert keeper.ask("GET", path).code == "404 ErrorItemNotFound"
    assert [one.name for one in ann.settings.rules] == ["Second"]
    assert keeper.ask("GET", f"{RULES[1:]}/%25").status == 404


def test_what_graph_has_no_word_for_makes_a_rule_read_only(keeper: Asker, ann: Mailbox) -> None:
    xml = (
        "<t:ItemClasses><t:String>IPM.Note</t:String></t:ItemClasses><t:SentToMe>true</t:SentToMe>"
    )
    ann.settings.rules.append(InboxRule(id="7", name="Old", sequence=1, conditions=xml))
    [row] = keeper.all(RULES)
    assert row["isReadOnly"]
    assert row["conditions"] == {"sentToMe": True}
    assert keeper.ask("PATCH", f"{RULES[1:]}/{row['id']}", {"sequence": 4}).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "X"},
        {"actions": {"delete": True}},
        {"displayName": "X", "actions": {"explode": True}},
        {"displayName": "X", "actions": {"forwardTo": ["x"]}},
        {"displayName": "X", "actions": {"delete": True}, "conditions": "all"},
        {"displayName": "X", "actions": {"delete": True}, "sequence": "first"},
    ],
)
def test_rules_that_cannot_be(body: dict[str, object], keeper: Asker, ann: Mailbox) -> None:
    assert keeper.post(RULES, body).status == 400
    assert ann.settings.rules == []


def test_categories_lie_where_outlook_keeps_them(keeper: Asker, ann: Mailbox) -> None:
    assert keeper.all(CATEGORIES) == []
    made = keeper.post(CATEGORIES, {"displayName": 'Red & "hot"', "color": "preset0"})
    assert made.status == 201
    keeper.post(CATEGORIES, {"displayName": "Plain"})
    rows = keeper.all(CATEGORIES)
    assert [(one["displayName"], one["color"]) for one in rows] == [
        ('Red & "hot"', "preset0"),
        ("Plain", "none"),
    ]
    [item] = [one for one in ann.folder_by_role("calendar").items if one.is_associated]
    assert item.item_class == "IPM.Configuration.CategoryList"
    xml = item.get(PidTagRoamingXmlStream)
    assert isinstance(xml, bytes)
    assert b"Red &amp; " in xml
    path = f"{CATEGORIES[1:]}/{rows[0]['id']}"
    assert keeper.ask("PATCH", path, {"color": "preset24"}).body["color"] == "preset24"
    assert keeper.ask("PATCH", path, {"displayName": "Blue"}).status == 400
    assert keeper.ask("PATCH", path, {"color": "preset25"}).status == 400
    assert keeper.post(CATEGORIES, {"displayName": "PLAIN"}).code == "409 ErrorDuplicateCategory"
    assert keeper.ask("DELETE", path).status == 204
    assert [one["displayName"] for one in keeper.all(CATEGORIES)] == ["Plain"]
    assert keeper.ask("GET", path).status == 404


def test_a_list_that_outlook_wrote_is_read(keeper: Asker, ann: Mailbox) -> None:
    xml = (
        '<?xml version="1.0"?><categories default="A" xmlns="CategoryList.xsd">'
        '<category name="Privé" color="-1" guid="{5B9A2F1E-0000-4000-8000-00000000000A}"/>'
        "</categories>"
    )
    message = Message(
        properties={
            tags.PidTagMessageClass: "IPM.Configuration.CategoryList",
            PidTagRoamingXmlStream: xml.encode(),
        }
    )
    ann.folder_by_role("calendar").add_item(message, is_associated=True)
    [row] = keeper.all(CATEGORIES)
    assert row == {
        "id": "5b9a2f1e-0000-4000-8000-00000000000a",
        "displayName": "Privé",
        "color": "none",
    }
