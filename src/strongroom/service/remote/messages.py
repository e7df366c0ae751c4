"""What may be said over the socket, by the caller and by the service. Anything else is refused.

The caller begins with ``Hello`` and is answered with ``Welcome``. Then, one after the other, it
calls verbs: each is answered with ``Result``, with ``Item`` … ``End`` where there are many things,
or with ``Fault``; and before that with any number of ``Ask``, for what the verb wants of the caller
meanwhile. ``Stop`` may come at any time.
"""

from __future__ import annotations

from typing import Any

import msgspec

from strongroom.service.remote.channel import Channel, Gone
from strongroom.words.json import Json

PROTOCOL = 1
WHY_LETTERS_MAX = 1000


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Something that is said."""


class Hello(Message, frozen=True):
    """The caller begins.

    Attributes:
        protocol: Which of these messages it knows.
        why: Why it calls, for the audit log.
        token: Of the session that it belongs to; None: it is one of its own.
    """

    protocol: int
    why: str = ""
    token: str | None = None


class Share(Message, frozen=True):
    """The caller wants others to join its session: it is answered with ``Token``."""


class Call(Message, frozen=True):
    """The caller calls a verb.

    Attributes:
        verb: ``NOUN.METHOD``.
        arguments: By name.
        callbacks: What the verb may ask of the caller, by the names of its parameters.
    """

    verb: str
    arguments: dict[str, Any]
    callbacks: list[str] = []


class Reply(Message, frozen=True):
    """The caller answers an ``Ask``; without a value if it failed."""

    number: int
    value: Any = None
    is_failed: bool = False


class Stop(Message, frozen=True):
    """The caller wants the verb to end at its next safe point."""


class Welcome(Message, frozen=True):
    """The service answers ``Hello``.

    Attributes:
        version: Of the program.
        is_joined: The session that the token names goes on, and this is part of it.
        is_worker: The service does what runs ask for.
    """

    version: str
    is_joined: bool
    is_worker: bool


class Token(Message, frozen=True):
    """The service answers ``Share``: who has this text and the same account may join."""

    token: str


class Result(Message, frozen=True):
    """What came of a verb."""

    value: Any


class Item(Message, frozen=True):
    """One of many things that come of a verb."""

    value: Any


class End(Message, frozen=True):
    """There are no more things."""


class Ask(Message, frozen=True):
    """The verb tells the caller something, or asks it.

    Attributes:
        number: Of this question, in this call.
        callback: The name of the verb's parameter.
        arguments: By place.
        named: By name.
        is_answered: A ``Reply`` is awaited.
    """

    number: int
    callback: str
    arguments: list[Any]
    named: dict[str, Any]
    is_answered: bool


class Fault(Message, frozen=True):
    """A verb, or the caller itself, was refused or failed (see ``faults``).

    Attributes:
        branches: Names of the error's class and those above it, the narrowest first.
        more: What else the error says of itself.
    """

    branches: list[str]
    exit_code: int
    what: str
    why: str = ""
    hint: str = ""
    more: dict[str, Any] = {}


FromCaller = Hello | Share | Call | Reply | Stop
FromService = Welcome | Token | Result | Item | End | Ask | Fault


def say(channel: Channel, message: Message) -> None:
    """Send a message.

    Raises:
        Gone: the other end has left.
    """
    document: dict[str, Json] = msgspec.to_builtins(message)
    channel.send(document)


def from_caller(document: dict[str, Any]) -> FromCaller:
    """Read what a caller says.

    Raises:
        Gone: it is nothing that may be said.
    """
    message: FromCaller = _understood(document, FromCaller)
    return message


def from_service(document: dict[str, Any]) -> FromService:
    """Read what a service says.

    Raises:
        Gone: it is nothing that may be said.
    """
    message: FromService = _understood(document, FromService)
    return message


def _understood(document: dict[str, Any], kinds: Any) -> Any:  # noqa: ANN401 - types
    try:
        return msgspec.convert(document, kinds)
    except msgspec.ValidationError as error:
        raise Gone("The other end cannot be understood.", why="It sends no message.") from error
