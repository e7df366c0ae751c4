"""Views of a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

Kind = Literal["HTML", "GRID", "CALENDAR", "GANTT", "KANBAN", "TILES"]


@dataclass(slots=True, kw_only=True, eq=False)
class View:
    """One view.

    Attributes:
        id: In small letters, without braces.
        fields: Internal names of the columns it shows, in order.
        query: CAML: what stands inside ``<Query>``.
        path: Server-relative, of its page; empty: has none yet.
        owner_id: Whose personal view it is; 0: everybody's.
        scope: 0 one folder, 1 recursive, 2 recursive with folders, 3 files of one folder.
        formatter: JSON of its custom formatting.
        extra_xml: Other elements of its XML: aggregations, group by styles and the like.
    """

    id: str
    title: str
    fields: list[str] = field(default_factory=list)
    query: str = ""
    row_limit: int = 30
    is_paged: bool = True
    is_default: bool = False
    is_hidden: bool = False
    kind: Kind = "HTML"
    path: str = ""
    owner_id: int = 0
    scope: int = 0
    base_view_id: int = 1
    content_type_id: str = "0x"
    formatter: str = ""
    aggregations: str = ""
    extra_xml: str = ""

    @property
    def is_personal(self) -> bool:
        """Only whoever made it sees it."""
        return self.owner_id != 0

    @property
    def xml(self) -> str:
        """Give ``ListViewXml``."""
        said = {
            "Name": f"{{{self.id.upper()}}}",
            "DefaultView": "TRUE" if self.is_default else "",
            "Type": self.kind,
            "Hidden": "TRUE" if self.is_hidden else "",
            "Personal": "TRUE" if self.is_personal else "",
            "DisplayName": self.title,
            "Url": self.path,
            "Level": "1",
            "Scope": ("", "Recursive", "RecursiveAll", "FilesOnly")[self.scope],
            "BaseViewID": str(self.base_view_id),
            "ContentTypeID": self.content_type_id,
        }
        text = " ".join(f"{key}={quoteattr(value)}" for key, value in said.items() if value)
        columns = "".join(f"<FieldRef Name={quoteattr(one)} />" for one in self.fields)
        limit = f'<RowLimit Paged="{"TRUE" if self.is_paged else "FALSE"}">{self.row_limit}'
        formatter = (
            f"<CustomFormatter>{escape(self.formatter)}</CustomFormatter>" if self.formatter else ""
        )
        return (
            f"<View {text}><Query>{self.query}</Query><ViewFields>{columns}</ViewFields>"
            f"{limit}</RowLimit>{formatter}{self.aggregations}{self.extra_xml}</View>"
        )
