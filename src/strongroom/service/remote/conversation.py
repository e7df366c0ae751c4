"""The service's end of one connection: one caller, one session, one verb at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

import strongroom
from strongroom.errors import AccessDenied, Interrupted, OperatorError, StrongroomError
from strongroom.service import calling
from strongroom.service.application import SessionVerbs
from strongroom.service.callers import Caller
from strongroom.service.remote import faults
from strongroom.service.remote.callbacks import STOP, Callback, callbacks_of
from strongroom.service.remote.channel import Channel, Gone
from strongroom.service.remote.messages import (
    PROTOCOL,
    WHY_LETTERS_MAX,
    Ask,
    Call,
    End,
    FromCaller,
    Hello,
    Item,
    Reply,
    Result,
    Share,
    Stop,
    Token,
    Welcome,
    from_caller,
    say,
)
from strongroom.service.remote.patience import Patience
from strongroom.service.remote.sessions import SharedSessions
from strongroom.service.session import Session

_HELLO_S = 10.0
_ANSWER_S = 600.0
"""How long a person may think about a question while a verb waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all conversations of a service share.

    Attributes:
        verbs: Gives the verbs as a session may call them.
        sessions: Those that may be joined.
        is_worker: This process does what runs ask for.
        patience: Slows down whoever is refused again and again.
        report: Takes what nobody but the service's own operator may read: our bugs.
    """

    verbs: Callable[[Session], SessionVerbs]
    sessions: SharedSessions
    is_worker: bool
    patience: Patience
    report: Callable[[BaseException], None]


class Conversation:
    """One connection, from ``Hello`` until the caller leaves.

    Args:
        channel: To the caller.
        caller: Who that is, as the operating system says.
        house: The service.
    """

    def __init__(self, channel: Channel, caller: Caller, house: House) -> None:
        self._channel = channel
        self._caller = caller
        self._house = house
        self._own: Session | None = None

    def run(self) -> None:
        """Talk until the caller leaves, or says what may not be said."""
        try:
            session = self._greet()
            verbs = self._house.verbs(session)
            while (document := self._channel.receive()) is not None:
                self._take(from_caller(document), session, verbs)
        except Gone:
            pass  # a caller that left is no matter of anybody else's
        except OperatorError as error:
            self._refuse(error)
        finally:
            if self._own is not None:
                self._house.sessions.end(self._own)

    def _greet(self) -> Session:
        document = self._channel.receive(wait_s=_HELLO_S)
        if document is None:
            raise Gone("The caller left.")
        hello = from_caller(document)
        if not isinstance(hello, Hello):
            raise Gone("The caller does not say who it is.")
        if hello.protocol != PROTOCOL:
            raise OperatorError(
                "The service and this program are of different versions.",
                why=f"The service is of version {strongroom.__version__}.",
                hint="Start `strongroom serve` again after an update.",
            )
        why = hello.why[:WHY_LETTERS_MAX]
        session = None
        if hello.token is not None:
            session = self._house.sessions.join(hello.token, self._caller, why=why)
        is_joined = session is not None
        if session is None:
            session = self._own = Session(self._caller, why=why)
        say(
            self._channel,
            Welcome(
                version=strongroom.__version__,
                is_joined=is_joined,
                is_worker=self._house.is_worker,
            ),
        )
        return session

    def _take(self, message: FromCaller, session: Session, verbs: SessionVerbs) -> None:
        if isinstance(message, Call):
            _Called(self._channel, message, verbs, self._house).answer()
        elif isinstance(message, Share) and session is self._own:
            say(self._channel, Token(token=self._house.sessions.share(session)))
        elif not isinstance(message, Stop | Reply):  # those come too late, which is no offence
            raise Gone("The caller said what may not be said now.")

    def _refuse(self, error: StrongroomError) -> None:
        with suppress(Gone):
            say(self._channel, faults.to_fault(error))


class _Called:
    """One call of one verb."""

    def __init__(
        self,
        channel: Channel,
        call: Call,
        verbs: SessionVerbs,
        house: House,
    ) -> None:
        self._channel = channel
        self._call = call
        self._verbs = verbs
        self._house = house
        self._listening = threading.Lock()
        self._is_stopping = False
        self._asked = 0

    def answer(self) -> None:
        """Call the verb, and tell the caller what came of it.

        Raises:
            Gone: the caller has left.
        """
        try:
            result = self._verbs.invoke(
                self._call.verb, self._call.arguments, supplied=self._supplied()
            )
            if isinstance(result, Iterator):
                for one in result:
                    say(self._channel, Item(value=calling.as_json(one)))
                say(self._channel, End())
            else:
                say(self._channel, Result(value=calling.as_json(result)))
        except Gone:
            raise
        except StrongroomError as error:
            if isinstance(error, AccessDenied):
                self._house.patience.refused(self._verbs.session.caller.ids[0])
            say(self._channel, faults.to_fault(error))
        except Exception as error:  # noqa: BLE001 - the border: our bug ends this call alone
            self._house.report(error)
            say(self._channel, faults.bug())

    def _supplied(self) -> dict[str, Callable[..., object]]:
        """Give what the verb may ask of the caller, as functions."""
        method = calling.method(self._verbs.nouns, self._call.verb)
        supplied: dict[str, Callable[..., object]] = {}
        for name, callback in callbacks_of(method).items():
            if name == STOP:
                supplied[name] = self._is_stopped
            elif name in self._call.callbacks:
                supplied[name] = self._asking(name, callback)
        return supplied

    def _asking(self, name: str, callback: Callback) -> Callable[..., object]:
        def ask(*arguments: object, **named: object) -> Any:  # noqa: ANN401 - as it is declared
            with self._listening:
                self._asked += 1
                question = Ask(
                    number=self._asked,
                    callback=name,
                    arguments=[calling.as_json(one) for one in arguments],
                    named={key: calling.as_json(one) for key, one in named.items()},
                    is_answered=callback.is_answered,
                )
                say(self._channel, question)
                return self._replied(question, callback) if callback.is_answered else None

        return ask

    def _replied(self, question: Ask, callback: Callback) -> object:
        while True:
            message = self._heard(wait_s=_ANSWER_S)
            if isinstance(message, Reply) and message.number == question.number:
                if message.is_failed:
                    raise Interrupted("The caller gave no answer.")
                return _answer(message.value, callback)
            if self._is_stopping:
                raise Interrupted("The caller gave no answer and wants to stop.")

    def _is_stopped(self) -> bool:
        """Say whether the caller wants to stop; one that has left wants to."""
        with self._listening:
            try:
                while not self._is_stopping and self._channel.is_ready(0):
                    self._heard(wait_s=0)
            except Gone:
                self._is_stopping = True
            return self._is_stopping

    def _heard(self, *, wait_s: float) -> FromCaller:
        """Listen to what comes while a verb is at work.

        Raises:
            Gone: the caller has left, or says what may not be said now.
        """
        document = self._channel.receive(wait_s=wait_s)
        if document is None:
            raise Gone("The caller left.")
        message = from_caller(document)
        if isinstance(message, Stop):
            self._is_stopping = True
        elif not isinstance(message, Reply):
            raise Gone("The caller said what may not be said now.")
        return message


def _answer(value: object, callback: Callback) -> object:
    """Read what the caller answered.

    Raises:
        Gone: it is no answer to that.
    """
    try:
        return calling.from_json(value, callback.result)
    except (msgspec.ValidationError, TypeError) as error:
        raise Gone("The caller cannot be understood.", why="It gives no answer.") from error
