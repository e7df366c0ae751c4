"""A site of the lab behind HTTPS, and somebody who keeps what is told of it as a backup does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random

from strongroom.errors import AccessDenied, CursorExpired, ItemError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.jwt import Signer
from strongroom.lab.entra.minting import CERTIFICATE, Asked, Mint
from strongroom.lab.entra.scopes import read_scope
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget
from strongroom.sources.sharepoint.source import SiteSource
from strongroom.wire.sharepoint.rest import ALWAYS, RestConnection, context_url
from strongroom.wire.sign_in import BearerSignIn, SignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from strongroom.words.item import (
    Changed,
    Content,
    Folder,
    Hierarchy,
    Item,
    Kept,
    Missed,
    Removed,
    Same,
    Standing,
    StateChanged,
)
from strongroom.words.resource import Resource, ResourceKind
from tests.fakes.hand_clock import HandClock

PATH = "/sites/marketing"
ROUNDS_MAX = 5


def application(directory: Directory, tenant: Tenant, audience: str, *roles: str) -> SignIn:
    """Sign an application in by its certificate."""
    app = tenant.add_application("Keeper")
    tenant.grant(app.app_id, well_known.SHAREPOINT, *roles)
    principal = tenant.principal(app.app_id)
    assert principal is not None
    scope = read_scope(f"{audience}/.default", directory, tenant, app_name="Keeper")
    mint = Mint(directory, audience)

    def token() -> str:
        made = mint.for_application(tenant, app, principal, scope, Asked(proof=CERTIFICATE))
        return str(made["access_token"])

    held = [token()]

    def renew(_: Sequence[str]) -> bool:
        held[0] = token()
        return True

    return BearerSignIn("application 1", lambda: held[0], renew=renew)


@dataclass(slots=True)
class Keeper:
    """Keeps what a source tells, by the rules of a backup, and counts nothing itself.

    Attributes:
        hierarchy: As it was told last.
        items: By folder and id, as told last; only what the folder still holds.
        parts: By item, its parts by name: bytes as they were read last.
        read: Names of the parts that were read in the last run, by item.
        cursors, marks: By folder.
        expired: Folders whose cursor was refused in the last run.
        problems: Why some of them could not be read in the last run.
    """

    hierarchy: Hierarchy | None = None
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    parts: dict[str, dict[str, bytes]] = field(default_factory=dict)
    read: dict[str, list[str]] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    expired: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    missed: list[Missed] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def run(self, source: SiteSource, *, meanwhile: Iterator[None] | None = None) -> None:
        """Make one backup; ``meanwhile`` goes on by a step whenever a page was told."""
        self.read, self.expired, self.missed, self.asked = {}, [], [], []
        self.problems = {}
        hierarchy = source.hierarchy(self.hierarchy)
        source.settings()
        self.hierarchy = hierarchy
        folders = list(hierarchy.folders)
        for folder_id in self.items.keys() - {one.id for one in folders}:
            del self.items[folder_id]
        while True:
            self._until_still(source, folders, meanwhile)
            listed = source.hierarchy(hierarchy).folders
            known = {one.id for one in folders}
            new = [one for one in listed if one.id not in known]
            if not new:
                return
            folders += new

    def of(self, folder_id: str) -> list[Item]:
        return list(self.items.get(folder_id, {}).values())

    def folder(self, *path: str) -> Folder:
        assert self.hierarchy is not None
        return next(one for one in self.hierarchy.folders if one.path == path)

    def named(self, folder_id: str, name: str) -> Item:
        return next(one for one in self.of(folder_id) if one.name == name)

    def _until_still(
        self, source: SiteSource, folders: Sequence[Folder], meanwhile: Iterator[None] | None
    ) -> None:
        asked = [one for one in folders if not one.is_listed_only]
        standings = source.standings(asked)
        due = [one for one in asked if self._is_due(one, standings)]
        for _ in range(ROUNDS_MAX):
            for folder in due:
                self.asked.append(folder.id)
                self._sync(source, folder, meanwhile)
                if folder.id not in self.problems:
                    self.marks[folder.id] = standings[folder.id].mark
            after = source.standings(asked)
            due = [one for one in asked if one.id in after and after[one.id] != standings[one.id]]
            standings = after
            self.standings = dict(after)
            if not due:
                return

    def _is_due(self, folder: Folder, standings: Mapping[str, Standing]) -> bool:
        standing = standings.get(folder.id)
        return standing is not None and self.marks.get(folder.id) != standing.mark

    def _sync(self, source: SiteSource, folder: Folder, meanwhile: Iterator[None] | None) -> None:
        cursor = self.cursors.get(folder.id)
        try:
            try:
                self._take(source, folder, cursor, meanwhile)
            except CursorExpired:
                if folder.kind != "structure":
                    self.expired.append(folder.id)
                self._take(source, folder, None, meanwhile)
        except (AccessDenied, ItemError) as error:
            self.problems[folder.id] = str(error)

    def _take(
        self,
        source: SiteSource,
        folder: Folder,
        cursor: str | None,
        meanwhile: Iterator[None] | None,
    ) -> None:
        known = self.items.setdefault(folder.id, {})
        told: set[str] = set()
        for page in source.changes(folder, cursor):
            wanted: list[Item] = []
            for change in page.changes:
                match change:
                    case Changed(item=item):
                        told.add(item.id)
                        before = known.get(item.id)
                        if before is None or before.change_key != item.change_key:
                            wanted.append(replace(item, kept=self._kept(before)))
                            known[item.id] = item
                    case Removed(item_id=item_id):
                        known.pop(item_id, None)
                        self.parts.pop(item_id, None)
                    case StateChanged():
                        raise AssertionError("a site tells none")
            self._fetch(source, wanted)
            self.cursors[folder.id] = page.cursor
            if meanwhile is not None:
                next(meanwhile, None)
        if cursor is None:
            for gone in known.keys() - told:
                del known[gone]
                self.parts.pop(gone, None)

    def _kept(self, before: Item | None) -> Kept | None:
        if before is None or before.id not in self.parts:
            return None
        return Kept(
            change_key=before.change_key,
            state=before.state,
            parts=tuple(self.parts[before.id]),
        )

    def _fetch(self, source: SiteSource, wanted: Sequence[Item]) -> None:
        def keep(answer: Content | Missed) -> None:
            if isinstance(answer, Missed):
                self.missed.append(answer)
                return
            before = self.parts.get(answer.item_id, {})
            after: dict[str, bytes] = {}
            for part in answer.parts:
                if isinstance(part.content, Same):
                    after[part.name] = before[part.name]
                    continue
                self.read.setdefault(answer.item_id, []).append(part.name)
                content = part.content
                after[part.name] = content if isinstance(content, bytes) else b"".join(content)
            self.parts[answer.item_id] = after

        source.fetch(wanted, keep)


@dataclass(slots=True)
class LabSite:
    """One site of the lab.

    Attributes:
        face: The lab's SharePoint.
        collection: What is in the site; hold its lock.
        rest: A connection that may do everything.
    """

    face: SharePointFace
    collection: SiteCollection
    rest: RestConnection
    clock: HandClock

    @property
    def resource(self) -> Resource:
        return Resource(
            kind=ResourceKind.SITE,
            id=self.collection.id,
            address=self.rest.transport.url.partition("/_api")[0],
            name=self.collection.root.title,
        )

    def source(self, page_items: int = 1000) -> SiteSource:
        """Open it for reading."""
        return SiteSource(self.rest, self.resource, lambda: iter(()), page_items=page_items)

    @property
    def requests(self) -> int:
        """How many came so far."""
        return self.face.rest.requests


@contextmanager
def lab_site(
    server: LabServer, signer: Signer, *, path: str = PATH, profile: str = ""
) -> Iterator[LabSite]:
    """Put a site of Online up at a running server, and connect to it as an application.

    Args:
        server: Where to.
        signer: Signs tokens.
        path: Of the site.
        profile: The version whose answers it gives; empty: the newest.
    """
    clock = HandClock()
    directory = Directory(clock=clock, signer=signer)
    directory.aliases[server.url] = well_known.SHAREPOINT
    tenant = directory.add_tenant("Lab", "lab.onmicrosoft.example", "lab.example")
    farm = Farm(kind="online", clock=clock, profile=profile)
    farm.add_site(path, "Marketing")
    face = SharePointFace(farm, url=lambda: server.url, directory=directory, tenant=tenant)
    for beginning in face.beginnings:
        server.pages[beginning] = face.answer
    collection = face.content.collection(path)
    assert collection is not None
    transport = Transport(
        context_url(f"{server.url}{path.rstrip('/')}"),
        application(directory, tenant, server.url, "Sites.FullControl.All"),
        clock=clock,
        trust=Trust(ca_pem=server.ca_pem.decode()),
        headers=ALWAYS,
    )
    rest = RestConnection(
        transport, clock=clock, pace=Pace(clock), random=Random(1), budget=Budget()
    )
    try:
        yield LabSite(face, collection, rest, clock)
    finally:
        transport.close()
    assert face.crashes == []
