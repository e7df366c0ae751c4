"""Where secrets come from: a file, standard input, or a prompt; never an argument.

Arguments are seen by everybody on the machine (``ps``) and kept in the shell's history.
"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom.cli import output
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.vault.secret import Secret

STANDARD_INPUT = "-"


def from_file_or_prompt(
    file: str | None, *, option: str, prompt: str, is_new: bool = False, noun: str = "password"
) -> Secret:
    """Read a secret.

    Args:
        file: What was given with the option: a path, ``-`` for standard input, or None.
        option: The option's name, for the message when nothing was given and nobody can be asked.
        prompt: What to ask at a terminal.
        is_new: Ask twice, because nobody can check it later.
        noun: What it is, for messages.

    Raises:
        OperatorError: no terminal and no option, an unreadable file, nothing in it, or two
            different answers.
    """
    from strongroom.vault.secret import Secret  # noqa: PLC0415 - `--help` has no secrets

    if file is not None:
        text = _read(file, option, noun)
    else:
        text = _ask(option, prompt, is_new=is_new, noun=noun)
    if not text:
        raise OperatorError(f"The {noun} is empty.", hint=f"Put one into the file of {option}.")
    return Secret(text)


def _read(file: str, option: str, noun: str) -> str:
    try:
        if file == STANDARD_INPUT:
            text = sys.stdin.readline()
        else:
            text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is not UTF-8 text."
        raise OperatorError(
            f"The {noun} file {file} cannot be read.", why=why or "", hint=f"See {option}."
        ) from error
    return text.removesuffix("\n").removesuffix("\r")


def _ask(option: str, prompt: str, *, is_new: bool, noun: str) -> str:
    if not sys.stdin.isatty():
        raise OperatorError(
            f"The {noun} is needed, and there is no terminal to ask at.",
            hint=f"Give {option} FILE, or {option} - and write it to standard input.",
        )
    shown = output.printable(prompt)
    try:
        answer = getpass.getpass(f"{shown}: ")
        is_confirmed = not is_new or getpass.getpass(f"{shown} (again): ") == answer
    except EOFError as error:
        raise OperatorError(
            f"No {noun} was given.", hint=f"Run the command again, or give {option} FILE."
        ) from error
    if not is_confirmed:
        raise OperatorError("The two passwords differ.", hint="Run the command again.")
    return answer
