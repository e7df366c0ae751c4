"""What the verbs need from outside, chosen in ``compose``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from strongroom.clock import Clock
from strongroom.operations.interfaces import Server
from strongroom.service.details import ConnectionDetails
from strongroom.store.backend import BlobBackend
from strongroom.vault.password import TUNED, PasswordCost
from strongroom.words.capability import Capability


class Traffic(Protocol):
    """What went over the line so far."""

    @property
    def requests(self) -> int:
        """Requests sent, repeated ones included."""

    @property
    def throttled(self) -> int:
        """Answers that told us to go slower."""


@runtime_checkable
class Metered(Protocol):
    """A server that counts what it is asked. Not every one does."""

    @property
    def traffic(self) -> Traffic:
        """Say the totals since it was opened."""


@runtime_checkable
class Testable(Protocol):
    """A server that can try what jobs will need of it. Not every one can yet."""

    def capabilities(self, mailbox: str | None) -> Sequence[Capability]:
        """Try each capability, changing nothing.

        Args:
            mailbox: Address of a mailbox to try them on; None: whatever can be tried without one.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The outside, as the verbs see it.

    Attributes:
        open_server: Signs in to a server by a connection's details. Raises ``AccessDenied`` or
            ``ServerUnreachable``, at the latest when it is asked something.
        open_backend: Opens the place that a storage's URL names. Raises ``OperatorError`` for a
            kind of place that is not known.
        normal_url: Writes the URL of a storage in the one form that is kept.
        clock: Time.
        password_cost: What trying one password of a connection costs.
    """

    open_server: Callable[[ConnectionDetails], Server]
    open_backend: Callable[[str], BlobBackend]
    normal_url: Callable[[str], str]
    clock: Clock
    password_cost: PasswordCost = TUNED
