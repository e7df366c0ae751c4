"""The columns that every list, every library, and the lists of some templates begin with.

Ids and names are SharePoint's own, the same in every site of the world; nearly all were compared
with recorded answers of a real tenant.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-2010/ff460225(v=office.14)
"""

from __future__ import annotations

from strongroom.lab.sharepoint.content.fields import Field, choices_xml

_FLAGS = {"R": "ReadOnly", "H": "Hidden", "S": "Sealed", "Q": "Required"}

_DOCS = {"List": "Docs", "FieldRef": "ID", "ShowField": "", "JoinType": "INNER"}
"""What the system's own lookups say: the table of all documents, which is no list."""

Row = tuple[str, str, str, str, str]


def _rows(text: str) -> tuple[Row, ...]:
    """Read lines of: internal name, display name, type, id, flags."""
    found: list[Row] = []
    for line in text.strip().splitlines():
        name, title, kind, number, flags = (cell.strip() for cell in line.split("|"))
        found.append((name, title, kind, number, flags.strip("-")))
    return tuple(found)


_EVERYWHERE = _rows(
    """
ID|ID|Counter|1d22ea11-1e32-424e-89ab-9fedbadb6ce1|RS
ContentType|Content Type|Computed|c042a256-787d-4a6f-8a8a-cf6ab767f12d|RS
ContentTypeId|Content Type ID|ContentTypeId|03e45e84-1992-4d42-9116-26f756012634|RSH
Modified|Modified|DateTime|28cf69c5-fa48-462a-b5cd-27b6f9d2bd5f|RS
Created|Created|DateTime|8c06beca-0777-48f7-91c7-6da68bc07b69|RS
Author|Created By|User|1df5e554-ec7e-46a6-901d-d85a3881cb18|RS
Editor|Modified By|User|d31655d1-1d5b-4511-95a1-7a09e9b75bf2|RS
owshiddenversion|owshiddenversion|Integer|d4e44a66-ee3a-4d02-88c9-4ec5ff3f4cd5|RSH
_UIVersion|UI Version|Integer|7841bf41-43d0-4434-9f50-a673baef7631|RSH
_UIVersionString|Version|Text|dce8262a-3ae9-45aa-aab4-83bd75fb738a|RS
_ModerationStatus|Approval Status|ModStat|fdc3b2ed-5bf2-4835-a4bc-b885f3396a61|RSH
_ModerationComments|Approver Comments|Note|34ad21eb-75bd-4544-8c73-0e08330291fe|RSH
Edit|Edit|Computed|503f1caa-358e-4918-9094-4a2cdc4bc034|RS
Order|Order|Number|ca4addac-796f-4b23-b093-d2a3f65c0774|H
GUID|GUID|Guid|ae069f25-3ac2-4256-b9c3-15dbc15da0e0|RSH
FileRef|URL Path|Lookup|94f89715-e097-4e8b-ba79-ea02aa8b7adb|RSH
FileDirRef|Path|Lookup|56605df6-8fa1-47e4-a04c-5b384d59609f|RSH
FSObjType|Item Type|Lookup|30bb605f-5bae-48fe-b4e3-1f81d9772af9|RSH
UniqueId|Unique Id|Lookup|4b7403de-8d94-43e8-9f0f-137a3e298126|RSH
FileLeafRef|Name|File|8553196d-ec8d-4564-9861-3dbe931050c8|H
File_x0020_Type|File Type|Text|39360f11-34cf-4356-9945-25c44e68dade|RSH
ItemChildCount|Item Child Count|Lookup|b824e17e-a1b3-426e-aecf-f0184d900485|RS
FolderChildCount|Folder Child Count|Lookup|960ff01f-2b6d-4f1b-9c3f-e19ad8927341|RS
_ComplianceTag|Retention label|Lookup|d4b6480a-4bed-4094-9a52-30181ea38f1d|RS
MetaInfo|Property Bag|Lookup|687c7f94-686a-42d3-9b67-2782eac4b4f8|RSH
ScopeId|ScopeId|Lookup|dddd2420-b270-4735-93b5-92b713d0944d|RSH
PermMask|Effective Permissions Mask|Computed|ba3c27ee-4791-4867-8821-ff99000bac98|RSH
ProgId|ProgId|Lookup|c5c4b81c-f1d9-4b43-a6a2-090df32ebb68|RSH
InstanceID|Instance ID|Integer|50a54da4-1528-4e67-954a-e2d24f1e9efb|RSH
SortBehavior|Sort Type|Lookup|423874f8-c300-4bfb-b7a1-42e2159e3b19|RSH
Created_x0020_Date|Created|Lookup|998b5cff-4a35-47a7-92f3-3914aa6aa4a2|RSH
Last_x0020_Modified|Modified|Lookup|173f76c8-aebd-446a-9bc9-769a2bd2c18f|RSH
ServerUrl|Server Relative URL|Computed|105f76ce-724a-4bba-aece-f81f2fce58f5|RSH
EncodedAbsUrl|Encoded Absolute URL|Computed|7177cfc7-f399-4d4d-905d-37dd51bc90bf|RSH
BaseName|Name|Computed|7615464b-559e-4302-b8e2-8f440b913101|RSH
AppAuthor|App Created By|Lookup|6bfaba20-36bf-44b5-a1b2-eb6346d49716|RS
AppEditor|App Modified By|Lookup|e08400f3-c779-4ed2-a18c-ab7f34caa318|RS
ComplianceAssetId|Compliance Asset Id|Text|3a6b296c-3f50-445c-a13f-9c679ea9dda3|R
_Level|Level|Integer|43bdd51b-3c5b-4e78-90a8-fb2087f71e70|RSH
_IsCurrentVersion|Is Current Version|Boolean|c101c3e7-122d-4d4d-bc34-58e94a38c816|RSH
WorkflowVersion|Workflow Version|Integer|f1e020bc-ba26-443f-bf2f-b68715017bbc|RSH
_ComplianceTagWrittenTime|Retention label Applied|Lookup|92be610e-ddbb-49f4-b3b1-5c2bc768df8f|RS
_ComplianceTagUserId|Label applied by|Lookup|418d7676-2d6f-42cf-a16a-e43d2971252a|RS
_IsRecord|Item is a Record|Computed|8382d247-72a9-44b1-9794-7b177edc89f3|RS
"""
)
_LIST = _rows(
    """
Title|Title|Text|fa564e0f-0c70-4ab9-b863-0177e6ddd247|Q
Attachments|Attachments|Attachments|67df98f4-9dec-48ff-a553-29bece9c5bf4|S
LinkTitle|Title|Computed|82642ec8-ef9b-478f-acf9-31f7d45fbc31|RS
LinkTitleNoMenu|Title|Computed|bc91a437-52e7-49e1-8c4e-4698904b2b6d|RS
"""
)
_LIBRARY = _rows(
    """
Title|Title|Text|fa564e0f-0c70-4ab9-b863-0177e6ddd247|-
File_x0020_Size|File Size|Lookup|8fca95c0-9b7d-456f-8dae-b41ee2728b85|RSH
FileSizeDisplay|File Size|Computed|78a07ba4-bda8-4357-9e0f-580d64487583|RS
DocIcon|Type|Computed|081c6e4c-5c14-4f20-b23e-1a71ceb6a67c|RS
LinkFilename|Name|Computed|5cc6dc79-3710-4374-b433-61cb4a686c12|RS
CheckoutUser|Checked Out To|User|3881510a-4e4a-4ee8-b102-8ee8e2d0dd4b|RS
_CheckinComment|Check In Comment|Lookup|58014f77-5463-437b-ab67-eec79532da67|RS
_CopySource|Copy Source|Text|6b4e226d-3d88-4a36-808d-a129bf52bccf|RSH
LinkFilenameNoMenu|Name|Computed|9d30f126-ba48-446b-b8f9-83745f322ebe|RS
VirusStatus|Virus Status|Lookup|4a389cb9-54dd-4287-a71a-90ff362028bc|RSH
Modified_x0020_By|Document Modified By|Text|822c78e3-1ea9-4943-b449-57863ad33ca9|RH
Created_x0020_By|Document Created By|Text|4dd7e525-8d6b-4cb4-9d3e-44ee25f973eb|RH
"""
)
_TASKS = _rows(
    """
StartDate|Start Date|DateTime|64cd368d-2f95-4bfc-a1f9-8d4324ecb007|-
DueDate|Due Date|DateTime|cd21b4c2-6841-4f9e-a23a-738a65f99889|-
AssignedTo|Assigned To|UserMulti|53101f38-dd2e-458c-b245-0c236cc13d1a|-
PercentComplete|% Complete|Number|d2311440-1ed6-46ea-b46d-daa643dc3886|-
Body|Description|Note|7662cd2c-f069-4dba-9e35-082cf976e170|-
Predecessors|Predecessors|LookupMulti|c3a92d97-2b77-4a25-9698-3ab54874bc6f|-
Status|Task Status|Choice|c15b34c3-ce7d-490a-b133-3f4de8801b76|-
Priority|Priority|Choice|a8eb573e-9e11-481a-a8c9-1104a54b2fbd|-
"""
)
_EVENTS = _rows(
    """
EventDate|Start Time|DateTime|64cd368d-2f95-4bfc-a1f9-8d4324ecb007|Q
EndDate|End Time|DateTime|2684f9f2-54be-429f-ba06-76754fc056bf|Q
Location|Location|Text|288f5f32-8462-4175-8f09-dd7ba29359a9|-
fAllDayEvent|All Day Event|Boolean|7d95d1f4-f5fd-4a70-90cd-b35abc9b5bc8|-
"""
)
_PAGES = _rows(
    """
WikiField|Wiki Content|Note|c33527b4-d920-4587-b791-45024d00068a|-
CanvasContent1|Authoring Canvas Content|Note|4966388e-6e12-4bc6-8990-5b5b66153eae|H
LayoutWebpartsContent|Layout Webparts Content|Note|261075db-0525-4fb8-a6ea-772014186599|H
BannerImageUrl|Banner Image URL|URL|5baf6db5-9d25-4738-b15e-db5789298e82|-
Description|Description|Note|3f155110-a6a2-4d70-926c-94648101f0e8|-
PromotedState|Promoted State|Number|f5ad16a2-85be-46b2-b5f0-2bb8b4a5074a|H
FirstPublishedDate|First Published Date|DateTime|c84f8697-331e-457d-884a-c4fb8f30ea74|-
PageLayoutType|Page Layout Type|Text|daef58d7-ccfd-43fc-b776-2e292cc66bba|H
_AuthorByline|Author Byline|UserMulti|1a7348e7-1bb7-4a47-9790-088e7cb20b58|-
_TopicHeader|Topic header|Text|d60d65ff-ff42-4044-a684-ac3f7a5e598c|-
_OriginalSourceUrl|Original Source Url|Note|0e7b982f-698a-4d0c-aacb-f16906f66d30|H
ClientSideApplicationId|Client Side Application Id|Guid|7efc33c1-b56b-490e-9c9b-1097e971ba96|H
"""
)
_USERS = _rows(
    """
Name|Account|Text|bfc6f32c-668c-43c4-a903-847cca2f9b3c|S
EMail|Work email|Text|fce16b4c-fe53-4793-aaab-b4892e736d15|-
IsSiteAdmin|Is Site Admin|Boolean|9ba260b2-85a1-4a32-ad7a-63eaceffe6b4|H
Deleted|Deleted|Boolean|ed453a29-3b9a-40d2-91d5-01f7e25a5b5d|H
"""
)
_TERMS = _rows(
    """
IdForTermStore|IdForTermStore|Text|dede95bb-2487-482f-9790-147450127b8b|-
IdForTermSet|IdForTermSet|Text|19c3e8cc-f510-4017-98b1-891ecd0f51ba|-
IdForTerm|IdForTerm|Text|9cd0a847-a9a6-47e8-8058-d2bf32c9f477|-
Term|Term|Note|859b127d-630c-498d-8951-45bbeb98e734|-
Path|Path|Note|123a2325-7cc5-473d-8490-0b4aa76a833f|-
CatchAllData|CatchAllData|Text|dd1009c3-48f3-4d9d-a9bb-7cc144c1c5df|-
"""
)

