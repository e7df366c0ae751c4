"""Every request that we build, as literal text and by Microsoft's schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from strongroom.wire.ews import (
    convert_id,
    create_attachment,
    create_folder,
    create_item,
    delegates,
    delete_folder,
    delete_item,
    expand_dl,
    export_items,
    find_folder,
    find_item,
    get_attachment,
    get_folder,
    get_item,
    get_mime,
    get_searchable_mailboxes,
    get_server_time_zones,
    inbox_rules,
    oof_settings,
    resolve_names,
    search,
    sync_folder_hierarchy,
    sync_folder_items,
    update_folder,
    update_item,
    upload_items,
    user_configuration,
)
from strongroom.wire.ews.changes import FieldChange
from strongroom.wire.ews.envelope import Pieces
from strongroom.wire.ews.ids import Distinguished, ItemRef
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.properties import PROPERTY_SETS, ExtendedPath
from strongroom.wire.ews.shapes import Shape
from tests.fakes.ews import golden, violations

FLAGS = ExtendedPath.of_tag(0x0E070003)
DELIVERY = ExtendedPath.of_tag(0x0E060040)
SEARCH_KEY = ExtendedPath.of_tag(0x300B0102)
REMINDER = ExtendedPath.of_name(PROPERTY_SETS["Common"], 0x8503, 0x000B)
NAMED = ExtendedPath.of_name(UUID("00020329-0000-0000-c000-000000000046"), "x-colour", 0x001F)
INBOX = Distinguished("inbox")
WHEN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
RULE = Node(
    "Rule",
    children=(
        Node("RuleId", "secret-id"),
        Node("DisplayName", "To the boss & back"),
        Node("Priority", "1"),
        Node("IsEnabled", "true"),
        Node("IsInError", "false"),
        Node("Actions", children=(Node("StopProcessingRules", "true"),)),
    ),
)
OOF = Node(
    "OofSettings",
    children=(
        Node("OofState", "Disabled"),
        Node("ExternalAudience", "All"),
        Node("InternalReply", children=(Node("Message", "<b>away</b>"),)),
    ),
)

REQUESTS: Mapping[str, Operation[Any]] = {
    "GetFolder": get_folder.operation(
        [INBOX, "AAMkFOLDER="],
        Shape(fields=("folder:DisplayName", "folder:TotalCount"), extended=(FLAGS, NAMED)),
        mailbox="ann@lab.example",
    ),
    "FindFolder": find_folder.operation(
        Distinguished("publicfoldersroot"),
        Shape(base="Default"),
        traversal="Shallow",
        offset=500,
        page_folders=500,
        mailbox=None,
    ),
    "CreateFolder": create_folder.operation(
        "AAMkROOT=",
        [
            create_folder.NewFolder(name='Roof & <"attic">', folder_class="IPF.Appointment"),
            create_folder.NewFolder(
                name="Notes \x0b",
                folder_class="IPF.StickyNote",
                extended={ExtendedPath.of_tag(0x10F4000B): True},
            ),
        ],
        mailbox=None,
    ),
    "UpdateFolder": update_folder.operation(
        [
            update_folder.FolderUpdate(
                folder="AAMkFOLDER=", changes=(FieldChange("folder:DisplayName", "New"),)
            )
        ],
        mailbox=None,
    ),
    "DeleteFolder": delete_folder.operation(
        ["AAMkFOLDER="], delete_type="HardDelete", mailbox=None
    ),
    "SyncFolderHierarchy": sync_folder_hierarchy.operation(
        Distinguished("msgfolderroot"),
        Shape(fields=("folder:DisplayName", "folder:ParentFolderId")),
        "H4sIAAA=",
        mailbox=None,
    ),
    "SyncFolderItems": sync_folder_items.operation(
        "AAMkFOLDER=",
        Shape(fields=("item:ItemClass", "item:Size"), extended=(SEARCH_KEY,)),
        None,
        changes_max=512,
        has_associated=True,
        mailbox=None,
    ),
    "FindItem": find_item.operation(
        "AAMkFOLDER=",
        Shape(fields=("item:Size",)),
        traversal="Shallow",
        condition=search.all_of(
            search.is_equal_to(SEARCH_KEY, b"\x01\x02"),
            search.any_of(
                search.is_at_least("item:DateTimeReceived", WHEN),
                search.is_below("item:Size", 100),
                search.is_equal_to("item:Subject", 'a "quoted"\r\n<one> & more'),
            ),
        ),
        sort_by="item:DateTimeReceived",
        view=(0, 250),
        mailbox=None,
    ),
    "GetItem": get_item.operation(
        [ItemRef("AAMkITEM1=", "CQAAAA=="), "AAMkITEM2="],
        Shape(base="AllProperties", has_mime=True, body_type="HTML", extended=(FLAGS,)),
    ),
    "GetItemMime": get_mime.operation(["AAMkITEM1="]),
    "CreateItem": create_item.operation(
        INBOX,
        [
            create_item.NewItem(
                mime=b"Subject: hello\r\n\r\nhi",
                fields=(
                    Node("IsRead", "true"),
                    Node("Categories", children=(Node("String", "Red"), Node("String", "B&W"))),
                ),
                extended={FLAGS: 1, DELIVERY: WHEN},
            ),
            create_item.NewItem(
                element="Task",
                fields=(Node("Status", "NotStarted"), Node("Subject", "Mend the roof")),
                extended={REMINDER: False},
            ),
        ],
        mailbox=None,
    ),
    "UpdateItem": update_item.operation(
        [
            update_item.ItemUpdate(
                item=ItemRef("AAMkITEM1=", "CQAAAA=="),
                changes=(
                    FieldChange("message:IsRead", True),
                    FieldChange(FLAGS, 1),
                    FieldChange(
                        "item:Categories", Node("Categories", "", {}, (Node("String", "Red"),))
                    ),
                    FieldChange("item:ReminderDueBy", None),
                ),
            )
        ],
        conflict_resolution="AlwaysOverwrite",
    ),
    "DeleteItem": delete_item.operation(["AAMkITEM1="], delete_type="HardDelete"),
    "GetAttachment": get_attachment.operation(["AAMkATT1="], has_mime=True),
    "CreateAttachment": create_attachment.operation(
        ItemRef("AAMkITEM1=", "CQAAAA=="),
        [
            create_attachment.NewAttachment(
                name="a.txt",
                content=b"Hello world!",
                content_type="text/plain",
                content_id="1@lab.example",
                is_inline=True,
            ),
            create_attachment.NewAttachment(
                name="a message", content=create_item.NewItem(mime=b"Subject: in\r\n\r\nside")
            ),
        ],
    ),
    "ExportItems": export_items.operation(["AAMkITEM1=", "AAMkITEM2="]),
    "UploadItems": upload_items.operation(
        "AAMkFOLDER=",
        [
            upload_items.UploadItem(data=b"\x01\x00\x00\x00"),
            upload_items.UploadItem(
                data=b"abc", is_associated=True, replaces=ItemRef("AAMkITEM1=", "CQAAAA==")
            ),
        ],
    ),
    "ResolveNames": resolve_names.operation("smtp:bob@lab.example"),
    "ExpandDL": expand_dl.operation("team@lab.example"),
    "ConvertId": convert_id.operation(
        ["AAMkITEM1="], mailbox="bob@lab.example", from_format="EwsId", to_format="HexEntryId"
    ),
    "GetSearchableMailboxes": get_searchable_mailboxes.operation(""),
    "GetServerTimeZones": get_server_time_zones.operation(["UTC"]),
    "GetInboxRules": inbox_rules.get_operation("ann@lab.example"),
    "UpdateInboxRules": inbox_rules.add_operation(
        [RULE], is_enabled=False, mailbox=None, removes_outlook_blob=True
    ),
    "GetUserOofSettings": oof_settings.get_operation("ann@lab.example"),
    "SetUserOofSettings": oof_settings.set_operation("ann@lab.example", OOF),
    "GetUserConfiguration": user_configuration.operation(
        Distinguished("calendar"), "CategoryList", mailbox=None
    ),
    "GetDelegate": delegates.operation("ann@lab.example"),
}


def body_of(operation: Operation[Any]) -> str:
    if isinstance(operation.body, Pieces):
        joined = b"".join(operation.body.parts)
        assert len(joined) == operation.body.length, "the length must be known before sending"
        return joined.decode()
    return operation.body


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_literally_what_it_always_was(name: str) -> None:
    assert body_of(REQUESTS[name]) == golden(f"{name}.request")


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_keeps_to_the_schema(name: str) -> None:
    assert violations(body_of(REQUESTS[name])) == []


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_names_its_operation(name: str) -> None:
    assert body_of(REQUESTS[name]).startswith(f"<m:{REQUESTS[name].name}")


def test_a_request_for_nothing_is_refused_before_the_server_does() -> None:
    with pytest.raises(ValueError, match="at least one"):
        export_items.operation([])


def test_a_page_size_beyond_the_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 512"):
        sync_folder_items.operation(
            INBOX, Shape(), None, changes_max=513, has_associated=True, mailbox=None
        )


def test_nothing_that_writes_items_can_send_anything() -> None:
    assert 'MessageDisposition="SaveOnly"' in body_of(REQUESTS["CreateItem"])
    assert 'SendMeetingInvitations="SendToNone"' in body_of(REQUESTS["CreateItem"])
    assert 'MessageDisposition="SaveOnly"' in body_of(REQUESTS["UpdateItem"])
    assert 'SendMeetingInvitationsOrCancellations="SendToNone"' in body_of(REQUESTS["UpdateItem"])
    assert 'SuppressReadReceipts="true"' in body_of(REQUESTS["UpdateItem"])
    assert 'SendMeetingCancellations="SendToNone"' in body_of(REQUESTS["DeleteItem"])
    assert 'SuppressReadReceipts="true"' in body_of(REQUESTS["DeleteItem"])


def test_a_rule_goes_back_disabled_and_without_what_only_the_server_writes() -> None:
    body = body_of(REQUESTS["UpdateInboxRules"])
    assert "<t:IsEnabled>false</t:IsEnabled>" in body
    assert "secret-id" not in body
    assert "IsInError" not in body
