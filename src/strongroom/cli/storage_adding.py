"""``strongroom storage add``, ``edit``, ``probe``, ``recover``: places, and what lets us in."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import output, secrets, storage_access, storage_shown
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.cli.storage_keeping import (
    AppendOnlyOption,
    LockDaysOption,
    LockModeOption,
    in_service,
    in_words,
)

INTEGRITY = 4
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # a drive letter is none

Name = Annotated[str, typer.Argument(metavar="NAME", help="The storage's name.")]
Url = Annotated[
    str,
    typer.Argument(
        metavar="URL",
        help="A directory, file://DIRECTORY, s3://BUCKET/FOLDER?region=REGION, "
        "az://CONTAINER/FOLDER?account=ACCOUNT or gs://BUCKET/FOLDER; and endpoint=https://HOST "
        "for a server of your own.",
    ),
]
CredentialsFile = Annotated[
    str | None,
    typer.Option(
        metavar="F",
        help="File with what lets us in to the object store (JSON, see docs/object-stores.md); - "
        "reads stdin. Without one: what this machine has, its role or its environment.",
    ),
]
CredentialsWord = Annotated[
    str | None,
    typer.Option(
        "--credentials", metavar="ambient", help="Say that what this machine has is to be used."
    ),
]
CaFile = Annotated[
    str | None,
    typer.Option(
        metavar="PEM", help="Certificate authority of a server of your own that stores there."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to those of storages."""
    for one in (add, edit, probe, recover):
        command(app, one.__name__, exits=(2, 4, 5))(one)


def add(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: Name,
    url: Url,
    password_file: Annotated[
        str | None,
        typer.Option(metavar="F", help="File with the storage password; - reads stdin."),
    ] = None,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
    append_only: AppendOnlyOption = None,
    lock_mode: LockModeOption = None,
    lock_days: LockDaysOption = None,
) -> None:
    """Make a storage, or adopt the one that is there already (with its password).

    The place is tried first, in a folder of its own: what was written is read, listed and deleted
    again, nothing is written over. Nothing is made where one of that does not work.

    How it is kept from deletion can be said later too, by `strongroom storage protect`.
    """
    password = secrets.from_file_or_prompt(
        password_file, option="--password-file", prompt="Storage password", is_new=True
    )
    access = storage_access.given(credentials_file, credentials, ca_file)
    with settings.application() as application:
        added = application.storages.add(name, absolute(url), password, access)
        storage_shown.tell_added(settings, added)
        wish = (append_only, lock_mode, lock_days)
        if wish != (None, None, None):
            application.immutability.protect(
                name,
                append_only=append_only,
                lock_mode=in_service(lock_mode),
                lock_days=lock_days,
            )
            output.message(in_words(application.immutability.shown(name)))


def edit(
    settings: Settings,
    name: Name,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
) -> None:
    """Reach a storage in an object store with other credentials from now on.

    They are tried before they are kept. An authority given with --ca-file earlier is to be given
    again: nothing of what was kept stays.
    """
    access = storage_access.given(credentials_file, credentials, ca_file, is_needed=True)
    assert access is not None
    with settings.application() as application:
        tried = application.storages.edit(name, access)
    if settings.is_json:
        output.document({"edited": name, **storage_shown.tried_document(tried)})
    else:
        output.text(f"The storage {name} is reached with the new credentials from now on.")
    storage_shown.tell_tried(name, tried)


def probe(
    settings: Settings,
    url: Url,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
) -> int:
    """Try whether a place keeps what a storage has to be sure of; nothing is left there.

    Tried are: reading, listing and deleting at once what was written, never writing over what is
    there, exact parts of files, and a file as long as the longest of a storage.
    """
    access = storage_access.given(credentials_file, credentials, ca_file)
    with settings.application() as application:
        tried = application.storages.probe(absolute(url), access)
    if settings.is_json:
        output.document(storage_shown.tried_document(tried))
    elif not tried.broken:
        output.text("The place keeps every promise that a storage stands on.")
    storage_shown.tell_tried("", tried)
    return INTEGRITY if tried.broken else 0


def recover(
    settings: Settings,
    url: Url,
    recovery_key_file: Annotated[
        str | None, typer.Option(metavar="F", help="File with the recovery key; - reads stdin.")
    ] = None,
    password_file: Annotated[
        str | None, typer.Option(metavar="F", help="File with the new password; - reads stdin.")
    ] = None,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
) -> int:
    """Open a storage with its recovery key and give it a new password.

    What is stored stays as it is, and the recovery key stays valid. Where several secrets are read
    from standard input, the recovery key is the first line, the password the second, and the
    credentials are the rest.
    """
    key = secrets.from_file_or_prompt(
        recovery_key_file, option="--recovery-key-file", prompt="Recovery key"
    )
    password = secrets.from_file_or_prompt(
        password_file, option="--password-file", prompt="New storage password", is_new=True
    )
    access = storage_access.given(credentials_file, credentials, ca_file)
    with settings.application() as application:
        recovered = application.storages.recover(absolute(url), key, password, access)
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


def absolute(url: str) -> str:
    """Name a directory from the root: a service that is asked for it stands in another one."""
    is_directory = bool(url.strip()) and not _SCHEME.match(url)
    return str(Path(url).absolute()) if is_directory else url
