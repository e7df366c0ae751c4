"""Folders as EWS shows them."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.content import tags
from strongroom.content.message import FileTime, PropertyKey, Value
from strongroom.lab.estate import entry_ids
from strongroom.lab.estate.folder import TYPE_SEARCH, Folder
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.schema import element_order, known_values
from strongroom.lab.exchange.shapes import extended, permissions
from strongroom.lab.exchange.xml import Element, children, element, find, name_of, require

PidTagContentCount = 0x36020003
PidTagContentUnreadCount = 0x36030003
PidTagAssociatedContentCount = 0x36170003
PidTagSubfolders = 0x360A000B
PidTagFolderType = 0x36010003
PidTagContainerClass = 0x3613001F
PidTagAttributeHidden = 0x10F4000B
PidTagLocalCommitTimeMax = 0x670A0040
PidTagDeletedCountTotal = 0x670B0003
PidTagFolderPathname = 0x66B5001F
PidTagReplicaList = 0x66980102

_ELEMENTS = {
    "IPF.Appointment": "CalendarFolder",
    "IPF.Contact": "ContactsFolder",
    "IPF.Task": "TasksFolder",
}

_PROPERTIES: dict[PropertyKey, Callable[[Folder], Value]] = {
    PidTagContentCount: lambda folder: folder.content_count,
    PidTagContentUnreadCount: lambda folder: folder.unread_count,
    PidTagAssociatedContentCount: lambda folder: folder.associated_count,
    PidTagSubfolders: lambda folder: bool(folder.children),
    PidTagFolderType: lambda folder: folder.folder_type,
    PidTagContainerClass: lambda folder: folder.kind,
    PidTagAttributeHidden: lambda folder: folder.is_hidden,
    PidTagLocalCommitTimeMax: lambda folder: FileTime.from_datetime(folder.last_commit),
    PidTagDeletedCountTotal: lambda folder: folder.deleted_count,
    PidTagFolderPathname: lambda folder: "\ufffe".join(("", *folder.path)),
    PidTagReplicaList: lambda folder: str(folder.mailbox.guid).encode("ascii") + b"\0",
    tags.PidTagDisplayName: lambda folder: folder.name,
    tags.PidTagEntryId: lambda folder: folder.entry_id,
    tags.PidTagParentEntryId: lambda folder: (folder.parent or folder).entry_id,
    tags.PidTagMessageSize: lambda folder: folder.bytes_used,
    tags.PidTagMessageSizeExtended: lambda folder: folder.bytes_used,
    tags.PidTagChangeKey: lambda folder: folder.change_key,
    tags.PidTagSourceKey: lambda folder: entry_ids.source_key(
        folder.mailbox.database_guid, folder.counter
    ),
}

_IN_BASE = {
    "IdOnly": ("FolderId",),
    "Default": ("FolderId", "DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"),
    "AllProperties": (
        "FolderId",
        "ParentFolderId",
        "FolderClass",
        "DisplayName",
        "TotalCount",
        "ChildFolderCount",
        "EffectiveRights",
        "DistinguishedFolderId",
        "UnreadCount",
    ),
}


class FolderShape:
    """What a client wants to know of each folder."""

    def __init__(self, node: Element, *, digits: int) -> None:
        base = require(node, "t:BaseShape").text or "IdOnly"
        self._digits = digits
        self._names = list(_IN_BASE[base])
        self._extended: list[tuple[PropertyKey, str]] = []
        more = find(node, "t:AdditionalProperties")
        for path in children(more) if more is not None else ():
            if name_of(path) == "ExtendedFieldURI":
                self._extended.append((extended.key_of(path), extended.opening_of(path)))
                continue
            name = str(path.get("FieldURI")).rpartition(":")[2]
            if name not in self._names:
                self._names.append(name)

    def xml(self, call: Call, folder: Folder) -> str:
        """Write the whole element of a folder."""
        kind = element_name(folder)
        order = element_order(f"{kind}Type")
        parts = [
            (order[name], _element(call, folder, kind, name))
            for name in self._names
            if name in order
        ]
        for key, opening in self._extended:
            value = property_value(folder, key)
            if value is not None:
                text = extended.property_xml(opening, value, self._digits)
                parts.append((order["ExtendedProperty"], text))
        parts.sort(key=lambda part: part[0])
        return f"<t:{kind}>{''.join(text for _, text in parts)}</t:{kind}>"


def element_name(folder: Folder) -> str:
    """Say by which element a folder is shown."""
    if folder.folder_type == TYPE_SEARCH:
        return "SearchFolder"
    for kind, name in _ELEMENTS.items():
        if folder.kind == kind or folder.kind.startswith(kind + "."):
            return name
    return "Folder"


def id_xml(folder: Folder, name: str = "FolderId") -> str:
    """Write a folder's id with its change key."""
    key = ids.change_key(element_name(folder), folder.change_key)
    return f'<t:{name} Id="{ids.folder_id(folder)}" ChangeKey="{key}"/>'


def short_xml(folder: Folder) -> str:
    """Write a folder with nothing but its id."""
    kind = element_name(folder)
    return f"<t:{kind}>{id_xml(folder)}</t:{kind}>"


def property_value(folder: Folder, key: PropertyKey) -> Value | None:
    """Give any property of a folder."""
    computed = _PROPERTIES.get(key)
    return computed(folder) if computed is not None else folder.extra.get(key)


def is_computed(key: PropertyKey) -> bool:
    """Say whether the server answers this property itself, so that nobody can set it."""
    return key in _PROPERTIES and key not in (PidTagAttributeHidden, PidTagContainerClass)


def distinguished_id(folder: Folder) -> str | None:
    """Say the name by which the protocol knows a folder, if the schema has one."""
    if folder.role is None:
        return None
    name = f"archive{folder.role}" if folder.mailbox.is_archive else folder.role
    return name if name in known_values("DistinguishedFolderIdNameType") else None


def _element(call: Call, folder: Folder, kind: str, name: str) -> str:
    if name == "FolderId":
        return id_xml(folder)
    if name == "ParentFolderId":
        return id_xml(folder.parent or folder, "ParentFolderId")
    if name == "PermissionSet":
        return permissions.xml(call, folder, is_calendar=kind == "CalendarFolder")
    if name == "EffectiveRights":
        return permissions.effective_rights_xml(call.rights(folder))
    text = _TEXTS[name](folder) if name in _TEXTS else None
    return element(name, text) if text is not None else ""


_TEXTS: dict[str, Callable[[Folder], str | None]] = {
    "FolderClass": lambda folder: folder.kind or None,
    "DisplayName": lambda folder: folder.name,
    "TotalCount": lambda folder: str(folder.content_count),
    "ChildFolderCount": lambda folder: str(len(folder.children)),
    "UnreadCount": lambda folder: str(folder.unread_count),
    "DistinguishedFolderId": distinguished_id,
}
