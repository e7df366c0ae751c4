"""The lab's Exchange in this process, and our own client signed in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.faults import FaultPlan
from strongroom.lab.quirks import Quirks
from strongroom.lab.seed.organisation import populate
from strongroom.lab.server import LabServer
from strongroom.pace.patience import Budget
from strongroom.sources.exchange_onprem.server import ExchangeServer, open_server
from strongroom.wire.sign_in import BasicSignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from strongroom.words.item import Changed, Content, Folder, Hierarchy, Item, Missed
from strongroom.words.restoring import Compared, Outgoing, Written
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary

ADMIN = "LAB\\backup"
PASSWORD = canary("mailbox owner's password")
NOW = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
TARGET = "target@lab.example"


@dataclass
class Site:
    """One estate behind one server, and a clock that both sides share."""

    estate: Estate
    lab: LabServer
    clock: HandClock
    ca_file: Path
    opened: list[ExchangeServer] = field(default_factory=list)

    def open(
        self, user: str = ADMIN, *, password: str = PASSWORD, access: str = "impersonation"
    ) -> ExchangeServer:
        """Sign in; waits are made by the shared clock, so they take no time."""
        transport = Transport(
            self.lab.ews_url,
            BasicSignIn(user, password),
            clock=self.clock,
            trust=Trust(ca_pem=self.lab.ca_pem.decode()),
        )
        server = open_server(
            transport,
            clock=self.clock,
            access=access,
            random=Random(7),
            budget=Budget(wait_s=600, tries=6),
        )
        self.opened.append(server)
        return server

    def quirks(self, **changes: object) -> None:
        """Make the server differ from the book from now on."""
        self.lab.exchange.quirks = Quirks(**changes)  # type: ignore[arg-type]

    def mailbox(self, address: str) -> Mailbox:
        """Give a mailbox of the estate."""
        found = self.estate.mailbox(address)
        assert found is not None
        return found

    def count(self, work: Callable[[], object]) -> int:
        """Say how many requests something costs."""
        before = self.lab.exchange.requests.total()
        work()
        return self.lab.exchange.requests.total() - before


@contextmanager
def site(
    ca_file: Path, *, is_populated: bool = False, quirks: Quirks | None = None
) -> Iterator[Site]:
    """Serve an estate: the made-up organisation, or nobody but an empty target."""
    clock = HandClock(NOW)
    estate = Estate(clock=clock, seed=7)
    if is_populated:
        populate(estate, seed=7, now=NOW, password=lambda _: PASSWORD)
    estate.add_account(ADMIN, password=PASSWORD, may_impersonate=True, may_search_mailboxes=True)
    estate.add_mailbox(TARGET, "Target", password=PASSWORD)
    with LabServer(estate, faults=FaultPlan(), quirks=quirks) as lab:
        ca_file.write_bytes(lab.ca_pem)
        made = Site(estate, lab, clock, ca_file)
        try:
            yield made
        finally:
            for server in made.opened:
                server.close()


@dataclass
class Backup:
    """All that a source tells, held in memory."""

    hierarchy: Hierarchy
    items: dict[str, list[Item]] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    missed: list[Missed] = field(default_factory=list)

    @property
    def folders(self) -> dict[str, Folder]:
        """Folders by their path, joined."""
        return {"/".join(folder.path): folder for folder in self.hierarchy.folders}


def whole(content: Content) -> Content:
    """Read a content's pieces."""
    parts = tuple(
        type(part)(
            name=part.name,
            suffix=part.suffix,
            content=part.content if isinstance(part.content, bytes) else b"".join(part.content),
        )
        for part in content.parts
    )
    return Content(item_id=content.item_id, way=content.way, parts=parts, notes=content.notes)


def read_all(server: ExchangeServer, reference: str) -> Backup:
    """Read a resource as a first backup does."""
    source = server.source(server.resolve(reference))
    made = Backup(source.hierarchy(None))

    def keep(found: Content | Missed) -> None:
        if isinstance(found, Missed):
            made.missed.append(found)
        else:
            made.contents[found.item_id] = whole(found)

    for folder in made.hierarchy.folders:
        if folder.is_listed_only:
            continue
        items: list[Item] = []
        for page in source.changes(folder, None):
            items += [change.item for change in page.changes if isinstance(change, Changed)]
            made.cursors[folder.id] = page.cursor
        made.items[folder.id] = items
        for start in range(0, len(items), 20):
            source.fetch(items[start : start + 20], keep)
    return made


def restore(server: ExchangeServer, reference: str, saved: Backup) -> Restored:
    """Write a backup into the root of another mailbox as a restore does, and compare it."""
    target = server.target(server.resolve(reference))
    made = Restored()
    ids: dict[tuple[str, ...], str] = {}
    for folder in saved.hierarchy.folders:
        if folder.is_listed_only:
            continue
        parent = ids[folder.path[:-1]] if len(folder.path) > 1 else None
        ids[folder.path] = target.folder(folder, parent)
        batch = [
            Outgoing(item=item, content=saved.contents[item.id])
            for item in saved.items[folder.id]
            if item.id in saved.contents
        ]
        target.write(ids[folder.path], batch, made.take)
        pairs = [(one, new) for one in batch if (new := made.new_ids.get(one.item.id))]
        target.compare(pairs, made.compared.append)
    return made


@dataclass
class Restored:
    """What a target told."""

    written: list[Written] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    new_ids: dict[str, str] = field(default_factory=dict)

    def take(self, written: Written) -> None:
        """Note one item."""
        self.written.append(written)
        if written.new_id is not None:
            self.new_ids[written.item_id] = written.new_id

    @property
    def failed(self) -> list[Written]:
        """What was not written."""
        return [one for one in self.written if one.code]

    @property
    def different(self) -> list[Compared]:
        """What came back otherwise than it was saved."""
        return [one for one in self.compared if one.differences]
