"""``strongroom storage``: where backups live."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, storage_adding, storage_keeping, storage_shown, storage_upkeep
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.cli.wizard import storage_command
from strongroom.errors import StrongroomError

if TYPE_CHECKING:
    from strongroom.service.application import Application
    from strongroom.store.keeping import Keeping

INTEGRITY = 4

app = group("Where backups live.")
storage_adding.register(app)
storage_upkeep.register(app)
storage_command.register(app)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The storage's name.")]


@command(app, "list", exits=(2, 4))
def list_storages(settings: Settings) -> None:
    """List all storages."""
    with settings.application() as application:
        views = application.storages.all()
    if settings.is_json:
        output.document([storage_shown.document(view) for view in views])
    else:
        output.table(
            ("NAME", "URL", "CREDENTIALS", "ID"),
            [(view.name, view.url, view.credentials or "-", view.id) for view in views],
        )


@command(app, "show", exits=(2,))
def show(settings: Settings, name: Name) -> None:
    """Show a storage: where it is, with what it is reached, which jobs use it. No secret."""
    with settings.application() as application:
        shown = application.storages.show(name)
        kept = _kept(application, name)
    if settings.is_json:
        rehearsed = None if shown.rehearsed is None else output.when(shown.rehearsed)
        output.document(
            {
                **storage_shown.document(shown.storage),
                "jobs": list(shown.jobs),
                "recovery_key_rehearsed": rehearsed,
                "keeping": None if kept is None else storage_keeping.document(kept),
            }
        )
        return
    view = shown.storage
    output.text(f"name         {view.name}")
    output.text(f"url          {view.url}")
    output.text(f"credentials  {view.credentials or '-'}")
    output.text(f"id           {view.id}")
    output.text(f"added        {output.when(view.created)}")
    output.text(f"jobs         {', '.join(shown.jobs) or '-'}")
    if kept is not None and kept.at is not None:
        output.text(f"kept         {storage_keeping.ways(kept)}")
    if shown.rehearsed is not None:
        output.text(f"rehearsed    {output.when(shown.rehearsed)} (its recovery key opens it)")
    else:
        output.text(f"rehearsed    never: `strongroom storage recovery-key rehearse {name}`")


def _kept(application: Application, name: str) -> Keeping | None:
    """Ask the storage itself how it is kept; None: it does not answer now."""
    try:
        return application.immutability.shown(name)
    except StrongroomError:
        return None


@command(app, "stats", exits=(2, 4, 5))
def stats(settings: Settings, name: Name) -> None:
    """Say what each resource has in a storage, and how much room it takes."""
    with settings.application() as application:
        found = application.storages.stats(name)
    if settings.is_json:
        output.document([asdict(one) for one in found])
    else:
        output.table(
            ("RESOURCE", "POINTS", "ITEMS", "SIZE", "STORED", "ID"),
            [
                (
                    one.resource,
                    one.points,
                    one.items,
                    output.size(one.bytes),
                    output.size(one.bytes_stored),
                    f"{one.kind}/{one.id}",
                )
                for one in found
            ],
        )


@command(app, "remove", exits=(2, 4))
def remove(settings: Settings, name: Name) -> None:
    """Forget a storage that no job stands on; nothing that lies in it is touched."""
    with settings.application() as application:
        application.storages.remove(name)
    if settings.is_json:
        output.document({"removed": name})
    else:
        output.text(f"Forgot the storage {name}. What lies in it is still there.")
