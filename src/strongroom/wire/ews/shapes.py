"""What of a folder or an item a request wants to have told."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.wire.ews.properties import ExtendedPath
from strongroom.wire.ews.xml import attribute, truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A response shape.

    Attributes:
        base: ``IdOnly``, ``Default`` or ``AllProperties``. Each property beyond the id costs the
            server time, so ask for what is used.
        fields: Paths by name: ``item:Size``, ``folder:DisplayName``, ``message:IsRead`` …
        extended: MAPI properties.
        has_mime: Include the item's MIME content (items only).
        body_type: ``HTML``, ``Text`` or ``Best``; None leaves it to the server (items only).
    """

    base: str = "IdOnly"
    fields: tuple[str, ...] = ()
    extended: tuple[ExtendedPath, ...] = ()
    has_mime: bool = False
    body_type: str | None = None


ID_ONLY = Shape()


def folder_shape(shape: Shape) -> str:
    """Write the ``FolderShape`` element."""
    return f"<m:FolderShape>{_base(shape)}{_additional(shape)}</m:FolderShape>"


def item_shape(shape: Shape) -> str:
    """Write the ``ItemShape`` element; its children have a fixed order."""
    mime = f"<t:IncludeMimeContent>{truth(shape.has_mime)}</t:IncludeMimeContent>"
    body = f"<t:BodyType>{attribute(shape.body_type)}</t:BodyType>" if shape.body_type else ""
    inside = f"{_base(shape)}{mime if shape.has_mime else ''}{body}{_additional(shape)}"
    return f"<m:ItemShape>{inside}</m:ItemShape>"


def field_uri(name: str) -> str:
    """Write the path of a property by name."""
    return f'<t:FieldURI FieldURI="{attribute(name)}"/>'


def _base(shape: Shape) -> str:
    return f"<t:BaseShape>{attribute(shape.base)}</t:BaseShape>"


def _additional(shape: Shape) -> str:
    paths = "".join(field_uri(name) for name in shape.fields)
    paths += "".join(path.to_xml() for path in shape.extended)
    return f"<t:AdditionalProperties>{paths}</t:AdditionalProperties>" if paths else ""
