"""The verbs that a wizard calls: in this process or over the socket, it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from strongroom.service.connection_views import ConnectionView
from strongroom.service.connections import ConnectionTest
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Confirm, FoundServer
from strongroom.vault.secret import Secret


class ConnectionVerbs(Protocol):
    """Those of connections (see ``service.connections``)."""

    def all(self) -> Sequence[ConnectionView]:
        """List all connections."""

    def find(self, details: ConnectionDetails, confirm: Confirm) -> FoundServer:
        """Look up the server of an address."""

    def probe(self, details: ConnectionDetails, mailbox: str | None = None) -> ConnectionTest:
        """Test details that are kept nowhere."""

    def add(
        self, name: str, details: ConnectionDetails, *, password: Secret | None = None
    ) -> ConnectionView:
        """Keep a new connection."""


class DraftVerbs(Protocol):
    """Those of what somebody has answered so far (see ``service.drafts``)."""

    def save(self, answers: Mapping[str, str]) -> None:
        """Keep the answers in place of earlier ones."""

    def load(self) -> Mapping[str, str] | None:
        """Give what was kept last."""

    def forget(self) -> None:
        """Keep nothing."""
