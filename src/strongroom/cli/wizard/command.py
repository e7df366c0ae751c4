"""The command ``strongroom connection wizard``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import output, signing_in
from strongroom.cli.command import command
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
    ca_file: Annotated[
        Path | None,
        typer.Option(
            "--ca-file", metavar="PEM", help="Certificates of your own authority to trust."
        ),
    ] = None,
    endpoints: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="JSON file with addresses in place of a cloud's own; rarely needed.",
        ),
    ] = None,
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

        ca_pem = _certificates(ca_file)
        setting = Setting(
            now=SystemClock().now(),
            name=name or "",
            endpoints=_endpoints(endpoints),
            ca_pem=ca_pem,
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
        for told in done.told:
            talking.say(["", *drawing.notice(told)])
    line = equivalent.command(done)
    if settings.is_json:
        output.document({"name": done.view.name, "kind": done.view.kind, "command": line})
        return None
    output.message("")
    output.message("The same by command, for scripts and for your notes:")
    output.text(f"    {line}")
    return None


def _certificates(file: Path | None) -> str | None:
    from strongroom.cli.connection import read_certificates  # noqa: PLC0415 - see above

    return read_certificates(file)


def _endpoints(file: Path | None) -> Mapping[str, str] | None:
    """Read a file of endpoints.

    Raises:
        OperatorError: it cannot be read, or names something else.
    """
    if file is None:
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is not JSON."
        raise OperatorError("The endpoints cannot be read.", why=why or "") from error
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise OperatorError(
            "The endpoints cannot be read.",
            why="It is not one JSON object of names and addresses.",
            hint='It looks like {"authority": "https://…", "graph": "https://…"}.',
        )
    from strongroom.wire.entra.clouds import endpoints_of  # noqa: PLC0415 - see above

    endpoints_of("global", found)
    return found
