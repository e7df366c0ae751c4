"""``strongroom connection set-password | reset``: the password that guards a connection."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, secrets, unlocking
from strongroom.cli.command import command
from strongroom.cli.connection import Name
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.vault.secret import Secret

OPTION = "--new-password-file"
NewPasswordFile = Annotated[
    str | None,
    typer.Option(OPTION, metavar="F", help="File with the new password; - reads stdin."),
]
NoPassword = Annotated[
    bool, typer.Option("--no-password", help="From now on it is guarded by roles alone.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to those of connections."""
    command(app, "set-password", exits=(2, 4))(set_password)
    command(app, "reset", exits=(2, 4))(reset)


def set_password(
    settings: Settings,
    name: Name,
    new_password_file: NewPasswordFile = None,
    is_unguarded: NoPassword = False,  # noqa: FBT002 - the parser's calling convention
    password_file: unlocking.GuardOption = None,
) -> None:
    """Guard a connection with another password, or with none; its secrets stay."""
    if password_file == new_password_file == secrets.STANDARD_INPUT:
        raise OperatorError("Standard input holds one password only.", hint="Use a file for one.")
    _refuse_both(new_password_file, is_unguarded=is_unguarded)
    with settings.application() as application:
        # The present one is asked for before the new one: nobody chooses a password in vain.
        unlocking.unlocked(
            application, name, password_file, lambda: application.connections.show(name)
        )
        password = _new_password(name, new_password_file, is_unguarded=is_unguarded)
        application.connections.set_password(name, password)
    if settings.is_json:
        output.document({"name": name, "is_guarded": password is not None})
    else:
        output.text(_guarded(name, password))


def reset(
    settings: Settings,
    name: Name,
    new_password_file: NewPasswordFile = None,
    is_unguarded: NoPassword = False,  # noqa: FBT002 - the parser's calling convention
    is_agreed: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--yes", help="Do not ask: the secrets may be lost.")
    ] = False,
) -> None:
    """Give a connection whose password is lost another one; all its secrets are lost by that."""
    _refuse_both(new_password_file, is_unguarded=is_unguarded)
    with settings.application() as application:
        known = {one.name for one in application.connections.all()}
        if name in known:  # otherwise the verb says that there is none
            jobs = [one.name for one in application.jobs.all() if one.connection == name]
            _tell_what_is_lost(name, jobs)
            if not is_agreed:
                _require_name_typed(name)
        password = None
        if name in known:
            password = _new_password(name, new_password_file, is_unguarded=is_unguarded)
        lost = application.connections.reset_password(name, password)
    if settings.is_json:
        is_guarded = password is not None
        output.document({"name": name, "is_guarded": is_guarded, "lost": list(lost)})
    else:
        gone = ", ".join(one.replace("_", " ") for one in lost) or "it had none"
        output.text(f"{_guarded(name, password)} Its secrets are gone: {gone}.")


def _tell_what_is_lost(name: str, jobs: list[str]) -> None:
    output.message(
        f"Everything secret that the connection {name} holds is lost for good: the account's "
        "password, certificates, client secrets, app passwords and tokens."
    )
    output.message(
        "Where it leads, its jobs and all restore points stay; other connections are not touched. "
        f"Give it its secrets again with `strongroom connection edit {name}`."
    )
    if jobs:
        output.message(f"Until then these jobs fail: {', '.join(jobs)}.")


def _require_name_typed(name: str) -> None:
    if not sys.stdin.isatty():
        raise OperatorError(
            "Nobody can be asked here whether the secrets may be lost; nothing was changed.",
            hint="Add --yes if they may.",
        )
    typed = typer.prompt("Type the connection's name to go on", default="", err=True)
    if typed.strip() != name:
        raise OperatorError("That is not its name; nothing was changed.")


def _refuse_both(file: str | None, *, is_unguarded: bool) -> None:
    if file is not None and is_unguarded:
        raise OperatorError(
            f"Both {OPTION} and --no-password were given.", hint="Give one of them."
        )


def _new_password(name: str, file: str | None, *, is_unguarded: bool) -> Secret | None:
    if is_unguarded:
        return None
    return secrets.from_file_or_prompt(
        file, option=OPTION, prompt=f"New password of the connection {name}", is_new=True
    )


def _guarded(name: str, password: Secret | None) -> str:
    if password is None:
        return f"The connection {name} is guarded by roles alone now."
    return f"The connection {name} is guarded by the new password now."
