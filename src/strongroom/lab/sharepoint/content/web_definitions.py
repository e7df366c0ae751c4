"""What a web defines for what lies in it: columns, content types, navigation, features."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.lab.sharepoint.content.change_log import ChangeType, Thing
from strongroom.lab.sharepoint.content.content_types import ContentType
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.navigation import Node
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotAllowed, NotFound
from strongroom.lab.sharepoint.content.web_core import WebCore


class WebDefinitions(WebCore):
    """How a web's definitions are changed. Hold ``collection.lock``."""

    def add_field(self, xml: str, *, by: int) -> Field:
        """Add a site column from its XML.

        Raises:
            AlreadyExists: one of that internal name or id is there.
            ValueRefused: this is no XML of a column.
        """
        self.collection.begin()
        made = Field.parse(xml, new_id=self.collection.new_guid(), owner_id=self.id)
        if made.name in self.fields or self.field_by_id(made.id) is not None:
            raise AlreadyExists("A duplicate field name was found.")
        self.fields[made.name] = made
        self.note(ChangeType.ADD, by=by, thing=Thing.FIELD, of=made.id)
        return made

    def delete_field(self, column: Field, *, by: int) -> None:
        """Delete a site column; lists keep their copies."""
        self.collection.begin()
        del self.fields[column.name]
        self.note(ChangeType.DELETE, by=by, thing=Thing.FIELD, of=column.id)

    def add_content_type(self, kind: ContentType, *, by: int) -> ContentType:
        """Add a content type.

        Raises:
            AlreadyExists: the id or the name is taken.
        """
        self.collection.begin()
        known = self.available_content_types()
        if kind.id in known or any(one.name == kind.name for one in known.values()):
            raise AlreadyExists("A duplicate content type was found.")
        self.content_types[kind.id] = kind
        self.note(ChangeType.ADD, by=by, thing=Thing.CONTENT_TYPE, of=kind.id)
        return kind

    def update_content_type(self, kind: ContentType, *, by: int) -> None:
        """Say that a content type was changed."""
        self.collection.begin()
        self.note(ChangeType.UPDATE, by=by, thing=Thing.CONTENT_TYPE, of=kind.id)

    def delete_content_type(self, kind: ContentType, *, by: int) -> None:
        """Delete a content type.

        Raises:
            NotAllowed: it is sealed, or others are made from it.
        """
        self.collection.begin()
        children = (one for one in self.content_types.values() if one.parent_id == kind.id)
        lists = (one for web in self.walk() for one in web.lists.values())
        uses = (
            one for of in lists for one in of.content_types.values() if one.parent_id == kind.id
        )
        if kind.is_sealed or any(children) or any(uses):
            raise NotAllowed("The content type is in use.")
        del self.content_types[kind.id]
        self.note(ChangeType.DELETE, by=by, thing=Thing.CONTENT_TYPE, of=kind.id)

    def update_field(self, column: Field, *, by: int, xml: str = "") -> None:
        """Say that a site column was changed, or change it to other XML.

        Raises:
            ValueRefused: this is no XML of a column.
        """
        self.collection.begin()
        if xml:
            column.replace_xml(xml)
        self.note(ChangeType.UPDATE, by=by, thing=Thing.FIELD, of=column.id)

    def switch_feature(self, number: str, *, is_on: bool, by: int) -> None:
        """Activate or deactivate a feature."""
        self.collection.begin()
        if is_on:
            self.features.add(number)
        else:
            self.features.discard(number)
        self.note(ChangeType.UPDATE, by=by)

    def set_properties(self, properties: Mapping[str, str | None], *, by: int) -> None:
        """Change the property bag; None takes a property away.

        Raises:
            NotAllowed: the site allows no custom scripts.
        """
        self.collection.begin()
        self.collection.check_scripts()
        for name, value in properties.items():
            if value is None:
                self.properties.pop(name, None)
            else:
                self.properties[name] = value
        self.note(ChangeType.UPDATE, by=by)

    def add_node(
        self,
        title: str,
        url: str,
        *,
        by: int,
        above: Node | None = None,
        is_top: bool = False,
        is_external: bool = False,
    ) -> Node:
        """Add an entry to the quick launch or the top bar, at the end or below another."""
        self.collection.begin()
        made = self.navigation.new_node(title, url, is_external=is_external)
        where = self.navigation.top if is_top else self.navigation.quick_launch
        (above.children if above is not None else where).append(made)
        self.note(ChangeType.NAVIGATION, by=by)
        return made

    def delete_node(self, number: int, *, by: int) -> None:
        """Take an entry away with everything below it.

        Raises:
            NotFound: there is none of that number.
        """
        self.collection.begin()
        found = self.navigation.find(number)
        if found is None:
            raise NotFound("The navigation node does not exist.")
        found[0].remove(found[1])
        self.note(ChangeType.NAVIGATION, by=by)

    def note_navigation(self, *, by: int) -> None:
        """Say that an entry was changed or moved."""
        self.collection.begin()
        self.note(ChangeType.NAVIGATION, by=by)
