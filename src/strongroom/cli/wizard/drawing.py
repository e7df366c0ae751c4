"""Questions and notices as lines of plain text.

No colours, no boxes, nothing that moves: a screen reader reads it from top to bottom. What may have
come from a server passes through ``printable`` before it is broken into lines.
"""

from __future__ import annotations

import textwrap

from strongroom.cli.output import printable
from strongroom.service.wizard.words import Notice, NoticeKind, Question, QuestionKind

COLUMNS = 79
_PREFIXES = {NoticeKind.WARNING: "Warning: ", NoticeKind.PROBLEM: "Problem: "}

INTRODUCTION = (
    "Answer each question and press Enter. What stands in brackets is taken if you press Enter "
    "alone. At every question you can also type: back, help or quit."
)


def notice(told: Notice) -> list[str]:
    """Draw a notice."""
    lines = wrapped(_PREFIXES.get(told.kind, "") + told.text)
    for line in told.lines:
        lines += wrapped(line, indent="  ", further="    ")
    lines += [f"    {printable(part)}" for one in told.commands for part in one.splitlines()]
    return lines


def refusal(what: str, why: str, hint: str) -> list[str]:
    """Draw why an answer is none, and what would be one."""
    lines = wrapped(f"Error: {what}")
    for label, text in (("why: ", why), ("hint:", hint)):
        for line in text.splitlines():
            lines += wrapped(f"{label} {line}", indent="  ", further="        ")
    return lines


def question(asked: Question) -> list[str]:
    """Draw a question with its choices, without what was told before it."""
    lines = wrapped(asked.text)
    for number, choice in enumerate(asked.choices, start=1):
        lines += wrapped(f"{number:>3}  {choice.label}", further="     ")
    return lines


def prompt(asked: Question) -> str:
    """Draw what stands before the place where the answer is typed."""
    kept = _kept(asked)
    if asked.kind is QuestionKind.CHOICE:
        return f"1 to {len(asked.choices)}{kept}: "
    if asked.kind is QuestionKind.SECRET:
        kept = " [keep what you entered]" if asked.has_current else ""
        return f"Not shown as you type{kept}: "
    return f"{'File' if asked.kind is QuestionKind.FILE else 'Answer'}{kept}: "


def wrapped(text: str, *, indent: str = "", further: str = "") -> list[str]:
    """Break a text into lines that fit, between words alone: addresses stay whole."""
    return textwrap.wrap(
        printable(text),
        COLUMNS,
        initial_indent=indent,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def _kept(asked: Question) -> str:
    shown = asked.current if asked.has_current else asked.default
    values = [choice.value for choice in asked.choices]
    if shown in values:
        shown = str(values.index(shown) + 1)
    if not shown:
        return ""
    none = ", - for none" if asked.is_optional and asked.has_current else ""
    return f" [{printable(shown)}{none}]"
