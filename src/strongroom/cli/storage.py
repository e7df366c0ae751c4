"""``strongroom storage``: where backups live."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from strongroom.cli import output, secrets
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.service.storages import StorageView
    from strongroom.words.json import Json

INTEGRITY = 4

app = group("Where backups live.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The storage's name.")]


@command(app, "add", exits=(2, 4))
def add(
    settings: Settings,
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="A directory, or file://DIRECTORY.")],
    password_file: Annotated[
        str | None,
        typer.Option(metavar="F", help="File with the storage password; - reads stdin."),
    ] = None,
) -> None:
    """Make a storage, or adopt the one that is there already (with its password)."""
    password = secrets.from_file_or_prompt(
        password_file, option="--password-file", prompt="Storage password", is_new=True
    )
    with settings.application() as application:
        added = application.storages.add(name, _absolute(url), password)
    key = added.recovery_key
    if settings.is_json:
        output.document(
            {**_document(added.storage), "recovery_key": None if key is None else key.reveal()}
        )
        return
    if key is None:
        output.text(f"Adopted the storage that was there as {name}.")
        return
    output.text(f"Made the storage {name}.")
    output.text("Its recovery key opens it when the password is lost. Write it down and keep it")
    output.text("away from this machine; it is shown only now and kept nowhere:")
    output.text()
    output.text(f"    {key.reveal()}")


def _absolute(url: str) -> str:
    """Name a directory from the root: a service that is asked for it stands in another one."""
    is_directory = bool(url.strip()) and len(urlsplit(url).scheme) <= 1
    return str(Path(url).absolute()) if is_directory else url


@command(app, "list", exits=(2, 4))
def list_storages(settings: Settings) -> None:
    """List all storages."""
    with settings.application() as application:
        views = application.storages.all()
    if settings.is_json:
        output.document([_document(view) for view in views])
    else:
        output.table(("NAME", "URL", "ID"), [(view.name, view.url, view.id) for view in views])


@command(app, "check", exits=(2, 4))
def check(
    settings: Settings,
    name: Name,
    read_data: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--read-data", help="Read and verify every stored byte.")
    ] = False,
) -> int:
    """Look for damage in all repositories of a storage."""
    with settings.application() as application:
        problems = application.storages.check(name, read_data=read_data)
    if settings.is_json:
        output.document({"storage": name, "problems": [asdict(problem) for problem in problems]})
    output.failures([f"{problem.repository or name}: {problem.what}" for problem in problems])
    if problems:
        output.message(
            "What is damaged is named above. Keep the storage as it is, and put damaged files back "
            "from a copy; the next backup stores anew what is missing."
        )
        return INTEGRITY
    if not settings.is_json:
        output.text(f"No problems were found in {name}.")
    return 0


@command(app, "stats", exits=(2, 4))
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


@command(app, "recover", exits=(2, 4))
def recover(
    settings: Settings,
    url: Annotated[str, typer.Argument(metavar="URL", help="A directory, or file://DIRECTORY.")],
    recovery_key_file: Annotated[
        str | None, typer.Option(metavar="F", help="File with the recovery key; - reads stdin.")
    ] = None,
    password_file: Annotated[
        str | None, typer.Option(metavar="F", help="File with the new password; - reads stdin.")
    ] = None,
) -> int:
    """Open a storage with its recovery key and give it a new password.

    What is stored stays as it is, and the recovery key stays valid. Where both secrets are read
    from standard input, the recovery key is the first line.
    """
    key = secrets.from_file_or_prompt(
        recovery_key_file, option="--recovery-key-file", prompt="Recovery key"
    )
    password = secrets.from_file_or_prompt(
        password_file, option="--password-file", prompt="New storage password", is_new=True
    )
    with settings.application() as application:
        recovered = application.storages.recover(_absolute(url), key, password)
    if settings.is_json:
        output.document({**asdict(recovered), "problems": list(recovered.problems)})
    else:
        output.text(
            f"The storage at {recovered.url} has its new password, and so have its "
            f"{recovered.repositories:,} repositories for plain restic."
        )
        output.text("A home that does not know it yet takes it with `strongroom storage add`.")
    output.failures(recovered.problems)
    return INTEGRITY if recovered.problems else 0


@command(app, "remove", exits=(2, 4))
def remove(settings: Settings, name: Name) -> None:
    """Forget a storage that no job stands on; nothing that lies in it is touched."""
    with settings.application() as application:
        application.storages.remove(name)
    if settings.is_json:
        output.document({"removed": name})
    else:
        output.text(f"Forgot the storage {name}. What lies in it is still there.")


def _document(view: StorageView) -> dict[str, Json]:
    return {**asdict(view), "created": output.when(view.created)}
