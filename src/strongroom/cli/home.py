"""``strongroom home``: the home's own backup in a storage, and bringing it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, secrets, storage_access
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.cli.storage_adding import (
    CaFile,
    CredentialsFile,
    CredentialsWord,
    Url,
    absolute,
)
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.home_restoring import Numbered

app = group("What this home knows (connections, storages, jobs, roles), kept in a storage.")


@command(app, "backup", exits=(2, 4, 5))
def backup(
    settings: Settings,
    storage: Annotated[str, typer.Argument(metavar="STORAGE", help="Where the copy goes.")],
    is_once: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--once", help="Now, and not by itself from now on.")
    ] = False,
) -> None:
    """Put a sealed copy of this home into a storage, and have the service do it from now on.

    It does so after every change, and daily. The storage's recovery key or a password of it opens
    the copy. The service key is never in it.
    """
    with settings.application() as application:
        done = application.homes.back_up(storage, is_repeated=not is_once)
    if settings.is_json:
        output.document(
            {
                "id": done.id,
                "storage": done.storage,
                "size": done.size,
                "is_repeated": done.is_repeated,
            }
        )
        return
    output.text(f"A copy of this home is in {storage} ({output.size(done.size)}).")
    if done.is_repeated:
        output.text("The service makes another one after every change, and daily.")
    output.text("It comes back with: strongroom home restore URL --recovery-key-file F")


@command(app, "show", exits=(2, 4, 5))
def show(settings: Settings) -> None:
    """Say where this home is backed up, and when that was done."""
    with settings.application() as application:
        found = application.homes.show()
    if settings.is_json:
        output.document(
            {
                "id": found.id,
                "storage": found.storage or None,
                "done": None if found.done is None else output.when(found.done),
                "failing_since": None
                if found.failing_since is None
                else output.when(found.failing_since),
                "why": found.why,
                "copies": [
                    {"made": output.when(one.made), "size": one.size} for one in found.copies
                ],
            }
        )
        return
    if not found.storage:
        output.text("This home is not backed up by itself: `strongroom home backup STORAGE`.")
    else:
        output.text(f"Into:    {found.storage}, after every change and daily")
    output.text(f"Done:    {'never' if found.done is None else output.when(found.done)}")
    if found.failing_since is not None:
        output.text(f"Failing: since {output.when(found.failing_since)}: {found.why}")
    for one in found.copies:
        output.text(f"         {output.when(one.made)}  {output.size(one.size)}")


@command(app, "stop-backup", exits=(2, 4))
def stop_backup(settings: Settings) -> None:
    """Have the service make no more copies of this home; those that are there stay."""
    with settings.application() as application:
        was_on = application.homes.stop_backing_up()
    if settings.is_json:
        output.document({"stopped": was_on})
    else:
        output.text("No more copies are made." if was_on else "None were made by themselves.")


@command(app, "restore", exits=(2, 4, 5))
def restore(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    url: Url,
    recovery_key_file: Annotated[
        str | None, typer.Option(metavar="F", help="File with the recovery key; - reads stdin.")
    ] = None,
    password_file: Annotated[
        str | None,
        typer.Option(metavar="F", help="Instead: file with the storage password; - reads stdin."),
    ] = None,
    of: Annotated[
        str, typer.Option(metavar="ID", help="Which home, where copies of several are there.")
    ] = "",
    before: Annotated[
        datetime | None,
        typer.Option(
            metavar="TIME", help="The newest copy that is not younger; UTC. Else the newest."
        ),
    ] = None,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
) -> None:
    """Bring a home back from its sealed copy, into a home that is empty or not there yet.

    Everything is sealed for the service key of this machine then. Connections with a password of
    their own wait for it: `strongroom connection unlock NAME`. Turn the old machine's service off
    first, if there still is one: both would do the same jobs.
    """
    from strongroom.compose.homes import home_restoring  # noqa: PLC0415 - see Settings
    from strongroom.service.home_restoring import Wish  # noqa: PLC0415

    if recovery_key_file is not None and password_file is not None:
        raise OperatorError(
            "Two keys were given, and one is enough.",
            hint="Give --recovery-key-file or --password-file.",
        )
    key = password = None
    if password_file is not None:
        password = secrets.from_file_or_prompt(
            password_file, option="--password-file", prompt="Storage password"
        )
    else:
        key = secrets.from_file_or_prompt(
            recovery_key_file,
            option="--recovery-key-file",
            prompt="Recovery key",
            noun="recovery key",
        )
    wish = Wish(
        url=absolute(url),
        recovery_key=key,
        password=password,
        access=storage_access.given(credentials_file, credentials, ca_file),
        home_id=of,
        before=None if before is None else before.replace(tzinfo=before.tzinfo or UTC),
    )
    found = home_restoring(settings.chosen_home(), why=settings.reason()).restore(wish)
    _tell_numbered(found.numbered)
    if settings.is_json:
        output.document(
            {
                "id": found.home_id,
                "made": output.when(found.made),
                "connections": list(found.connections),
                "waiting": list(found.waiting),
                "storages": list(found.storages),
                "jobs": list(found.jobs),
                "accounts": [
                    {"account": one.account, "label": one.label, "here": one.here or None}
                    for one in found.numbered
                ],
            }
        )
        return
    output.text(f"Brought back the home as it was at {output.when(found.made)}.")
    output.text(f"Connections: {', '.join(found.connections) or '-'}")
    if found.waiting:
        output.text(f"Waiting for their password: {', '.join(found.waiting)}")
    output.text(f"Storages:    {', '.join(found.storages) or '-'}")
    output.text(f"Jobs:        {', '.join(found.jobs) or '-'}")
    output.text("Runs and the audit log of the old home are not in it. Start `strongroom serve`.")


def _tell_numbered(accounts: Sequence[Numbered]) -> None:
    """Say who has rights by a number; that is for people, however the rest is told."""
    if not accounts:
        return
    output.message("These accounts have the rights that they had, by their numbers:")
    for one in accounts:
        label = f" ('{one.label}')" if one.label else ""
        output.message(f"  {one.account}{label}: {one.here or 'nobody'} on this machine")
    output.message(
        "On another machine a number may be somebody else. Before others may use this home, look "
        "at `strongroom role list` and `strongroom role grants`, and take away what is wrong: "
        "`strongroom role take ACCOUNT ROLE`, `strongroom role revoke ID`."
    )
