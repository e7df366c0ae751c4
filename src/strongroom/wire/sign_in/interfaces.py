"""What the transport asks of a way to sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable


class SignIn(Protocol):
    """Proves an identity. Safe in many threads; ``repr`` never shows a secret."""

    @property
    def user(self) -> str:
        """Who signs in, for messages to people."""

    def headers(self) -> Mapping[str, str]:
        """Give the headers that prove it, for one request that is about to be sent.

        Only ever called for a server that has proved its name by TLS: the transport has no other
        way to send anything.
        """


@runtime_checkable
class RenewableSignIn(SignIn, Protocol):
    """A sign-in that ends by itself and can be had anew: tokens, cookies."""

    def refused(self, challenges: Sequence[str]) -> bool:
        """Hear that what ``headers`` gave last was answered with 401; nothing was done then.

        Called only if ``headers`` still gives what was refused: of many lines that were refused at
        once, the first one renews for all.

        Args:
            challenges: The values of ``WWW-Authenticate``, in order.

        Returns:
            True if ``headers`` has something new to give now; the request is sent once more.

        Raises:
            StrongroomError: in plain words, why there is nothing new and what can be done.
        """


class Handshake(Protocol):
    """One proof to one connection, in several legs."""

    @property
    def has_proved(self) -> bool:
        """Whether the last token said all that proves us; the server has yet to judge it."""

    def step(self, token: bytes | None) -> bytes | None:
        """Take what the server said, and give what to say next.

        Args:
            token: The server's last token; None at the beginning.

        Returns:
            Our next token; None if there is nothing more to say.

        Raises:
            OperatorError: in plain words, why there is no proof, or that the server's is false.
        """


@runtime_checkable
class ConnectionSignIn(SignIn, Protocol):
    """A sign-in that holds for a connection rather than a request: NTLM, Kerberos.

    Its ``headers`` are empty.
    """

    @property
    def schemes(self) -> Sequence[str]:
        """Names under which servers know it, best first. No other is ever answered."""

    def begin(self, certificate_der: bytes, *, host: str) -> Handshake:
        """Begin to prove it to one connection.

        Args:
            certificate_der: What the server has just proved its name with. The proof is bound to
                it, so that nobody in between can pass it on.
            host: The name that was proved.

        Raises:
            OperatorError: there is nothing to prove it with.
        """
