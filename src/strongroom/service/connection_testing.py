"""Verbs that ask a connection's server: where it is, what it is, what it holds and allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.interfaces import Server
from strongroom.service import kinds
from strongroom.service.connection_opening import ConnectionOpening
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import (
    Confirm,
    FoundServer,
    Purpose,
    Scoped,
    Testable,
    Use,
)
from strongroom.service.rights import Right
from strongroom.service.verbs import verb
from strongroom.words.capability import Capability, CapabilityOutcome
from strongroom.words.json import Json
from strongroom.words.resource import Resource

_TO_BE_FOUND = "to-be-found.invalid"
"""Stands for the server while details are checked that are about to get one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTest:
    """What a test of a connection found.

    Attributes:
        facts: What the server is and where it stands.
        capabilities: What jobs will need, and whether it is there.
    """

    facts: Mapping[str, Json]
    capabilities: tuple[Capability, ...]


class ConnectionTesting(ConnectionOpening):
    """The verbs. Safe in many threads."""

    @verb(Right.MANAGE, is_audited=True)
    def find(self, details: ConnectionDetails, confirm: Confirm) -> FoundServer:
        """Look up the server of an address, for details that are to be added.

        Args:
            details: With ``autodiscover``: whose server; and with ``server``, if somebody knows
                one that can be asked.
            confirm: Asks a person before a host outside the address's domain is trusted.

        Raises:
            OperatorError: it is nowhere, or nowhere that may be trusted; the hint names --server.
        """
        kinds.check(replace(details, server=details.server or _TO_BE_FOUND))
        kinds.check_secrets(details)
        return self._shared.ports.find_server(details, confirm)

    @verb(Right.MANAGE, is_audited=True)
    def test(
        self, name: str, mailbox: str | None = None, outside: str | None = None
    ) -> ConnectionTest:
        """Sign in and say what the server is, and whether all that jobs will need is there.

        Args:
            name: The connection.
            mailbox: Address of a mailbox to try impersonation and export rights on.
            outside: Address of a mailbox that was not chosen, and must stay shut; None: it was not
                kept to some.

        Raises:
            OperatorError: nothing can be chosen for this kind of server.
            AccessDenied: sign-in was refused.
            ServerUnreachable: nobody answers, or who answers could not prove its name.
        """
        with self._used(name, "test") as server:
            return _tried(server, mailbox, outside)

    @verb(Right.MANAGE, is_audited=True)
    def probe(
        self, details: ConnectionDetails, mailbox: str | None = None, outside: str | None = None
    ) -> ConnectionTest:
        """Test details that are not added yet, as ``test`` does. Nothing of it is kept.

        Args:
            details: With the secrets that signing in needs.
            mailbox: Address of a mailbox to try impersonation and export rights on.
            outside: As above.
        """
        kinds.check(details)
        kinds.check_secrets(details)
        with self._speaking(details, Use(purpose=Purpose.TEST)) as server:
            return _tried(server, mailbox, outside)

    @verb(Right.MANAGE, is_audited=True)
    def resources(self, name: str) -> list[Resource]:
        """List what the connection can reach, and what it cannot with the reason."""
        with self._used(name, "resources") as server:
            return list(server.resources())

    @contextmanager
    def _used(self, name: str, method: str) -> Iterator[Server]:
        record = self.record(name)
        details = self.details(record)
        self._locks.require_usable(record, details, f"connections.{method}")
        with self._signed_in(record, details, Purpose.TEST) as server:
            yield server


def _tried(server: Server, mailbox: str | None, outside: str | None) -> ConnectionTest:
    facts = dict(server.facts())
    capabilities = tuple(server.capabilities(mailbox)) if isinstance(server, Testable) else ()
    if outside is not None:
        kept = _kept(server, outside)
        capabilities = (*(one for one in capabilities if one.name != kept.name), kept)
    if "resources" not in facts:
        # Some servers count without opening anything.
        facts |= _counted(server, capabilities)
    return ConnectionTest(facts=facts, capabilities=capabilities)


def _kept(server: Server, outside: str) -> Capability:
    if not isinstance(server, Scoped):
        raise OperatorError(
            "Whoever signs in to this kind of server cannot be kept to some of it.",
            hint="Leave out --outside.",
        )
    return server.scope_kept(outside)


def _counted(server: Server, capabilities: Sequence[Capability]) -> dict[str, Json]:
    """Say how many resources the directory lists; nothing where it is not ours to list.

    That is one of the capabilities, if the server can try them, and keeps no other from being told.
    """
    try:
        found = list(server.resources())
    except AccessDenied:
        if not any(one.outcome is CapabilityOutcome.MISSING for one in capabilities):
            raise
        return {"resources": None, "resources_excluded": None}
    listed = len([one for one in found if one.excluded is None])
    return {"resources": listed, "resources_excluded": len(found) - listed}
