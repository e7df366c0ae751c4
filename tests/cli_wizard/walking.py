"""Walking through a conversation with every detour: a wrong answer, help, and a step back."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.terminal import Terminal


@dataclass(frozen=True)
class Turn:
    """One question.

    Attributes:
        question: How it begins.
        right: What to answer in the end; empty: Enter alone.
        wrong: An answer that is refused; None: none is tried.
        told: What the refusal says.
    """

    question: str
    right: str
    wrong: str | None = None
    told: str = "Error:"


def walk(terminal: Terminal, *turns: Turn, after: Turn | None = None) -> None:
    """Answer each question after a wrong turn, a call for help, and a step back and forth.

    Args:
        terminal: Where.
        turns: The questions, in order.
        after: The question before the first of them; None: it is the first of all.
    """
    before = after
    for turn in turns:
        terminal.asked(turn.question)
        if turn.wrong is not None:
            terminal.enter(turn.wrong)
            assert turn.told in " ".join(terminal.is_ready().split())
        terminal.enter("help")
        assert "back goes to the question before" in terminal.is_ready()
        terminal.enter("back")
        if before is None:
            assert "This is the first question." in terminal.is_ready()
        else:
            terminal.answer(before.question, "")
            terminal.asked(turn.question)
        terminal.enter(turn.right)
        before = turn


def straight(terminal: Terminal, *turns: Turn) -> str:
    """Answer each question rightly at once; give all that was shown."""
    return "".join(terminal.answer(turn.question, turn.right) for turn in turns)


def pick(terminal: Terminal, question: str, label: str) -> str:
    """Answer a question by what a choice is called; give what was shown."""
    shown = terminal.asked(question)
    number = next(line.split()[0] for line in shown.splitlines()[::-1] if label in line)
    terminal.enter(number)
    return shown


def assert_fits(terminal: Terminal) -> None:
    """Insist on 80 columns, but for what is to be copied as it is, and addresses."""
    for line in terminal.transcript.split("\n"):
        is_whole = line.startswith("    ") or "/" in line or "|" in line
        assert len(line) <= 80 or is_whole, line
