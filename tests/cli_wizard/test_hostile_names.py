"""What attacks a terminal is shown and not obeyed: typed, named, or told by a server."""

from __future__ import annotations

from pathlib import Path

from strongroom.cli.wizard import drawing
from strongroom.service.wizard.words import Choice, Notice, NoticeKind, Question, QuestionKind
from tests.cli.test_output import HOSTILE, is_harmless
from tests.fakes.terminal import strongroom


def test_nothing_that_is_drawn_is_obeyed() -> None:
    told = Notice(kind=NoticeKind.NOTE, text=HOSTILE, lines=(HOSTILE,), commands=(HOSTILE,))
    asked = Question(
        key="x",
        text=HOSTILE,
        help=HOSTILE,
        kind=QuestionKind.CHOICE,
        choices=(Choice(value="x", label=HOSTILE),),
        current=HOSTILE,
        has_current=True,
    )
    drawn = [*drawing.notice(told), *drawing.question(asked), drawing.prompt(asked)]
    assert all(is_harmless(line) for line in drawn)
    assert "owned" in "".join(drawn)


def test_a_name_that_attacks_is_refused_without_being_obeyed(home: Path) -> None:
    with strongroom(home, "connection", "wizard", HOSTILE) as terminal:
        assert terminal.ends() == 2
        assert "cannot be the name" in terminal.transcript
        assert is_harmless(terminal.transcript)


def test_letters_that_cannot_be_read_are_asked_again(home: Path) -> None:
    strict: dict[str, str | None] = {"PYTHONIOENCODING": "utf-8:strict"}
    with strongroom(home, "connection", "wizard", environment=strict) as terminal:
        terminal.asked("What is to be connected?")
        terminal.enter(b"\xff\xfe")
        assert "cannot be read" in terminal.is_ready()
        terminal.enter("1")
        terminal.answer("What is the connection to be called?", "quit")
        assert terminal.ends() == 130
