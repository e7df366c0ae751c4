"""The content of a farm's sites: a site collection for every one that the farm has.

database = ContentDatabase(farm, guid=face_guid)
database.collection("/sites/marketing").root.lists …

A farm says which sites there are and who may do what; what is in them is made when somebody first
looks, as an empty team site.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from strongroom.lab.sharepoint.content.collection import SiteCollection, Surroundings
from strongroom.lab.sharepoint.content.principals import SYSTEM_ACCOUNT
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotFound
from strongroom.lab.sharepoint.content.taxonomy import TermStore
from strongroom.lab.sharepoint.content.traits import TRAITS
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.farm import Farm, FarmSite, collection_of
from strongroom.lab.sharepoint.rights import Level

_PREFIX = {
    "online": "i:0#.f|membership|",
    "windows": "i:0#.w|",
    "forms": "i:0#.f|lab|",
    "claims": "i:05.t|lab|",
}


class ContentDatabase:
    """All site collections of a farm. Safe to call from many threads; what it gives has a lock.

    Attributes:
        farm: Says which sites there are.
        terms: The term store that all of them share; another farm's may be put here at first.
        gone: Logins, in small letters, of accounts that are no longer in the directory.
        deleted: Collections that were deleted, by path; they can be put back.
    """

    def __init__(self, farm: Farm, *, guid: Callable[[str, str], str]) -> None:
        """Begin with nothing made yet.

        Args:
            farm: Whose sites.
            guid: Gives the id of a ``collection`` or a ``web`` by its path.
        """
        self.farm = farm
        self.terms = TermStore(farm.kind)
        self.gone: set[str] = set()
        self.deleted: dict[str, SiteCollection] = {}
        self._guid = guid
        self._made: dict[str, SiteCollection] = {}
        self._lock = threading.RLock()

    def __iter__(self) -> Iterator[SiteCollection]:
        """Go through the collections of the farm, made ones and others."""
        for one in self.farm.collections():
            found = self.collection(one.path)
            if found is not None:
                yield found

    def collection(self, path: str) -> SiteCollection | None:
        """Give the site collection that a site's path lies in; None: the farm has no such site."""
        with self._lock:
            site = self.farm.site_of(path)
            top = self.farm.site_of(collection_of(site.path)) if site else None
            if top is None:
                return None
            if top.path not in self._made:
                self._made[top.path] = self._new(top)
            return self._made[top.path]

    def ids_of(self, site: FarmSite) -> tuple[str, str, str]:
        """Give the ids of a site's collection, which survives a move, its web, and its group.

        Takes no lock: whoever asks may hold a collection's.
        """
        made = self._made.get(collection_of(site.path))
        if made is None:
            top = self._guid("collection", collection_of(site.path))
            return top, self._guid("web", site.path), ""
        web = made.web_at(site.path)
        return made.id, web.id if web else self._guid("web", site.path), made.group_id

    def web(self, path: str) -> Web | None:
        """Give the web of a site's path; None: there is no such site."""
        found = self.collection(path)
        return found.web_at(path) if found else None

    def create(self, path: str, title: str, *, template: str = "STS") -> SiteCollection:
        """Make a new, empty site collection.

        Raises:
            AlreadyExists: there is one, or a deleted one that must be put back or purged first.
        """
        with self._lock:
            wanted = path.casefold().rstrip("/")
            if wanted in self.deleted:
                raise AlreadyExists("A site already exists at this URL in the recycle bin.")
            if self.farm.site_of(path) is not None:
                raise AlreadyExists(f"A site already exists at url {path}.")
            self.farm.add_site(path, title, template=template)
            made = self.collection(path)
            assert made is not None
            return made

    def delete(self, path: str) -> None:
        """Delete a site collection with all its webs; it can be put back.

        Raises:
            NotFound: there is none.
        """
        with self._lock:
            gone = self.collection(path)
            if gone is None:
                raise NotFound("The site does not exist.")
            for web in gone.webs():
                self.farm.sites.pop(web.path.casefold(), None)
            self.deleted[gone.path.casefold()] = self._made.pop(gone.path.casefold())

    def restore(self, path: str) -> SiteCollection:
        """Put a deleted site collection back.

        Raises:
            NotFound: none was deleted there.
        """
        with self._lock:
            back = self.deleted.pop(path.casefold().rstrip("/"), None)
            if back is None:
                raise NotFound("There is no deleted site of that address.")
            for web in back.webs():
                self.web_came(web)
            self._made[back.path.casefold()] = back
            return back

    def purge(self, path: str) -> None:
        """Forget a deleted site collection for good."""
        with self._lock:
            self.deleted.pop(path.casefold().rstrip("/"), None)

    def move(self, path: str, new_path: str) -> SiteCollection:
        """Give a site collection another address; ids, rights and everything in it stay.

        Raises:
            NotFound: there is none.
            AlreadyExists: the new address is taken.
        """
        with self._lock:
            found = self.collection(path)
            if found is None:
                raise NotFound("The site does not exist.")
            if self.farm.site_of(new_path) is not None:
                raise AlreadyExists(f"A site already exists at url {new_path}.")
            del self._made[found.path.casefold()]
            known = [(web, self.farm.sites.pop(web.path.casefold())) for web in found.webs()]
            with found.lock:
                found.move(new_path.rstrip("/"))
            for web, site in known:
                site.path = web.path.casefold()
                self.farm.sites[site.path] = site
            self._made[found.path.casefold()] = found
            return found

    def login(self, name: str) -> str:
        """Write a principal name or an account as a login name with claims."""
        return _PREFIX[self.farm.kind] + name.casefold()

    def web_came(self, web: Web) -> None:
        """Let the farm know a web that was made in a collection."""
        if self.farm.site_of(web.path) is None:
            above = self.farm.site_of(web.parent.path) if web.parent else None
            made = self.farm.add_site(web.path, web.title, template=web.template)
            if above is not None:
                made.members = above.members

    def web_went(self, web: Web) -> None:
        """Let the farm forget a web."""
        self.farm.sites.pop(web.path.casefold(), None)

    def _new(self, top: FarmSite) -> SiteCollection:
        made = SiteCollection(
            number=self._guid("collection", top.path),
            path=top.path,
            title=top.title,
            template=top.template,
            around=Surroundings(
                clock=self.farm.clock,
                guid_of_web=lambda path: self._guid("web", path),
                login_of=self.login,
                terms=self.terms,
                traits=TRAITS[self.farm.profile],
            ),
        )
        made.principals.gone = self.gone
        if top.template in {"GROUP", "TEAMCHANNEL"}:
            made.group_id = made.new_guid()
        if top.template == "TEAMCHANNEL":
            made.channel = "private"
        _let_in(made, top)
        inner = (one for one in self.farm.sites.values() if collection_of(one.path) == top.path)
        for one in sorted(inner, key=lambda site: site.path.count("/")):
            above = made.web_at(one.path.rpartition("/")[0])
            if one is not top and above is not None:
                leaf = one.path.rpartition("/")[2]
                above.add_web(leaf, one.title, by=SYSTEM_ACCOUNT)
        made.database = self
        return made


def _let_in(made: SiteCollection, top: FarmSite) -> None:
    """Put the site's members into the groups that fit."""
    root = made.root
    groups = {
        Level.FULL: root.owner_group_id,
        Level.EDIT: root.member_group_id,
        Level.READ: root.visitor_group_id,
    }
    for name, level in (top.members or {}).items():
        user = made.principals.ensure_user(made.login_of(name))
        made.principals.add_member(made.principals.groups[groups[level]], user)
