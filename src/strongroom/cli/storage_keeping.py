"""``strongroom storage protect``, ``renew``, ``undelete``: against deletion."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.store.keeping import Keeping
    from strongroom.store.renewal import Renewed
    from strongroom.words.json import Json

Name = Annotated[str, typer.Argument(metavar="NAME", help="The storage's name.")]


class LockMode(StrEnum):
    """How objects are locked in S3."""

    GOVERNANCE = "governance"
    COMPLIANCE = "compliance"
    OFF = "off"


LockModeOption = Annotated[
    LockMode | None,
    typer.Option(
        help="Lock what is stored, in a bucket with object lock. governance: whoever has a right "
        "of its own can lift it; compliance: nobody can, not even the account's owner; off: what "
        "comes from now on is not locked.",
    ),
]
LockDaysOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="For so many days; what is in use is locked anew in time."
    ),
]
AppendOnlyOption = Annotated[
    bool | None,
    typer.Option(
        "--append-only/--no-append-only",
        help="Strongroom deletes nothing there but its own locks: no forgetting, no prune.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to those of storages."""
    command(app, "protect", exits=(2, 4, 5))(protect)
    command(app, "renew", exits=(2, 4, 5))(renew)
    command(app, "undelete", exits=(2, 4, 5))(undelete)


def protect(
    settings: Settings,
    name: Name,
    append_only: AppendOnlyOption = None,
    lock_mode: LockModeOption = None,
    lock_days: LockDaysOption = None,
) -> None:
    """Keep what a storage holds from deletion; without options, say how it is kept.

    It is kept in the storage itself, so every home that has it obeys. What is locked stays locked
    to the end of its time, whatever is said later.
    """
    with settings.application() as application:
        if (append_only, lock_mode, lock_days) == (None, None, None):
            keeping, renewed = application.immutability.shown(name), None
        else:
            done = application.immutability.protect(
                name,
                append_only=append_only,
                lock_mode=in_service(lock_mode),
                lock_days=lock_days,
            )
            keeping, renewed = done.keeping, done.renewed
    if settings.is_json:
        told: dict[str, Json] = {"locked_files": 0, "requests": 0, **_longer(renewed)}
        if renewed is not None:
            told |= {"locked_files": renewed.files, "requests": renewed.requests}
        output.document({**document(keeping), **told})
        return
    output.text(in_words(keeping))
    if renewed is not None and renewed.files:
        said = f"Locked {renewed.files:,} files that were there, by {renewed.requests:,} requests."
        output.text(f"{said} {renewed.of_longer()}".rstrip())


def _longer(renewed: Renewed | None) -> dict[str, Json]:
    longest = None if renewed is None else renewed.longest
    return {
        "locked_longer": 0 if renewed is None else renewed.longer,
        "locked_longest": None if longest is None else output.when(longest),
    }


def renew(settings: Settings, name: Name) -> None:
    """Lock anew all that a storage has in use now. Backups do it by themselves when it is time."""
    with settings.application() as application:
        done = application.immutability.renew(name)
    until = None if done.until is None else output.when(done.until)
    if settings.is_json:
        told: dict[str, Json] = {"files": done.files, "requests": done.requests}
        output.document({**told, "locked_until": until, **_longer(done)})
        return
    said = f"Locked {done.files:,} files until {until}, by {done.requests:,} requests."
    output.text(f"{said} {done.of_longer()}".rstrip())


def undelete(
    settings: Settings,
    name: Name,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only what was deleted then or later (RFC 3339)."),
    ] = None,
) -> int:
    """Show again what was deleted or written over, in a bucket that keeps versions.

    For the day after an attack. What a prune took away comes back as well; the next one takes it
    away again. Afterwards: `strongroom storage check NAME --read-data`.
    """
    moment = None if since is None else _moment(since)
    with settings.application() as application:
        back = application.immutability.bring_back(name, since=moment)
    if settings.is_json:
        output.document(
            {"undeleted": back.undeleted, "restored": back.restored, "stuck": list(back.stuck)}
        )
    else:
        output.text(
            f"{back.undeleted:,} files that were deleted are there again, and {back.restored:,} "
            "that others had written over."
        )
    output.failures(
        [f"{one}: its newer version is locked; the right one is below it" for one in back.stuck]
    )
    return 4 if back.stuck else 0


def in_service(mode: LockMode | None) -> str | None:
    """Say a mode as the service takes it."""
    if mode is None:
        return None
    return "" if mode is LockMode.OFF else mode.value


def document(keeping: Keeping) -> dict[str, Json]:
    """Write how a storage is kept as JSON."""
    return {
        "append_only": keeping.append_only,
        "lock_mode": keeping.lock_mode or None,
        "lock_days": keeping.lock_days or None,
        "since": None if keeping.at is None else output.when(keeping.at),
    }


def in_words(keeping: Keeping) -> str:
    """Say in a sentence how a storage is kept."""
    return f"Kept from deletion: {ways(keeping)}."


def ways(keeping: Keeping) -> str:
    """Say how a storage is kept."""
    parts = []
    if keeping.append_only:
        parts.append("append-only: Strongroom deletes nothing there")
    if keeping.lock_mode:
        parts.append(
            f"each file is locked for {keeping.lock_days:,} days in {keeping.lock_mode} mode"
        )
    return "; ".join(parts) or "no"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise OperatorError(
            f"Not a time: {text!a}.", hint="Write it like 2026-03-05T10:15:00Z."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
