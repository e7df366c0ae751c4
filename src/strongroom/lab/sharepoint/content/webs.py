"""A web, the root of a site collection or a subsite; and how it is changed."""

from __future__ import annotations

from typing import Any

from strongroom.lab.sharepoint.content import classic_pages, pages, templates
from strongroom.lab.sharepoint.content.change_log import ChangeType, Thing
from strongroom.lab.sharepoint.content.items import StoredFile
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.recycle_bin import Recycled, RecycledKind
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotAllowed
from strongroom.lab.sharepoint.content.web_core import WebFile
from strongroom.lab.sharepoint.content.web_definitions import WebDefinitions


def repath(web: Web, old: str, new: str) -> None:
    """Let a web and all below it lie elsewhere: ``old`` and ``new`` are what paths begin with."""
    for one in web.walk():
        one.path = f"{new}{one.path[len(old) :]}" or "/"
        for of in one.lists.values():
            of.repath(old, new)


def give_home_page(web: Web, by: int) -> None:
    """Make the page that a new web opens with."""
    library = web.list_by_path(web.inside("SitePages"))
    if library is None:
        return
    if not web.collection.traits.has_modern_pages:
        wiki = classic_pages.add_wiki_page(library, "Home.aspx", "<h1>Welcome</h1>", by=by)
        library.publish(wiki, by=by)
        return
    home = pages.PageContent(title="Home", kind="Home")
    pages.publish_page(pages.add_page(library, "Home.aspx", home, by=by), by=by)


