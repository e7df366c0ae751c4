"""A list or library: its columns, content types and views, and how they are changed."""

from __future__ import annotations

from typing import Any

from strongroom.lab.sharepoint.content import content_types
from strongroom.lab.sharepoint.content.change_log import ChangeType, Thing
from strongroom.lab.sharepoint.content.content_types import ContentType, FieldLink
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.list_moving import Moving
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    NotAllowed,
    NotFound,
    ValueRefused,
)
from strongroom.lab.sharepoint.content.views import View


class SpList(Moving):
    """A list or library. Hold ``collection.lock``.

    ``list_core`` says what it is, ``list_items`` and ``list_files`` what can be done with items.
    """

    def change_settings(self, *, by: int, title: str = "", **changes: Any) -> None:  # noqa: ANN401
        """Change settings, by the names that ``ListSettings`` has.

        Raises:
            AttributeError: there is no such setting.
            AlreadyExists: another list has that title.
        """
        self.collection.begin()
        if title and title != self.title:
            if self.web.list_by_title(title) not in {None, self}:
                raise AlreadyExists(
                    "A list, survey, discussion board, or document library "
                    "with the specified title already exists in this Web site."
                )
            self.title = title
        for name, value in changes.items():
            getattr(self.settings, name)
            setattr(self.settings, name, value)
        self.note(ChangeType.UPDATE, by=by)

    def add_field(
        self,
        column: Field,
        *,
        by: int,
        to_default_view: bool = False,
        to_content_types: bool = True,
    ) -> Field:
        """Add a column, made for this list or a copy of the web's.

        Args:
            column: With its id and name.
            by: Who adds it.
            to_default_view: Show it there.
            to_content_types: Give it to all content types of the list, but for folders.

        Raises:
            AlreadyExists: one of that internal name or id is there.
            ValueRefused: the server does not know its type.
        """
        self.collection.begin()
        if column.name in self.fields or any(one.id == column.id for one in self.fields.values()):
            raise AlreadyExists("A duplicate field name was found.")
        column.owner_id = column.owner_id or self.id
        column.store(len(self.fields) + 1)
        if column.type in self.collection.traits.missing_types:
            raise ValueRefused(column.name, f"Field type {column.type} is not installed properly.")
        self.fields[column.name] = column
        self._complete(column, by)
        for one in self.content_types.values():
            if to_content_types and not one.id.startswith(content_types.FOLDER):
                one.links.append(FieldLink(id=column.id, name=column.name))
        if to_default_view:
            self.default_view.fields.append(column.name)
        self.note(ChangeType.ADD, by=by, thing=Thing.FIELD, of=column.id)
        return column

    def parse_field(
        self, xml: str, *, by: int, to_default_view: bool = False, to_content_types: bool = True
    ) -> Field:
        """Add a column from its XML, as ``add_field`` does.

        Raises:
            ValueRefused: this is no XML of a column.
            AlreadyExists: one of that internal name or id is there.
        """
        made = Field.parse(xml, new_id=self.collection.new_guid(), owner_id=self.id)
        return self.add_field(
            made, by=by, to_default_view=to_default_view, to_content_types=to_content_types
        )

    def update_field(self, column: Field, *, by: int, xml: str = "") -> None:
        """Say that a column was changed, or change it to other XML.

        Raises:
            ValueRefused: this is no XML of a column.
        """
        self.collection.begin()
        version = int(column.attributes.get("Version", "0")) + 1
        if xml:
            column.replace_xml(xml)
            column.store(len(self.fields) + 1)
        column.attributes["Version"] = str(version)
        self.note(ChangeType.UPDATE, by=by, thing=Thing.FIELD, of=column.id)

    def delete_field(self, column: Field, *, by: int) -> None:
        """Delete a column with what items hold in it.

        Raises:
            NotAllowed: it is sealed, or every list of this kind has it.
        """
        self.collection.begin()
        if column.is_sealed or column.is_from_base_type:
            raise NotAllowed("The field cannot be deleted.")
        del self.fields[column.name]
        for item in self.items.values():
            item.values.pop(column.name, None)
        for view in self.views.values():
            view.fields = [one for one in view.fields if one != column.name]
        for kind in self.content_types.values():
            kind.links = [one for one in kind.links if one.id != column.id]
        self.note(ChangeType.DELETE, by=by, thing=Thing.FIELD, of=column.id)

    def add_content_type(self, parent: ContentType, *, by: int, new_id: str = "") -> ContentType:
        """Make a content type of the web available here, as a copy with the columns it uses.

        Raises:
            AlreadyExists: one of that name is there.
        """
        self.collection.begin()
        if any(one.name == parent.name for one in self.content_types.values()):
            raise AlreadyExists("A duplicate content type was found.")
        number = new_id or content_types.child_id(parent.id, self.collection.new_guid())
        made = self.content_types[number] = parent.copy(number)
        for link in made.links:
            site_column = self.web.field_by_id(link.id)
            if link.name not in self.fields and site_column is not None:
                self.fields[link.name] = site_column.copy()
                self.note(ChangeType.ADD, by=by, thing=Thing.FIELD, of=link.id)
        self.note(ChangeType.LIST_CONTENT_TYPE_ADD, by=by, of=number)
        return made

    def delete_content_type(self, kind: ContentType, *, by: int) -> None:
        """Take a content type off the list.

        Raises:
            NotAllowed: items are of it.
        """
        self.collection.begin()
        if any(one.content_type_id == kind.id for one in self.items.values()):
            raise NotAllowed("The content type is in use.")
        del self.content_types[kind.id]
        self.content_type_order = [one for one in self.content_type_order if one != kind.id]
        self.note(ChangeType.LIST_CONTENT_TYPE_DELETE, by=by, of=kind.id)

    @property
    def default_view(self) -> View:
        """The view that people see first.

        Raises:
            NotFound: there is none at all.
        """
        views = self.views.values()
        found = next((one for one in views if one.is_default), next(iter(views), None))
        if found is None:
            raise NotFound("The list has no view.")
        return found

    def add_view(self, view: View, *, by: int) -> View:
        """Add a view; its page gets a name from its title.

        Raises:
            AlreadyExists: another view has that page.
        """
        self.collection.begin()
        if not view.path:
            place = f"{self.root_path}/Forms" if self.is_library else self.root_path
            page = "".join(c for c in view.title if c.isalnum() or c in " -_") or "View"
            taken = {one.path.casefold() for one in self.views.values()}
            names = (f"{page}{n or ''}.aspx" for n in range(len(taken) + 1))
            view.path = next(p for n in names if (p := f"{place}/{n}").casefold() not in taken)
        if view.is_default:
            self._unset_default()
        self.views[view.id] = view
        self.note(ChangeType.ADD, by=by, thing=Thing.VIEW, of=view.id)
        return view

    def update_view(self, view: View, *, by: int, is_default: bool = False) -> None:
        """Say that a view was changed."""
        self.collection.begin()
        if is_default:
            self._unset_default()
            view.is_default = True
        self.note(ChangeType.UPDATE, by=by, thing=Thing.VIEW, of=view.id)

    def delete_view(self, view: View, *, by: int) -> None:
        """Delete a view."""
        self.collection.begin()
        del self.views[view.id]
        self.note(ChangeType.DELETE, by=by, thing=Thing.VIEW, of=view.id)

    def update_root(self, properties: dict[str, str], *, by: int) -> None:
        """Change the property bag of the root folder; an empty value takes a property away."""
        self.collection.begin()
        for name, value in properties.items():
            if value:
                self.root_properties[name] = value
            else:
                self.root_properties.pop(name, None)
        self.note(ChangeType.UPDATE, by=by)

    def move_root(self, leaf: str, *, by: int) -> None:
        """Give the root folder another name: the list has another address from then on.

        Raises:
            AlreadyExists: the address is taken.
        """
        self.collection.begin()
        new = f"{self.root_path.rpartition('/')[0]}/{leaf}"
        if self.web.list_by_path(new) not in {None, self}:
            raise AlreadyExists(f"A list with the address {new} already exists.")
        self.repath(self.root_path, new)
        self.note(ChangeType.RENAME, by=by)

    def repath(self, old: str, new: str) -> None:
        """Let it lie elsewhere: ``old`` and ``new`` are what its paths begin with."""
        self.root_path = new + self.root_path[len(old) :]
        for view in self.views.values():
            view.path = new + view.path[len(old) :]

    def _unset_default(self) -> None:
        for one in self.views.values():
            one.is_default = False

    def _complete(self, column: Field, by: int) -> None:
        """Give a managed metadata column its hidden note, and items the column's default."""
        if column.type.startswith("Taxonomy") and "TextField" not in column.attributes:
            hidden = Field(
                id=self.collection.new_guid(),
                name=f"{column.id.replace('-', '')[:8]}{column.name}"[:32],
                title=f"{column.title}_0",
                type="Note",
                attributes={"Hidden": "TRUE", "CanBeSet": "TRUE"},
                owner_id=self.id,
            )
            self.fields[hidden.name] = hidden
            column.attributes["TextField"] = f"{{{hidden.id}}}"
            self.note(ChangeType.ADD, by=by, thing=Thing.FIELD, of=hidden.id)
