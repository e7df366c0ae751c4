"""Content types: of a web, and the copies that lists have of them."""

from __future__ import annotations

from dataclasses import dataclass, field

ITEM = "0x01"
DOCUMENT = "0x0101"
FOLDER = "0x0120"
TASK = "0x0108"
EVENT = "0x0102"
SITE_PAGE = "0x0101009D1CB255DA76424F860D91F20E6C4118"
WIKI_PAGE = "0x010108"
WEB_PART_PAGE = "0x01010901"
MASTER_PAGE = "0x010105"
PAGE_LAYOUT = "0x01010007FF3E057FA8AB4AA42FCB67B453FFC1"
PERSON = "0x010A"
DOMAIN_GROUP = "0x010C"
SHAREPOINT_GROUP = "0x010B"


@dataclass(slots=True, kw_only=True)
class FieldLink:
    """A column that a content type uses.

    Attributes:
        id: Of the column.
        name: Internal name of the column.
    """

    id: str
    name: str
    is_required: bool = False
    is_hidden: bool = False
    title: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class ContentType:
    """One content type.

    Attributes:
        id: ``0x…``; begins with its parent's.
        parent_id: Of the one it is made from. A list's copy: of the web's.
    """

    id: str
    name: str
    parent_id: str = ""
    group: str = "Custom Content Types"
    description: str = ""
    links: list[FieldLink] = field(default_factory=list)
    is_hidden: bool = False
    is_read_only: bool = False
    is_sealed: bool = False
    document_template: str = ""
    display_form: str = ""
    edit_form: str = ""
    new_form: str = ""
    mobile_forms: dict[str, str] = field(default_factory=dict)
    client_form: str = ""
    xml_documents: list[str] = field(default_factory=list)

    def copy(self, new_id: str) -> ContentType:
        """Give a list's copy of it."""
        links = [
            FieldLink(
                id=one.id,
                name=one.name,
                is_required=one.is_required,
                is_hidden=one.is_hidden,
                title=one.title,
            )
            for one in self.links
        ]
        return ContentType(
            id=new_id,
            name=self.name,
            parent_id=self.id,
            group=self.group,
            description=self.description,
            links=links,
            is_hidden=self.is_hidden,
            is_read_only=self.is_read_only,
            document_template=self.document_template,
            client_form=self.client_form,
            xml_documents=list(self.xml_documents),
        )


def child_id(parent_id: str, guid: str) -> str:
    """Give the id of a new content type below another."""
    return f"{parent_id}00{guid.replace('-', '').upper()}"


def parent_of(content_type_id: str) -> str:
    """Give the id of the one above: without ``00`` and a guid, or without two digits."""
    if len(content_type_id) >= 38 and content_type_id[-34:-32] == "00":
        return content_type_id[:-34]
    return content_type_id[:-2] if len(content_type_id) > 2 else ""


def standard_types() -> list[ContentType]:
    """Give what every root web has to begin with."""
    rows = (
        ("0x", "System", "_Hidden"),
        (ITEM, "Item", "List Content Types"),
        (DOCUMENT, "Document", "Document Content Types"),
        (FOLDER, "Folder", "Folder Content Types"),
        (TASK, "Task", "List Content Types"),
        ("0x0104", "Announcement", "List Content Types"),
        ("0x0106", "Contact", "List Content Types"),
        (EVENT, "Event", "List Content Types"),
        ("0x0105", "Link", "List Content Types"),
        (WIKI_PAGE, "Wiki Page", "Document Content Types"),
        ("0x010109", "Basic Page", "Document Content Types"),
        (WEB_PART_PAGE, "Web Part Page", "Document Content Types"),
        (MASTER_PAGE, "Master Page", "Document Content Types"),
        (PAGE_LAYOUT, "Page Layout", "Publishing Content Types"),
        (SITE_PAGE, "Site Page", "_Hidden"),
        ("0x0120D520", "Document Set", "Document Set Content Types"),
        (PERSON, "Person", "_Hidden"),
        (DOMAIN_GROUP, "DomainGroup", "_Hidden"),
        (SHAREPOINT_GROUP, "SharePointGroup", "_Hidden"),
    )
    return [
        ContentType(
            id=number,
            name=name,
            parent_id=max(
                (o for o, _, _ in rows if number.startswith(o) and o != number), default=""
            ),
            group=group,
            is_hidden=group == "_Hidden",
            is_sealed=number in {"0x", ITEM},
        )
        for number, name, group in rows
    ]
