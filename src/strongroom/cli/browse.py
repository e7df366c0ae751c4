"""``strongroom browse``: look into a restore point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.words.paths import path_text

if TYPE_CHECKING:
    from strongroom.operations.browse import Listing
    from strongroom.operations.saved import SavedFolder, SavedItem
    from strongroom.words.json import Json

StorageName = Annotated[
    str, typer.Argument(metavar="STORAGE", help="Name of a storage (`storage list`).")
]
ResourceName = Annotated[
    str,
    typer.Argument(
        metavar="RESOURCE",
        help="ADDRESS, archive:ADDRESS, recoverable:ADDRESS, public-folders, or an id.",
    ),
]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME|point:ID",
        help="The restore point of that id, or the newest up to that time; else the newest.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "browse", exits=(2, 4))(browse)


def browse(
    settings: Settings,
    storage: StorageName,
    resource: ResourceName,
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="Folders joined by /.")] = "",
    at: AtOption = None,
) -> None:
    """List the folders and items at one path of a restore point."""
    with settings.application() as application:
        listing = application.kept.browse(storage, resource, path, at=at)
        if settings.is_json:
            output.document(_document(listing))
        else:
            _print(listing)


def _print(listing: Listing) -> None:
    point = listing.point
    output.text(f"{point.resource}, {output.when(point.time)} (point:{point.id[:12]})")
    if listing.folders:
        output.table(
            ("ITEMS", "SIZE", "FOLDER"),
            [
                (f"{one.items:,}", output.size(one.bytes), path_text(one.folder.path))
                for one in listing.folders
            ],
        )
    items = list(listing.items)
    if items:
        output.table(
            ("ITEM", "WHEN", "KIND", "SIZE", "NAME"),
            [
                (one.key, one.item.when, one.item.kind, output.size(one.size), one.item.name)
                for one in items
            ],
        )


def _document(listing: Listing) -> list[Json]:
    """List folders before items; each entry says what it is and where it lies."""
    here = "" if listing.folder is None else path_text(listing.folder.folder.path)
    return [
        *(_folder_document(one) for one in listing.folders),
        *(_item_document(one, here) for one in listing.items),
    ]


def _folder_document(saved: SavedFolder) -> Json:
    return {
        "type": "folder",
        "path": path_text(saved.folder.path),
        "name": saved.folder.path[-1] if saved.folder.path else "",
        "kind": saved.folder.kind,
        "role": saved.folder.role,
        "items": saved.items,
        "bytes": saved.bytes,
    }


def _item_document(saved: SavedItem, folder: str) -> Json:
    return {
        "type": "item",
        "path": folder,
        "item": saved.key,
        "id": saved.item.id,
        "name": saved.item.name,
        "when": output.when(saved.item.when),
        "kind": saved.item.kind,
        "bytes": saved.size,
        "associated": saved.item.is_associated,
        "way": saved.way,
        "state": dict(saved.item.state),
        "notes": list(saved.notes),
    }
