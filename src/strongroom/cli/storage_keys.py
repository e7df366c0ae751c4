"""``strongroom storage adopt``, ``password`` and ``recovery-key``: who opens a storage."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, secrets, storage_access, storage_shown
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.cli.storage_adding import (
    CaFile,
    CredentialsFile,
    CredentialsWord,
    Name,
    Url,
    absolute,
)
from strongroom.cli.watching import RunDisplay
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.storage_keys import ChangedKeys
    from strongroom.vault.secret import Secret

INTEGRITY = 4
MAIN = "main"

password_app = group("The passwords that open a storage, for Strongroom and for plain restic.")
recovery_app = group("The recovery key of a storage, which opens it when all else is lost.")
Label = Annotated[
    str, typer.Argument(metavar="PASSWORD_NAME", help="What the password is called: ann, say.")
]
LabelOption = Annotated[
    str,
    typer.Option(
        "--label", metavar="PASSWORD_NAME", help="Which password; main is the first one's name."
    ),
]
RecoveryKeyFile = Annotated[
    str | None, typer.Option(metavar="F", help="File with the recovery key; - reads stdin.")
]
PasswordFile = Annotated[
    str | None, typer.Option(metavar="F", help="File with the password; - reads stdin.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to those of storages."""
    command(app, "adopt", exits=(2, 4, 5))(adopt)
    command(app, "rekey", exits=(2, 4, 5))(rekey)
    app.add_typer(password_app, name="password")
    app.add_typer(recovery_app, name="recovery-key")


def adopt(
    settings: Settings,
    name: Name,
    url: Url,
    recovery_key_file: RecoveryKeyFile = None,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
) -> None:
    """Know a storage that is there already by its recovery key, on a new machine for example.

    All its restore points can be listed and restored then. Its passwords stay what they are.
    """
    key = secrets.from_file_or_prompt(
        recovery_key_file, option="--recovery-key-file", prompt="Recovery key", noun="recovery key"
    )
    access = storage_access.given(credentials_file, credentials, ca_file)
    with settings.application() as application:
        view = application.storage_keys.adopt(name, absolute(url), key, access)
    if settings.is_json:
        output.document(storage_shown.document(view))
        return
    output.text(f"Adopted the storage that was there as {name}.")
    storage_shown.tell_credentials(view)
    output.text(f"See what it holds: `strongroom points {name}`.")


def rekey(
    settings: Settings,
    name: Name,
    resource: Annotated[
        list[str] | None, typer.Option(metavar="R", help="Which resource; may be repeated.")
    ] = None,
    is_all: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--all", help="All that the storage holds.")
    ] = False,
) -> int:
    """Give repositories new master keys, where somebody may know the old ones.

    All is opened, sealed anew in a folder beside, read back byte by byte; then that one is used and
    the old one deleted. It needs room for both, and nobody works on it meanwhile. Restore points
    stay; they have new ids, and are found by their old ones as well.
    """
    if bool(resource) == is_all:
        raise OperatorError("Which repositories is not clear.", hint="Give --resource R, or --all.")
    with settings.application() as application, RunDisplay() as display:
        done = application.storage_keys.rekey(name, tuple(resource or ()), tell=display.tell)
    if settings.is_json:
        output.document([asdict(one) for one in done])
    else:
        output.table(
            ("REPOSITORY", "FOLDER", "POINTS", "SIZE"),
            [(f"{one.kind}/{one.id}", one.folder or "-", one.points, output.size(one.bytes))
             for one in done],
        )  # fmt: skip
    output.failures([f"{one.kind}/{one.id}: {one.problem}" for one in done if one.problem])
    for one in done:
        if one.left:
            output.message(
                f"{one.kind}/{one.id}: {one.left:,} files that the old key sealed cannot be "
                "deleted yet; give the command again when they can."
            )
    return INTEGRITY if any(one.problem for one in done) else 0


@command(password_app, "list", exits=(2, 4, 5))
def list_passwords(settings: Settings, name: Name) -> None:
    """List the passwords of a storage by their names; not what they are."""
    with settings.application() as application:
        found = application.storage_keys.passwords(name)
    if settings.is_json:
        output.document(
            [
                {"name": one.name, "created": output.when(one.created), "is_kept": one.is_kept}
                for one in found
            ]
        )
    else:
        output.table(
            ("NAME", "SET", "CAN BE SHOWN"),
            [(one.name, one.created, "yes" if one.is_kept else "no") for one in found],
        )


