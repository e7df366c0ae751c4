"""What the verbs need from outside, chosen in ``compose``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from strongroom.clock import Clock
from strongroom.control.database import Database
from strongroom.engine.durable import Durable
from strongroom.engine.leaving import end_at_once
from strongroom.errors import OperatorError
from strongroom.operations.interfaces import Server
from strongroom.service.details import ConnectionDetails
from strongroom.service.registration import Registered, RegistrationReport, RegistrationWish
from strongroom.service.storage_access import Access
from strongroom.store.backend import BlobBackend
from strongroom.store.keeping import Retention
from strongroom.vault.password import TUNED, PasswordCost
from strongroom.vault.secret import Secret
from strongroom.wire.posting.destination import Destination, Letter
from strongroom.wire.syslog import Place, Sink
from strongroom.words.capability import Capability
from strongroom.words.diagnosis import Step
from strongroom.words.group import Group
from strongroom.words.json import Json
from strongroom.words.resource import Resource
from strongroom.words.speed import Line, SpeedReport
from strongroom.words.time_left import UploadLimit


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


@runtime_checkable
class Grouped(Protocol):
    """A server that tells who is in a group. Not every one can yet."""

    def group(self, address: str, is_left_out: Callable[[str], bool]) -> Group:
        """Look up who is in a group, through all groups inside it.

        Args:
            address: The group's.
            is_left_out: Says of a group inside it that it is not to be looked into.

        Raises:
            OperatorError: there is no such group, or it may not be looked up.
        """

    def of_mailbox(self, address: str) -> Iterator[Resource]:
        """Give a mailbox with all that belongs to it; what cannot be opened with the reason."""


@runtime_checkable
class LimitsUploads(Protocol):
    """A server that is known to take in no more than so much for one resource."""

    @property
    def upload_limit(self) -> UploadLimit | None:
        """How much; None: it is not limited by the way in which it is used."""


@runtime_checkable
class KnowsAbsent(Protocol):
    """A server that finds out what became of something that is to go back where it was."""

    def absent(
        self,
        error: OperatorError,
        address: str,
        *,
        is_below: bool,
        saved: Callable[[], Mapping[str, Json]],
    ) -> OperatorError:
        """Say what became of it, and what helps.

        Args:
            error: What ``resolve`` said.
            address: Its address.
            is_below: It lay below another one of the same kind.
            saved: Gives how it was defined, as it was saved.

        Returns:
            A fuller error; or the same, if it is not that there is no such thing.
        """


@runtime_checkable
class Scoped(Protocol):
    """A server whose applications can be kept to what was chosen for them. Not every one's can."""

    def scope_kept(self, outside: str) -> Capability:
        """Say whether something that was not chosen stays shut, and nothing opens everything.

        Args:
            outside: Address of a mailbox or site that must stay shut.
        """


@runtime_checkable
class Measurable(Protocol):
    """A server whose speed can be measured."""

    def speed(self, mailbox: str | None, lines: Sequence[Line], clock: Clock) -> SpeedReport:
        """Measure, changing nothing, and say what it means.

        Args:
            mailbox: Address of a mailbox or site to look into; None: the account's own.
            lines: The lines to the connection's servers.
            clock: Time.
        """


class Purpose(StrEnum):
    """What a server is opened for. Only a restore may sign in as who can write."""

    BACKUP = "backup"
    RESTORE = "restore"
    TEST = "test"


def drop(tokens: Secret) -> None:
    """Keep nothing: for those who sign in to look, with details that are kept nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a server is opened for, and by whom.

    Attributes:
        purpose: What for.
        keep_tokens: Told the new token cache whenever a person's sign-in was renewed, in the thread
            that renewed it and before the token is used.
    """

    purpose: Purpose
    keep_tokens: Callable[[Secret], None] = drop


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPrompt:
    """What a person needs to sign in; all of it fit for a terminal once it is escaped.

    Attributes:
        way: ``browser`` or ``device-code``.
        url: Where to go.
        code: What to enter there; empty in a browser.
        lasts_s: How long it can be used, in seconds.
    """

    way: str
    url: str
    code: str
    lasts_s: float


