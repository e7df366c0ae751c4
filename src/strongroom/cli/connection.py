"""``strongroom connection``: named ways to servers."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, secrets, unlocking
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.connections import ConnectionView
    from strongroom.words.json import Json

PASSWORD_OPTION = "--account-password-file"  # noqa: S105 - the name of an option

app = group("Named ways to servers; their details are kept sealed.")
add_app = group("Add a connection; the server is not asked until it is tested or used.")
app.add_typer(add_app, name="add")


class Auth(StrEnum):
    """How to sign in."""

    BASIC = "basic"
    NTLM = "ntlm"
    KERBEROS = "kerberos"


class Access(StrEnum):
    """How other people's mailboxes are opened."""

    IMPERSONATION = "impersonation"
    DELEGATE = "delegate"


Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name.")]
PasswordFile = Annotated[
    str | None,
    typer.Option(PASSWORD_OPTION, metavar="F", help="File with the password; - reads stdin."),
]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca-file", metavar="PEM", help="Certificates of your own authority to trust."),
]


@command(add_app, "exchange-onprem", exits=(2,))
def add_exchange_onprem(  # noqa: PLR0913, PLR0917 - one argument per option
    settings: Settings,
    name: Name,
    user: Annotated[str, typer.Option(metavar="U", help="Account to sign in as.")],
    server: Annotated[
        str | None, typer.Option(metavar="HOST_OR_URL", help="Host name or EWS address.")
    ] = None,
    autodiscover: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Look up the server of this mailbox; with --server, that one is asked first.",
        ),
    ] = None,
    auth: Annotated[Auth, typer.Option(help="How to sign in.")] = Auth.BASIC,
    account_password_file: PasswordFile = None,
    ca_file: CaFile = None,
    access: Annotated[
        Access, typer.Option(help="How other people's mailboxes are opened.")
    ] = Access.IMPERSONATION,
    password_file: unlocking.GuardOption = None,
) -> None:
    """Add an Exchange server of your own (2013 to SE)."""
    if not server and not autodiscover:
        raise OperatorError(
            "Nobody said which server.",
            hint="Give --server HOST_OR_URL, or --autodiscover ADDRESS.",
        )
    if password_file == account_password_file == secrets.STANDARD_INPUT:
        raise OperatorError("Standard input holds one password only.", hint="Use a file for one.")
    password = secrets.from_file_or_prompt(
        account_password_file, option=PASSWORD_OPTION, prompt=f"Password of {user}"
    )
    guard = None
    if password_file is not None:
        guard = secrets.from_file_or_prompt(
            password_file, option=unlocking.OPTION, prompt="Password of the connection"
        )
    ca_pem = read_certificates(ca_file)
    with settings.application() as application:
        from strongroom.service.details import (  # noqa: PLC0415 - see Settings
            EXCHANGE_ONPREM,
            ConnectionDetails,
        )

        details = ConnectionDetails(
            kind=EXCHANGE_ONPREM,
            server=server or "",
            autodiscover=autodiscover or "",
            user=user,
            password=password,
            auth=auth,
            access=access,
            ca_pem=ca_pem,
        )
        if autodiscover:
            found = application.connections.find(details, _is_confirmed)
            for attempt in found.attempts:
                output.message(attempt)
            details = replace(details, server=found.server)
        view = application.connections.add(name, details, password=guard)
    _show(settings, view)


def _is_confirmed(question: str, cautions: Sequence[str]) -> bool:
    """Ask at the terminal; where there is none, nobody says yes."""
    for caution in cautions:
        output.message(caution)
    output.message(question)
    if not sys.stdin.isatty():
        output.message("Nobody can be asked here, so it is not used.")
        return False
    return typer.confirm("Send the password there?", default=False, err=True)


@command(app, "list", exits=(2, 4))
def list_connections(settings: Settings) -> None:
    """List all connections."""
    with settings.application() as application:
        views = application.connections.all()
    if settings.is_json:
        output.document([_document(view) for view in views])
    else:
        output.table(
            ("NAME", "KIND", "SERVER", "USER", "ACCESS"),
            [(view.name, view.kind, view.server, view.user, view.access) for view in views],
        )


