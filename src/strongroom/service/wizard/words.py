"""What a wizard says: questions, notices, and that it is done. Frozen, and free of any drawing.

Texts may hold what a server said: whoever draws them escapes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from strongroom.service.connection_views import ConnectionView
from strongroom.vault.secret import Secret


class QuestionKind(StrEnum):
    """What an answer is."""

    CHOICE = "choice"
    """One of the choices' values."""

    TEXT = "text"
    """A line of text."""

    SECRET = "secret"  # noqa: S105 - the name of a kind
    """A ``Secret``; whoever asks shows nothing of it."""

    FILE = "file"
    """An ``Upload``: a file that the person has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several answers.

    Attributes:
        value: What is answered.
        label: What it means, in a few words.
    """

    value: str
    label: str


class NoticeKind(StrEnum):
    """How a notice is meant."""

    DONE = "done"
    """Something was found or went well."""

    NOTE = "note"
    """Worth knowing."""

    WARNING = "warning"
    """It will hurt one day; dates stand in the text."""

    PROBLEM = "problem"
    """It did not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What was found, done or is worth knowing.

    Attributes:
        kind: How it is meant.
        text: One or two sentences.
        lines: More of it, to be shown line by line.
        commands: To be copied as they are: never broken into shorter lines.
    """

    kind: NoticeKind
    text: str
    lines: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask now.

    Attributes:
        key: Stable name of the question.
        text: The question, one sentence.
        help: What it means and where the answer is found, in plain words.
        kind: What an answer is.
        choices: Of a choice: all of them.
        default: What an empty answer means, as shown; or empty.
        current: What was answered before, as shown: an empty answer keeps it. Never a secret.
        has_current: Something was answered before: an empty answer keeps it, a secret too.
        is_optional: An empty answer is one.
        is_new: Of a secret: nobody can check it later, so it is asked twice.
        told: What is to be said before the question.
    """

    key: str
    text: str
    help: str
    kind: QuestionKind
    choices: tuple[Choice, ...] = ()
    default: str = ""
    current: str = ""
    has_current: bool = False
    is_optional: bool = False
    is_new: bool = False
    told: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The connection is there.

    Attributes:
        view: The connection.
        ca_file: Which file the authority's certificates came from, if they came from one.
        told: What was done, found and is worth knowing.
        left: What a person still has to do; to be shown last.
    """

    view: ConnectionView
    ca_file: str = ""
    told: tuple[Notice, ...] = ()
    left: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that somebody gives as an answer.

    Attributes:
        name: What they call it: a path, a file's name.
        content: What is in it. It may be a key.
    """

    name: str
    content: bytes = field(repr=False)


Raw = str | Secret | Upload
"""An answer as it comes from whoever draws the question."""
