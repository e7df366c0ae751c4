"""Finding and making webs and lists, by the names in their addresses.

A place whose name says nothing to a site (``Lists``) is only a piece of an address. A name that
nobody saved, such as the folder that a restore is told to go into, is a web of that name if there
is one, or a list: then what is restored goes into that very list; else a web is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.reading.places import FILES
from strongroom.sources.sharepoint.writing.definition import Site
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.places import (
    FILES_OF_WEB,
    LIST,
    LIST_STRUCTURE,
    NOWHERE,
    PATH,
    STRUCTURE_OF_LIST,
    STRUCTURE_OF_WEB,
    WEB,
    WEB_FILES,
    WEB_STRUCTURE,
    Place,
    joined,
    name_for_address,
)
from strongroom.sources.sharepoint.writing.sending import as_item_error, send
from strongroom.sources.sharepoint.writing.standing import Document, TargetList
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.lists import create_list, update_list
from strongroom.wire.sharepoint.writing.webs import create_web
from strongroom.words.item import Folder
from strongroom.words.json import Json

SERVERS_OWN: Mapping[int, str] = {
    112: "people whom a site knows come into it by themselves",
    123: "looks are the server's",
    124: "solutions are for the farm's administrator",
}
"""Lists by template that nobody writes items into, with the reason."""

_HIDDEN_TERMS = "TaxonomyHiddenList"
_LISTS = "Lists"
_TEAM_SITE, _TEAM_SITE_BEFORE_2019 = "STS#3", "STS#0"
"""What webs are made from, whatever the saved one was: their lists and features follow."""


def is_servers_own(folder: Folder) -> bool:
    """Say whether nobody but the server writes into a list."""
    is_list = folder.kind in {"list", "library"}
    is_own = folder.facts.get("base_template") in SERVERS_OWN
    return is_list and (is_own or folder.path[-1:] == (_HIDDEN_TERMS,))


def is_no_team_site(folder: Folder) -> bool:
    """Say whether a web was made from another template than it will be made from."""
    template = str(folder.facts.get("template") or "")
    return bool(template) and not template.startswith("STS#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Finds and makes places.

    Args:
        means: What to work with.
        site: From where to where it goes.
        may_make: Places may be made; else they must be there.
    """

    means: Means
    site: Site
    may_make: bool = True

    def place(self, folder: Folder, parent: Place | None) -> Place:
        """Find or make the place of a saved folder.

        Raises:
            ItemError: the server does not make it.
            OutcomeUnknown: no answer; ask again, it will be found.
        """
        if parent is None:
            parent = Place(kind=WEB, web=self.site.root)
            if not folder.path:
                return parent
        name = folder.path[-1]
        if parent.kind == NOWHERE or is_servers_own(folder):
            return Place(kind=NOWHERE, web=parent.web)
        if parent.kind == LIST and name != STRUCTURE_OF_LIST:
            # It goes into another list than its own: whatever is named below it, is that list.
            self.site.note_host(parent.list_id)
            if folder.kind in {"list", "library"}:
                self.means.identities.learn_list(folder.id, parent.list_id)
            return parent
        if name == STRUCTURE_OF_LIST:
            return Place(kind=LIST_STRUCTURE, web=parent.web, list_id=parent.list_id)
        if name == STRUCTURE_OF_WEB:
            return Place(kind=WEB_STRUCTURE, web=parent.web)
        try:
            return self._made(folder, parent, name)
        except (SiteRefused, SiteDenied) as error:
            if error.status == 401:
                raise
            raise as_item_error(error, f"The place {name} was not made.") from error

    def _made(self, folder: Folder, parent: Place, name: str) -> Place:
        match folder.kind:
            case "web":
                return self._web(folder, joined(parent.web, parent.below, name))
            case "list" | "library":
                return self._list(folder, parent, name)
            case _ if folder.kind == FILES and name == FILES_OF_WEB:
                return Place(kind=WEB_FILES, web=parent.web)
            # No web may begin so: ``_catalogs``.
            case _ if name == _LISTS or name.startswith("_") or parent.below:
                return self._piece(parent, name)
            case _:
                return self._unsaved(folder, parent, name)

    def _piece(self, parent: Place, name: str) -> Place:
        """Take a name for a piece of an address, unless there is a list of that name."""
        below = "/".join(filter(None, (parent.below, name)))
        found = self.means.standing.find_list(parent.web, joined(parent.web, below))
        if found is not None:
            return Place(kind=LIST, web=parent.web, list_id=found.id)
        return Place(kind=PATH, web=parent.web, below=below)

    def _unsaved(self, folder: Folder, parent: Place, name: str) -> Place:
        leaf = name_for_address(name)
        path = joined(parent.web, leaf)
        found = self.means.standing.find_list(parent.web, path)
        if found is not None:
            return Place(kind=LIST, web=parent.web, list_id=found.id)
        return self._web(folder, path, title=name)

    def _web(self, folder: Folder, path: str, title: str = "") -> Place:
        found = self.means.standing.find_web(path)
        if found is None:
            self._require_making(title or path)
            above, _, leaf = path.rpartition("/")
            is_modern = self.means.standing.abilities.has_pages
            question = create_web(
                above or "/",
                leaf=leaf,
                title=title or str(folder.facts.get("title") or leaf),
                description="",
                template=_TEAM_SITE if is_modern else _TEAM_SITE_BEFORE_2019,
                language=self._language(above or "/"),
            )
            self.site.note_made(path)
            send(self.means.rest, question)
            self.means.standing.forget_web(path)
        return Place(kind=WEB, web=path)

    def _language(self, web: str) -> int:
        told = self.means.rest.get(f"{web.rstrip('/')}/_api/web?$select=Language", Document)
        return int(told.get("Language") or 1033)

    def _list(self, folder: Folder, parent: Place, name: str) -> Place:
        target = self._find(folder, parent, name) or self._make(folder, parent, name)
        self.means.identities.learn_list(folder.id, target.id)
        return Place(kind=LIST, web=parent.web, list_id=target.id)

    def _find(self, folder: Folder, parent: Place, name: str) -> TargetList | None:
        known = self.means.identities.list_of(folder.id, is_noted_only=True)
        if known:
            try:
                return self.means.standing.list_by_id(parent.web, known)
            except SiteRefused as error:
                if error.status != 404:
                    raise
        root = joined(parent.web, parent.below, name)
        found = self.means.standing.find_list(parent.web, root)
        if found is not None and self.site.is_made(root):
            self.site.note_made(found.id)
        return found

    def _require_making(self, name: str) -> None:
        if not self.may_make:
            raise ItemError(
                f"{name} is not there, so nothing in it can be changed.",
                code="no-list",
                is_permanent=True,
            )

    def _make(self, folder: Folder, parent: Place, name: str) -> TargetList:
        self._require_making(name)
        template = folder.facts.get("base_template")
        template = template if isinstance(template, int) and template else 100
        root = joined(parent.web, parent.below, name)
        self.site.note_made(root)
        send(self.means.rest, create_list(parent.web, leaf=name, base_template=template))
        target = self.means.standing.find_list(parent.web, root, name)
        if target is None:
            raise ItemError(f"The list {name} was made and is not there.", code="no-list")
        self.site.note_made(target.id)
        title = str(folder.facts.get("title") or name)
        if title != target.title:
            changes: dict[str, Json] = {"Title": title}
            send(self.means.rest, update_list(parent.web, target.id, changes))
            self.means.standing.forget(target.id)
        return self.means.standing.list_by_id(parent.web, target.id)
