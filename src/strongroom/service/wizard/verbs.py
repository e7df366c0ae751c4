"""The verbs that a wizard calls: in this process or over the socket, it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from strongroom.service.connection_enrolling import RegisteredView
from strongroom.service.connection_testing import ConnectionTest
from strongroom.service.connection_views import ConnectionView
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Confirm, FoundServer, Prompt
from strongroom.service.registration import RegistrationWish
from strongroom.vault.secret import Secret


class ConnectionVerbs(Protocol):
    """Those of connections (see ``service.connections``)."""

    def all(self) -> Sequence[ConnectionView]:
        """List all connections."""

    def find(self, details: ConnectionDetails, confirm: Confirm) -> FoundServer:
        """Look up the server of an address."""

    def probe(
        self, details: ConnectionDetails, mailbox: str | None = None, outside: str | None = None
    ) -> ConnectionTest:
        """Test details that are kept nowhere."""

    def test(self, name: str, mailbox: str | None = None) -> ConnectionTest:
        """Test a connection that is kept."""

    def unlock(self, name: str, password: Secret) -> None:
        """Open a guarded connection to this session."""

    def add(
        self,
        name: str,
        details: ConnectionDetails,
        *,
        password: Secret | None = None,
        prompt: Prompt | None = None,
    ) -> ConnectionView:
        """Keep a new connection; a person signs in first where one has to."""

    def add_registered(
        self,
        name: str,
        details: ConnectionDetails,
        wish: RegistrationWish,
        prompt: Prompt,
        *,
        password: Secret | None = None,
    ) -> RegisteredView:
        """Register applications in an administrator's name, and keep what uses them."""

    def registration_script(self, details: ConnectionDetails, wish: RegistrationWish) -> str:
        """Write what a registration would do as a script."""


class DraftVerbs(Protocol):
    """Those of what somebody has answered so far (see ``service.drafts``)."""

    def save(self, answers: Mapping[str, str]) -> None:
        """Keep the answers in place of earlier ones."""

    def load(self) -> Mapping[str, str] | None:
        """Give what was kept last."""

    def forget(self) -> None:
        """Keep nothing."""