class Web(WebDefinitions):
    """A web. Hold ``collection.lock``. ``web_core`` says what it is.

    What it defines for others is changed by what ``web_definitions`` has.
    """

    def add_list(
        self,
        title: str,
        *,
        by: int,
        base_template: int = 100,
        leaf: str = "",
        description: str = "",
    ) -> SpList:
        """Make a list or library; its address comes from its title, once and for all.

        Args:
            title: Of the list.
            by: Who makes it.
            base_template: 100 a list, 101 a library, and so on.
            leaf: The last part of its address, if not the title.
            description: For people.

        Raises:
            AlreadyExists: the title or the address is taken.
        """
        self.collection.begin()
        if self.list_by_title(title) is not None:
            raise AlreadyExists(
                "A list, survey, discussion board, or document library with the "
                "specified title already exists in this Web site."
            )
        made = templates.new_list(self, title, base_template, leaf or title, by)
        if self.list_by_path(made.root_path) is not None:
            raise AlreadyExists(
                "A list, survey, discussion board, or document library with the "
                "specified title already exists in this Web site."
            )
        made.settings.description = description
        self.lists[made.id] = made
        made.note(ChangeType.ADD, by=by)
        return made

    def recycle_list(self, gone: SpList, *, by: int) -> Recycled:
        """Put a list into the recycle bin with everything in it.

        Raises:
            NotAllowed: it cannot be deleted.
        """
        self.delete_list(gone, by=by)
        entry = Recycled(
            id=self.collection.new_guid(),
            name=gone.root_path.rpartition("/")[2],
            folder=gone.root_path.rpartition("/")[0].removeprefix("/"),
            title=gone.title,
            size=0,
            kind=RecycledKind.LIST,
            deleted=self.collection.now(),
            deleted_by_id=by,
            author_id=gone.author_id,
            web_id=self.id,
            put_back=lambda: self._put_back(gone, by),
        )
        return self.collection.recycle_bin.add(entry)

    def delete_list(self, gone: SpList, *, by: int) -> None:
        """Delete a list for good.

        Raises:
            NotAllowed: it cannot be deleted.
        """
        self.collection.begin()
        if not gone.settings.allows_deletion or self.collection.is_on_hold:
            raise NotAllowed("The list cannot be deleted.")
        del self.lists[gone.id]
        gone.note(ChangeType.DELETE, by=by)

    def add_web(
        self, leaf: str, title: str, *, by: int, inherits: bool = True, language: int = 1033
    ) -> Web:
        """Make a web below this one, with the lists that a team site begins with.

        Raises:
            AlreadyExists: the address is taken.
        """
        self.collection.begin()
        path = self.inside(leaf)
        if leaf.casefold() in self.webs or self.list_of(path) is not None:
            raise AlreadyExists(f'The Web site address "{path}" is already in use.')
        made = Web(
            _collection=self.collection,
            id=self.collection.guid_of_web(path),
            path=path,
            title=title,
            created=self.collection.now(),
            author_id=by,
            parent=self,
            language=language,
            root_unique_id=self.collection.new_guid(),
            owner_group_id=self.owner_group_id,
            member_group_id=self.member_group_id,
            visitor_group_id=self.visitor_group_id,
        )
        self.webs[leaf.casefold()] = made
        made.note(ChangeType.ADD, by=by)
        templates.fill_web(made, by)
        give_home_page(made, by)
        if not inherits:
            made.break_inheritance(by=by)
        self.collection.web_came(made)
        return made

    def move(self, leaf: str, *, by: int) -> None:
        """Give a subweb another address; ids stay.

        Raises:
            AlreadyExists: the address is taken.
            NotAllowed: this is a root web; see ``SiteCollection.move``.
        """
        self.collection.begin()
        if self.parent is None:
            raise NotAllowed("The address of a root web is that of its collection.")
        new, old = self.parent.inside(leaf), self.path
        if leaf.casefold() in self.parent.webs or self.parent.list_of(new) is not None:
            raise AlreadyExists(f'The Web site address "{new}" is already in use.')
        for one in self.walk():
            self.collection.web_went(one)
        del self.parent.webs[old.rpartition("/")[2].casefold()]
        self.parent.webs[leaf.casefold()] = self
        repath(self, old, new)
        for one in self.walk():
            self.collection.web_came(one)
        self.note(ChangeType.RENAME, by=by)

    def delete_web(self, gone: Web, *, by: int) -> None:
        """Delete a web below this one; it goes to the administrators' bin.

        Raises:
            NotAllowed: it has webs below it.
        """
        now = self.collection.begin()
        if gone.webs:
            raise NotAllowed("The Web site cannot be deleted because it has subsites.")
        leaf = gone.path.rpartition("/")[2]
        del self.webs[leaf.casefold()]
        gone.note(ChangeType.DELETE, by=by)
        self.collection.web_went(gone)
        entry = Recycled(
            id=self.collection.new_guid(),
            name=leaf,
            folder=self.path.removeprefix("/"),
            title=gone.title,
            size=0,
            kind=RecycledKind.WEB,
            deleted=now,
            deleted_by_id=by,
            author_id=gone.author_id,
            web_id=self.id,
            put_back=lambda: self._bring_back(leaf, gone, by),
            stage=2,
        )
        self.collection.recycle_bin.add(entry)

    def update(self, *, by: int, **changes: Any) -> None:  # noqa: ANN401 - attributes of many kinds
        """Change what the web says of itself, by the names of its attributes.

        Raises:
            AttributeError: there is no such attribute.
        """
        self.collection.begin()
        for name, value in changes.items():
            getattr(self, name)
            setattr(self, name, value)
        self.note(ChangeType.UPDATE, by=by)

    def put_file(self, name: str, content: bytes, *, by: int) -> WebFile:
        """Put a file into the web's own folder, or give the one there another content.

        Args:
            name: Its path below that folder.
            content: Its bytes.
            by: Who.
        """
        now = self.collection.begin(len(content))
        there = self.files.get(name.casefold())
        if there is not None:
            there.file.content, there.file.content_revision = content, there.file.revision + 1
            self.file_changed(there, by=by)
            return there
        there = self.files[name.casefold()] = WebFile(
            web=self,
            name=name,
            unique_id=self.collection.new_guid(),
            file=StoredFile(content=content),
            created=now,
            modified=now,
            editor_id=by,
        )
        self._note_file(ChangeType.ADD, there, by=by)
        return there

    def file_changed(self, there: WebFile, *, by: int) -> None:
        """Say that a file in the web's own folder changed."""
        there.modified, there.editor_id = self.collection.now(), by
        there.file.revision += 1
        self._note_file(ChangeType.UPDATE, there, by=by)

    def remove_file(self, there: WebFile, *, by: int) -> None:
        """Take a file out of the web's own folder."""
        self.collection.begin()
        del self.files[there.name.casefold()]
        self._note_file(ChangeType.DELETE, there, by=by)

    def _note_file(self, kind: ChangeType, there: WebFile, *, by: int) -> None:
        self.collection.log.note(
            kind,
            Thing.FILE,
            web_id=self.id,
            unique_id=there.unique_id,
            editor_id=by,
            path=self.inside(there.name),
        )

    def _put_back(self, gone: SpList, by: int) -> None:
        if self.list_by_title(gone.title) or self.list_by_path(gone.root_path):
            raise AlreadyExists(f"A list with the name {gone.title} already exists.")
        self.lists[gone.id] = gone
        gone.note(ChangeType.RESTORE, by=by)

    def _bring_back(self, leaf: str, gone: Web, by: int) -> None:
        if leaf.casefold() in self.webs:
            raise AlreadyExists(f'The Web site address "{gone.path}" is already in use.')
        self.webs[leaf.casefold()] = gone
        gone.note(ChangeType.RESTORE, by=by)
        self.collection.web_came(gone)
