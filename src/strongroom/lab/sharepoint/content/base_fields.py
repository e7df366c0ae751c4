"""The columns that every list, every library, and the lists of some templates begin with.

Ids and names are SharePoint's own, the same in every site of the world.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-2010/ff460225(v=office.14)
"""

from __future__ import annotations

from strongroom.lab.sharepoint.content.fields import Field, choices_xml

_FLAGS = {"R": "ReadOnly", "H": "Hidden", "S": "Sealed", "Q": "Required"}

# Internal name, display name, type, id, flags.
_EVERYWHERE = (
    ("ID", "ID", "Counter", "1d22ea11-1e32-424e-89ab-9fedbadb6ce1", "RS"),
    ("ContentType", "Content Type", "Computed", "c042a256-787d-4a6f-8a8a-cf6ab767f12d", "RS"),
    (
        "ContentTypeId",
        "Content Type ID",
        "ContentTypeId",
        "03e45e84-1992-4d42-9116-26f756012634",
        "RSH",
    ),
    ("Modified", "Modified", "DateTime", "28cf69c5-fa48-462a-b5cd-27b6f9d2bd5f", "RS"),
    ("Created", "Created", "DateTime", "8c06beca-0777-48f7-91c7-6da68bc07b69", "RS"),
    ("Author", "Created By", "User", "1df5e554-ec7e-46a6-901d-d85a3881cb18", "RS"),
    ("Editor", "Modified By", "User", "d31655d1-1d5b-4511-95a1-7a09e9b75bf2", "RS"),
    (
        "owshiddenversion",
        "owshiddenversion",
        "Integer",
        "d4e44a66-ee3a-4d02-88c9-4ec5ff3f4cd5",
        "RSH",
    ),
    ("_UIVersion", "UI Version", "Integer", "7841bf41-43d0-4434-9f50-a673baef7631", "RSH"),
    ("_UIVersionString", "Version", "Text", "dce8262a-3ae9-45aa-aab4-83bd75fb738a", "RS"),
    (
        "_ModerationStatus",
        "Approval Status",
        "ModStat",
        "fdc3b2ed-5bf2-4835-a4bc-b885f3396a61",
        "RSH",
    ),
    (
        "_ModerationComments",
        "Approver Comments",
        "Note",
        "34ad21eb-75bd-4544-8c73-0e08330291fe",
        "RSH",
    ),
    ("Edit", "Edit", "Computed", "503f1caa-358e-4918-9094-4a2cdc4bc034", "RS"),
    ("Order", "Order", "Number", "ca4addac-796f-4b23-b093-d2a3f65c0774", "H"),
    ("GUID", "GUID", "Guid", "ae069f25-3ac2-4256-b9c3-15dbc15da0e0", "RSH"),
    ("FileRef", "URL Path", "Lookup", "94f89715-e097-4e8b-ba79-ea02aa8b7adb", "RSH"),
    ("FileDirRef", "Path", "Lookup", "56605df6-8fa1-47e4-a04c-5b384d59609f", "RSH"),
    ("FSObjType", "Item Type", "Lookup", "30bb605f-5bae-48fe-b4e3-1f81d9772af9", "RSH"),
    ("UniqueId", "Unique Id", "Lookup", "4b7403de-8d94-43e8-9f0f-137a3e298126", "RSH"),
    ("FileLeafRef", "Name", "File", "8553196d-ec8d-4564-9861-3dbe931050c8", "H"),
    ("File_x0020_Type", "File Type", "Text", "39360f11-34cf-4356-9945-25c44e68dade", "RSH"),
    ("ItemChildCount", "Item Child Count", "Lookup", "b824e17e-a1b3-426e-aecf-f0184d900485", "RS"),
    (
        "FolderChildCount",
        "Folder Child Count",
        "Lookup",
        "960ff01f-2b6d-4f1b-9c3f-e19ad8927341",
        "RS",
    ),
    ("_ComplianceTag", "Retention label", "Lookup", "d4b6480a-4bed-4094-9a52-30181ea38f1d", "RS"),
)
_LIST = (
    ("Title", "Title", "Text", "fa564e0f-0c70-4ab9-b863-0177e6ddd247", "Q"),
    ("Attachments", "Attachments", "Attachments", "67df98f4-9dec-48ff-a553-29bece9c5bf4", "S"),
    ("LinkTitle", "Title", "Computed", "82642ec8-ef9b-478f-acf9-31f7d45fbc31", "RS"),
    ("LinkTitleNoMenu", "Title", "Computed", "bc91a437-52e7-49e1-8c4e-4698904b2b6d", "RS"),
)
_LIBRARY = (
    ("Title", "Title", "Text", "fa564e0f-0c70-4ab9-b863-0177e6ddd247", ""),
    ("File_x0020_Size", "File Size", "Lookup", "8fca95c0-9b7d-456f-8dae-b41ee2728b85", "RSH"),
    ("FileSizeDisplay", "File Size", "Computed", "78a07ba4-bda8-4357-9e0f-580d64487583", "RS"),
    ("DocIcon", "Type", "Computed", "081c6e4c-5c14-4f20-b23e-1a71ceb6a67c", "RS"),
    ("LinkFilename", "Name", "Computed", "5cc6dc79-3710-4374-b433-61cb4a686c12", "RS"),
    ("CheckoutUser", "Checked Out To", "User", "3881510a-4e4a-4ee8-b102-8ee8e2d0dd4b", "RS"),
    ("_CheckinComment", "Check In Comment", "Lookup", "58014f77-5463-437b-ab67-eec79532da67", "RS"),
    ("_CopySource", "Copy Source", "Text", "6b4e226d-3d88-4a36-808d-a129bf52bccf", "RSH"),
)
_TASKS = (
    ("StartDate", "Start Date", "DateTime", "64cd368d-2f95-4bfc-a1f9-8d4324ecb007", ""),
    ("DueDate", "Due Date", "DateTime", "cd21b4c2-6841-4f9e-a23a-738a65f99889", ""),
    ("AssignedTo", "Assigned To", "UserMulti", "53101f38-dd2e-458c-b245-0c236cc13d1a", ""),
    ("PercentComplete", "% Complete", "Number", "d2311440-1ed6-46ea-b46d-daa643dc3886", ""),
    ("Body", "Description", "Note", "7662cd2c-f069-4dba-9e35-082cf976e170", ""),
    ("Predecessors", "Predecessors", "LookupMulti", "c3a92d97-2b77-4a25-9698-3ab54874bc6f", ""),
    ("Status", "Task Status", "Choice", "c15b34c3-ce7d-490a-b133-3f4de8801b76", ""),
    ("Priority", "Priority", "Choice", "a8eb573e-9e11-481a-a8c9-1104a54b2fbd", ""),
)
_PAGES = (
    ("WikiField", "Wiki Content", "Note", "c33527b4-d920-4587-b791-45024d00068a", ""),
    (
        "CanvasContent1",
        "Authoring Canvas Content",
        "Note",
        "4966388e-6e12-4bc6-8990-5b5b66153eae",
        "H",
    ),
    (
        "LayoutWebpartsContent",
        "Layout Webparts Content",
        "Note",
        "261075db-0525-4fb8-a6ea-772014186599",
        "H",
    ),
    ("BannerImageUrl", "Banner Image URL", "URL", "5baf6db5-9d25-4738-b15e-db5789298e82", ""),
    ("Description", "Description", "Note", "3f155110-a6a2-4d70-926c-94648101f0e8", ""),
    ("PromotedState", "Promoted State", "Number", "f5ad16a2-85be-46b2-b5f0-2bb8b4a5074a", "H"),
    (
        "FirstPublishedDate",
        "First Published Date",
        "DateTime",
        "c84f8697-331e-457d-884a-c4fb8f30ea74",
        "",
    ),
    ("PageLayoutType", "Page Layout Type", "Text", "0f116747-8ac3-4abb-91ec-1dd6ecc49c9a", "H"),
    ("_AuthorByline", "Author Byline", "UserMulti", "1a7348e7-1bb7-4a47-9790-088e7cb20b58", ""),
    ("_TopicHeader", "Topic header", "Text", "d60d65ff-ff42-4044-a684-ac3f7a5e598c", ""),
    (
        "_OriginalSourceUrl",
        "Original Source Url",
        "Note",
        "6063a5de-7b86-4f0a-a5ed-0c4fd5a5c5b1",
        "H",
    ),
    (
        "ClientSideApplicationId",
        "Client Side Application Id",
        "Guid",
        "f2d15e4a-1a2d-4f4c-9c0a-3c6e0b0a7d0b",
        "H",
    ),
)
_USERS = (
    ("Name", "Account", "Text", "bfc6f32c-668c-43c4-a903-847cca2f9b3c", "S"),
    ("EMail", "Work email", "Text", "fce16b4c-fe53-4793-aaab-b4892e736d15", ""),
    ("IsSiteAdmin", "Is Site Admin", "Boolean", "9ba260b2-85a1-4a32-ad7a-63eaceffe6b4", "H"),
    ("Deleted", "Deleted", "Boolean", "ed453a29-3b9a-40d2-91d5-01f7e25a5b5d", "H"),
)
_TERMS = (
    ("IdForTermStore", "IdForTermStore", "Text", "6e4d5b3a-04c1-4d6e-9b0f-1e7b3f3c8d11", ""),
    ("IdForTermSet", "IdForTermSet", "Text", "0f2f8d3c-97a3-4f6f-8a25-0f4d7a1c2b22", ""),
    ("IdForTerm", "IdForTerm", "Text", "2c9c9a0e-6e3a-4c1c-8f6d-5b8f4e6f3d33", ""),
)  # fmt: skip

_MORE = {
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


def of_template(base_template: int, *, is_library: bool, list_id: str) -> list[Field]:
    """Give new columns for a list of a template."""
    base = [
        _field(row, is_base=True) for row in (*_EVERYWHERE, *(_LIBRARY if is_library else _LIST))
    ]
    more = [_field(row, is_base=False) for row in _MORE.get(base_template, ())]
    for one in more:
        if one.name == "Predecessors":
            one.attributes |= {"List": f"{{{list_id}}}", "ShowField": "Title", "Mult": "TRUE"}
    return base + more


def of_hidden_terms() -> list[Field]:
    """Give the columns of a collection's hidden list of terms."""
    return [_field(row, is_base=False) for row in _TERMS]


def site_columns() -> list[Field]:
    """Give what a root web has to begin with."""
    return [_field(row, is_base=False) for row in (*_LIST[:1], *_TASKS, *_PAGES)]


def _field(row: tuple[str, str, str, str, str], *, is_base: bool) -> Field:
    name, title, kind, number, flags = row
    attributes = {_FLAGS[flag]: "TRUE" for flag in flags}
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
