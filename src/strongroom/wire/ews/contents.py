"""Reading many contents out of one answer: the driver behind export, MIME and attachments."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeVar

import pybase64
from lxml import etree

from strongroom.errors import TransientError
from strongroom.pace.patience import TooMuchAtOnce
from strongroom.pace.turn import Turn
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.wire.ews.fetched import Begin, ContentAnswer, Fetched, Truncated
from strongroom.wire.ews.gathering import bounded, gathered
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.scan import scan
from strongroom.wire.ews.stream_parse import parse_stream
from strongroom.wire.ews.stream_scan import Event, scan_stream
from strongroom.wire.ews.xml import M, T
from strongroom.wire.reply import Reply

I = TypeVar("I", bound=ItemRef | str)  # noqa: E741 - an item's id

WHOLE_BYTES_MAX = 8 * 1024 * 1024
"""Answers up to this are read into memory; above it the allocator costs more than it saves."""
_TRIES_PER_ITEM = 4
_EXPORT = "ExportItemsResponse"


def fetch_contents(
    connection: EwsConnection,
    items: Sequence[I],
    operation_for: Callable[[Sequence[I]], Operation[object]],
    shape: ContentAnswer,
    keep: Callable[[Fetched | EwsItemError, str], None],
    size_of: Callable[[str], int] = lambda _: 0,
) -> None:
    """Ask for contents and hand each over once; ask again for those that had no lasting result.

    An item that comes cut short, or with an error that may be its own fault, again and again is
    handed over as an error in the end: one sick item must not hold up the rest.

    Args:
        connection: The mailbox's.
        items: Which; each once.
        operation_for: Builds the request for some of them.
        shape: What the answer looks like.
        keep: See ``export_items``.
        size_of: Gives an item's size in bytes, by its id, as far as it is known.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    fetch = _Fetch(connection, items, shape, keep)
    while fetch.waiting:
        try:
            connection.stream(
                lambda: replace(operation_for(fetch.next_items()), size=fetch.size(size_of)),
                fetch.consume,
            )
        except TooMuchAtOnce as error:
            fetch.ask_for_less(error)