@command(app, "show", exits=(2, 4))
def show(settings: Settings, name: Name, password_file: unlocking.GuardOption = None) -> None:
    """Show a connection, without its secrets."""
    with settings.application() as application:
        view = unlocking.unlocked(
            application, name, password_file, lambda: application.connections.show(name)
        )
    _show(settings, view)


@command(app, "edit", exits=(2, 4))
def edit(
    settings: Settings,
    name: Name,
    server: Annotated[
        str | None, typer.Option(metavar="HOST_OR_URL", help="Host name or EWS address.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="U", help="Account to sign in as.")] = None,
    account_password_file: PasswordFile = None,
    ca_file: CaFile = None,
    access: Annotated[
        Access | None, typer.Option(help="How other people's mailboxes are opened.")
    ] = None,
    password_file: unlocking.GuardOption = None,
) -> None:
    """Change a connection; what is not named stays. Another server needs the password again."""
    password = None
    if account_password_file is not None:
        password = secrets.from_file_or_prompt(
            account_password_file, option=PASSWORD_OPTION, prompt="Password"
        )
    ca_pem = read_certificates(ca_file)
    with settings.application() as application:
        from strongroom.service.connections import ConnectionEdit  # noqa: PLC0415 - see Settings

        edit = ConnectionEdit(
            server=server, user=user, password=password, access=access, ca_pem=ca_pem
        )
        view = unlocking.unlocked(
            application, name, password_file, lambda: application.connections.edit(name, edit)
        )
    _show(settings, view)


@command(app, "test", exits=(2, 4, 5))
def try_out(
    settings: Settings,
    name: Name,
    mailbox: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Mailbox to try impersonation and export on."),
    ] = None,
    password_file: unlocking.GuardOption = None,
) -> int:
    """Sign in, say what the server is, and whether all that jobs will need is there.

    Ends with exit code 2 if something is missing; with each comes the command that grants it.
    """
    with settings.application() as application:
        found = unlocking.unlocked(
            application,
            name,
            password_file,
            lambda: application.connections.test(name, mailbox=mailbox),
        )
    code = 2 if any(one.outcome == "missing" for one in found.capabilities) else 0
    if settings.is_json:
        output.document(
            {**found.facts, "capabilities": [asdict(one) for one in found.capabilities]}
        )
        return code
    for fact, value in found.facts.items():
        output.text(f"{fact}: {value}")
    for one in found.capabilities:
        output.text(f"{one.outcome}: {one.name}: {one.detail}")
        if one.remedy:
            output.text(f"    to grant it: {one.remedy}")
    return code


@command(app, "remove", exits=(2, 4))
def remove(settings: Settings, name: Name) -> None:
    """Forget a connection that no job stands on."""
    with settings.application() as application:
        application.connections.remove(name)
    if settings.is_json:
        output.document({"removed": name})
    else:
        output.text(f"Removed the connection {name}.")


def read_certificates(file: Path | None) -> str | None:
    """Read a PEM file.

    Raises:
        OperatorError: it cannot be read, or holds no certificate.
    """
    if file is None:
        return None
    try:
        pem = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is not text."
        raise OperatorError(
            f"The certificate file {file} cannot be read.", why=why or ""
        ) from error
    try:
        ssl.create_default_context(cadata=pem)
    except ssl.SSLError as error:
        raise OperatorError(
            f"The file {file} holds no certificate that can be used.",
            hint="It must be in PEM form: text that begins with -----BEGIN CERTIFICATE-----.",
        ) from error
    return pem


def _show(settings: Settings, view: ConnectionView) -> None:
    if settings.is_json:
        output.document(_document(view))
        return
    for field, value in _document(view).items():
        output.text(f"{field}: {value}")


def _document(view: ConnectionView) -> dict[str, Json]:
    return {**asdict(view), "created": output.when(view.created)}
