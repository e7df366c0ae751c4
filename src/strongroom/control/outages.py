"""The control database is away, full or held by somebody: errors that are over some time.

Whoever asked for one thing is told; whoever works for hours waits until it is over and goes on,
because nothing is wrong with the work itself.
"""

from __future__ import annotations

from strongroom.errors import ResourceLocked, StorageFull, TransientError


class DatabaseUnreachable(TransientError):
    """The server of the control database does not answer now, or broke off; time heals it.

    Attributes:
        may_have_happened: It broke off when a change was to be kept: nobody knows whether it was.
            Look before changing it again.
    """

    may_have_happened = False


class DatabaseBusy(TransientError):
    """It answers, and could not do this now; time heals it."""


class DatabaseFull(StorageFull):
    """Its disk is full, so nothing was changed; a person frees some space."""


class DatabaseHeld(ResourceLocked):
    """Somebody has held it for long, so nothing was changed."""


OUTAGES = (DatabaseUnreachable, DatabaseBusy, DatabaseFull, DatabaseHeld)
"""All of them: what could not be done is done again later."""
