"""The conversation at a terminal: asks, reads, and hands the answers on."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Protocol, TypeVar

from strongroom.cli import output
from strongroom.cli.wizard import drawing
from strongroom.errors import OperatorError
from strongroom.service.wizard.words import Notice, Question, QuestionKind, Raw, Upload
from strongroom.vault.secret import Secret

D = TypeVar("D", covariant=True)  # noqa: PLC0105 - of nothing else
BACK, HELP, QUIT = "back", "help", "quit"
_FILE_BYTES_MAX = 1_000_000


class Left(Exception):
    """Whoever was asked has left."""


class Conversation(Protocol[D]):
    """What asks: a wizard, of whatever it makes in the end."""

    def now(self) -> Question | D:
        """Say what to ask now, or what was made."""

    def answer(self, raw: Raw) -> None:
        """Take an answer, or raise ``OperatorError``."""

    def back(self) -> bool:
        """Go back to the question before; say whether there was one."""


def converse(wizard: Conversation[D]) -> D:
    """Ask until what the wizard makes is there.

    Raises:
        Left: the person typed quit, or closed the input.
    """
    say(drawing.wrapped(drawing.INTRODUCTION))
    shown = None
    while isinstance(asked := wizard.now(), Question):
        if asked != shown:
            _show(asked)
            shown = asked
        try:
            if _answered(wizard, asked):
                shown = None
        except OperatorError as error:
            say(drawing.refusal(error.what, error.why, error.hint))
        except KeyboardInterrupt:
            if isinstance(wizard.now(), Question):
                raise
            output.message("It is saved already; trying it was given up.")
    return asked


def say(lines: list[str]) -> None:
    """Write lines beside the answer."""
    for line in lines:
        output.message(line)


def tell(told: Notice) -> None:
    """Show what takes a while, as it begins."""
    say(drawing.notice(told))


def _show(asked: Question) -> None:
    for told in asked.told:
        say(["", *drawing.notice(told)])
    say(["", *drawing.question(asked)])


def _answered(wizard: Conversation[D], asked: Question) -> bool:
    """Read one answer; say whether it led anywhere."""
    try:
        typed = _read_secret(asked) if asked.kind is QuestionKind.SECRET else _read_line(asked)
    except UnicodeDecodeError as error:
        raise OperatorError(
            "What was typed cannot be read.",
            why="The terminal sends letters in another way than this program was told.",
            hint="Use plain letters, or set LANG to a UTF-8 locale.",
        ) from error
    if typed == QUIT:
        raise Left
    if typed == HELP:
        say(["", *drawing.wrapped(asked.help), *drawing.wrapped(_ANYWHERE)])
        return False
    if typed == BACK:
        if not wizard.back():
            output.message("This is the first question.")
        return True
    wizard.answer(_understood(asked, typed))
    return True


_ANYWHERE = "back goes to the question before, quit leaves; what you answered is kept."


def _read_line(asked: Question) -> str:
    sys.stderr.write(drawing.prompt(asked))
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        output.message("")
        raise Left
    return line.strip()


def _read_secret(asked: Question) -> str:
    """Read without an echo; twice, if nobody can check it later."""
    try:
        typed = getpass.getpass(drawing.prompt(asked))
        is_word = typed in {"", BACK, HELP, QUIT}
        if asked.is_new and not is_word and getpass.getpass("Once more: ") != typed:
            raise OperatorError("The two differ.", hint="Enter it again.")
    except EOFError as error:
        raise Left from error
    return typed


def _understood(asked: Question, typed: str) -> Raw:
    """Turn what was typed into an answer."""
    if not typed:
        return ""
    if asked.kind is QuestionKind.SECRET:
        return Secret(typed)
    if asked.kind is QuestionKind.FILE:
        return _read_file(typed)
    if asked.kind is QuestionKind.CHOICE and typed.isascii() and typed.isdigit():
        number = int(typed)
        if 1 <= number <= len(asked.choices):
            return asked.choices[number - 1].value
    return typed


def _read_file(typed: str) -> Upload:
    """Read a file that the person named.

    Raises:
        OperatorError: it cannot be read.
    """
    try:
        path = Path(typed).expanduser()
        with path.open("rb") as opened:
            content = opened.read(_FILE_BYTES_MAX + 1)
    except (OSError, RuntimeError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or "It names no file."
        raise OperatorError("This file cannot be read.", why=why, hint="Check the path.") from error
    if len(content) > _FILE_BYTES_MAX:
        raise OperatorError("This file is too large.", hint="Check the path.")
    return Upload(name=str(path.absolute()), content=content)
