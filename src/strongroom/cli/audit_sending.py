"""``strongroom audit send``: where the audit log goes as it grows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.connection.files import read_certificates
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.audit import AuditDestination
    from strongroom.words.json import Json


def register(app: typer.Typer) -> None:
    """Add the command to its group."""
    command(app, "send", exits=(2, 4, 5))(send)


def send(
    settings: Settings,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="URL",
            help="Send it there from now on, everything so far first: udp://HOST:PORT, "
            "tcp://HOST:PORT, tls://HOST:PORT or unix:/dev/log.",
        ),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="Authorities to trust there (tls) instead of the system."),
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="NAME", help="What this machine is called there; else its name.")
    ] = "",
    is_from_now: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--from-now", help="Leave out what was written so far.")
    ] = False,
    is_stopped: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--stop", help="Send it nowhere any more.")
    ] = False,
) -> None:
    """Send the audit log to syslog as it grows; alone: send what waits, and show how it goes."""
    if is_stopped and (to or ca_file or host or is_from_now):
        raise OperatorError("--stop stands alone.", hint="Say either where to, or to stop.")
    if to is None and (ca_file or host or is_from_now):
        raise OperatorError(
            "This does not say where the audit log is to be sent.", hint="Add --to URL."
        )
    ca_pem = read_certificates(ca_file)
    with settings.application() as application:
        if is_stopped:
            was_sent = application.audit.stop_sending()
            _show_stopped(settings, was_sent=was_sent)
            return
        told = (
            application.audit.send()
            if to is None
            else application.audit.send_to(to, ca_pem=ca_pem, host=host, is_from_now=is_from_now)
        )
    _show(settings, told)


def _show_stopped(settings: Settings, *, was_sent: bool) -> None:
    if settings.is_json:
        output.document({"to": None, "is_changed": was_sent})
    elif was_sent:
        output.text("The audit log is sent nowhere any more. It is kept here as before.")
    else:
        output.text("The audit log was sent nowhere.")


def _show(settings: Settings, told: AuditDestination | None) -> None:
    if settings.is_json:
        output.document({"to": None} if told is None else _document(told))
        return
    if told is None:
        output.text("The audit log is sent nowhere. `--to URL` sends it to syslog as it grows.")
        return
    output.text(f"The audit log is sent to {told.to}, as {told.host}.")
    output.text(f"Sent up to record {told.sent}; {told.waiting} wait.")
    if told.failing_since is not None:
        since = output.when(told.failing_since)
        output.message(f"Sending has failed since {since}: {told.why} Nothing is lost.")


def _document(told: AuditDestination) -> dict[str, Json]:
    return {
        "to": told.to,
        "host": told.host,
        "has_ca": told.has_ca,
        "sent": told.sent,
        "waiting": told.waiting,
        "tried": None if told.tried is None else output.when(told.tried),
        "failing_since": None if told.failing_since is None else output.when(told.failing_since),
        "why": told.why,
    }
