"""A farm with a site that is full and one that is empty, a storage, and the stories between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.lab.estate.estate import Estate
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Quiet
from strongroom.operations.journal import FileJournal
from strongroom.operations.restore import RestoreRequest, restore
from strongroom.pace.crew import Crew
from strongroom.pace.paces import Paces
from strongroom.service.details import SHAREPOINT_ONPREM, ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.sources.sharepoint.server import SharePointServer
from strongroom.sources.sharepoint.writing.target import SiteTarget
from strongroom.store.storage import Storage
from strongroom.vault.secret import Secret
from strongroom.words.coverage import Coverage
from strongroom.words.resource import Resource
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend
from tests.operations.support import CHEAP

USER, PASSWORD = "LAB\\svc-backup", canary("svc's own")
FULL, EMPTY = "/sites/team", "/sites/new"


class Told(Quiet):
    """Keeps what a person would have been told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class SiteWorld:
    """All of it.

    Attributes:
        empty: Where things are restored to unless it is said.
    """

    server: LabServer
    farm: Farm
    face: SharePointFace
    clock: SystemClock
    storage: Storage
    opened: SharePointServer | None = None
    empty: str = EMPTY

    def make_empty(self) -> str:
        """Put up one more site with nothing in it, to restore to from now on."""
        self.empty = f"{EMPTY}-{len(self.farm.sites)}"
        self.farm.add_site(self.empty, "New")
        return self.empty

    def sharepoint(self) -> SharePointServer:
        if self.opened is None:
            details = ConnectionDetails(
                kind=SHAREPOINT_ONPREM,
                url=self.server.url + FULL,
                auth="ntlm",
                user=USER,
                password=Secret(PASSWORD),
                ca_pem=self.server.ca_pem.decode(),
            )
            found = compose.open_server(
                details, Use(purpose=Purpose.TEST), self.clock, Paces(self.clock)
            )
            assert isinstance(found, SharePointServer)
            self.opened = found
        return self.opened

    def collection(self, path: str) -> SiteCollection:
        found = self.face.content.collection(path)
        assert found is not None
        return found

    def resource(self, path: str) -> Resource:
        return self.sharepoint().resolve(self.server.url + path)

    def back_up(self, path: str = FULL) -> Coverage:
        resource = self.resource(path)
        source = self.sharepoint().source(resource)
        repository = self.storage.repository(resource.kind, resource.id, create=True)
        with Crew(source.pacing.may_begin) as crew:
            return back_up(
                source,
                resource,
                repository,
                crew=crew,
                clock=self.clock,
                progress=Quiet(),
                host="farm",
            )

    def restore(
        self,
        journal: Path,
        request: RestoreRequest | None = None,
        *,
        saved: str = FULL,
        to: str = "",
        told: Told | None = None,
        is_online: bool = False,
    ) -> Coverage:
        kept, resource = self.resource(saved), self.resource(to or self.empty)
        target = self.sharepoint().target(resource)
        if is_online:
            rest = self.sharepoint()._rest
            target = SiteTarget(rest, resource, is_online=True)
        with Crew(target.pacing.may_begin) as crew, FileJournal(journal) as opened:
            return restore(
                target,
                self.storage.repository(kept.kind, kept.id),
                request or RestoreRequest(folder=()),
                journal=opened,
                crew=crew,
                clock=self.clock,
                progress=told or Told(),
            )

    def close(self) -> None:
        if self.opened is not None:
            self.opened.close()
        assert self.face.crashes == []


def make(server: LabServer, *, profile: str = "se") -> SiteWorld:
    """Put a farm up at a running server."""
    clock, estate = SystemClock(), Estate(seed=1)
    estate.add_account(USER, password=PASSWORD)
    farm = Farm(kind="windows", clock=clock, profile=profile)
    farm.add_site(FULL, "Team")
    farm.add_site(EMPTY, "New")
    face = SharePointFace(farm, url=lambda: server.url, estate=estate)
    server.pages.clear()
    for beginning in face.beginnings:
        server.pages[beginning] = face.answer
    storage, _ = Storage.create(MemoryBackend(), "password of a test", cost=CHEAP, clock=clock)
    return SiteWorld(server=server, farm=farm, face=face, clock=clock, storage=storage)
