"""The pace of one mailbox or site on a server: what whoever talks to it holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate

from strongroom.pace.flight import BYTES_MAX
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Patience
from strongroom.pace.told import Told
from strongroom.pace.turn import Turn


@dataclass(frozen=True, slots=True)
class LanePace:
    """The pace of one mailbox or site.

    Attributes:
        pace: Of the server.
        name: Of whatever the server accounts for separately: a mailbox's address, a site; empty
            for what belongs to none.
        kind: What sort of request its batches are for.
        bytes_max: More bytes no batch has, unless it is a single item.
    """

    pace: Pace
    name: str
    kind: str = ""
    bytes_max: int = BYTES_MAX

    def batching(self, kind: str, bytes_max: int) -> LanePace:
        """Give the same lane, for batches of that kind of request.

        Args:
            kind: What sort of request.
            bytes_max: What we can handle well in one.
        """
        return replace(self, kind=kind, bytes_max=bytes_max)

    @contextmanager
    def turn(
        self,
        patience: Patience,
        *,
        kind: str,
        items: int = 1,
        size: int = 0,
        slots: int = 1,
        requests: int = 1,
    ) -> Iterator[Turn]:
        """Have a slot of the server for one request, its answer's last byte included.

        Args:
            patience: What is left of it: time during which the server, or this lane, is to be left
                alone counts against it. The wait for a free slot does not: each one ends with its
                request.
            kind: What sort of request (``ExportItems``).
            items: How many items it asks for or sends.
            size: How many bytes of content; 0: corrected by the answer (``Turn.size``).
            slots: How many slots it takes, if so many are open: one that the server takes apart
                into several is as much work for it as those are.
            requests: As how many the server counts it, where it counts them.

        Raises:
            TransientError: it would take longer than the patience lasts.
        """
        with self.pace.turn(self.name, Turn(kind, items, size, slots, requests), patience) as turn:
            yield turn

    def take(self, sizes: Sequence[int], *, are_all: bool = False) -> int:
        """Say how many of the next items go into one request, at least one.

        Args:
            sizes: Bytes of the items that wait, in order; at least one.
            are_all: Nothing more will come for now, so they are spread over the open slots.
        """
        fitting = bisect_right(list(accumulate(sizes)), self.bytes_max)
        offered = sizes[: max(1, fitting)]
        return self.pace.take(self.name, offered, self.kind, are_all=are_all)

    def may_begin(self, undone: int) -> bool:
        """Say whether one more request may be worth preparing while so many are not yet done.

        One more than the lane may have at once, so that whoever comes back finds the next one
        waiting; and one to be worked on by us meanwhile.
        """
        return undone < self.pace.share(self.name) + 2

    def rest(self, told: Told) -> None:
        """Obey an order to wait that came inside an answer which was otherwise well."""
        self.pace.rest(self.name, told)

    def enter(self) -> None:
        """Say that work begins here, and a share of the slots is counted on."""
        self.pace.enter(self.name)

    def leave(self) -> None:
        """Say that nothing more is wanted for now: the others share what was this one's."""
        self.pace.leave(self.name)
