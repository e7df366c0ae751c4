"""The command ``strongroom storage wizard``."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import typer

from strongroom.cli import output, storage_shown
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.storage_wizard.wizard import StorageMade

INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command to the group of storages."""
    command(app, "wizard", exits=(2, 4))(wizard)


def wizard(settings: Settings) -> int | None:
    """Make a storage by answering questions: a directory, or a bucket and what lets us in.

    The place is tried before the storage is made. Nothing is kept of what ends early.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise OperatorError(
            "The wizard asks questions, and there is no terminal to ask at.",
            hint="In scripts use `strongroom storage add NAME URL`; its --help says how.",
        )
    with settings.application() as application:
        # Loaded here, see Settings.
        from strongroom.cli.wizard import talking  # noqa: PLC0415
        from strongroom.compose import normal_url  # noqa: PLC0415
        from strongroom.service.storage_wizard.wizard import StorageWizard  # noqa: PLC0415

        try:
            made = talking.converse(StorageWizard(application.storages, normal_url))
        except talking.Left:
            output.message("")
            output.message("Nothing was made, and nothing was kept.")
            return INTERRUPTED
    line = _line(made)
    storage_shown.tell_added(settings, made.added)
    output.message("")
    output.message("The same by command, for scripts and for your notes:")
    output.message(f"    {line}")
    return None


def _line(made: StorageMade) -> str:
    """Write the command that does the same; where a secret is needed stands FILE."""
    view = made.added.storage
    words = ["strongroom", "storage", "add", view.name, view.url, "--password-file", "FILE"]
    if view.credentials not in {"", "ambient"}:
        words += ["--credentials-file", "FILE"]
    if made.ca_file:
        words += ["--ca-file", made.ca_file]
    return shlex.join(words)
