"""How our commands are declared: with the common options everywhere, and their exit codes.

Scripts may put the common options before or after the command's name, so every command takes them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Concatenate, ParamSpec, cast

import typer
from typer.core import TyperCommand

from strongroom.cli.settings import Settings

P = ParamSpec("P")
Body = Callable[Concatenate[Settings, P], int | None]
"""A command: takes the settings first; gives its exit code, None for 0."""

EXIT_CODES = {
    0: "well",
    1: "our bug",
    2: "a person must act",
    3: "finished with items skipped or failed",
    4: "integrity",
    5: "server unreachable",
    130: "interrupted",
}

HomeOption = Annotated[
    Path | None,
    # Not readable: others may pass through a home to its service, and not look into it.
    typer.Option("--home", metavar="DIR", readable=False, help="Where Strongroom keeps its state."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document; messages go to stderr.")
]
WhyOption = Annotated[
    str | None,
    typer.Option("--why", metavar="TEXT", help="Why (a ticket, say), for the audit log."),
]


def group(help_text: str) -> typer.Typer:
    """Make a command group."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # rich takes longer to load than all the rest
        pretty_exceptions_enable=False,  # they show local variables' values
    )


def command(
    app: typer.Typer, name: str, *, exits: tuple[int, ...], parser: type[TyperCommand] | None = None
) -> Callable[[Body[P]], Body[P]]:
    """Register a function as a command.

    Args:
        app: The group it belongs to.
        name: Its name.
        exits: The exit codes that it gives beside 0, 1 and 130, for its help.
        parser: What reads its arguments, if they are written in a way of their own.
    """

    def register(body: Body[P]) -> Body[P]:
        app.command(name, cls=parser, epilog=_exit_text(exits))(_entry(body))
        return body

    return register


def _exit_text(exits: tuple[int, ...]) -> str:
    codes = sorted({0, 1, 130, *exits})
    return "Exit codes: " + ", ".join(f"{code} {EXIT_CODES[code]}" for code in codes) + "."


def _entry(body: Body[P]) -> Callable[..., None]:
    """Wrap a command so that the parser sees its own options and the common ones."""
    first, *own = inspect.signature(body, eval_str=True).parameters.values()
    parameters = [
        first.replace(name="context", annotation=typer.Context),
        *own,
        _common("home", HomeOption, None),
        _common("is_json", JsonOption, False),
        _common("why", WhyOption, None),
    ]

    parsed = cast("Callable[..., int | None]", body)  # the parser takes care of the types

    @functools.wraps(body)
    def entry(
        context: typer.Context,
        *,
        home: Path | None,
        is_json: bool,
        why: str | None,
        **options: object,
    ) -> None:
        given: Settings = context.find_root().obj
        settings = given.merged(home=home, is_json=is_json, why=why)
        code = parsed(settings, **options)
        if code:
            raise typer.Exit(code)

    entry.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    entry.__annotations__ = {one.name: one.annotation for one in parameters}
    return entry


def _common(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
