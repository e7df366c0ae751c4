"""What the ways to sign in have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from strongroom.lab.estate.words import Account
from strongroom.lab.https import Request, Response

ON_PREMISES = ("Negotiate", "NTLM", "Basic")
"""In the order in which IIS offers them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a server is set up.

    Attributes:
        schemes: The ways that it offers, in this order, and no other.
        extended_protection: A proof by NTLM or Kerberos must be bound to this TLS connection.
        for_one_request: A proof by NTLM or Kerberos holds for one request, not for the connection
            (``authPersistSingleRequest``, and ``authPersistNonNTLM`` off).
    """

    schemes: tuple[str, ...] = ON_PREMISES
    extended_protection: bool = True
    for_one_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Somebody was let in.

    Attributes:
        headers: What the answer says about it.
    """

    account: Account
    headers: tuple[tuple[str, str], ...] = ()


class Scheme(Protocol):
    """One way to sign in. Safe to call from many threads."""

    @property
    def name(self) -> str:
        """As ``Authorization`` begins with it."""

    def offers(self) -> list[tuple[str, str]]:
        """Give the headers of a 401 that offer it."""

    def judge(self, credentials: str, request: Request, rules: Rules) -> Entered | Response | None:
        """Let somebody in, answer with a leg or a reason, or refuse (None)."""


@dataclass(slots=True, kw_only=True)
class Talk:
    """What a connection remembers of its sign-in.

    Attributes:
        account: Who was let in on it.
        context: The unfinished handshake, if there is one.
    """

    account: Account | None = None
    context: object | None = field(default=None, repr=False)


def talk_of(request: Request) -> Talk:
    """Give what the request's connection remembers."""
    found = request.connection.notes.setdefault("sign-in", Talk())
    assert isinstance(found, Talk)
    return found
