"""A tenant's mailbox and a storage, and backups of the one to the other by Graph or by EWS."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom import compose
from strongroom.clock import Clock, SystemClock
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab
from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Progress, Quiet
from strongroom.operations.saved import SavedTree, read_all
from strongroom.pace.crew import Crew
from strongroom.pace.paces import Paces
from strongroom.service.details import EXCHANGE_ONLINE, ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.sources.exchange_online.server import OnlineServer
from strongroom.store.storage import Storage
from strongroom.vault.secret import Secret
from strongroom.words.coverage import Coverage
from strongroom.words.item import Item
from strongroom.words.json import Json
from strongroom.words.resource import Resource
from tests.fakes.memory_backend import MemoryBackend
from tests.operations.support import CHEAP


class GraphWorld:
    """One mailbox, backed up.

    Attributes:
        requests: How many requests were sent in the last run, signing in aside.
        counted: How many Graph counted: each in a batch by itself.
        exported: How many of them were exports.
        read: Bytes that the last run read over the line.
        throttled: How many answers of the last run said to go slower.
    """

    def __init__(self, lab: Lab, address: str, *, clock: Clock | None = None) -> None:
        self.lab = lab
        self.address = address
        self.clock = clock or SystemClock()
        self.storage, _ = Storage.create(
            MemoryBackend(), "password of a test", cost=CHEAP, clock=SystemClock()
        )
        self.requests = self.counted = self.exported = self.read = self.throttled = 0
        self.resource: Resource | None = None

    @property
    def mailbox(self) -> Mailbox:
        found = self.lab.estate.mailbox(self.address.rpartition(":")[2])
        assert found is not None
        return found

    def open(self, *, uses_ews: bool = False) -> OnlineServer:
        """Sign in as the application that backs up."""
        app = next(one for one in self.lab.cloud.applications if one.name == "Strongroom backup")
        details = ConnectionDetails(
            kind=EXCHANGE_ONLINE,
            tenant=self.lab.cloud.tenant.id,
            client_id=app.client_id,
            auth="client-secret",
            client_secret=Secret(app.secret),
            endpoints=self.lab.cloud.endpoints,
            ca_pem=self.lab.ca_pem.decode(),
            uses_ews=uses_ews,
        )
        use = Use(purpose=Purpose.BACKUP)
        server = compose.open_server(details, use, self.clock, Paces(self.clock))
        assert isinstance(server, OnlineServer)
        return server

    def back_up(self, *, uses_ews: bool = False, progress: Progress | None = None) -> Coverage:
        """Make a restore point, as a job of its own process would."""
        server = self.open(uses_ews=uses_ews)
        visits = self.lab.cloud.graph.visits
        before = len(visits)
        try:
            self.resource = resource = server.resolve(self.address)
            source = server.source(resource)
            storage = self.storage
            try:
                repository = storage.repository(resource.kind, resource.id)
            except Exception:  # noqa: BLE001 - the first time there is none
                storage.repository(resource.kind, resource.id, create=True)
                repository = storage.repository(resource.kind, resource.id)
            with Crew(source.pacing.may_begin) as crew:
                found = back_up(
                    source,
                    resource,
                    repository,
                    crew=crew,
                    clock=self.clock,
                    progress=progress or Quiet(),
                    host="tenant",
                )
            self.read = server.traffic.bytes_read
            self.requests = server.traffic.requests
            self.throttled = server.traffic.throttled
        finally:
            server.close()
        asked = visits[before:]
        self.counted = sum("$batch" not in one.path for one in asked)
        self.exported = sum(one.path.endswith("/exportItems") for one in asked)
        return found

    def saved(self) -> dict[str, tuple[bytes, str, dict[str, Json]]]:
        """Give what the last restore point holds: by search key the stream, subject and state."""
        assert self.resource is not None
        repository = self.storage.repository(self.resource.kind, self.resource.id)
        tree = SavedTree(repository.reader(), repository.snapshots()[-1].tree)
        held = {}
        for folder in tree.folders():
            for one in tree.items(folder):
                (part,) = one.parts
                assert part.file is not None
                stream = read_all(tree.reader, part.file.content)
                key = f"{'/'.join(folder.folder.path)}:{one.item.facts['search_key']}"
                held[key] = (stream, one.item.name, dict(one.item.state))
        return held

    def items(self) -> dict[str, Item]:
        """Give the items of the last restore point by their ids."""
        assert self.resource is not None
        repository = self.storage.repository(self.resource.kind, self.resource.id)
        tree = SavedTree(repository.reader(), repository.snapshots()[-1].tree)
        return {one.item.id: one.item for folder in tree.folders() for one in tree.items(folder)}

    def folders(self, found: Coverage) -> Mapping[str, str]:
        """Give what was wrong with each folder, by its path."""
        return {"/".join(one.path): one.problem for one in found.folders if one.problem}
