"""The seam between the stories and the servers: what a source and a target promise.

Owned here because the stories need it; implemented by the folders in ``sources/``. Nothing in it is
particular to mail: a site's columns, lists and pages are folders and items too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from strongroom.operations.pacing import Pacing
from strongroom.pace.pace import Pace
from strongroom.words.item import (
    ChangePage,
    Content,
    Folder,
    Hierarchy,
    Item,
    Missed,
    Standing,
)
from strongroom.words.json import Json
from strongroom.words.resource import Resource
from strongroom.words.restoring import (
    Compared,
    Notes,
    Outgoing,
    Plan,
    Replaced,
    Selection,
    Written,
)

Stop = Callable[[], bool]
"""Asked between steps, from the operation's own thread: True once the operation is to end soon.

A backup then makes a checkpoint, a restore finishes the batch in hand; both raise ``Interrupted``.
"""


def never() -> bool:
    """Stop never: for those who are not asked to."""
    return False


class Progress(Protocol):
    """Where an operation tells how far it is. Called from the operation's own thread only.

    What is told is for the eye; the ledger holds the truth. ``expect`` and ``advance`` add up, and
    expectations may grow while the operation goes on.
    """

    def expect(self, items: int, byte_count: int) -> None:
        """That much more is to be done than was said before (``byte_count`` 0: not known)."""

    def foresee(self, items: int) -> None:
        """So much is likely to be done in all, once everything is listed; 0: all of it is."""

    def advance(self, items: int, byte_count: int) -> None:
        """That much more is done."""

    def note(self, text: str) -> None:
        """Something a person should know now. May hold untrusted text: escape it to show it."""


class Quiet:
    """A progress that nobody watches."""

    def expect(self, items: int, byte_count: int) -> None:
        """Nobody is told."""

    def foresee(self, items: int) -> None:
        """Nobody is told."""

    def advance(self, items: int, byte_count: int) -> None:
        """Nobody is told."""

    def note(self, text: str) -> None:
        """Nobody is told."""


class Server(Protocol):
    """One server or tenant, signed in. Safe in many threads; whoever opened it closes it."""

    @property
    def pace(self) -> Pace:
        """How this process uses it, by all its jobs together."""

    def facts(self) -> Mapping[str, Json]:
        """Say what it is: product, version, host names, ways it offers."""

    def resources(self) -> Iterator[Resource]:
        """List all that an independent directory knows, excluded ones with the reason.

        Raises:
            AccessDenied: the account may not list; the hint says which role is missing.
        """

    def resolve(self, reference: str) -> Resource:
        """Find one resource by what a person typed (design: RESOURCE).

        Raises:
            OperatorError: no such resource, or more than one.
        """

    def source(self, resource: Resource) -> Source:
        """Open the resource for reading."""

    def target(self, resource: Resource) -> Target:
        """Open the resource for writing."""

    def close(self) -> None:
        """Close all connections."""


@runtime_checkable
class KeepsRecycleBin(Protocol):
    """A source that can also tell what lies in a recycle bin, if that is wanted."""

    def keep_recycle_bin(self) -> None:
        """Keep it, too. Called before anything is read."""


class Source(Protocol):
    """One resource, read only. Methods are safe to call from many threads.

    The source retries reads itself, within the pace's budget: a ``TransientError`` that comes out
    of a method means that the budget is used up.
    """

    @property
    def pacing(self) -> Pacing:
        """How fast it is to be read."""

    @property
    def way(self) -> str:
        """How content is read from this server (``export``, ``mime``), found out by asking it."""

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        """List all folders as they stand, asking only for changes where something is known."""

    def standings(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        """Read how the folders stand in as few requests as possible; leave out what is gone.

        Only what the server calls gone is left out. Any other refusal is a standing with a
        ``problem``: a folder that cannot be looked at now must never pass for a deleted one.
        """

    def changes(self, folder: Folder, cursor: str | None) -> Iterator[ChangePage]:
        """Tell page by page what happened in a folder since the cursor (None: all it holds).

        Raises:
            CursorExpired: ask again with None; every item there is then told as changed.
        """

    def fetch(self, items: Sequence[Item], keep: Callable[[Content | Missed], None]) -> None:
        """Read the content of some items and hand each to ``keep``, exactly once, in any order.

        ``keep`` is called in the caller's thread and must read the pieces of a large part before it
        returns. If the
        connection breaks in the middle of a part, ``keep`` sees a ``TransientError`` out of the
        pieces, must let it
        through, and is called again for that item.

        An item says how it is kept already (``Item.kept``). A part that is provably the same is
        given with ``SAME`` for its content; all parts are named in any case.
        """

    def settings(self) -> Mapping[str, Json]:
        """Read what belongs to the whole resource: rules, out-of-office, delegates, categories.

        A setting that the server does not give is there as ``{"unavailable": why}``.
        """


@runtime_checkable
class Preparing(Protocol):
    """A source that asks several folders for their changes in one request."""

    def prepare(self, asked: Sequence[tuple[Folder, str | None]]) -> None:
        """Hear which folders will be asked for their changes, in that order, from which cursors.

        Nothing depends on it: whoever is not asked after all costs a request too many.
        """


@runtime_checkable
class Remarking(Protocol):
    """A source that has something to say of how a resource was read."""

    def remarks(self) -> Sequence[str]:
        """Say what a person should know: what its server keeps back, which way had to do.

        Asked when everything is read.
        """


class Target(Protocol):
    """One resource, for writing. Nothing that it does makes the server send anything to anybody.

    A target that relaxes settings for the time of a restore notes what they were *before* it
    changes them, and takes the note back only when they are as they were again. By the note under
    ``words.restoring.RELAXED`` others know whether anything is relaxed, and where.
    """

    @property
    def pacing(self) -> Pacing:
        """How fast it is to be written."""

    def begin(self, notes: Notes) -> None:
        """Hear where to note things; called first in every attempt. Asks the server nothing.

        Before ``plan``; or before ``settle`` alone, when a restore is given up.
        """

    def plan(self, selection: Selection) -> Plan:
        """Say in which order the selection goes in, and what of it cannot."""

    def folder(self, folder: Folder, parent_id: str | None) -> str:
        """Find the folder below the parent (None: the root) by name, or create it; say its id."""

    def mark(self, folder_id: str) -> str:
        """Give a cursor behind everything that is in the folder now."""

    def arrivals(self, folder_id: str, cursor: str | None) -> Iterator[Item]:
        """List what came into the folder since the cursor (None: everything that is in it).

        Raises:
            CursorExpired: ask again with None.
        """

    def write(
        self, folder_id: str, batch: Sequence[Outgoing], told: Callable[[Written], None]
    ) -> None:
        """Write some items with their saved state and tell what came of each, exactly once.

        Raises:
            OutcomeUnknown: those not told yet may or may not be there; the caller looks by
                ``arrivals``.
        """

    def remove(self, replaced: Sequence[Replaced]) -> None:
        """Take away items that restored ones stand beside now; those that are gone are fine.

        Only for what ``Outgoing.replaces`` named in a write that was cut off half done.

        Raises:
            ItemError: the server keeps one of them.
        """

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        """Read items back from the server by their new ids and compare them with what was saved.

        Of which something is written by ``settle`` alone, nothing is told before: it is asked for
        once more, after that.
        """

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:
        """Put the settings back (rules disabled) and say what a person should know.

        Called after all items; with nothing, where settings are not to be put back. Also called,
        with nothing, when a restore ends early or is given up: whatever was relaxed for its time
        must be as it was before. So it may be called several times, and a ``plan`` may follow.
        """
