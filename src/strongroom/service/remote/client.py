"""The caller's end of a connection to a running service."""

from __future__ import annotations

import socket
import threading
import typing
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from strongroom.clock import Clock
from strongroom.errors import OperatorError, StrongroomError
from strongroom.service import calling
from strongroom.service.callers import home_account
from strongroom.service.remote import address, faults
from strongroom.service.remote.callbacks import STOP, Callback
from strongroom.service.remote.channel import Channel, Gone, Limits
from strongroom.service.remote.messages import (
    PROTOCOL,
    Ask,
    Call,
    End,
    Fault,
    FromService,
    Hello,
    Item,
    Message,
    Reply,
    Result,
    Share,
    Stop,
    Token,
    Welcome,
    from_service,
    say,
)
from strongroom.service.remote.peer import peer_id
from strongroom.service.remote.values import rebuilt

Asked = Mapping[str, tuple[Callback, Callable[..., object]]]
"""What a verb may ask of its caller, by the names of its parameters: the types and the function."""

FROM_SERVICE = Limits(message_bytes_max=256 * 1024 * 1024)
_ASK_STOP_S = 0.2
_WELCOME_S = 30.0


def connect(path: Path, home: Path) -> socket.socket | None:
    """Connect to a home's service; None: there is none.

    Args:
        path: Of its socket.
        home: Whose owner it must be.

    Raises:
        OperatorError: somebody else answers there.
    """
    connection = address.connect(path)
    if connection is None:
        return None
    if peer_id(connection) not in home_account(home):
        connection.close()
        raise OperatorError(
            f"Who answers at {path} is not the account that the home belongs to.",
            why="Passwords and what is restored would go to somebody else.",
            hint="`strongroom serve` must run as the account that the home belongs to.",
        )
    return connection


