"""The command ``strongroom connection wizard``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from strongroom.cli import output, signing_in
from strongroom.cli.command import command
from strongroom.cli.connection import files, options
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command to the group of connections."""
    command(app, "wizard", exits=(2, 4))(wizard)


def wizard(
    settings: Settings,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The connection's name, if it is settled.")
    ] = None,
    ca_file: options.CaFile = None,
    endpoints: options.Endpoints = None,
    proxy: options.Proxy = None,
) -> int | None:
    """Make a connection by answering questions, and try it before it is saved.

    What you answered is kept, without passwords: after quit or Ctrl-C, call it again to go on.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise OperatorError(
            "The wizard asks questions, and there is no terminal to ask at.",
            hint="In scripts use `strongroom connection add KIND NAME`; its --help says how.",
        )
    with settings.application() as application:
        # Loaded here, see Settings.
        from strongroom.cli.wizard import drawing, equivalent, talking  # noqa: PLC0415
        from strongroom.clock import SystemClock  # noqa: PLC0415
        from strongroom.service.wizard.answers import Setting  # noqa: PLC0415
        from strongroom.service.wizard.wizard import Wizard  # noqa: PLC0415

        setting = Setting(
            now=SystemClock().now(),
            name=name or "",
            endpoints=files.read_endpoints(endpoints, options.Cloud.GLOBAL),
            ca_pem=files.read_certificates(ca_file),
            proxy=proxy or "",
            ca_file=str(ca_file.absolute()) if ca_file is not None else "",
        )
        started = Wizard(
            application.connections,
            application.drafts,
            setting,
            tell=talking.tell,
            prompt=signing_in.show,
        )
        try:
            done = talking.converse(started)
        except (talking.Left, KeyboardInterrupt) as left:
            output.message("")
            output.message("Nothing was saved. Your answers are kept, without passwords: to go on,")
            output.message("call `strongroom connection wizard` again.")
            if isinstance(left, KeyboardInterrupt):
                raise
            return INTERRUPTED
        for told in (*done.told, *done.left):
            talking.say(["", *drawing.notice(told)])
    line = equivalent.command(done)
    if settings.is_json:
        output.document({"name": done.view.name, "kind": done.view.kind, "command": line})
        return None
    output.message("")
    output.message("The same by command, for scripts and for your notes:")
    output.text(f"    {line}")
    return None
