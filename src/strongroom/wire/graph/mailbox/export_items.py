"""``exportItems``: items as opaque streams of full fidelity, the same bytes as EWS gives.

The hottest path of a backup. Twenty items at the most in one request; answers up to 8 MiB are read
whole, larger ones while they come in, so that an item of 150 MB is never in memory whole.

Source:
    https://learn.microsoft.com/graph/api/mailbox-exportitems
    https://learn.microsoft.com/graph/handle-archive-mailbox-redirects
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple
from urllib.parse import unquote

from strongroom.errors import TransientError
from strongroom.pace.patience import Patience, TooMuchAtOnce
from strongroom.pace.turn import Turn
from strongroom.wire.ews.faults import EwsItemError, Meaning, meaning_of
from strongroom.wire.ews.fetched import Begin, Fetched, Truncated
from strongroom.wire.ews.gathering import bounded, gathered
from strongroom.wire.graph.faults import Fault
from strongroom.wire.graph.mailbox.export_answer import Event, read_stream, read_whole
from strongroom.wire.graph.mailbox.ids import as_kept, for_graph
from strongroom.wire.graph.mailbox.line import BETA, V1, MailboxLine
from strongroom.wire.graph.mailbox.question import Question, json_body
from strongroom.wire.graph.pacing import told_by_items
from strongroom.wire.graph.refusals import GraphRefused
from strongroom.wire.origins import ForbiddenOrigin
from strongroom.wire.reply import Reply

ITEMS_MAX = 20
KIND = "POST exportItems"

WHOLE_BYTES_MAX = 8 * 1024 * 1024
"""Answers up to this are read into memory."""
_TRIES_PER_ITEM = 4
_TRIES_TOGETHER, _TRIES_ALONE = 2, 2
_PLACES_MAX = 3

_ELSEWHERE = "ErrorArchiveFolderMovedPermanently"
_PLACE = re.compile(rf"/({re.escape(V1)}|{BETA})/admin/exchange/mailboxes/([^/]+)/exportItems\Z")

Keep = Callable[[Fetched | EwsItemError, str], None]


class _Place(NamedTuple):
    """Where items are that lie in another part of the archive."""

    version: str
    mailbox: str


def export_items(
    line: MailboxLine,
    ids: Sequence[str],
    keep: Keep,
    size_of: Callable[[str], int] = lambda _: 0,
) -> None:
    """Export items and hand each to ``keep``, once, as the answers come in.

    Args:
        line: The mailbox's; all ids must be of this mailbox.
        ids: Which, as they are kept; each once. The caller weighs the batch by bytes.
        keep: Gets the item's stream, or its error, and its id. Called in the caller's thread. The
            content is bytes, or for large items pieces that must be read before it returns. Pieces
            may raise ``TransientError``; ``keep`` lets it through, and is called again for that
            item.
        size_of: Gives an item's size in bytes, by its id, as far as it is known.

    Raises:
        StrongroomError: as ``MailboxLine.get``; items not handed over yet are not.
    """
    _export(line, ids, keep, size_of, _PLACES_MAX)


def _export(
    line: MailboxLine,
    ids: Sequence[str],
    keep: Keep,
    size_of: Callable[[str], int],
    places_max: int,
) -> None:
    fetch = _Fetch(line, ids, keep, size_of)
    while fetch.waiting:
        try:
            line.again(fetch.attempt)
        except TooMuchAtOnce as error:
            fetch.ask_for_less(error)
    for place, some in fetch.elsewhere.items():
        if not places_max:
            why = "Its archive names one place after another."
            for item_id in some:
                keep(EwsItemError(code=_ELSEWHERE, text=why), item_id)
            continue
        there = line.elsewhere(place.mailbox, place.version)
        _export(there, some, keep, size_of, places_max - 1)


class _Fetch:
    """What is still to be had, and how often it was tried.

    Attributes:
        waiting: Places of the items that have no result yet, in order.
        elsewhere: Items that lie in another part of the archive.
    """

    def __init__(
        self,
        line: MailboxLine,
        ids: Sequence[str],
        keep: Keep,
        size_of: Callable[[str], int],
    ) -> None:
        self.waiting = dict.fromkeys(range(len(ids)))
        self.elsewhere: dict[_Place, list[str]] = {}
        self._line = line
        self._ids = ids
        self._keep = keep
        self._size_of = size_of
        self._asked: list[int] = []
        self._asked_max = ITEMS_MAX
        self._tries: Counter[int] = Counter()
        self._failed_together = 0
        self._is_ill = False
        self._faults: list[Fault] = []

    def attempt(self, patience: Patience) -> None:
        """Ask once for the next items, and read what is answered."""
        self._asked = list(self.waiting)[: self._asked_max]
        ids = [self._ids[place] for place in self._asked]
        question = Question(
            "POST",
            self._line.target(f"{self._line.path}/exportItems"),
            KIND,
            json_body({"itemIds": [for_graph(one) for one in ids]}),
            items=len(ids),
            size=sum(map(self._size_of, ids)),
        )
        try:
            with self._line.opened(question, patience) as (reply, turn):
                self._consume(reply, turn)
                turn.size = question.size or reply.byte_count
        except GraphRefused as error:
            self._refused_whole(error)
        except TransientError as error:
            self._failed_whole(error)
            raise

    def ask_for_less(self, error: TransientError) -> None:
        """Ask for half as many from now on; find out whether a single item is what is sick."""
        self._failed_together = 0
        if len(self._asked) > 1:
            self._asked_max = max(1, len(self._asked) // 2)
            return
        place = self._asked[0]
        self._tries[place] += 1
        if self._tries[place] < _TRIES_ALONE:
            return
        # Whether anything else is answered tells a sick item from a sick server.
        self._is_ill = not self._is_answered()
        if not self._is_ill or self._tries[place] >= _TRIES_PER_ITEM:
            self._hand_over(place, EwsItemError(code="not-answered", text=str(error)))

    def _is_answered(self) -> bool:
        question = Question(
            "GET", self._line.target(f"{self._line.path}/folders", {"$top": "1"}), "GET"
        )
        try:
            self._line.once(question, Patience(self._line.budget))
        except TransientError:
            return False
        return True

    def _refused_whole(self, error: GraphRefused) -> None:
        """Take a no to the whole request apart: one sick id may be what it is about.

        Raises:
            GraphRefused: it is about the mailbox.
        """
        meaning = meaning_of(error.code)
        if meaning not in _OF_ITEMS:
            raise error
        if len(self._asked) > 1:
            raise TooMuchAtOnce(error.what, why=error.why) from error
        found = EwsItemError(code=error.code, text=error.what, meaning=meaning)
        self._hand_over(self._asked[0], found)

    def _failed_whole(self, error: TransientError) -> None:
        """Count a request that ended with an error of the server; one sick item may be its cause.

        Raises:
            TooMuchAtOnce: it is time to ask for fewer.
        """
        is_told_to_wait = error.is_throttle or error.retry_after_s is not None
        if isinstance(error, TooMuchAtOnce) or is_told_to_wait or self._is_ill:
            return
        self._failed_together += 1
        if self._failed_together >= _TRIES_TOGETHER:
            raise TooMuchAtOnce(error.what, why=error.why) from error

    def _consume(self, reply: Reply, turn: Turn) -> None:
        """Read one answer and hand over what is in it."""
        before = len(self.waiting)
        self._faults = []
        pieces = bounded(reply.pieces(), "Microsoft Graph's")
        head = bytearray()
        events: Iterator[Event] | None = None
        for piece in pieces:
            head += piece
            if len(head) > WHOLE_BYTES_MAX:
                events = read_stream(chain([bytes(head)], pieces))
                head.clear()
                break
        self._take_all(read_whole(bytes(head)) if events is None else events)
        deque(pieces, maxlen=0)
        if self._faults:
            turn.tell(told_by_items(self._faults))
        if len(self.waiting) == before:
            # Nothing came of it: that is the request's failure, for pace to wait over.
            raise TransientError("Microsoft Graph gave no content for now.")
        self._failed_together, self._is_ill = 0, False
        self._asked_max = min(ITEMS_MAX, 2 * self._asked_max)

    def _take_all(self, events: Iterator[Event]) -> None:
        order = -1
        for order, event in enumerate(events):
            if order >= len(self._asked):
                raise TransientError("Microsoft Graph gave more contents than were asked for.")
            if isinstance(event, EwsItemError):
                told_id = dict(event.details).get("itemId", "")
                self._refused(self._place(order, told_id, is_content=False), event)
            elif isinstance(event, Begin):
                self._take(self._place(order, event.told_id), event, events)
        if order + 1 != len(self._asked):
            raise TransientError(
                f"Microsoft Graph answered {order + 1} of {len(self._asked)} questions."
            )

    def _take(self, place: int, begin: Begin, events: Iterator[Event]) -> None:
        """Hand over a content that has begun; what ``keep`` leaves of it is read to its end."""
        try:
            content = gathered(events)
            self._keep(Fetched(content, as_kept(begin.change_key)), self._ids[place])
            if not isinstance(content, bytes):
                deque(content, maxlen=0)
        except Truncated as error:
            self._tries[place] += 1
            if self._tries[place] < _TRIES_PER_ITEM:
                raise
            self._hand_over(place, EwsItemError(code="truncated", text=str(error)))
            # The rest of this answer is lost, not the rest's turn.
            raise TransientError(error.what, why=error.why) from error
        del self.waiting[place]

    def _place(self, order: int, told_id: str, *, is_content: bool = True) -> int:
        """Say which item a content or an error is of: the one whose id it tells, else by order.

        Raises:
            TransientError: an item came a second time.
        """
        place = self._asked[order]
        told = as_kept(told_id)
        if told and told != self._ids[place]:
            place = next((one for one in self._asked if self._ids[one] == told), place)
        elif not told and is_content and len(self._asked) > 1:
            raise TooMuchAtOnce("Microsoft Graph does not say whose content it gives.")
        if place not in self.waiting:
            raise TransientError("Microsoft Graph answered for one item twice.")
        return place

    def _refused(self, place: int, error: EwsItemError) -> None:
        """Hand a lasting error over; leave an item waiting that time may heal."""
        if error.code == _ELSEWHERE and (there := self._elsewhere(error)):
            self.elsewhere.setdefault(there, []).append(self._ids[place])
            del self.waiting[place]
            return
        if error.is_transient:
            self._faults.append(Fault(code=error.code))
        self._tries[place] += error.may_be_its_own_fault
        if not error.is_transient or self._tries[place] >= _TRIES_PER_ITEM:
            self._hand_over(place, error)

    def _elsewhere(self, error: EwsItemError) -> _Place | None:
        """Read where an item lies now; None where that is no place within Graph."""
        try:
            match = _PLACE.search(self._line.within(error.text.strip()))
        except ForbiddenOrigin:
            return None
        return _Place(match[1], unquote(match[2])) if match else None

    def _hand_over(self, place: int, error: EwsItemError) -> None:
        self._keep(error, self._ids[place])
        del self.waiting[place]


_OF_ITEMS = frozenset(
    {Meaning.GONE, Meaning.REFUSED, Meaning.CORRUPT, Meaning.TOO_LARGE, Meaning.UNKNOWN}
)
