"""Sessions that others may join, because whoever began one gave them its token.

The shell of ``connection unlock`` has it in its environment, which the operating system shows to
nobody but the same account; and nobody but the same account may join.
"""

from __future__ import annotations

import hashlib
import secrets
import threading

from strongroom.service.callers import Caller
from strongroom.service.session import Session

_TOKEN_BYTES = 32


class SharedSessions:
    """The sessions that may be joined now. Safe in many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[bytes, Session] = {}

    def share(self, session: Session) -> str:
        """Let a session be joined; give the token for that."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._lock:
            self._sessions[_mark(token)] = session
        return token

    def join(self, token: str, caller: Caller, *, why: str) -> Session | None:
        """Give the session that a token names, as one more command has it; None: it has ended."""
        with self._lock:
            session = self._sessions.get(_mark(token))
        if session is None or session.caller.ids != caller.ids:
            return None
        return session.joined(why=why)

    def end(self, session: Session) -> None:
        """End a session, for everybody who joined it."""
        with self._lock:
            self._sessions = {
                mark: one for mark, one in self._sessions.items() if one is not session
            }
        session.lock()


def _mark(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
