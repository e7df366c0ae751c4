"""Who signs in to the tenant: an application, or a person."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.wire.entra.claims import TokenClaims, claims_in
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.sign_in import SignIn

_BEARER = "Bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One identity, with its two ways in.

    Attributes:
        client_id: The application, also the one that a person signs in through.
        is_person: A person signed in, who reaches their own mailbox alone.
        ews: A connection to EWS in nobody's name but its own.
        graph: A connection to Graph.
    """

    client_id: str
    is_person: bool
    ews: EwsConnection
    graph: GraphConnection

    @property
    def name(self) -> str:
        """What to call it in messages: ``application ID``, or the person."""
        return self.ews.transport.sign_in.user

    @property
    def subject(self) -> str:
        """The same at the beginning of a sentence; an address stays as it is."""
        return self.name if "@" in self.name else self.name[:1].upper() + self.name[1:]

    def ews_claims(self) -> TokenClaims:
        """Read what the token for EWS says of itself.

        Raises:
            SignInEnded: Entra ID gives none, with the reason.
            TransientError, ServerUnreachable: it gives none at the moment.
        """
        return _claims(self.ews.transport.sign_in)

    def graph_claims(self) -> TokenClaims:
        """Read what the token for Graph says of itself; raises as above."""
        return _claims(self.graph.sign_in)


def _claims(sign_in: SignIn) -> TokenClaims:
    header = sign_in.headers().get("Authorization", "")
    return claims_in(header.removeprefix(_BEARER)) if header.startswith(_BEARER) else TokenClaims()
