"""What Exchange Online refuses over EWS, with the step that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from strongroom.clock import Clock
from strongroom.errors import AccessDenied, OperatorError
from strongroom.sources.exchange_online import retirement, steps
from strongroom.sources.exchange_onprem.powershell import quoted
from strongroom.wire.entra.permissions import EWS
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import Meaning, RequestDenied, RequestRefused, meaning_of


class EwsForbidden(AccessDenied):
    """HTTP 403: EWS is switched off for somebody, or a policy keeps us from the mailbox.

    Exchange Online says no more than that.
    """


def forbidden_words(
    name: str, client_id: str, clock: Clock
) -> Callable[[str | None], EwsForbidden]:
    """Make what turns a 403 into words.

    Args:
        name: Who signs in.
        client_id: The application.
        clock: Says which of the dates have passed.
    """

    def made(mailbox: str | None) -> EwsForbidden:
        why = retirement.switched_off_why(clock.now().date())
        hint = f"{retirement.allow_command(client_id)}."
        if mailbox is None:
            return EwsForbidden(f"Exchange Online does not let {name} use EWS.", why=why, hint=hint)
        return EwsForbidden(
            f"Exchange Online does not let {name} use EWS in the mailbox {mailbox}.",
            why=f"{why} Or the mailbox is outside the scope of the application's role.",
            hint=f"{hint} For this mailbox: Set-CASMailbox -Identity {quoted(mailbox)} -EwsEnabled "
            "$true; for its scope: Test-ServicePrincipalAuthorization -Identity "
            f"{quoted(client_id)} -Resource {quoted(mailbox)}",
        )

    return made


class OnlineWords:
    """Puts a mailbox's name and the step that helps into what Exchange Online refuses.

    Args:
        name: Who signs in.
        client_id: The application.
        is_person: A person signed in.
    """

    def __init__(self, name: str, client_id: str, *, is_person: bool) -> None:
        self._name = name
        self._client_id = client_id
        self._is_person = is_person

    @contextmanager
    def __call__(self, connection: EwsConnection, address: str) -> Iterator[None]:  # noqa: ARG002
        """As ``exchange_onprem.directory.Words``.

        Raises:
            AccessDenied: there is no right to the mailbox.
            OperatorError: there is no such mailbox, or no such part of it.
        """
        try:
            yield
        except RequestDenied as error:
            raise AccessDenied(
                f"{self._name} may not open the mailbox {address}.",
                why=error.why,
                hint=steps.grant_step(self._client_id, EWS, is_person=self._is_person),
            ) from error
        except RequestRefused as error:
            meaning = meaning_of(error.code)
            if meaning is Meaning.NO_MAILBOX:
                raise OperatorError(
                    f"There is no mailbox {address} in this tenant that can be opened.",
                    why=error.why,
                    hint="Check the address; it must be the primary one. A mailbox may also be "
                    "without a licence, or on a server of the organisation's own, which needs a "
                    "connection of its own.",
                ) from error
            if meaning is Meaning.NO_ARCHIVE:
                raise OperatorError(
                    f"The mailbox {address} has no archive.",
                    why=error.why,
                    hint="Leave out archive: to name the mailbox itself.",
                ) from error
            raise
