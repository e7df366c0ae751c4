"""How the stories ask for the pace of the resource that they work on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol


class Pacing(Protocol):
    """How fast a server is to be used for one resource. Safe in many threads.

    Ask anew before each request: what is right changes with every answer.
    """

    def take(self, sizes: Sequence[int], *, are_all: bool = False) -> int:
        """Say how many of the next items go into one request, at least one.

        Args:
            sizes: Bytes of the items that wait, in order; at least one.
            are_all: Nothing more will come for now, so they are spread over the open slots.
        """

    def may_begin(self, undone: int) -> bool:
        """Say whether one more request may be prepared while so many are not yet done."""

    def enter(self) -> None:
        """Say that work begins: a share of the server is counted on."""

    def leave(self) -> None:
        """Say that nothing more is wanted for now: other resources share what was this one's."""


@contextmanager
def working_in(pacing: Pacing) -> Iterator[None]:
    """Have a share of the server for a resource, and leave it to others in the end."""
    pacing.enter()
    try:
        yield
    finally:
        pacing.leave()
