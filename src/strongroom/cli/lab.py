"""``strongroom lab``: a simulated organisation on this machine, to try things out on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from strongroom.cli import output
from strongroom.errors import OperatorError

app = typer.Typer(name="lab", no_args_is_help=True)


class _NamesWeathers(TyperCommand):
    """Names the weathers in its help out of the lab's own table.

    The table is loaded for the help alone: every other command would pay for it at its start.
    """

    def format_help(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - of a library inside typer
        from strongroom.lab.weather.catalogue import WEATHER  # noqa: PLC0415

        told = "; ".join(f"{name} ({one.describes})" for name, one in WEATHER.items())
        for option in self.params:
            if option.name == "weather" and isinstance(option, TyperOption):
                option.help = f"How the server behaves: {told}."
        super().format_help(*args, **more)


@app.callback()
def lab() -> None:
    """Simulated servers on this machine, to try things out on."""


@app.command("serve", cls=_NamesWeathers)
def serve_command(
    *,
    seed: Annotated[int, typer.Option(help="The same seed makes the same organisation.")] = 1,
    port: Annotated[int, typer.Option(help="TCP port on loopback; 0 takes a free one.")] = 0,
    mail: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="ZIP",
            help="Archive of .eml and .msg files; NAME.zip fills NAME@lab.example. Repeatable.",
        ),
    ] = None,
    documents: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="ZIP",
            help="Archive of documents; NAME.zip fills the site /sites/NAME, online and on the"
            " farm. Repeatable.",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="What the server lacks: export, or the name of an operation. Repeatable.",
        ),
    ] = None,
    weather: Annotated[str, typer.Option(help="How the server behaves.")] = "calm",
    bulk: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS:ITEMS:BYTES[:FOLDERS]",
            help="Fill a mailbox with many items of that size, for benchmarks. Repeatable.",
        ),
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write addresses and passwords there as JSON once everything answers;"
            " without it they are printed.",
        ),
    ] = None,
) -> None:
    """Serve a made-up organisation's Exchange, SharePoint and tenant on loopback until stopped.

    It ends by SIGTERM or Ctrl+C. Passwords and the certificate authority are new at every start;
    every file is removed at the end. Exit codes: 0 stopped, 1 our bug, 2 something in the options
    must be changed, 130 interrupted.
    """
    # These bring the whole server with them: other commands must not pay for it.
    from strongroom.lab.lab import Wishes  # noqa: PLC0415
    from strongroom.lab.seed.bulk import Load  # noqa: PLC0415
    from strongroom.lab.serve import serve  # noqa: PLC0415

    try:
        loads = tuple(Load.parse(text) for text in bulk or ())
    except ValueError as error:
        raise OperatorError(
            "--bulk was not understood.",
            why=str(error),
            hint="Write ADDRESS:ITEMS:BYTES or ADDRESS:ITEMS:BYTES:FOLDERS.",
        ) from error
    code = serve(
        Wishes(
            seed=seed,
            port=port,
            mail=tuple(mail or ()),
            documents=tuple(documents or ()),
            has_site_content=True,
            without=tuple(without or ()),
            weather=weather,
            loads=loads,
        ),
        ready_file=ready_file,
        tell=output.message,
        show=typer.echo,
    )
    raise typer.Exit(code)
