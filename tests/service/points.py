"""Restore points as backups would have made them, without any backup: a hundred times as fast."""

from __future__ import annotations

from strongroom.service.application import Application
from strongroom.store.snapshot import Snapshot, Summary
from strongroom.store.trees import FileEntry, patch
from strongroom.words.coverage import Status
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World


def make_point(
    application: Application,
    world: World,
    address: str,
    *,
    job: str,
    status: Status = Status.COMPLETE,
) -> str:
    """Make a restore point of a mailbox, now, as a job's; say its id."""
    id_ = world.estate.id_of(address)
    repository = application.storages.open("disk").repository("mailbox", id_, create=True)
    now = world.clock.now()
    summary = Summary(backup_start=now, backup_end=now, files_new=3)
    with repository.lock():
        writer = repository.writer()
        entry = FileEntry(writer.save_file(f"{address} {now} ".encode() * 500), now)
        tree = patch(repository.reader(), writer, None, {("message",): entry}, now)
        return repository.save_snapshot(
            Snapshot(
                time=now,
                tree=tree,
                host="office",
                paths=(address,),
                tags=("mailbox", id_, str(status), f"job:{application.jobs.show(job).id}"),
                summary=summary,
            )
        )


def make_days(
    application: Application, world: World, address: str, count: int, *, job: str = "nightly"
) -> None:
    """Make a restore point a day."""
    assert isinstance(world.clock, HandClock)
    for _ in range(count):
        make_point(application, world, address, job=job)
        world.clock.move(days=1)
