"""A home in this process whose one job backs up a lab, and what it keeps beside what there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from strongroom import compose
from strongroom.clock import Clock
from strongroom.lab.exchange import ids
from strongroom.lab.lab import ADMINISTRATOR, Lab
from strongroom.pace.paces import Paces
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONPREM, ConnectionDetails
from strongroom.service.ports import Ports
from strongroom.service.selections import BackupSelection
from strongroom.vault.secret import Secret
from tests.fakes.marked import caged


@dataclass(frozen=True, slots=True)
class Home:
    """The home."""

    application: Application

    def back_up(self, addresses: list[str]) -> dict[str, Any]:
        """Back mailboxes up, for the first time; give the run's report."""
        application = self.application
        application.jobs.add_backup(
            "all",
            connection="lab",
            storage="disk",
            selection=BackupSelection(resources=tuple(addresses), is_all=False),
        )
        run, _ = application.jobs.ask_run("all")
        return application.runs.show(application.runs.wait(run.id, lambda _run: None).id)

    def kept(self, address: str, path: tuple[str, ...] = ()) -> list[str]:
        """List the ids of all items that the newest restore point of a mailbox holds, sorted."""
        at = self.application.kept.browse("disk", address, "/".join(path))
        below = [one for sub in at.folders for one in self.kept(address, sub.folder.path)]
        return sorted([*below, *(one.item.id for one in at.items)])


@contextmanager
def home(
    folder: Path, *, ews_url: str, ca_pem: str, password: str, paces: Paces, clock: Clock
) -> Iterator[Home]:
    """Open an empty home in the folder, with the lab as a connection, and a storage."""
    with compose.open_application(folder / "home", _ports(paces, clock)) as application:
        application.connections.add(
            "lab",
            ConnectionDetails(
                kind=EXCHANGE_ONPREM,
                server=ews_url,
                user=ADMINISTRATOR,
                password=Secret(password),
                ca_pem=ca_pem,
            ),
        )
        application.storages.add("disk", str(folder / "storage"), caged("storage of a trial"))
        yield Home(application)


def _ports(paces: Paces, clock: Clock) -> Ports:
    ports = compose.real_ports(clock)
    return replace(
        ports, open_server=lambda details, use: compose.open_server(details, use, clock, paces)
    )


def there(lab: Lab, address: str) -> list[str]:
    """List the ids of all items that people see in a mailbox of the lab, sorted."""
    with lab.estate.lock:
        mailbox = lab.estate.mailbox(address)
        assert mailbox is not None
        top = mailbox.folder_by_role("msgfolderroot")
        return sorted(ids.item_id(item) for one in (top, *top.descendants()) for item in one.items)
