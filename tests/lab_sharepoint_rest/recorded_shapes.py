"""Recorded answers of SharePoint Online, taken apart into things of a kind.

They were recorded by the authors of PnP Core SDK (https://github.com/pnp/pnpcore, MIT licence) for
its tests. What is kept of them here is which keys each kind of thing has, and of which JSON types
(``shapes.json``); the recordings lie beside this project.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ARCHIVE = Path(__file__).parents[3] / "shared" / "recordings" / "sharepoint-online.zip"
TABLE = Path(__file__).with_name("shapes.json")

KINDS: Mapping[str, tuple[str, ...]] = {
    "SP.List": ("EntityTypeName", "BaseTemplate"),
    "SP.Field": ("CanBeDeleted", "FieldTypeKind"),
    "SP.View": ("ListViewXml", "Aggregations"),
    "SP.ContentType": ("DocumentTemplateUrl", "StringId"),
    "SP.Folder": ("WelcomePage", "ProgID"),
    "SP.File": ("CheckOutType", "ContentTag"),
    "SP.ListItem": ("FileSystemObjectType", "AuthorId"),
    "SP.Web": ("WebTemplate", "AllowRssFeeds"),
    "SP.RegionalSettings": ("LocaleId", "AM"),
    "SP.TimeZone": ("Information", "Description"),
    "SP.TimeZoneInformation": ("Bias", "StandardBias"),
    "SP.RoleDefinition": ("RoleTypeKind", "BasePermissions"),
    "SP.RoleAssignment": ("PrincipalId",),
    "SP.BasePermissions": ("High", "Low"),
    "SP.Group": ("OwnerTitle", "AllowMembersEditMembership"),
    "SP.User": ("LoginName", "IsShareByEmailGuestUser"),
    "SP.UserIdInfo": ("NameId", "NameIdIssuer"),
    "SP.NavigationNode": ("IsDocLib", "ListTemplateType"),
    "SP.Feature": ("DefinitionId",),
    "SP.RecycleBinItem": ("DeletedDate", "LeafName"),
    "SP.FileVersion": ("IsCurrentVersion", "VersionLabel"),
    "SP.StorageMetrics": ("TotalFileCount",),
    "SP.ListItemFormUpdateValue": ("HasException", "FieldName"),
    "SP.ChangeItem": ("ChangeType", "ItemId"),
    "SP.ChangeList": ("ChangeType", "BaseTemplate"),
    "SP.ChangeView": ("ChangeType", "ViewId"),
    "row": ("FileRef.urlencode", "FSObjType"),
    "stream": ("Row", "FolderPermissions"),
    "error": ("code", "message"),
    "null": ("odata.null",),
    "search": ("PrimaryQueryResult", "ElapsedTime"),
}
"""How a thing of a kind is known when nothing names it: by keys that only it has."""

_BATCH = "--batchresponse"


def kind_of(thing: Mapping[str, Any]) -> str | None:
    """Say what something is; None: nothing that is looked at here."""
    if "@odata.context" in thing:
        return None
    return next((kind for kind, keys in KINDS.items() if all(key in thing for key in keys)), None)


def type_of(value: object) -> str:
    """Name a value's JSON type."""
    if value is None:
        return "null"
    names = {
        bool: "bool",
        int: "number",
        float: "number",
        str: "text",
        list: "list",
        dict: "object",
    }
    return names[type(value)]


def things_in(document: object) -> Iterator[Mapping[str, Any]]:
    """Go through everything in an answer."""
    if isinstance(document, dict):
        yield document
        for one in document.values():
            yield from things_in(one)
    elif isinstance(document, list):
        for one in document:
            yield from things_in(one)


def documents_in(body: str) -> Iterator[Any]:
    """Read an answer, or the answers of a batch."""
    texts = [body]
    if body.startswith(_BATCH):
        texts = ["{" + part.split(f"\r\n{_BATCH}")[0] for part in body.split("\r\n\r\n{")[1:]]
    for text in texts:
        try:
            yield json.loads(text)
        except ValueError:
            continue


def recorded_objects() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Go through everything that was recorded, with the name of its file."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        for name in archive.namelist():
            entry = json.loads(archive.read(name).decode("utf-8-sig"))
            body = entry.get("Response") or ""
            if "graph" in name.casefold() or '"@odata.context"' in body:
                # Graph's own answers, which are another server's.
                continue
            for document in documents_in(body):
                for thing in things_in(document):
                    yield name, thing