class Client:
    """One connection, and so one session. Safe in many threads: they wait for each other.

    Args:
        connection: To the service; closed with the client.
        clock: Time.
        why: Why the caller calls, for the audit log.
        token: Of the session to join; None: one of its own.

    Raises:
        OperatorError: the service refuses us.
    """

    def __init__(
        self, connection: socket.socket, clock: Clock, *, why: str = "", token: str | None = None
    ) -> None:
        self._channel = Channel(connection, clock, FROM_SERVICE)
        self._lock = threading.RLock()
        self._is_listening = False
        self._many: Many | None = None
        self._is_shared = False
        try:
            welcome = self._greet(Hello(protocol=PROTOCOL, why=why, token=token))
        except BaseException:
            self._channel.close()
            raise
        self.is_joined = welcome.is_joined
        self.is_worker = welcome.is_worker

    def _greet(self, hello: Hello) -> Welcome:
        with suppress(Gone):  # it may have said already why it does not want us
            say(self._channel, hello)
        welcome = self._heard(wait_s=_WELCOME_S)
        if not isinstance(welcome, Welcome):
            raise _misunderstood()
        return welcome

    def call(
        self,
        verb: str,
        arguments: Mapping[str, object],
        hint: object,
        asked: Asked,
    ) -> Any:  # noqa: ANN401 - as the hint says
        """Call a verb.

        Args:
            verb: ``NOUN.METHOD``.
            arguments: By name.
            hint: The type of what comes of it.
            asked: What the verb may ask of us, by the names of its parameters.

        Returns:
            What came of it; many things as an iterator, which another call reads to its end first.
        """
        call = Call(
            verb=verb,
            arguments={name: calling.as_json(one) for name, one in arguments.items()},
            callbacks=[name for name in asked if name != STOP],
        )
        with self._alone():
            self._say(call)
            answer = self.answer(asked)
            if isinstance(answer, Result):
                return rebuilt(answer.value, hint)
            (kind,) = typing.get_args(hint)
            self._many = Many(self, asked, kind, answer)
            return self._many

    def share(self) -> str:
        """Let others join this session; give the token for that."""
        with self._alone():
            self._say(Share())
            told = self._heard()
            if not isinstance(told, Token):
                raise _misunderstood()
            self._is_shared = True
            return told.token

    def close(self) -> None:
        """Leave: the session ends. One that others could join has ended when this returns."""
        if self._is_shared:
            self._channel.part()
        self._channel.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Say something new: once all that was said before has been heard to its end."""
        with self.listening():
            if self._many is not None:
                self._many.read_on()
                self._many = None
            yield

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen, alone; an interrupt meanwhile is told to the service, and ends the session."""
        with self._lock:
            if self._is_listening:
                raise RuntimeError("what a verb asks of its caller cannot be answered by a verb")
            self._is_listening = True
            try:
                yield
            except KeyboardInterrupt:
                self._leave()
                raise
            finally:
                self._is_listening = False

    def answer(self, asked: Asked) -> Result | Item | End:
        """Hear what comes of a call, seeing to what the verb asks meanwhile."""
        stop = asked[STOP][1] if STOP in asked else None
        while True:
            self._wait(stop)
            message = self._heard()
            if isinstance(message, Ask):
                self._see_to(message, asked)
            elif isinstance(message, Result | Item | End):
                return message
            else:
                raise _misunderstood()

    def _wait(self, stop: Callable[..., object] | None) -> None:
        """Wait for the service to say something; ask for an end when the caller wants one."""
        if stop is None:
            return
        is_told = False
        try:
            while not self._channel.is_ready(_ASK_STOP_S):
                if not is_told and stop():
                    say(self._channel, Stop())
                    is_told = True
        except Gone as error:
            raise _ended() from error

    def _see_to(self, ask: Ask, asked: Asked) -> None:
        callback, function = asked[ask.callback]
        arguments = [
            rebuilt(one, hint) for one, hint in zip(ask.arguments, callback.arguments, strict=True)
        ]
        named = {key: rebuilt(one, callback.named[key]) for key, one in ask.named.items()}
        try:
            answer = function(*arguments, **named)
        except BaseException:
            self._leave()
            raise
        if ask.is_answered:
            self._say(Reply(number=ask.number, value=calling.as_json(answer)))

    def _leave(self) -> None:
        """Tell the service that we want no more, and go."""
        with suppress(Gone):
            say(self._channel, Stop())
        self.close()

    def _say(self, message: Message) -> None:
        try:
            say(self._channel, message)
        except Gone as error:
            raise _ended() from error

    def _heard(self, *, wait_s: float | None = None) -> FromService:
        try:
            document = self._channel.receive(wait_s=wait_s)
            if document is None:
                raise _ended()
            message = from_service(document)
        except Gone as error:
            raise _ended() from error
        if isinstance(message, Fault):
            raise faults.to_error(message)
        return message


class Many:
    """Many things that come of one call, one by one; an iterator."""

    def __init__(self, client: Client, asked: Asked, kind: object, first: Item | End) -> None:
        self._client = client
        self._asked = asked
        self._kind = kind
        self._heard: deque[Item | End | StrongroomError] = deque([first])
        self._is_over = isinstance(first, End)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:  # noqa: ANN401 - as the verb declares
        if not self._heard and not self._is_over:
            with self._client.listening():
                self._hear()
        message = self._heard.popleft() if self._heard else End()
        if isinstance(message, StrongroomError):
            raise message
        if isinstance(message, Item):
            return rebuilt(message.value, self._kind)
        raise StopIteration

    def read_on(self) -> None:
        """Hear the rest: the service speaks of nothing else before."""
        while not self._is_over:
            self._hear()

    def _hear(self) -> None:
        try:
            message = self._client.answer(self._asked)
        except StrongroomError as error:
            self._heard.append(error)
            self._is_over = True
            return
        if isinstance(message, Result):
            raise _misunderstood()
        self._heard.append(message)
        self._is_over = isinstance(message, End)


def _ended() -> OperatorError:
    return OperatorError(
        "The service ended before it answered.",
        why="What was asked for may have been done.",
        hint="Runs go on when `strongroom serve` is started again. Of anything else, look whether "
        "it was done before asking again.",
    )


def _misunderstood() -> OperatorError:
    return OperatorError(
        "The service and this program do not understand each other.",
        hint="Start `strongroom serve` again after an update.",
    )
