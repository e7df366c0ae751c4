"""A site collection: webs, people, permissions, changes, the bin, and its state as a whole."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from strongroom.clock import Clock
from strongroom.lab.sharepoint.content import templates
from strongroom.lab.sharepoint.content.change_log import (
    ChangeLog,
    ChangeToken,
    ChangeType,
    Scope,
    Thing,
)
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.permissions import (
    Permissions,
    RoleDefinition,
    standard_roles,
)
from strongroom.lab.sharepoint.content.principals import SYSTEM_ACCOUNT, Principals
from strongroom.lab.sharepoint.content.recycle_bin import RecycleBin
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    NotAllowed,
    NotFound,
    QuotaExceeded,
    SiteIsLocked,
    SiteIsReadOnly,
)
from strongroom.lab.sharepoint.content.taxonomy import TermStore
from strongroom.lab.sharepoint.content.traits import Traits
from strongroom.lab.sharepoint.content.webs import Web, give_home_page, repath

if TYPE_CHECKING:
    from strongroom.lab.sharepoint.content.content_database import ContentDatabase

_FIRST_OWN_ROLE = 1073741928
VIEW_THRESHOLD = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a site collection shares with the others of its farm.

    Attributes:
        clock: Every time comes from here.
        guid_of_web: Says what id the web of a path has.
        login_of: Writes a plain name as a login name with claims.
        terms: The term store.
        traits: What the server's version takes.
    """

    clock: Clock
    guid_of_web: Callable[[str], str]
    login_of: Callable[[str], str]
    terms: TermStore
    traits: Traits


