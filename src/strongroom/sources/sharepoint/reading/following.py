"""Where a site is, what is in it, and its log of changes: listed once, then followed."""

from __future__ import annotations

import threading

from strongroom.errors import CursorExpired
from strongroom.sources.sharepoint.reading.cursors import TreeCursor, tree_cursor
from strongroom.sources.sharepoint.reading.log import SiteLog
from strongroom.sources.sharepoint.reading.tree import (
    SiteTree,
    read_lists_anew,
    read_tree,
    tree_of,
)
from strongroom.sources.sharepoint.reading.whereabouts import Here, Known, find_site
from strongroom.sources.sharepoint.shut import Told
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied
from strongroom.wire.sharepoint.sites import api
from strongroom.words.item import Hierarchy
from strongroom.words.resource import Resource


class Following:
    """Follows one site. Safe in many threads.

    Args:
        rest: To its server.
        resource: Which site.
        known: Lists all sites; asked only if the site is not where it was.
        told: Says more of it where the site does not open.
    """

    def __init__(
        self, rest: RestConnection, resource: Resource, known: Known, *, told: Told | None
    ) -> None:
        self._rest = rest
        self._resource = resource
        self._known = known
        self._told = told
        self._lock = threading.RLock()
        self._found: Here | None = None
        self._tree: SiteTree | None = None
        self._log: SiteLog | None = None
        self._is_log_fresh = False

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        """List all webs and lists, asking only for what happened to them where they are known.

        Raises:
            SiteDenied: the site is not opened to us.
            OperatorError: it is nowhere.
        """
        with self._lock:
            if self._log is None and not self._go_on(known):
                self._begin(tree_of(known.folders) if known else None)
            elif not self._is_log_fresh:
                self._caught_up()
            log, tree = self.now()
            self._is_log_fresh = True
            there = tree.webs.keys() | tree.lists.keys()
            marks = {key: at for key, at in log.marks.items() if key.partition("/")[0] in there}
            cursor = TreeCursor(
                token=log.head, base=log.base, marks=marks, has_shut=bool(tree.shut)
            )
            return Hierarchy(folders=tree.folders(), cursor=str(cursor))

    def followed(self) -> tuple[SiteLog, SiteTree]:
        """Give what is known of the site, with all that happened until now; told once."""
        with self._lock:
            if not self._is_log_fresh:
                self._caught_up()
            self._is_log_fresh = False
            return self.now()

    def now(self) -> tuple[SiteLog, SiteTree]:
        """Give what is known of the site; asked before anything else, the hierarchy is read."""
        with self._lock:
            if self._log is None or self._tree is None:
                self._begin(None)
            assert self._log is not None
            assert self._tree is not None
            return self._log, self._tree

    def here(self) -> Here:
        """Say where the site is.

        Raises:
            SiteDenied: it is not opened to us.
            OperatorError: it is nowhere.
        """
        with self._lock:
            if self._found is None:
                try:
                    self._found = find_site(self._rest, self._resource, self._known)
                except SiteDenied as error:
                    if self._told is None:
                        raise
                    raise self._told(error, self._resource.address) from error
            return self._found

    def _go_on(self, known: Hierarchy | None) -> bool:
        """Go on from what is known; False if that cannot be: list everything anew."""
        here = self.here()
        before = tree_cursor(known.cursor) if known else None
        tree = tree_of(known.folders) if known else None
        if before is None or tree is None or tree.top.url.casefold() != _path(here).casefold():
            return False
        log = SiteLog(
            self._rest,
            f"{api(here.path)}/site",
            top=tree.top.id,
            since=before.token,
            base=before.base,
            marks=before.marks,
        )
        try:
            log.catch_up()
        except CursorExpired:
            return False
        self._log, self._tree = log, tree
        self._follow_tree(is_whole=before.has_shut)
        return True

    def _begin(self, known: SiteTree | None) -> None:
        """List everything, from the place in the log that was told before the listing began."""
        here = self.here()
        self._tree = read_tree(self._rest, here.path, known)
        self._log = SiteLog(
            self._rest,
            f"{api(here.path)}/site",
            top=self._tree.top.id,
            since=here.token,
            base=here.token.number,
            marks={},
        )

    def _caught_up(self) -> None:
        log, tree = self.now()
        try:
            log.catch_up()
        except CursorExpired:
            # All marks are new ones then: whoever compares them asks every folder again.
            self._found = None
            self._begin(tree)
        else:
            self._follow_tree()

    def _follow_tree(self, *, is_whole: bool = False) -> None:
        """List webs and lists again where the log says that something happened to them."""
        log, tree = self.now()
        happened = log.tree()
        if happened.webs_moved or is_whole:
            self._tree = read_tree(self._rest, self.here().path, tree)
        elif happened.lists_of:
            read_lists_anew(self._rest, tree, sorted(happened.lists_of))


def _path(here: Here) -> str:
    return here.path if here.path == "/" else here.path.rstrip("/")
