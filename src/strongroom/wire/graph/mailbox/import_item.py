"""``importItem``: one item brought into a mailbox as the stream that an export gave.

The server has no way to tell a repeated import from a new one: after ``OutcomeUnknown`` look into
the folder before sending again. What it refuses before it does anything (a busy server, an ended
session, a folder in another part of the archive) is sent again here.

Source:
    https://learn.microsoft.com/graph/import-exchange-mailbox-item
    https://learn.microsoft.com/graph/handle-archive-mailbox-redirects
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from strongroom.errors import OperatorError, OutcomeUnknown, StrongroomError, TransientError
from strongroom.pace.patience import Patience
from strongroom.wire.ews.faults import EwsItemError, Meaning, meaning_of
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.parts import pieces
from strongroom.wire.graph.answers import NotReadable, read_object, text_of
from strongroom.wire.graph.faults import fault_in
from strongroom.wire.graph.mailbox.ids import as_kept, for_graph
from strongroom.wire.graph.mailbox.import_session import ImportSession, open_session
from strongroom.wire.graph.mailbox.incoming import Incoming
from strongroom.wire.graph.mailbox.line import BETA, MailboxLine
from strongroom.wire.graph.pacing import told_by_answer
from strongroom.wire.graph.refusals import GraphRefused, refusal
from strongroom.wire.http import HttpAnswer
from strongroom.wire.origins import Origin
from strongroom.wire.reply import AnswerTooLarge, Body, Reply
from strongroom.wire.transport import Transport

KIND = "POST importItem"

_ANSWER_BYTES_MAX = 256 * 1024
_ROUNDS = 4
_ENDED = frozenset({401, 410})
_SLOWER = frozenset({429, 509})
_OTHER_PART = re.compile(rb"expected in mailbox (MBX:[0-9A-Za-z@-]{1,120})", re.IGNORECASE)
_NEEDED = ("retry-after", "date")

Open = Callable[[Origin], Transport]
"""Gives the transport to a server that takes items; it signs nobody in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportItem:
    """One item to bring.

    Attributes:
        folder_id: Where to, as it is kept.
        data: The stream as exported.
        replaces: The item in that folder whose content it becomes; None: it is a new one.
    """

    folder_id: str
    data: bytes
    replaces: ItemRef | None = None


class _SessionEnded(Exception):
    """The session is not taken any more; nothing was done."""


class _OtherPart(Exception):
    """The folder lies in another part of the archive; nothing was done."""

    def __init__(self, mailbox: str) -> None:
        super().__init__(mailbox)
        self.mailbox = mailbox


class Importer:
    """Brings items into one mailbox. Safe in many threads.

    Args:
        line: The mailbox's, to Graph.
        open_: Gives the transports to where the items go.
        incoming: What was brought there already.
    """

    def __init__(self, line: MailboxLine, open_: Open, incoming: Incoming) -> None:
        self._line = line
        self._open = open_
        self._incoming = incoming
        self._lock = threading.Lock()
        self._sessions: dict[str, ImportSession] = {}
        self._lines: dict[str, MailboxLine] = {}

    def bring(self, item: ImportItem) -> ItemRef | EwsItemError:
        """Bring one item; give its id, or the server's no to this one item.

        Raises:
            OutcomeUnknown: no answer; it may be there or not.
            TransientError: it is not there, and the patience is used up.
            GraphRefused: the mailbox is full.
            StrongroomError: the server's no to all of it.
        """
        for _ in range(_ROUNDS):
            line = self._lines.get(item.folder_id, self._line)
            session = self._session(line)
            try:
                return self._again(line, session, item)
            except _SessionEnded:
                with self._lock:
                    if self._sessions.get(line.mailbox) is session:
                        del self._sessions[line.mailbox]
            except _OtherPart as moved:
                self._lines[item.folder_id] = line.elsewhere(moved.mailbox, BETA)
        raise OperatorError(
            "Exchange Online does not take the import sessions that it opens.",
            why=f"It refused {_ROUNDS} of them for one item.",
            hint="Look whether the application still has MailboxItem.ImportExport.All, or the "
            "role of that name over this mailbox.",
        )

    def _session(self, line: MailboxLine) -> ImportSession:
        with self._lock:
            found = self._sessions.get(line.mailbox)
            if found is None or found.until_s <= line.clock.monotonic_s():
                found = self._sessions[line.mailbox] = open_session(line)
            return found

    def _again(
        self, line: MailboxLine, session: ImportSession, item: ImportItem
    ) -> ItemRef | EwsItemError:
        """Send, and again where the server says that it did nothing: it was busy."""
        return line.again(lambda patience: self._once(line, session, item, patience))

    def _once(
        self, line: MailboxLine, session: ImportSession, item: ImportItem, patience: Patience
    ) -> ItemRef | EwsItemError:
        made = pieces([_head(item), item.data, '"}'])
        self._incoming.admit(made.length)
        with (
            line.at_once.of(1),
            line.lane.turn(patience, kind=KIND, items=1, size=len(item.data)) as turn,
            self._open(session.origin).post(
                Body(pieces=made.parts, length=made.length),
                {"Content-Type": "application/json", "Accept": "application/json"},
                is_write=True,
                target=session.target,
            ) as reply,
        ):
            turn.head_s = reply.round_trip_s
            body = _read(reply)
            fault = fault_in(body)
            turn.tell(told_by_answer(reply.status, reply.header, fault, line.clock.now()))
            if 200 <= reply.status < 300:
                return _brought(body)
            return _refused(line, reply, body, fault.code)


