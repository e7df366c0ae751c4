"""Setting and clearing single properties: shared by UpdateItem and UpdateFolder."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.properties import (
    ExtendedPath,
    PropertyValue,
    property_to_xml,
    value_to_text,
)
from strongroom.wire.ews.shapes import field_uri


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One property's new value.

    Attributes:
        path: By name (``message:IsRead``, ``folder:DisplayName``) or a MAPI property.
        value: The value; a node where the field has structure; None clears it.
    """

    path: str | ExtendedPath
    value: PropertyValue | Node | None

    def to_xml(self, what: str, element: str) -> str:
        """Write the change.

        Args:
            what: ``Item`` or ``Folder``.
            element: The type that the thing has in EWS (``Message``).

        Raises:
            ValueError: a node for a MAPI property, or a list for a named field.
        """
        uri = field_uri(self.path) if isinstance(self.path, str) else self.path.to_xml()
        if self.value is None:
            return f"<t:Delete{what}Field>{uri}</t:Delete{what}Field>"
        inside = f"<t:{element}>{self._value_xml()}</t:{element}>"
        return f"<t:Set{what}Field>{uri}{inside}</t:Set{what}Field>"

    def _value_xml(self) -> str:
        match self.path, self.value:
            case ExtendedPath() as path, value if not isinstance(value, Node | None):
                return property_to_xml(path, value)
            case str(), Node() as node:
                return node.to_xml()
            case str() as name, value if not isinstance(value, list | Node | None):
                local = name.rpartition(":")[2]
                return f"<t:{local}>{value_to_text(value)}</t:{local}>"
        raise ValueError(f"{self.path} cannot take {type(self.value).__name__}")