class SiteCollection:
    """One site collection with all its webs.

    Whoever looks into it beside a running server, or writes, holds ``lock``. Writers are methods of
    the things themselves: they check whether the collection may be written to at all, and note what
    they did in the change log.

    Attributes:
        id: In small letters.
        path: Server-relative: ``/`` or such as ``/sites/marketing``.
        owner_id: The primary administrator's number.
        quota_bytes: 0: as much as there is.
        used_bytes: By files, their versions and attachments.
        is_read_only: Nothing can be written (``ReadOnly``); why: ``lock_issue``.
        is_locked: Nobody may enter (``NoAccess``).
        is_archived, is_on_hold: As the tenant's administrators set them.
        group_id: Of the Microsoft 365 group it belongs to; empty: none.
        channel: Of a Teams channel's site: ``private`` or ``shared``; else empty.
        sensitivity_label: Id of the label of the whole; empty: none.
        view_threshold: See ``SpList.check_threshold``.
        features, custom_actions: Of the collection.
        traits: What the server takes; a test may replace them.
        terms: The term store; all collections of a tenant have the same.
    """

    def __init__(
        self, *, number: str, path: str, title: str, around: Surroundings, template: str = "STS"
    ) -> None:
        """Make a team site with the lists that one begins with.

        Args:
            number: Its id.
            path: Server-relative.
            title: Of the root web.
            around: What it shares with the others.
            template: ``STS``, ``GROUP``, ``SITEPAGEPUBLISHING``, ``SPSPERS``, and so on.
        """
        self.id, self.path = number, path
        self.lock = threading.RLock()
        self.login_of = around.login_of
        self.view_threshold = VIEW_THRESHOLD
        self.quota_bytes = self.used_bytes = 0
        self.is_read_only = self.is_locked = self.is_archived = self.is_on_hold = False
        self.lock_issue = self.group_id = self.channel = self.sensitivity_label = ""
        self.features: set[str] = set()
        self.custom_actions: list[dict[str, str]] = []
        self.terms = around.terms
        self.log = ChangeLog(number, around.clock)
        self.traits = around.traits
        self.recycle_bin = RecycleBin(around.clock, days=self.traits.recycle_days)
        self.role_definitions = standard_roles()
        self.principals = Principals(self._note_principal)
        self.database: ContentDatabase | None = None
        self._clock = around.clock
        # Chance that anybody may guess: it only has to be the same for the same site.
        self._random = Random(f"{number} {path}")  # noqa: S311 - see above
        self._guid_of_web = around.guid_of_web
        self.owner_id = SYSTEM_ACCOUNT
        self.root = Web(
            _collection=self,
            id=self._guid_of_web(path),
            path=path,
            title=title,
            created=self.now(),
            author_id=SYSTEM_ACCOUNT,
            template=template,
            permissions=Permissions(),
            root_unique_id=self.new_guid(),
        )
        templates.fill_root(self.root, SYSTEM_ACCOUNT)
        templates.fill_web(self.root, SYSTEM_ACCOUNT)
        give_home_page(self.root, SYSTEM_ACCOUNT)

    @property
    def current_token(self) -> ChangeToken:
        """``CurrentChangeToken``."""
        return self.log.current_token(Scope.SITE, self.id)

    @property
    def has_scripts(self) -> bool:
        """Custom scripts are allowed; where they are not, much cannot be written."""
        site = self.database.farm.site_of(self.path) if self.database else None
        return site.has_scripts if site else True

    def check_scripts(self) -> None:
        """Say whether what needs custom scripts may be written.

        Raises:
            NotAllowed: it may not.
        """
        if not self.has_scripts:
            raise NotAllowed("Access denied: custom scripts are not allowed on this site.")

    def now(self) -> datetime:
        """Say the time as items keep it: aware, UTC, whole seconds."""
        return self._clock.now().replace(microsecond=0)

    def new_guid(self) -> str:
        """Draw an id, in small letters."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def guid_of_web(self, path: str) -> str:
        """Give the id of a new web."""
        return self._guid_of_web(path)

    def begin(self, byte_count: int = 0) -> datetime:
        """Say that something is about to be written, and give the time.

        Raises:
            SiteIsLocked, SiteIsReadOnly: nothing may be written.
            QuotaExceeded: so many bytes more do not fit.
        """
        if self.is_locked:
            raise SiteIsLocked("Access to this Web site has been blocked.")
        if self.is_read_only or self.is_archived:
            raise SiteIsReadOnly("This site is read only. " + self.lock_issue)
        if self.quota_bytes and self.used_bytes + byte_count > self.quota_bytes:
            raise QuotaExceeded(
                "Your changes could not be saved because this SharePoint Web site "
                "has exceeded the storage quota limit."
            )
        return self.now()

    def webs(self) -> Iterator[Web]:
        """Go through all webs, parents first."""
        return self.root.walk()

    def web_at(self, path: str) -> Web | None:
        """Find a web by its server-relative path."""
        wanted = path.casefold().rstrip("/") or "/"
        return next((one for one in self.webs() if one.path.casefold() == wanted), None)

    def web_of(self, path: str) -> Web:
        """Find the innermost web that a server-relative path lies in."""
        wanted = f"{path.casefold()}/"
        found = self.root
        for one in self.webs():
            is_above = wanted.startswith(f"{one.path.casefold().rstrip('/')}/")
            if is_above and len(one.path) > len(found.path):
                found = one
        return found

    def web_by_id(self, number: str) -> Web | None:
        """Find a web by its id."""
        wanted = number.strip("{}").casefold()
        return next((one for one in self.webs() if one.id == wanted), None)

    def find_list(self, number: str) -> SpList | None:
        """Find a list of any web by its id."""
        for web in self.webs():
            if number in web.lists:
                return web.lists[number]
        return None

    def find_item(self, unique_id: str) -> ListItem | None:
        """Find an item, file or folder of any list by its unique id."""
        wanted = unique_id.strip("{}").casefold()
        for web in self.webs():
            for one in web.lists.values():
                if wanted in one.by_unique_id:
                    return one.by_unique_id[wanted]
        return None

    def add_role(
        self, name: str, mask: int, *, by: int, description: str = "", order: int = 0
    ) -> RoleDefinition:
        """Make a role definition.

        Raises:
            AlreadyExists: the name is taken.
        """
        self.begin()
        if any(one.name.casefold() == name.casefold() for one in self.role_definitions.values()):
            raise AlreadyExists("A role definition with that name already exists.")
        number = max([_FIRST_OWN_ROLE - 1, *self.role_definitions]) + 1
        made = RoleDefinition(id=number, name=name, mask=mask, order=order, description=description)
        self.role_definitions[number] = made
        self.root.note(ChangeType.ROLE_ADD, by=by)
        return made

    def update_role(self, role: RoleDefinition, *, by: int) -> None:
        """Say that a role definition was changed."""
        self.begin()
        self.root.note(ChangeType.ROLE_UPDATE, by=by)
        assert self.role_definitions[role.id] is role

    def delete_role(self, number: int, *, by: int) -> None:
        """Delete a role definition, and every assignment of it.

        Raises:
            NotFound: there is none of that number.
        """
        self.begin()
        if self.role_definitions.pop(number, None) is None:
            raise NotFound("The role definition does not exist.")
        for one in (self.root, *self.root.below()):
            for principal_id, held in (
                list(one.permissions.assignments.items()) if one.permissions else ()
            ):
                left = tuple(role for role in held if role != number)
                if left != held and one.permissions:
                    one.permissions.assignments[principal_id] = left
        self.root.note(ChangeType.ROLE_DELETE, by=by)

    def web_came(self, web: Web) -> None:
        """Tell the content database of a new web."""
        if self.database is not None:
            self.database.web_came(web)

    def web_went(self, web: Web) -> None:
        """Tell the content database that a web is gone."""
        if self.database is not None:
            self.database.web_went(web)

    def move(self, path: str) -> None:
        """Give the whole collection another address; ids stay, and with them everything else."""
        repath(self.root, self.path.rstrip("/"), path.rstrip("/"))
        self.path = path
        self.log.note(ChangeType.RENAME, Thing.SITE)

    def _note_principal(self, kind: ChangeType, thing: Thing, number: int) -> None:
        templates.mirror_principal(self.root, number)
        self.log.note(kind, thing, web_id=self.root.id, principal_id=number)
