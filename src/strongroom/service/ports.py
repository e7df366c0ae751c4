"""What the verbs need from outside, chosen in ``compose``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from strongroom.clock import Clock
from strongroom.errors import OperatorError
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


Confirm = Callable[[str, Sequence[str]], bool]
"""Asks a person: a question, and all that speaks against a yes. Untrusted text: escape it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """What a search for somebody's server found.

    Attributes:
        server: The URL to use; https, and its host proved or confirmed.
        attempts: All that was tried, in order, in words. Untrusted text.
    """

    server: str
    attempts: Sequence[str]


def nowhere(details: ConnectionDetails, confirm: Confirm) -> FoundServer:  # noqa: ARG001
    """Find nothing: what those have who join the verbs with no network."""
    raise OperatorError("Nobody can be asked where this server is.", hint="Name it: --server.")


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
        find_server: Looks up the server of the address ``details.autodiscover``, beginning at
            ``details.server`` if that is given. Raises ``OperatorError`` if it is nowhere.
        password_cost: What trying one password of a connection costs.
    """

    open_server: Callable[[ConnectionDetails], Server]
    open_backend: Callable[[str], BlobBackend]
    normal_url: Callable[[str], str]
    clock: Clock
    find_server: Callable[[ConnectionDetails, Confirm], FoundServer] = nowhere
    password_cost: PasswordCost = TUNED
