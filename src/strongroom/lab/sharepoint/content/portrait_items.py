"""Items described by meaning; see ``portrait``."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from strongroom.lab.sharepoint.content import pages
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.item_values import lookup_text
from strongroom.lab.sharepoint.content.items import ListItem, Version
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.permissions import Securable, standard_roles
from strongroom.lab.sharepoint.content.values import TermValue, UrlValue, Value

_REWRITTEN = ("docProps/", "_rels/", "[Content_Types].xml")
"""Parts of an Office file that SharePoint writes anew."""


class Describer:
    """Says what things mean that are numbers in one site collection."""

    def __init__(self, collection: SiteCollection) -> None:
        self.collection = collection
        self._above = collection.path.rstrip("/")
        self._limited = {one.id for one in standard_roles().values() if one.is_hidden}

    def place(self, path: str) -> str:
        """Give a server-relative path without the site collection's own."""
        if path.casefold().startswith(f"{self._above.casefold()}/"):
            return path[len(self._above) + 1 :]
        return "" if path == self.collection.path else path

    def principal(self, number: int) -> str:
        """Name a user or group, without what differs from farm to farm."""
        principals = self.collection.principals
        group = principals.groups.get(number)
        if group is not None:
            return f"group {group.title}"
        user = principals.users.get(number)
        return user.login.rpartition("|")[2].casefold() if user else f"nobody ({number})"

    def permissions(self, of: Securable) -> dict[str, object]:
        """Describe permissions of its own; Limited Access follows from what lies below."""
        if of.permissions is None:
            return {"permissions": "inherited"}
        names = self.collection.role_definitions
        held = {
            self.principal(number): sorted(names[r].name for r in roles if r not in self._limited)
            for number, roles in of.permissions.assignments.items()
        }
        return {"permissions": {key: held[key] for key in sorted(held) if held[key]}}

    def content(self, content: bytes) -> str:
        """Give a digest of a file; of an Office file: of the parts that hold the document."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                rows = sorted(
                    (name, sha256(package.read(name)).hexdigest())
                    for name in package.namelist()
                    if not name.startswith(_REWRITTEN)
                )
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError):
            return sha256(content).hexdigest()
        return f"parts {sha256(repr(rows).encode()).hexdigest()}"

    def value(self, of: SpList, name: str, value: Value) -> object:
        """Describe what a column holds."""
        column = of.fields.get(name)
        if isinstance(value, tuple):
            return [self.value(of, name, one) for one in value]
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, TermValue):
            return {"term": value.label, "guid": value.guid}
        if isinstance(value, UrlValue):
            return {"url": self.place(value.url), "description": value.description}
        if isinstance(value, int) and not isinstance(value, bool):
            return self._number(of, column, value)
        return value

    def _number(self, of: SpList, column: Field | None, value: int) -> object:
        if column is not None and column.type.startswith("User"):
            return self.principal(value)
        if column is not None and column.type.startswith("Lookup"):
            return {"lookup": lookup_text(of, column, value)}
        return float(value)

    def values(self, of: SpList, values: dict[str, Value]) -> dict[str, object]:
        """Describe all that is not empty."""
        notes = {note.name for one in of.fields.values() if (note := of.note_of(one)) is not None}
        shown = sorted(name for name in values if name not in notes)
        found = ((name, self.value(of, name, values[name])) for name in shown)
        return {name: value for name, value in found if value not in (None, "", [])}


def items_of(describer: Describer, of: SpList) -> Iterator[tuple[str, dict[str, object]]]:
    """Describe the items of a list; rows of one name are told apart by their order."""
    seen: Counter[str] = Counter()
    place = describer.place(of.root_path)
    for item in of.items.values():
        named = item.file is not None or item.is_folder
        leaf = item.leaf_name if named else item.title
        inner = "/".join((*(item.inner_path[:-1]), leaf))
        seen[inner] += 1
        again = f" ({seen[inner]})" if seen[inner] > 1 else ""
        yield f"item {place}/{inner}{again}", _item(describer, item)


def _item(describer: Describer, item: ListItem) -> dict[str, object]:
    of = item.parent_list
    kind = of.content_types.get(item.content_type_id)
    found: dict[str, object] = {
        "kind": kind.name if kind else item.content_type_id,
        "created": item.created.isoformat(),
        "modified": item.modified.isoformat(),
        "author": describer.principal(item.author_id),
        "editor": describer.principal(item.editor_id),
        "version": item.label,
        "moderation": item.moderation_status,
        "moderation comment": item.moderation_comment,
        "label": item.compliance_tag,
        "is record": item.is_record,
        "versions": [_version(describer, item, one) for one in item.history],
        "attachments": {
            one.name: describer.content(one.content) for one in item.attachments.values()
        },
        **describer.permissions(item),
    }
    found |= {f"field {name}": one for name, one in describer.values(of, item.values).items()}
    if item.file is not None:
        found["comment"] = item.comment
        out = item.file.check_out
        found["checked out by"] = describer.principal(out.user_id) if out else ""
        if not pages.is_modern(item):
            found["content"] = describer.content(item.file.content)
        found["web parts"] = sorted(
            (one.zone_id, one.zone_index, one.title, one.xml, one.is_closed)
            for one in item.file.web_parts
        )
    return found


def _version(describer: Describer, item: ListItem, version: Version) -> dict[str, object]:
    is_page = pages.is_modern(item)
    content = version.content
    return {
        "label": version.label,
        "created": version.created.isoformat(),
        "editor": describer.principal(version.editor_id),
        "comment": version.comment,
        "fields": describer.values(item.parent_list, version.values),
        "content": "" if content is None or is_page else describer.content(content),
    }
