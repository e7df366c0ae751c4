"""One token, kept fresh for many threads."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import orjson

from strongroom.clock import Clock
from strongroom.errors import OperatorError, ServerUnreachable, SignInEnded, TransientError
from strongroom.wire.tls import is_certificate_failure

_EARLY_S = 300.0
"""A token this close to its end is not begun with: a long upload has to end with it too."""
_NEW_S = 60.0
_REST_S = 5.0
"""How long an authority that is ill is left alone if it did not say; lines ask by the dozen."""
_CLAIMS = re.compile(r'\bclaims\s*=\s*"([^"]{1,8192})"', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What the sign-in server gave.

    Attributes:
        value: The access token.
        lasts_s: For how long from now, in seconds.
    """

    value: str = field(repr=False)
    lasts_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """How a token is wanted.

    Attributes:
        is_new: Not from any cache.
        claims: What a server said that the token must bring, JSON text; or None.
    """

    is_new: bool = False
    claims: str | None = None


class Tokens:
    """Gives the token to use now, and another one where a server refuses it.

    Made for ``BearerSignIn(user, tokens.token, renew=tokens.renew)``. Safe in many threads.

    A refusal that time will not heal is final: every line would ask again with every request, and
    Entra ID takes that for an attack. Whoever has mended it makes ready to sign in anew.

    Args:
        clock: Says when a token ends.
        fetch: Gets a token; raises a ``StrongroomError`` in plain words if there is none.
    """

    def __init__(self, clock: Clock, fetch: Callable[[Want], Token]) -> None:
        self._clock = clock
        self._fetch = fetch
        self._lock = Lock()
        self._value = ""
        self._since_s = 0.0
        self._until_s = 0.0
        self._ends_s = 0.0
        self._answered = ""
        self._ended: SignInEnded | None = None
        self._ill: TransientError | None = None
        self._rests_until_s = 0.0

    def token(self) -> str:
        """Give the token to use now, from memory unless it ends soon.

        Raises:
            SignInEnded: in plain words, why there is none and will be none, now or since before.
            TransientError, ServerUnreachable: why there is none at the moment.
        """
        with self._lock:
            if not self._value or self._clock.monotonic_s() >= self._until_s:
                self._refresh()
            return self._value

    def renew(self, challenges: Sequence[str]) -> bool:
        """Answer the challenges of a 401: with the claims that are asked for, or just a new token.

        ``authorization_uri`` in a challenge is never followed: where to sign in was settled when
        the connection was made.

        Args:
            challenges: The values of ``WWW-Authenticate``.

        Returns:
            False where a new token would change nothing: this one is new and was refused all the
            same, or the same claims were asked for and brought just now. So nobody loops.

        Raises:
            SignInEnded: in plain words, why there is no new one: a person must sign in again.
            TransientError, ServerUnreachable: why there is none at the moment.
        """
        claims = claims_of(challenges)
        with self._lock:
            # One that was made to be short-lived may well have ended on its way.
            young_s = min(_NEW_S, self._until_s - self._since_s)
            is_young = self._clock.monotonic_s() - self._since_s < young_s
            if self._value and is_young and claims == self._answered:
                return False
            before = self._value
            self._get(Want(is_new=True, claims=claims or None))
            self._answered = claims
            return self._value != before

    def _refresh(self) -> None:
        try:
            self._get(Want(is_new=bool(self._value)))
        except (TransientError, ServerUnreachable):
            # We ask early so that a sign-in server that is ill for a moment stops nobody.
            if self._clock.monotonic_s() >= self._ends_s:
                raise

    def _get(self, want: Want) -> None:
        got = self._fetched(want)
        self._value = got.value
        self._since_s = self._clock.monotonic_s()
        # A short-lived token is used for half its life rather than asked for before every request.
        self._until_s = self._since_s + max(got.lasts_s - _EARLY_S, got.lasts_s / 2)
        self._ends_s = self._since_s + got.lasts_s
        self._answered = ""

    def _fetched(self, want: Want) -> Token:
        if self._ended is not None:
            raise self._ended
        self._let_rest()
        try:
            return self._fetch(want)
        except SignInEnded as error:
            self._ended = error
            raise
        except OperatorError as error:
            self._ended = SignInEnded(
                error.what, is_proof_refused=False, why=error.why, hint=error.hint
            )
            raise self._ended from error
        except ServerUnreachable as error:
            if not self._value or is_certificate_failure(error):
                raise
            # It gave us a token before, so the address is right; time heals what else it can be.
            raise self._resting(
                TransientError(error.what, why=error.why, hint=error.hint)
            ) from error
        except TransientError as error:
            self._resting(error)
            raise

    def _resting(self, error: TransientError) -> TransientError:
        """Remember an illness of the authority, for all lines."""
        rest_s = _REST_S if error.retry_after_s is None else error.retry_after_s
        self._ill, self._rests_until_s = error, self._clock.monotonic_s() + rest_s
        return error

    def _let_rest(self) -> None:
        """Tell of an illness that was found a moment ago without asking again.

        Raises:
            TransientError: it is to be left alone for so long.
        """
        left_s = self._rests_until_s - self._clock.monotonic_s()
        if self._ill is not None and left_s > 0:
            raise TransientError(
                self._ill.what,
                why=self._ill.why,
                hint=self._ill.hint,
                # Its own word only: ours would make every line come back at the same moment.
                retry_after_s=None if self._ill.retry_after_s is None else left_s,
                is_throttle=self._ill.is_throttle,
            )
        self._ill = None


def claims_of(challenges: Sequence[str]) -> str:
    """Read the claims that a server asks for.

    Args:
        challenges: The values of ``WWW-Authenticate``.

    Returns:
        JSON text, or an empty string if none are asked for, or what is there cannot be read.

    Source:
        https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    for challenge in challenges:
        found = _CLAIMS.search(challenge)
        if found is None:
            continue
        text = found[1]
        try:
            wanted = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_"))
        except (binascii.Error, ValueError):
            continue
        if isinstance(wanted, dict):
            return orjson.dumps(wanted).decode()
    return ""
