"""A sign-in whose proof is cookies, got anew when a server does not take them any more."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Mapping, Sequence

from strongroom.errors import AccessDenied, SignInEnded
from strongroom.wire.http import HttpAnswer

_PAIR = re.compile(
    r"\s*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)"
    r"=(?P<value>[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+)\s*(?:;|$)"
)
"""As of RFC 6265, section 4.1.1."""

_VALUE_CHARS_MAX = 16_000


class CookieSignIn:
    """Cookies in every request. Safe in many threads.

    Args:
        user: Who signs in.
        fetch: Signs in and gives the cookies by name. Called at the first request, and again when
            they were refused; one call at a time. If access was denied that is final: a wrong
            password that is tried again by every line would lock the account.
    """

    def __init__(self, user: str, fetch: Callable[[], Mapping[str, str]]) -> None:
        self.user = user
        self._fetch = fetch
        self._lock = threading.Lock()
        self._headers: Mapping[str, str] | None = None
        self._final: SignInEnded | None = None

    def __repr__(self) -> str:
        return f"CookieSignIn(user={self.user!r})"

    def headers(self) -> Mapping[str, str]:
        """Give the cookies; the first time they are fetched.

        Raises:
            SignInEnded: the sign-in was refused, now or before.
            StrongroomError: it did not come about.
        """
        with self._lock:
            if self._headers is None:
                self._headers = self._fetched()
            return self._headers

    def refused(self, challenges: Sequence[str]) -> bool:  # noqa: ARG002 - cookies end without a word
        """Sign in once more."""
        with self._lock:
            self._headers = None
            self._headers = self._fetched()
            return True

    def _fetched(self) -> Mapping[str, str]:
        if self._final is not None:
            raise self._final
        try:
            cookies = self._fetch()
        except AccessDenied as error:
            self._final = SignInEnded(error.what, why=error.why, hint=error.hint)
            raise self._final from error
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def cookies_in(answer: HttpAnswer, names: Collection[str]) -> dict[str, str]:
    """Pick the cookies of these names that an answer sets, in the order of the names.

    Everything else about them is left alone: whoever holds them sends them to one sealed host.
    """
    found: dict[str, str] = {}
    for line in answer.header_values.get("set-cookie", ()):
        pair = _PAIR.match(line)
        if pair and len(pair["value"]) <= _VALUE_CHARS_MAX:
            found[pair["name"]] = pair["value"]
    return {name: found[name] for name in names if name in found}
