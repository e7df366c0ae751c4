"""A view into one mailbox through EWS: sends operations, obeys the server, tries reads again."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from random import Random
from typing import TypeVar

from strongroom.clock import Clock
from strongroom.errors import (
    AccessDenied,
    ItemError,
    OperatorError,
    OutcomeUnknown,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.pace.batches import by_halves
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience, TooMuchAtOnce
from strongroom.pace.retry import read
from strongroom.pace.turn import Turn
from strongroom.wire.ews.answers import Answer, NotSoap, SoapFault, open_answer
from strongroom.wire.ews.envelope import SCHEMA_VERSIONS, envelope
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.pacing import told_by_error, told_by_refusal
from strongroom.wire.ews.server_facts import AffinityCookies, ServerFacts, Shared
from strongroom.wire.ews.status import refusal
from strongroom.wire.reply import AnswerTooLarge, Reply
from strongroom.wire.sign_in.doubt import RefusedForNow
from strongroom.wire.transport import Transport

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item, beside T for what becomes of it

Forbidden = Callable[[str | None], OperatorError]
"""Makes the error of a 403, told the mailbox that was meant (None: the account's own)."""

FAULT_BYTES_MAX = 1024 * 1024
_CHEAPEST = Operation(
    name="GetServerTimeZones",
    body='<m:GetServerTimeZones ReturnFullTimeZoneData="false"><m:Ids><t:Id>UTC</t:Id></m:Ids>'
    "</m:GetServerTimeZones>",
    parse=lambda _: None,
)
_ASK_AGAIN_ROUNDS = 3
_OWN_FAULT_TRIES = 3


class EwsConnection:
    """Speaks EWS with one server, in one mailbox. Safe in many threads.

    Args:
        transport: Whoever makes it closes it.
        clock: Time and waiting.
        pace: The server's, shared by everything that talks to it.
        random: Where the jitter of waits comes from.
        budget: How long one read keeps trying.
        mailbox: Primary SMTP address of the mailbox to work in; None: the account's own.
        is_impersonating: Work as the mailbox's owner (role ApplicationImpersonation); else as a
            delegate, with whatever rights the account has there.
        forbidden: Says what a 403 means where more is known of it than that EWS is not allowed.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        clock: Clock,
        pace: Pace,
        random: Random,
        budget: Budget | None = None,
        mailbox: str | None = None,
        is_impersonating: bool = True,
        forbidden: Forbidden | None = None,
    ) -> None:
        self.transport = transport
        self.mailbox = mailbox
        self.is_impersonating = is_impersonating
        self._forbidden = forbidden
        self._clock = clock
        self.lane = LanePace(pace, (mailbox or "").casefold())
        self._random = random
        self._budget = budget or Budget()
        self._shared = Shared()
        self._cookies = AffinityCookies()

    def for_mailbox(self, mailbox: str | None) -> EwsConnection:
        """Give a view into another mailbox, over the same lines, pace and server facts."""
        other = EwsConnection(
            self.transport,
            clock=self._clock,
            pace=self.lane.pace,
            random=self._random,
            budget=self._budget,
            mailbox=mailbox,
            is_impersonating=self.is_impersonating,
            forbidden=self._forbidden,
        )
        other._shared = self._shared
        return other

    @property
    def facts(self) -> ServerFacts:
        """What the server told about itself in its last answer, to any view."""
        return self._shared.facts

    @property
    def delegate_mailbox(self) -> str | None:
        """Whose distinguished folders must be said to be meant, when not impersonating."""
        return None if self.is_impersonating else self.mailbox

    def read(self, operation: Operation[T]) -> T:
        """Send a read, and again while time may heal it.

        Single items' errors are values in the result; but where every single one says that time
        may heal it, that is an error of the request like any other (a few times, where it may be
        the items' own fault).

        Raises:
            TransientError: the budget is used up.
            TooMuchAtOnce: at once, for more than one item: ask for fewer.
            StrongroomError: the server's no, in its branch.
        """
        attempts = count(1)
        return self._again(lambda patience: self._read_once(operation, next(attempts), patience))

    def read_each(
        self,
        items: Sequence[I],
        operation_for: Callable[[Sequence[I]], Operation[list[T | EwsItemError]]],
    ) -> list[T | EwsItemError]:
        """Read one result per item, in order; ask again for those that time may heal.

        Covers what a batch can suffer: too much at once (halved), stopped in the middle (the rest
        asked again), single transient errors (asked again, a few times; then they are results).

        Raises:
            StrongroomError: as ``read``.
        """
        results: dict[int, T | EwsItemError] = {}
        waiting = list(range(len(items)))
        for _ in range(_ASK_AGAIN_ROUNDS):
            if not waiting:
                break
            answers = by_halves(
                waiting, lambda some: self._read_some(operation_for([items[i] for i in some]))
            )
            results.update(zip(waiting, answers, strict=True))
            waiting = [i for i in waiting if _is_transient(results[i])]
        return [results[i] for i in range(len(items))]

    def _read_some(self, operation: Operation[list[T | EwsItemError]]) -> list[T | EwsItemError]:
        """Read; an error that concerns a single item becomes its result."""
        try:
            return self.read(operation)
        except ItemError as error:
            if operation.item_count > 1:
                raise
            return [EwsItemError(code=error.code, text=str(error))]

    def write(self, operation: Operation[T]) -> T:
        """Send a write, once; and once more if it was not let in, so that nothing was done.

        Raises:
            OutcomeUnknown: it may have happened, wholly or in part; look before writing again.
            TransientError: it certainly did not happen (the server was busy); may be sent again.
            SignInEnded: nor did it then, and nothing else will.
            StrongroomError: the server's no, in its branch.
        """
        try:
            return self._write_once(operation)
        except RefusedForNow:
            # A body in pieces can be read once only; whoever has it gives it again.
            if not isinstance(operation.body, str):
                raise
            return self._write_once(operation)

    def _write_once(self, operation: Operation[T]) -> T:
        return self._attempt(operation, Patience(self._budget), is_write=True)

    def stream(
        self,
        operation_for: Callable[[], Operation[object]],
        consume: Callable[[Reply, Turn], None],
    ) -> None:
        """Send a read and give its successful answer unread to ``consume``; again as ``read`` does.

        Args:
            operation_for: Says what to ask, before each try; its ``parse`` is not used.
            consume: Reads the body, and tells the turn of refusals in it (``tell``); called again
                after it raised ``TransientError``.

        Raises:
            StrongroomError: as ``read``, and whatever ``consume`` raises.
        """

        def attempt(patience: Patience) -> None:
            operation = operation_for()
            with (
                self._turn(operation, patience) as turn,
                self._send(operation, is_write=False) as reply,
            ):
                turn.head_s = reply.round_trip_s
                self._check_status(reply, turn, is_write=False)
                consume(reply, turn)
                turn.size = operation.size or reply.byte_count

        self._again(
            lambda patience: self._counted(
                lambda: self._understood(lambda: attempt(patience), is_write=False)
            )
        )

    def is_let_in(self) -> bool:
        """Ask something that is no matter of any mailbox, once; False if that is refused too."""
        with self._send(_CHEAPEST, is_write=False) as reply:
            return reply.status != 401

    def open(self, name: str, body: bytearray, *, is_write: bool = False) -> Answer:
        """Open an answer with status 200.

        Args:
            name: What it answers, for messages.
            body: The document.
            is_write: Half an answer to a write leaves the outcome unknown.

        Raises:
            SoapFault: it is a fault all the same.
            StrongroomError: it is no SOAP envelope, or half of one.
        """
        try:
            answer = open_answer(body, is_large=True)
        except NotSoap as error:
            raise self._no_soap(name, body, is_write=is_write) from error
        self._shared.note_version(answer.version)
        return answer

    def tell(self, turn: Turn, error: EwsItemError) -> None:
        """Tell a turn of a refusal that came with a single item: it speaks of the pace as well."""
        self.transport.meter.add(throttled=1)
        turn.tell(told_by_error(error, is_impersonating=self.is_impersonating))

    def _again(self, call: Callable[[Patience], T]) -> T:
        return read(call, clock=self._clock, budget=self._budget, random=self._random)

    def _read_once(self, operation: Operation[T], attempt: int, patience: Patience) -> T:
        try:
            result = self._attempt(operation, patience, is_write=False)
        except TooMuchAtOnce as error:
            if operation.item_count > 1:
                raise
            # A single thing cannot be halved: then only time may help, or nothing.
            if attempt > _OWN_FAULT_TRIES:
                raise ItemError(error.what, code="too-much", why=error.why) from error
            raise TransientError(error.what, why=error.why, is_throttle=True) from error
        if isinstance(result, list) and result and all(map(_is_transient, result)):
            is_hopeless = attempt > _OWN_FAULT_TRIES
            if not (is_hopeless and all(error.may_be_its_own_fault for error in result)):
                raise result[0].as_error()
        return result

    def _attempt(self, operation: Operation[T], patience: Patience, *, is_write: bool) -> T:
        return self._counted(
            lambda: self._understood(
                lambda: self._exchange(operation, patience, is_write=is_write), is_write=is_write
            )
        )

    def _counted(self, call: Callable[[], T]) -> T:
        """Count throttling, and leave a back end that was ill."""
        try:
            return call()
        except TransientError as error:
            if error.is_throttle:
                self.transport.meter.add(throttled=1)
            self._cookies.forget()
            raise

    def _exchange(self, operation: Operation[T], patience: Patience, *, is_write: bool) -> T:
        """Send, read and parse, once."""
        try:
            with self._turn(operation, patience) as turn:
                with self._send(operation, is_write=is_write) as reply:
                    turn.head_s = reply.round_trip_s
                    self._check_status(reply, turn, is_write=is_write)
                    body = reply.read(operation.answer_bytes_max)
                if not is_write:
                    turn.size = operation.size or len(body)
                return self._parsed(operation, body, turn, is_write=is_write)
        except AnswerTooLarge as error:
            raise _too_large(operation, error, is_write=is_write) from error

    def _parsed(self, operation: Operation[T], body: bytearray, turn: Turn, *, is_write: bool) -> T:
        answer = self.open(operation.name, body, is_write=is_write)
        try:
            result = operation.parse(answer)
        except TransientError as error:
            if not is_write:
                raise
            # Fewer answers than questions, for example. A write has been sent and was answered, so
            # "certainly did not happen" is the one thing that this does not mean.
            raise OutcomeUnknown(error.what, why=error.why) from error
        for throttled in answer.throttled:
            self.tell(turn, throttled)
        return result

    @contextlib.contextmanager
    def _turn(self, operation: Operation[T], patience: Patience) -> Iterator[Turn]:
        """One request at a time has each of the server's slots, until its answer is read."""
        body = operation.body
        size = operation.size or (0 if isinstance(body, str) else body.length)
        with (
            self.lane.turn(
                patience, kind=operation.name, items=operation.item_count, size=size
            ) as turn,
            self.transport.doubt.request(),
        ):
            try:
                yield turn
            except SoapFault as fault:
                turn.tell(told_by_error(fault.error, is_impersonating=self.is_impersonating))
                raise

    def _understood(self, call: Callable[[], T], *, is_write: bool) -> T:
        """Call; where the server wants an older schema, again in that one.

        A fault about the version means that nothing was done, so this holds for writes too.
        """
        while True:
            schema = self._shared.schema
            try:
                return call()
            except SoapFault as fault:
                if not self._step_down(schema, fault.error):
                    raise fault.error.as_error(is_write=is_write) from fault

    def _send(self, operation: Operation[T], *, is_write: bool) -> Reply:
        schema = self._shared.schema
        content = operation.body
        if schema > 0 and isinstance(content, str):
            for newer in operation.since_2013:
                content = content.replace(newer, "")
        body = envelope(
            content,
            version=SCHEMA_VERSIONS[schema],
            impersonate=self.mailbox if self.is_impersonating else None,
        )
        reply = self.transport.post(body, self._headers(operation.name), is_write=is_write)
        self._shared.note_reply(reply)
        self._cookies.note_reply(reply)
        return reply

    def _headers(self, name: str) -> dict[str, str]:
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "Accept": "text/xml",
            "SOAPAction": f'"http://schemas.microsoft.com/exchange/services/2006/messages/{name}"',
            "client-request-id": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "return-client-request-id": "true",
            "X-PreferServerAffinity": "true",
        }
        if self.mailbox and self.mailbox.isascii() and self.mailbox.isprintable():
            # Routes the front end to the mailbox's back end; without it latency may double. An
            # address that no header can carry goes without: the envelope names it in any case.
            headers["X-AnchorMailbox"] = self.mailbox
        if cookies := self._cookies.header():
            headers["Cookie"] = cookies
        return headers

    def _check_status(self, reply: Reply, turn: Turn, *, is_write: bool) -> None:
        """Let a success through; raise the fault or the refusal that anything else is.

        Raises:
            SoapFault: a fault, for whoever knows about schema versions.
            StrongroomError: any other refusal.
        """
        if reply.status == 200:
            return
        if reply.status == 500:
            with contextlib.suppress(NotSoap, AnswerTooLarge):
                open_answer(reply.read(FAULT_BYTES_MAX))
        if reply.status == 403 and self._forbidden is not None:
            raise self._forbidden(self.mailbox)
        error = refusal(reply, self.transport, self._clock, is_write=is_write)
        turn.tell(told_by_refusal(reply.status, error))
        raise self._judged(error) if isinstance(error, SignInEnded) else error

    def _judged(self, error: SignInEnded) -> AccessDenied:
        """Find out whether the sign-in is over, or one mailbox shut to a sign-in that holds.

        A front end passes requests on to the server that has the mailbox, and that one may say no
        by itself; nothing of the others is to be missed because of it.
        """
        if self.mailbox is not None and self.for_mailbox(None).is_let_in():
            return AccessDenied(
                f"The mailbox {self.mailbox} does not let {self.transport.sign_in.user} in.",
                why=f"{error.why} Elsewhere on {self.transport.host} the sign-in holds.",
                hint="Look at the server that has this mailbox: its EWS virtual directory must"
                " take the same ways to sign in as the others.",
            )
        self.transport.doubt.end(error)
        return error

    def _no_soap(self, name: str, body: bytearray, *, is_write: bool) -> StrongroomError:
        """Name an answer with status 200 that is no SOAP envelope."""
        host = self.transport.host
        if body[:200].lstrip().lower().startswith((b"<html", b"<!doctype html")):
            return OperatorError(
                f"{host} answers with a web page instead of Exchange Web Services.",
                hint="Check the address: it usually ends with /EWS/Exchange.asmx.",
            )
        kind = OutcomeUnknown if is_write else TransientError
        return kind(f"{host} gave half an answer to {name}.")

    def _step_down(self, schema: int, error: EwsItemError) -> bool:
        """Fall back to the next older schema, if that is what the fault is about and there is one.

        Args:
            schema: What the refused request was sent in; another thread may have stepped already.
            error: The fault.
        """
        if error.meaning is not Meaning.VERSION or schema + 1 >= len(SCHEMA_VERSIONS):
            return False
        self._shared.step_down(schema)
        return True


def _is_transient(result: object) -> bool:
    return isinstance(result, EwsItemError) and result.is_transient


def _too_large(
    operation: Operation[T], error: AnswerTooLarge, *, is_write: bool
) -> StrongroomError:
    if is_write:
        return OutcomeUnknown(f"The answer to {operation.name} is too large.", why=error.what)
    if operation.item_count > 1:
        return TooMuchAtOnce(f"{operation.name} would answer too much at once.", why=error.what)
    return ItemError(
        f"The answer to {operation.name} is too large.",
        code="answer-too-large",
        is_permanent=True,
        why=error.what,
    )