Prompt = Callable[[SignInPrompt], None]
"""Shows a person where to sign in, and returns at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A person who is to sign in now, and may leave before they have: a ``Prompt`` that knows it.

    Attributes:
        prompt: Shows them where.
        is_over: Says whether they have left; asked several times a second.
    """

    prompt: Prompt
    is_over: Callable[[], bool]

    def __call__(self, shown: SignInPrompt) -> None:
        """Show them where."""
        self.prompt(shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person's sign-in.

    Attributes:
        token_cache: What the sign-in library keeps of it.
        user: What to call the person; may change, and proves nothing.
        owner: Who it is by stable ids: ``entra:TENANT:OID``.
    """

    token_cache: Secret
    user: str
    owner: str


def nobody(details: ConnectionDetails, prompt: Prompt) -> SignedIn:  # noqa: ARG001
    """Sign nobody in: what those have who join the verbs with no network."""
    raise OperatorError("Nobody can be signed in here.", hint="Sign in by certificate.")


KeepCertificates = Callable[[Secret, Secret | None], None]
"""Keeps new certificates, of the application that backs up and of the one that restores."""


def no_registrar(
    details: ConnectionDetails,  # noqa: ARG001
    wish: RegistrationWish,  # noqa: ARG001
    prompt: Prompt,  # noqa: ARG001
) -> Registered:
    """Register nothing: what those have who join the verbs with no network."""
    raise _no_tenant()


def no_renewal(
    details: ConnectionDetails,  # noqa: ARG001
    wish: RegistrationWish,  # noqa: ARG001
    prompt: Prompt,  # noqa: ARG001
    keep: KeepCertificates,  # noqa: ARG001
) -> RegistrationReport:
    """Renew nothing: what those have who join the verbs with no network."""
    raise _no_tenant()


def no_script(details: ConnectionDetails, wish: RegistrationWish) -> str:  # noqa: ARG001
    """Write nothing: what those have who join the verbs with no network."""
    raise _no_tenant()


def _no_tenant() -> OperatorError:
    return OperatorError("No tenant can be reached here.", hint="Register the application by hand.")


def unseen(details: ConnectionDetails) -> Sequence[Step]:  # noqa: ARG001
    """Look at no line: what those do who join the verbs with no network."""
    return ()


def unmeasured(details: ConnectionDetails) -> Sequence[Line]:  # noqa: ARG001
    """Measure no line: what those do who join the verbs with no network."""
    return ()


def nowhere(details: ConnectionDetails, confirm: Confirm) -> FoundServer:  # noqa: ARG001
    """Find nothing: what those have who join the verbs with no network."""
    raise OperatorError("Nobody can be asked where this server is.", hint="Name it: --server.")


def no_sink(where: Place, ca_pem: str | None) -> Sink:  # noqa: ARG001
    """Send nothing: what those have who join the verbs with no network."""
    raise OperatorError("The audit log can be sent nowhere from here.", hint="Export it.")


class Office(Protocol):
    """Sends messages to people and their programs. Safe in many threads."""

    def sort(self, destination: Destination) -> str:
        """Say of which sort an address is, without asking anybody there.

        Raises:
            OperatorError: it cannot be used; nothing of it is told.
        """

    def send(self, destination: Destination, letter: Letter) -> None:
        """Send a message once, within a few minutes.

        Raises:
            TransientError: it may not have been taken; why is told, and nothing of the address.
            OperatorError: the address cannot be used.
        """


class NoOffice:
    """Sends nothing: what those have who join the verbs with no network."""

    def sort(self, destination: Destination) -> str:  # noqa: ARG002 - it is refused whatever it is
        """Refuse every address."""
        raise OperatorError("Messages can be sent nowhere from here.")

    def send(self, destination: Destination, letter: Letter) -> None:  # noqa: ARG002 - as above
        """Refuse every message."""
        raise OperatorError("Messages can be sent nowhere from here.")


def stop_at_once(why: str) -> None:
    """End this process here and now: what it did after this, two would do."""
    sys.stderr.write(f"This worker stops at once: {why}.\n")
    sys.stderr.flush()
    end_at_once(why)


def alone(database: Database) -> None:
    """Share nothing: what those do who join the verbs with no network."""


def no_locks(url: str, access: Access | None, mode: str) -> Retention:
    """Refuse: objects can be locked in S3 alone, as this program knows it."""
    del url, access, mode
    raise OperatorError(
        "What lies there cannot be locked against deletion.",
        why="Object lock is known of S3, and of services that speak like it.",
        hint="Make the storage append-only instead, or keep a copy in a bucket with object lock.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The outside, as the verbs see it.

    Attributes:
        open_server: Signs in to a server by a connection's details, for one use. Raises
            ``AccessDenied`` or ``ServerUnreachable``, at the latest when it is asked something.
        open_backend: Opens the place that a storage's URL names, with what it is reached with
            (None: it is a directory). Raises ``OperatorError`` for a kind of place that is not
            known.
        open_retention: Opens what locks the objects at a storage's URL in a mode, ``governance`` or
            ``compliance``. Raises ``OperatorError`` where nothing can.
        durable: Makes what carries runs through the deaths of workers, for one new worker.
        lost: Called, with why, when this worker has lost its place among those that share a
            database, or leaves and cannot stop what it is at; stops the process at once.
        normal_url: Writes the URL of a storage in the one form that is kept.
        clock: Time.
        find_server: Looks up the server of the address ``details.autodiscover``, beginning at
            ``details.server`` if that is given. Raises ``OperatorError`` if it is nowhere.
        sign_in_person: Signs a person in to the tenant of a connection's details, second factor
            and all, and waits until that is done. Raises ``OperatorError`` if nobody is signed in.
        register: Lets an administrator sign in and makes the applications of a connection in their
            tenant. Asked again with the same tag it completes what is there. Raises
            ``OperatorError`` in plain words; its hint names what is left over.
        renew_certificates: Lets an administrator sign in and gives a connection's applications new
            certificates. ``keep`` is called once they are proved to work, before the old ones are
            taken away.
        registration_script: Writes what ``register`` would do as a script to paste; the
            certificates in the details are what it registers.
        look: Tries the line to each server of a connection, without signing in.
        lines: Measures the line to each server of a connection, without signing in.
        open_sink: Connects to where the audit log is sent (see ``wire.syslog.open_sink``).
        office: Sends messages to people and their programs.
        password_cost: What trying one password of a connection costs.
        share_waits: Told the home's database once it is open: orders to wait that one process got
            are obeyed by the others of the home.
    """

    open_server: Callable[[ConnectionDetails, Use], Server]
    open_backend: Callable[[str, Access | None], BlobBackend]
    durable: Callable[[Database], Durable]
    lost: Callable[[str], None] = stop_at_once
    normal_url: Callable[[str], str]
    clock: Clock
    find_server: Callable[[ConnectionDetails, Confirm], FoundServer] = nowhere
    sign_in_person: Callable[[ConnectionDetails, Prompt], SignedIn] = nobody
    register: Callable[[ConnectionDetails, RegistrationWish, Prompt], Registered] = no_registrar
    renew_certificates: Callable[
        [ConnectionDetails, RegistrationWish, Prompt, KeepCertificates], RegistrationReport
    ] = no_renewal
    registration_script: Callable[[ConnectionDetails, RegistrationWish], str] = no_script
    look: Callable[[ConnectionDetails], Sequence[Step]] = unseen
    lines: Callable[[ConnectionDetails], Sequence[Line]] = unmeasured
    open_sink: Callable[[Place, str | None], Sink] = no_sink
    office: Office = field(default_factory=NoOffice)
    password_cost: PasswordCost = TUNED
    share_waits: Callable[[Database], None] = alone
    open_retention: Callable[[str, Access | None, str], Retention] = no_locks
