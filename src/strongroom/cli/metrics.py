"""``strongroom metrics``: the state of a home as numbers, for Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import output as printing
from strongroom.cli.command import command
from strongroom.cli.new_file import replace_whole
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "metrics", exits=(2, 4))(metrics)


def metrics(
    settings: Settings,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write them there, in place of the last ones: for a collector of text files.",
        ),
    ] = None,
    per_resource: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool,
        typer.Option(help="Two lines for each resource as well, with its name."),
    ] = False,
) -> None:
    """Print metrics in the text form of Prometheus.

    The running service gives the same at an address of this machine: `serve --metrics`.
    """
    if settings.is_json and output is None:
        raise OperatorError(
            "Metrics are no JSON document.", hint="Leave out --json, or see `strongroom health`."
        )
    with settings.application() as application:
        verbs = application.metrics
        text = verbs.text_with_resources() if per_resource else verbs.text()
    if output is None:
        for line in text.splitlines():
            printing.clean(line)
        return
    replace_whole(output, text)
    if settings.is_json:
        printing.document({"file": str(output)})