@command(password_app, "set", exits=(2, 4, 5))
def set_password(
    settings: Settings, name: Name, label: LabelOption = MAIN, password_file: PasswordFile = None
) -> int:
    """Put another password in the place of one.

    The other passwords and the recovery key stay, and so does every key that encrypts: who knew
    the old password may have kept those. New ones: `strongroom storage rekey`.
    """
    password = _new_password(password_file)
    with settings.application() as application:
        changed = application.storage_keys.set_password(name, password, label)
    return _tell(settings, changed, f"The password '{label}' of the storage {name} is changed.")


@command(password_app, "add", exits=(2, 4, 5))
def add_password(
    settings: Settings, name: Name, label: Label, password_file: PasswordFile = None
) -> int:
    """Let one more password open everything: what is there, and what comes."""
    password = _new_password(password_file)
    with settings.application() as application:
        changed = application.storage_keys.add_password(name, label, password)
    return _tell(settings, changed, f"The storage {name} opens by the password '{label}' too.")


@command(password_app, "remove", exits=(2, 4, 5))
def remove_password(settings: Settings, name: Name, label: Label) -> int:
    """Let a password open nothing any more; the last one stays."""
    with settings.application() as application:
        changed = application.storage_keys.remove_password(name, label)
    return _tell(settings, changed, f"The password '{label}' opens nothing in {name} any more.")


@command(password_app, "show", exits=(2, 4))
def show_password(settings: Settings, name: Name, label: LabelOption = MAIN) -> None:
    """Show a password, for restic. It opens everything in the storage, on any machine.

    Whoever has it and a copy of the storage's files needs nothing else, neither this program nor
    its roles. That it was shown, and to whom, is in the audit log.
    """
    with settings.application() as application:
        password = application.storage_keys.show_password(name, label)
    output.message(
        f"This password opens everything in {name}, on any machine, without Strongroom and its "
        "roles. That it was shown to you is in the audit log."
    )
    if settings.is_json:
        output.document({"storage": name, "label": label, "password": password.reveal()})
    else:
        output.text(password.reveal())


@command(recovery_app, "rehearse", exits=(2, 4, 5))
def rehearse(
    settings: Settings,
    storage: Annotated[
        str, typer.Argument(metavar="NAME|URL", help="The storage's name, or where it lies.")
    ],
    recovery_key_file: RecoveryKeyFile = None,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
) -> int:
    """Prove that the recovery key opens a storage and every repository in it.

    It opens all with the key alone, and reads from each the newest snapshot and a file. Nothing in
    the storage is changed. When it was proved last, `storage show` and `health` tell.
    """
    key = secrets.from_file_or_prompt(
        recovery_key_file, option="--recovery-key-file", prompt="Recovery key", noun="recovery key"
    )
    access = storage_access.given(credentials_file, credentials, ca_file)
    with settings.application() as application:
        is_known = storage in {one.name for one in application.storages.all()}
        if is_known and access is not None:
            raise OperatorError(
                f"The storage '{storage}' is reached with what is kept of it.",
                hint="Leave out the credentials, or give its URL instead of its name.",
            )
        done = application.storage_keys.rehearse(
            key,
            name=storage if is_known else "",
            url="" if is_known else absolute(storage),
            access=access,
        )
    if settings.is_json:
        output.document(
            {
                "storage": done.storage,
                "id": done.id,
                "repositories": done.repositories,
                "points_read": done.points_read,
                "at": output.when(done.at),
                "problems": list(done.problems),
            }
        )
    elif not done.problems:
        output.text(
            f"The recovery key opens the storage and all its {done.repositories:,} repositories; "
            f"in {done.points_read:,} of them a restore point was read."
        )
    output.failures(done.problems)
    return INTEGRITY if done.problems else 0


@command(recovery_app, "new", exits=(2, 4, 5))
def new_recovery_key(settings: Settings, name: Name) -> None:
    """Make another recovery key and show it once; the one before opens nothing any more.

    It opens every repository, those that are made later included.
    """
    with settings.application() as application:
        key = application.storage_keys.renew_recovery_key(name)
    if settings.is_json:
        output.document({"storage": name, "recovery_key": key.reveal()})
        return
    output.text(f"The storage {name} has a new recovery key; the one before is void. Write it down")
    output.text("and keep it away from this machine; it is shown only now and kept nowhere:")
    output.text()
    output.text(f"    {key.reveal()}")


def _new_password(password_file: str | None) -> Secret:
    return secrets.from_file_or_prompt(
        password_file, option="--password-file", prompt="New storage password", is_new=True
    )


def _tell(settings: Settings, changed: ChangedKeys, said: str) -> int:
    if settings.is_json:
        output.document(
            {
                "storage": changed.storage,
                "repositories": changed.repositories,
                "problems": list(changed.problems),
            }
        )
    else:
        output.text(said)
    output.failures(changed.problems)
    return INTEGRITY if changed.problems else 0
