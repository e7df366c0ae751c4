"""One golden request for each operation: it fits the schema, and so does the answer to it."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import Attachment, Message
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import errors, ids, schema
from strongroom.lab.exchange.operations.table import OPERATIONS
from tests.fakes.face_client import FaceClient, create_item, extended, folder_ref
from tests.fakes.lab_people import ANN, BEN

_STREAM = base64.b64encode(fts.build(Message({tags.PidTagSubject: "uploaded"}))).decode()
_SHAPE = "<m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape>"
_ALL = "<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>"
_PAGE = 'MaxEntriesReturned="10" Offset="0" BasePoint="Beginning"'
_USER = f"<t:UserId><t:PrimarySmtpAddress>{BEN}</t:PrimarySmtpAddress></t:UserId>"
_WHOSE = f"<m:Mailbox><t:EmailAddress>{ANN}</t:EmailAddress></m:Mailbox>"
_OWNER = f"<t:Mailbox><t:Address>{ANN}</t:Address></t:Mailbox>"

GOLDEN = {
    "AddDelegate": f"<m:AddDelegate>{_WHOSE}<m:DelegateUsers><t:DelegateUser>{_USER}"
    "<t:DelegatePermissions><t:CalendarFolderPermissionLevel>Editor"
    "</t:CalendarFolderPermissionLevel></t:DelegatePermissions></t:DelegateUser>"
    "</m:DelegateUsers></m:AddDelegate>",
    "ConvertId": '<m:ConvertId DestinationFormat="HexEntryId"><m:SourceIds>'
    f'<t:AlternateId Format="EwsId" Id="$ITEM" Mailbox="{ANN}"/></m:SourceIds></m:ConvertId>',
    "CopyItem": f"<m:CopyItem><m:ToFolderId>{folder_ref('drafts')}</m:ToFolderId>"
    '<m:ItemIds><t:ItemId Id="$ITEM"/></m:ItemIds></m:CopyItem>',
    "CreateAttachment": '<m:CreateAttachment><m:ParentItemId Id="$ITEM"/><m:Attachments>'
    "<t:FileAttachment><t:Name>b.txt</t:Name><t:Content>Yg==</t:Content></t:FileAttachment>"
    "<t:ItemAttachment><t:Name>inside</t:Name><t:Message><t:Subject>inside</t:Subject>"
    "</t:Message></t:ItemAttachment></m:Attachments></m:CreateAttachment>",
    "CreateFolder": f"<m:CreateFolder><m:ParentFolderId>{folder_ref('inbox')}</m:ParentFolderId>"
    "<m:Folders><t:Folder><t:DisplayName>new</t:DisplayName></t:Folder><t:CalendarFolder>"
    "<t:FolderClass>IPF.Appointment</t:FolderClass><t:DisplayName>dates</t:DisplayName>"
    "</t:CalendarFolder></m:Folders></m:CreateFolder>",
    "CreateItem": create_item(
        "Message",
        "<t:Subject>s</t:Subject><t:Body BodyType='HTML'>&lt;p>b&lt;/p></t:Body>"
        + extended("0x0E07", "Integer", "1"),
    ),
    "CreateUserConfiguration": "<m:CreateUserConfiguration><m:UserConfiguration>"
    f'<t:UserConfigurationName Name="New">{folder_ref("inbox")}</t:UserConfigurationName>'
    "<t:XmlData>PGEvPg==</t:XmlData></m:UserConfiguration></m:CreateUserConfiguration>",
    "DeleteAttachment": "<m:DeleteAttachment><m:AttachmentIds>"
    '<t:AttachmentId Id="$ATTACHMENT"/></m:AttachmentIds></m:DeleteAttachment>',
    "DeleteFolder": '<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>'
    '<t:FolderId Id="$FOLDER"/></m:FolderIds></m:DeleteFolder>',
    "DeleteItem": '<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone"'
    ' AffectedTaskOccurrences="AllOccurrences" SuppressReadReceipts="true"><m:ItemIds>'
    '<t:ItemId Id="$ITEM"/></m:ItemIds></m:DeleteItem>',
    "DeleteUserConfiguration": "<m:DeleteUserConfiguration>"
    f'<m:UserConfigurationName Name="CategoryList">{folder_ref("calendar")}'
    "</m:UserConfigurationName></m:DeleteUserConfiguration>",
    "EmptyFolder": '<m:EmptyFolder DeleteType="SoftDelete" DeleteSubFolders="true"><m:FolderIds>'
    f"{folder_ref('inbox')}</m:FolderIds></m:EmptyFolder>",
    "ExpandDL": "<m:ExpandDL><m:Mailbox><t:EmailAddress>team@lab.example</t:EmailAddress>"
    "</m:Mailbox></m:ExpandDL>",
    "ExportItems": '<m:ExportItems><m:ItemIds><t:ItemId Id="$ITEM"/></m:ItemIds></m:ExportItems>',
    "FindFolder": f'<m:FindFolder Traversal="Deep">{_SHAPE}<m:IndexedPageFolderView {_PAGE}/>'
    f"<m:ParentFolderIds>{folder_ref('root')}</m:ParentFolderIds></m:FindFolder>",
    "FindItem": f'<m:FindItem Traversal="Shallow">{_ALL}<m:IndexedPageItemView {_PAGE}/>'
    f"<m:ParentFolderIds>{folder_ref('inbox')}</m:ParentFolderIds></m:FindItem>",
    "GetAttachment": "<m:GetAttachment><m:AttachmentShape/><m:AttachmentIds>"
    '<t:AttachmentId Id="$ATTACHMENT"/><t:AttachmentId Id="$EMBEDDED"/></m:AttachmentIds>'
    "</m:GetAttachment>",
    "GetDelegate": f'<m:GetDelegate IncludePermissions="true">{_WHOSE}</m:GetDelegate>',
    "GetFolder": f"<m:GetFolder>{_SHAPE}<m:FolderIds>{folder_ref('calendar')}"
    '<t:FolderId Id="$FOLDER"/></m:FolderIds></m:GetFolder>',
    "GetInboxRules": f"<m:GetInboxRules><m:MailboxSmtpAddress>{ANN}</m:MailboxSmtpAddress>"
    "</m:GetInboxRules>",
    "GetItem": "<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape>"
    "<t:IncludeMimeContent>true</t:IncludeMimeContent></m:ItemShape><m:ItemIds>"
    '<t:ItemId Id="$ITEM"/></m:ItemIds></m:GetItem>',
    "GetSearchableMailboxes": "<m:GetSearchableMailboxes><m:SearchFilter>ann</m:SearchFilter>"
    "<m:ExpandGroupMembership>false</m:ExpandGroupMembership></m:GetSearchableMailboxes>",
    "GetServerTimeZones": '<m:GetServerTimeZones ReturnFullTimeZoneData="true"/>',
    "GetUserConfiguration": "<m:GetUserConfiguration>"
    f'<m:UserConfigurationName Name="CategoryList">{folder_ref("calendar")}'
    "</m:UserConfigurationName><m:UserConfigurationProperties>All"
    "</m:UserConfigurationProperties></m:GetUserConfiguration>",
    "GetUserOofSettings": f"<m:GetUserOofSettingsRequest>{_OWNER}</m:GetUserOofSettingsRequest>",
    "MoveFolder": f"<m:MoveFolder><m:ToFolderId>{folder_ref('drafts')}</m:ToFolderId>"
    '<m:FolderIds><t:FolderId Id="$FOLDER"/></m:FolderIds></m:MoveFolder>',
    "MoveItem": f"<m:MoveItem><m:ToFolderId>{folder_ref('drafts')}</m:ToFolderId><m:ItemIds>"
    '<t:ItemId Id="$ITEM"/></m:ItemIds><m:ReturnNewItemIds>true</m:ReturnNewItemIds></m:MoveItem>',
    "RemoveDelegate": f"<m:RemoveDelegate>{_WHOSE}<m:UserIds>{_USER}</m:UserIds>"
    "</m:RemoveDelegate>",
    "ResolveNames": '<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>'
    "smtp:ann</m:UnresolvedEntry></m:ResolveNames>",
    "SendItem": '<m:SendItem SaveItemToFolder="true"><m:ItemIds>'
    '<t:ItemId Id="$ITEM" ChangeKey="$KEY"/></m:ItemIds></m:SendItem>',
    "SetUserOofSettings": f"<m:SetUserOofSettingsRequest>{_OWNER}<t:UserOofSettings>"
    "<t:OofState>Enabled</t:OofState><t:ExternalAudience>All</t:ExternalAudience>"
    "<t:InternalReply><t:Message>away</t:Message></t:InternalReply></t:UserOofSettings>"
    "</m:SetUserOofSettingsRequest>",
    "SyncFolderHierarchy": f"<m:SyncFolderHierarchy>{_SHAPE}</m:SyncFolderHierarchy>",
    "SyncFolderItems": f"<m:SyncFolderItems>{_ALL}<m:SyncFolderId>{folder_ref('inbox')}"
    "</m:SyncFolderId><m:MaxChangesReturned>512</m:MaxChangesReturned></m:SyncFolderItems>",
    "UpdateDelegate": f"<m:UpdateDelegate>{_WHOSE}<m:DelegateUsers><t:DelegateUser>{_USER}"
    "<t:ViewPrivateItems>true</t:ViewPrivateItems></t:DelegateUser></m:DelegateUsers>"
    "<m:DeliverMeetingRequests>NoForward</m:DeliverMeetingRequests></m:UpdateDelegate>",
    "UpdateFolder": '<m:UpdateFolder><m:FolderChanges><t:FolderChange><t:FolderId Id="$FOLDER"/>'
    '<t:Updates><t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder>'
    "<t:DisplayName>renamed</t:DisplayName></t:Folder></t:SetFolderField></t:Updates>"
    "</t:FolderChange></m:FolderChanges></m:UpdateFolder>",
    "UpdateInboxRules": "<m:UpdateInboxRules><m:RemoveOutlookRuleBlob>false"
    "</m:RemoveOutlookRuleBlob><m:Operations><t:CreateRuleOperation><t:Rule>"
    "<t:DisplayName>r</t:DisplayName><t:Priority>1</t:Priority><t:IsEnabled>true</t:IsEnabled>"
    "<t:Actions><t:MarkAsRead>true</t:MarkAsRead></t:Actions></t:Rule></t:CreateRuleOperation>"
    "</m:Operations></m:UpdateInboxRules>",
    "UpdateItem": '<m:UpdateItem ConflictResolution="AlwaysOverwrite"><m:ItemChanges>'
    '<t:ItemChange><t:ItemId Id="$ITEM"/><t:Updates><t:SetItemField>'
    '<t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>other</t:Subject></t:Message>'
    "</t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>",
    "UpdateUserConfiguration": "<m:UpdateUserConfiguration><m:UserConfiguration>"
    f'<t:UserConfigurationName Name="CategoryList">{folder_ref("calendar")}'
    "</t:UserConfigurationName><t:Dictionary><t:DictionaryEntry><t:DictionaryKey>"
    "<t:Type>String</t:Type><t:Value>k</t:Value></t:DictionaryKey><t:DictionaryValue>"
    "<t:Type>Boolean</t:Type><t:Value>true</t:Value></t:DictionaryValue></t:DictionaryEntry>"
    "</t:Dictionary></m:UserConfiguration></m:UpdateUserConfiguration>",
    "UploadItems": '<m:UploadItems><m:Items><t:Item CreateAction="CreateNew" IsAssociated="false">'
    f'<t:ParentFolderId Id="$FOLDER"/><t:Data>{_STREAM}</t:Data></t:Item></m:Items>'
    "</m:UploadItems>",
}


@pytest.fixture
def marks(estate: Estate, mailbox: Mailbox) -> dict[str, str]:
    inbox = mailbox.folder_by_role("inbox")
    folder = mailbox.add_folder(inbox, "Projects")
    item = inbox.add_item(
        Message(
            {
                tags.PidTagSubject: "plain <&> \x1b[31m",
                tags.PidTagMessageFlags: 0,
                tags.PidTagTransportMessageHeaders: "X-Odd: a\r\n b\r\nSubject: plain\r\n\r\n",
                tags.PidTagBody: "text",
                tags.PidNameKeywords: ["red", "blue"],
            },
            recipients=[{tags.PidTagRecipientType: 1, tags.PidTagSmtpAddress: BEN}],
            attachments=[
                Attachment(
                    {
                        tags.PidTagAttachNumber: 0,
                        tags.PidTagAttachLongFilename: "a.txt",
                        tags.PidTagAttachDataBinary: b"hello",
                    }
                ),
                Attachment({tags.PidTagAttachNumber: 1}, Message({tags.PidTagSubject: "embedded"})),
            ],
        )
    )
    categories = Message({tags.PidTagMessageClass: "IPM.Configuration.CategoryList"})
    categories.properties[0x7C080102] = b"<categories/>"
    mailbox.folder_by_role("calendar").add_item(categories, is_associated=True)
    estate.add_group("team@lab.example", "The team <&>", ANN, BEN)
    return {
        "$ITEM": ids.item_id(item),
        "$KEY": ids.change_key("Message", item.change_key),
        "$FOLDER": ids.folder_id(folder),
        "$ATTACHMENT": ids.attachment_id(item, (0,)),
        "$EMBEDDED": ids.attachment_id(item, (1,)),
    }


def test_every_operation_has_a_golden_request() -> None:
    assert set(GOLDEN) == set(OPERATIONS)


@pytest.mark.parametrize("operation", sorted(GOLDEN))
def test_the_golden_request_is_answered_well(
    keeper: FaceClient, marks: dict[str, str], operation: str
) -> None:
    body = GOLDEN[operation]
    if operation in {"RemoveDelegate", "UpdateDelegate"}:
        keeper.post(GOLDEN["AddDelegate"])
    for mark, value in marks.items():
        body = body.replace(mark, value)
    answer = keeper.post(body)
    assert keeper.status == 200
    codes = {node.text for node in answer.iter("{*}ResponseCode")}
    assert codes == {"NoError"}


def test_all_codes_that_we_answer_are_known_to_the_schema() -> None:
    source = Path(errors.__file__).parent
    text = "".join(file.read_text() for file in source.rglob("*.py"))
    answered = set(re.findall(r"\"(Error[A-Z]\w+)\"", text))
    answered -= {"ErrorCode", "ErrorMessage"}  # elements, not codes
    assert len(answered) > 50
    assert answered <= schema.known_values("ResponseCodeType")
