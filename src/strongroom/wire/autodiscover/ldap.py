"""One conversation with a directory over LDAP: always TLS, then a bind, then searches.

The protocol comes from ``sansldap``, which does no input and output itself; this file moves the
bytes, with bounds, because whoever answers is not believed to mean well.

Source:
    https://www.rfc-editor.org/rfc/rfc4511
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import sansldap

from strongroom.clock import Clock
from strongroom.errors import AccessDenied, TransientError
from strongroom.wire.metadata_addresses import refuse_metadata
from strongroom.wire.tls import Trust, unreachable

_ANSWER_BYTES_MAX = 4 * 1024 * 1024
_ENTRIES_MAX = 500
_SILENCE_S = 15.0
_TOGETHER_S = 60.0
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One object of the directory.

    Attributes:
        name: Distinguished name.
        values: By attribute name in small letters; text, what is no UTF-8 replaced.
    """

    name: str
    values: Mapping[str, Sequence[str]]


class Bind(Protocol):
    """Proves who we are to a directory that has proved its own name."""

    def bind(self, session: LdapSession) -> None:
        """Do it.

        Raises:
            AccessDenied: the directory says no.
        """


class LdapSession:
    """A connection that TLS protects. A context manager.

    Args:
        host: Whom to ask; the name that the certificate must be for.
        port: 636, or 389 with ``starts_plain``.
        starts_plain: TLS begins by request (StartTLS) rather than at once. Nothing but that request
            is ever sent before.
        trust: Whose certificates are believed.
        clock: For the time that a conversation may take.

    Raises:
        OperatorError: the host is nowhere that we may go.
        ServerUnreachable: nobody answers, or who answers could not prove its name.
        TransientError: what answers is no directory.
    """

    def __init__(
        self, host: str, *, port: int, starts_plain: bool, trust: Trust, clock: Clock
    ) -> None:
        self.host = host
        self._clock = clock
        self._ends_s = clock.monotonic_s() + _TOGETHER_S
        self._bytes_read = 0
        self._client = sansldap.LDAPClient()
        self._waiting: list[sansldap.LDAPMessage] = []
        self._socket: socket.socket | None = None
        refuse_metadata(host)
        try:
            self._socket = socket.create_connection((host, port), timeout=_SILENCE_S)
            if starts_plain:
                self._start_tls()
            self._socket = trust.context().wrap_socket(
                self._socket, server_hostname=trust.server_name or host
            )
        except OSError as error:
            self.close()
            raise unreachable(host, error) from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def certificate_der(self) -> bytes:
        """What the directory proved its name with."""
        assert isinstance(self._socket, ssl.SSLSocket)
        return self._socket.getpeercert(binary_form=True) or b""

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()

    def bind_simple(self, name: str, password: str) -> None:
        """Sign in with a name and the password itself."""
        self._client.bind_simple(name, password)
        self._check_bound(self._bind_answer())

    def bind_step(self, mechanism: str, token: bytes) -> bytes | None:
        """Do one leg of a sign-in; give the directory's token, or None once it let us in."""
        self._client.bind_sasl(mechanism, cred=token)
        answer = self._bind_answer()
        if answer.result.result_code == sansldap.LDAPResultCode.SASL_BIND_IN_PROGRESS:
            return answer.server_sasl_creds or b""
        self._check_bound(answer)
        return None

    def search(
        self,
        base: str,
        *,
        wanted: str,
        attributes: Sequence[str],
        is_deep: bool = True,
    ) -> Iterator[Entry]:
        """Give the objects that a filter finds, at most 500; referrals to others are not followed.

        Args:
            base: Where to begin, a distinguished name; empty for the directory itself.
            wanted: A filter in text form.
            attributes: What to tell of each.
            is_deep: All below the base too.

        Raises:
            AccessDenied: the directory does not let us look.
            TransientError: the conversation broke, or is too long.
        """
        scope = sansldap.SearchScope.SUBTREE if is_deep else sansldap.SearchScope.BASE
        self._client.search_request(
            base,
            scope,
            size_limit=_ENTRIES_MAX,
            filter=sansldap.LDAPFilter.from_string(wanted),
            attributes=list(attributes),
        )
        for _ in range(2 * _ENTRIES_MAX):
            message = self._next()
            if isinstance(message, sansldap.SearchResultEntry):
                yield _entry(message)
            elif isinstance(message, sansldap.SearchResultDone):
                self._check_found(message.result)
                return
        raise self._broken("It gave more than can be meant.")

    def _start_tls(self) -> None:
        self._client.extended_request(sansldap.ExtendedOperations.LDAP_START_TLS.value)
        answer = self._next()
        if (
            not isinstance(answer, sansldap.ExtendedResponse)
            or answer.result.result_code != sansldap.LDAPResultCode.SUCCESS
        ):
            raise self._broken("It does not begin TLS when asked to.")
        # What came with the answer was not under TLS: somebody in between put it there. A whole
        # message ends the conversation, a half one is forgotten with the reader that holds it.
        if self._waiting:
            raise self._broken("It said more before TLS than it was asked.")
        self._client = sansldap.LDAPClient()

    def _bind_answer(self) -> sansldap.BindResponse:
        answer = self._next()
        if not isinstance(answer, sansldap.BindResponse):
            raise self._broken("It did not answer the sign-in.")
        return answer

    def _check_bound(self, answer: sansldap.BindResponse) -> None:
        if answer.result.result_code != sansldap.LDAPResultCode.SUCCESS:
            raise AccessDenied(
                f"The directory {self.host} refused the sign-in.",
                why=f"Its code is {answer.result.result_code.name}.",
                hint="Check the name and the password.",
            )

    def _check_found(self, result: sansldap.LDAPResult) -> None:
        # The filter asks for a handful; where there are more, the first ones are as good.
        is_enough = result.result_code in {
            sansldap.LDAPResultCode.SUCCESS,
            sansldap.LDAPResultCode.SIZE_LIMIT_EXCEEDED,
        }
        if not is_enough:
            raise AccessDenied(
                f"The directory {self.host} does not let us look.",
                why=f"Its code is {result.result_code.name}.",
                hint="Directories of Windows answer only to accounts of the domain.",
            )

    def _next(self) -> sansldap.LDAPMessage:
        """Send what is to be sent, and read on until there is one whole message."""
        assert self._socket is not None
        try:
            self._socket.sendall(self._client.data_to_send())
            while not self._waiting:
                piece = self._socket.recv(_PIECE_BYTES)
                self._bytes_read += len(piece)
                if not piece:
                    raise self._broken("It closed the connection.")
                if self._bytes_read > _ANSWER_BYTES_MAX or self._is_late():
                    raise self._broken("It gave more than can be meant.")
                self._waiting += self._client.receive(piece)
        except OSError as error:
            raise self._broken(f"{type(error).__name__}.") from error
        except (sansldap.LDAPError, ValueError, NotImplementedError) as error:
            raise self._broken("What answers there does not speak LDAP.") from error
        return self._waiting.pop(0)

    def _is_late(self) -> bool:
        return self._clock.monotonic_s() > self._ends_s

    def _broken(self, why: str) -> TransientError:
        return TransientError(f"The directory {self.host} gave no answer.", why=why)


def _entry(message: sansldap.SearchResultEntry) -> Entry:
    return Entry(
        name=message.object_name,
        values={
            attribute.name.casefold(): [
                value.decode("utf-8", "replace") for value in attribute.values
            ]
            for attribute in message.attributes
        },
    )