def _head(item: ImportItem) -> str:
    """Write the request up to its content, which becomes base64 while it is sent."""
    told: dict[str, str] = {"FolderId": for_graph(item.folder_id), "Mode": "create"}
    if item.replaces is not None:
        told["Mode"] = "update"
        told["ItemId"] = for_graph(item.replaces.id)
        told["ChangeKey"] = item.replaces.change_key
    return orjson.dumps(told).decode().removesuffix("}") + ',"Data":"'


def _read(reply: Reply) -> bytes:
    try:
        return bytes(reply.read(_ANSWER_BYTES_MAX))
    except AnswerTooLarge as error:
        raise OutcomeUnknown(
            "Exchange Online answered more than can be meant to an item that was to be imported."
        ) from error


def _brought(body: bytes) -> ItemRef:
    try:
        row = read_object(body)
    except NotReadable:
        row = {}
    item_id = text_of(row, "itemId")
    if not item_id:
        raise OutcomeUnknown("Exchange Online took an item, and did not say under which id.")
    return ItemRef(as_kept(item_id), as_kept(text_of(row, "changeKey")))


def _refused(line: MailboxLine, reply: Reply, body: bytes, code: str) -> EwsItemError:
    """Give the server's no to this one item; raise any other.

    Raises:
        _SessionEnded, _OtherPart, TransientError: nothing was done.
        OutcomeUnknown: something may have been.
        StrongroomError: it is about the mailbox.
    """
    status, meaning = reply.status, meaning_of(code)
    if status in _ENDED:
        raise _SessionEnded
    if status == 409 and (found := _OTHER_PART.search(body)):
        raise _OtherPart(found[1].decode())
    if meaning is Meaning.FULL or status == 507:
        raise _full(code, status)
    error = _told(line, reply, body)
    if isinstance(error, TransientError):
        if status in _SLOWER or error.retry_after_s is not None:
            line.transport.meter.add(throttled=1)
            raise error
        raise OutcomeUnknown(
            "Exchange Online failed in the middle of an import.", why=error.why
        ) from error
    if status == 413:
        meaning, code = Meaning.TOO_LARGE, code or "ErrorMessageSizeExceeded"
    if 300 <= status < 400:
        raise error
    if status == 403:
        # The mailbox was opened for importing, so this is about the folder or the item.
        meaning = Meaning.DENIED
    return EwsItemError(code=code or f"http-{status}", text=error.what, meaning=meaning)


def _told(line: MailboxLine, reply: Reply, body: bytes) -> StrongroomError:
    headers = {name: value for name in _NEEDED if (value := reply.header(name))}
    answer = HttpAnswer(
        status=reply.status,
        headers=headers,
        header_values={name: (value,) for name, value in headers.items()},
        body=body,
        round_trip_s=0.0,
    )
    return refusal(answer, user=line.transport.sign_in.user, clock=line.clock)


def _full(code: str, status: int) -> GraphRefused:
    return GraphRefused(
        "The mailbox is full.",
        code=code,
        status=status,
        why=f"Exchange Online takes nothing more into it (HTTP {status}, {code or 'no code'}).",
        hint="Raise the quota of the target mailbox (Set-Mailbox -ProhibitSendReceiveQuota), give "
        "it a larger licence, or make room; then start again: what is restored stays.",
    )