class _Fetch:
    """What is still to be had, and how often it was tried.

    Attributes:
        waiting: Places of the items that have no result yet, in order.
    """

    def __init__(
        self,
        connection: EwsConnection,
        items: Sequence[ItemRef | str],
        shape: ContentAnswer,
        keep: Callable[[Fetched | EwsItemError, str], None],
    ) -> None:
        self.waiting = dict.fromkeys(range(len(items)))
        self._connection = connection
        self._items = items
        self._ids = [item if isinstance(item, str) else item.id for item in items]
        self._shape = shape
        self._keep = keep
        self._asked: list[int] = []
        self._asked_max = max(1, len(items))
        self._tries: Counter[int] = Counter()
        self._turn: Turn | None = None

    def next_items(self) -> list[I]:
        """Choose the items of the next request."""
        self._asked = list(self.waiting)[: self._asked_max]
        # They are of the kind that the caller gave, which this class has no need to know.
        return [self._items[place] for place in self._asked]  # type: ignore[misc]

    def size(self, size_of: Callable[[str], int]) -> int:
        """Say how many bytes the next request asks for."""
        return sum(size_of(self._ids[place]) for place in self._asked)

    def ask_for_less(self, error: TooMuchAtOnce) -> None:
        """Ask for half as many from now on; a single item that is too much has a few more tries."""
        if len(self._asked) > 1:
            self._asked_max = len(self._asked) // 2
            return
        place = self._asked[0]
        self._tries[place] += 1
        if self._tries[place] >= _TRIES_PER_ITEM:
            self._give_up(place, EwsItemError(code="too-much", text=str(error)))

    def consume(self, reply: Reply, turn: Turn) -> None:
        """Read one answer and hand over what is in it."""
        self._turn = turn
        before = len(self.waiting)
        pieces = bounded(reply.pieces(), "The server's")
        head = bytearray()
        for piece in pieces:
            head += piece
            if len(head) > WHOLE_BYTES_MAX:
                self._consume_stream(chain([bytes(head)], pieces), head)
                break
        else:
            self._consume_whole(head)
        if len(self.waiting) == before:
            # Nothing came of it: that is the request's failure, for pace to wait over.
            raise TransientError("The server gave no content for now.")

    def _consume_whole(self, body: bytearray) -> None:
        ids = [self._ids[place] for place in self._asked]
        scanned = scan(body, ids) if self._shape.response == _EXPORT else None
        if scanned is not None:
            for place, fetched in zip(self._asked, scanned, strict=True):
                self._hand_over(place, fetched)
            return
        answer = self._connection.open(self._shape.response, body)
        results = answer.results(lambda message: _content(message, self._shape), len(self._asked))
        cut: Truncated | None = None
        for order, result in enumerate(results):
            if isinstance(result, EwsItemError):
                self._refused(self._asked[order], result)
                continue
            begin, content = result
            place = self._place(order, begin)
            if isinstance(content, Truncated):
                cut = content if self._is_cut_again(place, content) else cut
            else:
                self._hand_over(place, Fetched(content, begin.change_key))
        if cut is not None:
            raise cut

    def _consume_stream(self, pieces: Iterator[bytes], head: bytearray) -> None:
        head.clear()
        is_export = self._shape.response == _EXPORT
        # A second look at an item that came cut short is the certain parser's.
        is_careful = any(self._tries[place] for place in self._asked)
        read = scan_stream if is_export and not is_careful else parse_stream
        events: Iterator[Event] = read(pieces, self._shape)
        order = -1
        for order, event in enumerate(events):
            if order >= len(self._asked):
                raise TransientError("The server gave more contents than were asked for.")
            if isinstance(event, EwsItemError):
                self._refused(self._asked[order], event)
            elif isinstance(event, Begin):
                self._take(self._place(order, event), event, events)
        if order + 1 != len(self._asked):
            raise TransientError(
                f"The server answered {order + 1} of {len(self._asked)} questions."
            )

    def _take(self, place: int, begin: Begin, events: Iterator[Event]) -> None:
        """Hand over a content that has begun; what ``keep`` leaves of it is read to its end."""
        try:
            content = gathered(events)
            self._keep(Fetched(content, begin.change_key), self._ids[place])
            if not isinstance(content, bytes):
                deque(content, maxlen=0)
        except Truncated as error:
            if self._is_cut_again(place, error):
                raise
            # Handed over as an error by now; the rest of this answer is lost, not the rest's turn.
            raise TransientError(error.what, why=error.why) from error
        del self.waiting[place]

    def _hand_over(self, place: int, fetched: Fetched) -> None:
        self._keep(fetched, self._ids[place])
        del self.waiting[place]

    def _place(self, order: int, begin: Begin) -> int:
        """Say which item a content belongs to: the one whose id it tells, else the one in order.

        Raises:
            TransientError: an item's content came a second time.
        """
        place = self._asked[order]
        if begin.told_id and begin.told_id != self._ids[place]:
            known = (p for p in self._asked if self._ids[p] == begin.told_id)
            place = next(known, place)
        if place not in self.waiting:
            raise TransientError("The server gave the content of one item twice.")
        return place

    def _refused(self, place: int, error: EwsItemError) -> None:
        """Hand a lasting error over; leave an item waiting that time may heal."""
        if error.is_throttle:
            assert self._turn is not None, "an answer is being read"
            self._connection.tell(self._turn, error)
        if error.meaning is Meaning.TOO_MUCH:
            self._asked_max = max(1, len(self._asked) // 2)
        if error.may_be_its_own_fault:
            self._tries[place] += 1
        if not error.is_transient or self._tries[place] >= _TRIES_PER_ITEM:
            self._give_up(place, error)

    def _give_up(self, place: int, error: EwsItemError) -> None:
        self._keep(error, self._ids[place])
        del self.waiting[place]

    def _is_cut_again(self, place: int, error: Truncated) -> bool:
        """Count a content that came cut short; say whether to ask for it again."""
        self._tries[place] += 1
        if self._tries[place] < _TRIES_PER_ITEM:
            return True
        self._give_up(place, EwsItemError(code="truncated", text=str(error)))
        return False


def _content(
    message: etree._Element, shape: ContentAnswer
) -> tuple[Begin, bytes | Truncated] | EwsItemError:
    """Read one message's content and the id that it tells."""
    told = next(message.iter(f"{M}ItemId", f"{T}ItemId", f"{T}AttachmentId"), None)
    begin = Begin() if told is None else Begin(told.get("Id", ""), told.get("ChangeKey", ""))
    element = next(message.iter(f"{M}{shape.content}", f"{T}{shape.content}"), None)
    if element is None:
        return EwsItemError(code="no-content", text="The server gave no content.")
    raw = "".join((element.text or "").split())
    try:
        return begin, pybase64.b64decode(raw.encode("ascii"), validate=True)
    except ValueError as error:
        cut = Truncated("The server cut an item short.", why=str(error))
        return begin, cut
