"""Every command that the program has, found by asking the parser: a new one cannot be forgotten."""

from __future__ import annotations

from typing import Any

import typer.main
from typer.core import TyperGroup

from strongroom.cli.main import app


def all_commands() -> dict[str, Any]:
    """Give the parser's commands by their words (``job add backup``)."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return _commands(group)


def _commands(group: TyperGroup, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found |= _commands(command, *words, name)
        else:
            found[" ".join((*words, name))] = command
    return found
