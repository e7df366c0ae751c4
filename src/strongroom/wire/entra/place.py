"""Where to sign in and through what: everything that all ways of getting a token share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from strongroom.clock import Clock
from strongroom.errors import TransientError
from strongroom.wire.entra.msal_http import MsalHttp
from strongroom.wire.entra.refusals import refusal, unknown_tenant
from strongroom.wire.entra.tokens import Token
from strongroom.wire.http import HttpClient
from strongroom.wire.origins import Origins

T = TypeVar("T")

# At level DEBUG MSAL writes authorization codes with their verifiers, device codes and what the
# server said (seen in 1.39, token_cache.py). Nobody may switch that on by asking for more logging.
for _name in ("msal", "msal.token_cache", "msal.application", "msal.oauth2cli"):
    logging.getLogger(_name).setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One tenant's authority.

    Attributes:
        authority: ``https://host/tenant``; secrets go to its origin alone.
        http: Sends the requests.
        clock: For the ends of tokens and of waits.
    """

    authority: str
    http: HttpClient = field(repr=False)
    clock: Clock = field(repr=False)

    @property
    def origins(self) -> Origins:
        """Where credentials may go."""
        return Origins.of([self.authority])

    def client(self, kind: Callable[..., T], client_id: str, **more: object) -> T:
        """Make one of MSAL's clients, which reads the authority's description.

        Raises:
            OperatorError: there is no such tenant.
            ForbiddenOrigin: the description leads elsewhere.
        """
        try:
            # Instance discovery would ask login.microsoftonline.com whether our authority is known;
            # ours was settled when the connection was made. CP1: we understand claims challenges.
            return kind(
                client_id,
                authority=self.authority,
                instance_discovery=False,
                http_client=MsalHttp(self.http, self.origins),
                client_capabilities=["CP1"],
                **more,
            )
        except ValueError:
            raise unknown_tenant() from None


def read_token(answer: Mapping[str, object] | None) -> Token:
    """Take the token out of what MSAL gives.

    Raises:
        StrongroomError: it is a refusal, told in plain words.
    """
    if not answer:
        answer = {"error": "login_required"}
    value, lasts_s = answer.get("access_token"), answer.get("expires_in")
    if isinstance(value, str) and isinstance(lasts_s, int | float | str):
        return Token(value=value, lasts_s=float(lasts_s))
    if answer.get("error"):
        raise refusal(answer)
    raise TransientError("The sign-in server gave an answer that cannot be read.")


def understood(ask: Callable[[], T]) -> T:
    """Ask MSAL, and say plainly where it could make no sense of an answer.

    Raises:
        StrongroomError: as it comes from below.
        TransientError: MSAL could not read the answer. Its own text is dropped, because it repeats
            what the server sent.
    """
    try:
        return ask()
    except (ValueError, RuntimeError, KeyError, TypeError):
        raise TransientError("The sign-in server gave an answer that cannot be read.") from None
