"""An office that sends nothing, remembers everything, and fails when it is told to."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.errors import OperatorError, TransientError
from strongroom.wire.posting.destination import Destination, Letter


class FakeOffice:
    """Takes addresses that begin with ``fake://``.

    Attributes:
        sent: What was taken, in order.
        tried: What was given, taken or not.
        is_away: Nothing is taken.
        on_send: Called before a message is taken; may raise.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[Destination, Letter]] = []
        self.tried: list[Letter] = []
        self.is_away = False
        self.on_send: Callable[[Letter], None] = lambda letter: None

    @property
    def letters(self) -> list[Letter]:
        return [letter for _, letter in self.sent]

    def sort(self, destination: Destination) -> str:
        if not destination.address.startswith("fake://"):
            raise OperatorError("Messages cannot be sent to this address.", why="It is no fake.")
        return "fake"

    def send(self, destination: Destination, letter: Letter) -> None:
        self.tried.append(letter)
        self.on_send(letter)
        if self.is_away:
            raise TransientError("The message was not taken (fake).", why="It is away.")
        self.sent.append((destination, letter))
