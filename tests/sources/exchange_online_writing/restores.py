"""A mailbox of a tenant, backed up as one application and restored as another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from strongroom import compose
from strongroom.lab.entra.well_known import GRAPH
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab
from strongroom.operations.interfaces import Progress, Quiet, Stop, never
from strongroom.operations.journal import FileJournal
from strongroom.operations.restore import RestoreRequest, restore
from strongroom.pace.crew import Crew
from strongroom.pace.paces import Paces
from strongroom.service.details import EXCHANGE_ONLINE, ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.sources.exchange_online.server import OnlineServer
from strongroom.vault.secret import Secret
from strongroom.words.coverage import Coverage
from tests.fakes.marked import canary
from tests.sources.exchange_online.graph_world import GraphWorld

SECRET = canary("secret of an application that restores")
IN_PLACE = RestoreRequest(folder=())


class RestoreWorld(GraphWorld):
    """One mailbox that is backed up, and restored into itself or another.

    Attributes:
        writer: The application that restores, if it is another one than the lab's own.
    """

    writer = ""

    def register_writer(self, *permissions: str) -> None:
        """Have an application of its own restore, which may do this and nothing else."""
        tenant = self.lab.cloud.tenant
        with self.lab.cloud.directory.lock:
            made = tenant.add_application("Writer")
            tenant.add_secret(made, SECRET)
            tenant.grant(made.app_id, GRAPH, *permissions)
        self.writer = made.app_id

    def open_to_write(self, *, uses_ews: bool = False) -> OnlineServer:
        """Sign in as the application that restores."""
        app = next(one for one in self.lab.cloud.applications if one.name == "Strongroom restore")
        details = ConnectionDetails(
            kind=EXCHANGE_ONLINE,
            tenant=self.lab.cloud.tenant.id,
            client_id="the one that backs up",
            restore_client_id=app.client_id,
            auth="certificate",
            restore_certificate=Secret(app.certificate),
            endpoints=self.lab.cloud.endpoints,
            ca_pem=self.lab.ca_pem.decode(),
            uses_ews=uses_ews,
        )
        if self.writer:
            details = replace(
                details,
                client_id=self.writer,
                restore_client_id="",
                auth="client-secret",
                client_secret=Secret(SECRET),
            )
        server = compose.open_server(
            details, Use(purpose=Purpose.RESTORE), self.clock, Paces(self.clock)
        )
        assert isinstance(server, OnlineServer)
        return server

    def restore(
        self,
        journal: Path,
        request: RestoreRequest = IN_PLACE,
        *,
        to: str = "",
        progress: Progress | None = None,
        stop: Stop = never,
        uses_ews: bool = False,
    ) -> Coverage:
        """Put things back, going on with the journal if it is there."""
        assert self.resource is not None
        server = self.open_to_write(uses_ews=uses_ews)
        repository = self.storage.repository(self.resource.kind, self.resource.id)
        try:
            target = server.target(server.resolve(to or self.address))
            with Crew(target.pacing.may_begin) as crew, FileJournal(journal) as opened:
                return restore(
                    target,
                    repository,
                    request,
                    journal=opened,
                    crew=crew,
                    clock=self.clock,
                    progress=progress or Quiet(),
                    stop=stop,
                )
        finally:
            self.throttled = server.traffic.throttled
            server.close()


class Told(Quiet):
    """Keeps what a person was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def empty(mailbox: Mailbox) -> None:
    """Delete all items of a mailbox for good."""
    for item in list(mailbox.items):
        mailbox.hard_delete_item(item)


def add_owner(lab: Lab, address: str) -> Mailbox:
    """Add somebody with a mailbox to the tenant."""
    mailbox = lab.estate.add_mailbox(address, address.partition("@")[0], password=canary("owner"))
    lab.cloud.tenant.add_user(
        address, mailbox.name, password=canary("user"), mailbox_guid=str(mailbox.guid)
    )
    return mailbox