_MORE = {
    106: _EVENTS,
    107: _TASKS,
    171: _TASKS,
    112: _USERS,
    119: _PAGES,
}
_STATES = ("Not Started", "In Progress", "Completed", "Deferred", "Waiting on someone else")
_PRIORITIES = ("(1) High", "(2) Normal", "(3) Low")
_INNER = {
    "Status": choices_xml(_STATES, default=_STATES[0]),
    "Priority": choices_xml(_PRIORITIES, default=_PRIORITIES[1]),
}


def of_template(
    base_template: int, *, is_library: bool, list_id: str, has_modern_pages: bool
) -> list[Field]:
    """Give new columns for a list of a template."""
    base = [
        _field(row, is_base=True) for row in (*_EVERYWHERE, *(_LIBRARY if is_library else _LIST))
    ]
    rows = _MORE.get(base_template, ())
    if rows is _PAGES and not has_modern_pages:
        rows = _PAGES[:1]
    more = [_field(row, is_base=False) for row in rows]
    for one in more:
        if one.name == "Predecessors":
            one.attributes |= {"List": f"{{{list_id}}}", "ShowField": "Title", "Mult": "TRUE"}
    return base + more


def of_hidden_terms() -> list[Field]:
    """Give the columns of a collection's hidden list of terms."""
    return [_field(row, is_base=False) for row in _TERMS]


def site_columns(*, has_modern_pages: bool) -> list[Field]:
    """Give what a root web has to begin with."""
    pages = _PAGES if has_modern_pages else _PAGES[:1]
    return [_field(row, is_base=False) for row in (*_LIST[:1], *_TASKS, *pages)]


def _field(row: Row, *, is_base: bool) -> Field:
    name, title, kind, number, flags = row
    attributes = {_FLAGS[flag]: "TRUE" for flag in flags}
    if is_base:
        attributes["FromBaseType"] = "TRUE"
        if kind == "Lookup":
            attributes |= {**_DOCS, "ShowField": name}
    if kind.endswith("Multi"):
        attributes["Mult"] = "TRUE"
    if name in {"WikiField", "CanvasContent1", "LayoutWebpartsContent", "Body"}:
        attributes |= {"RichText": "TRUE", "NumLines": "6"}
    return Field(
        id=number,
        name=name,
        title=title,
        type=kind,
        attributes=attributes,
        inner_xml=_INNER.get(name, ""),
        is_from_base_type=is_base,
    )
