"""A home that is attacked: everything in it, its storages on a disk, and who was led where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from strongroom.service.application import Application
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Ports, Use
from strongroom.service.selections import BackupSelection
from strongroom.service.storage_access import Access, has_access
from strongroom.store.files import FileBackend
from strongroom.vault.secret import Secret
from strongroom.wire import syslog
from tests.fakes.mail_server import SERVER, FakeServer, World, details, storage_password
from tests.fakes.marked import canary, marks_in, secret_file
from tests.fakes.office import FakeOffice
from tests.fakes.storages import new_storage
from tests.secrecy import homes
from tests.secrecy.attempts import Targets
from tests.secrecy.run_search import search_folder
from tests.service.support import back_up

CHIEF, ANN, OWN = "chief@example", "ann@example", "olga@example"
GUARDED = "exchange-onprem ntlm password"
SUBJECT = "message 1"
CHANNEL = "ops"
CLOUD = "cloud"


@dataclass
class WatchedWorld(World):
    """Everything outside, and what for somebody was led where.

    Attributes:
        asked: What for a server was opened, and which.
        bucket: Where the bucket's files lie.
    """

    asked: list[tuple[str, str]] = field(default_factory=list)
    bucket: Path = Path()

    def open_place(self, url: str, access: Access | None) -> FileBackend:
        """Open a directory; a bucket is one as well."""
        self.accesses.append((url, access))
        return FileBackend(self.bucket if has_access(url) else Path(url))

    def open_server(self, details: ConnectionDetails, use: Use) -> FakeServer:
        self.asked.append((use.purpose, details.server or details.url or details.tenant))
        return super().open_server(details, use)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """A home that belongs to root, with everything in it, where others can reach it."""

    folder: Path
    home: Path
    application: Application
    world: WatchedWorld
    targets: Targets

    def acting(self, account: int) -> Targets:
        return replace(self.targets, account=f"uid:{account}")


@contextmanager
def attacked_home(folder: Path) -> Iterator[Estate]:
    """Make one below a folder, open; no file of it holds a secret when it is left."""
    with ExitStack() as stack:
        world = WatchedWorld(bucket=folder / "bucket")
        home = folder / "home"
        application = stack.enter_context(Application(home, ports_of(world)))
        run_id = fill(application, world, folder)
        public = folder / "public"
        public.mkdir()
        public.chmod(0o777)
        secret_file(public / "of-my-own", canary("of the attacker's own")).chmod(0o644)
        targets = Targets(
            connections=["office", GUARDED, "exchange-online certificate certificate"],
            storage="disk", other_storage="other", cloud=CLOUD, job="nightly", channel=CHANNEL,
            run_id=run_id, chief=CHIEF, own=OWN, account="uid:0", folder=public, home=home,
        )  # fmt: skip
        yield Estate(folder=folder, home=home, application=application, world=world,
                     targets=targets)  # fmt: skip
        assert search_folder(folder) == []


def ports_of(world: WatchedWorld) -> Ports:
    return replace(
        world.ports(),
        open_backend=world.open_place,
        open_sink=syslog.open_sink,
        office=FakeOffice(),
    )


def fill(application: Application, world: World, folder: Path) -> str:
    for address in (CHIEF, ANN, OWN):
        world.estate.add(address)
    for name in ("disk", "other"):
        new_storage(FileBackend(folder / name), world.clock)
        application.storages.add(name, str(folder / name), storage_password())
    application.storages.add(CLOUD, homes.BUCKET, storage_password(), homes.bucket_access())
    application.connections.add("office", details())
    application.notifications.add(CHANNEL, Secret(f"fake://{canary('of a channel')}"))
    homes.add_everything(application, password=Secret(homes.GUARD))
    add_job(application, "nightly", "disk")
    add_job(application, "weekly", "other", ANN)
    assert back_up(application, "weekly")["status"] == "complete"
    report = back_up(application)
    assert report["status"] == "complete", report["error"]
    return str(report["id"])


def add_job(application: Application, name: str, storage: str, *resources: str) -> None:
    application.jobs.add_backup(
        name,
        connection="office",
        storage=storage,
        selection=BackupSelection(resources=resources, is_all=not resources),
    )


def require_nothing_told(told: object) -> None:
    text = repr(told)
    assert list(marks_in(text.encode())) == []
    for place in (homes.DOMAIN, "sharepoint.com", SERVER, SUBJECT):
        assert place not in text, text[max(0, text.index(place) - 400) :][:800]
