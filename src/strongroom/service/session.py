"""A session: who calls, why, and what they have unlocked. In memory only; it ends with the caller.

For the command line that is one command, or the shell that ``connection unlock`` opens; for the
panel it is a sign-in.
"""

from __future__ import annotations

import hashlib
import threading

from strongroom.service.callers import Caller


class Session:
    """One caller's session. Safe in many threads.

    Args:
        caller: Who.
        why: The reason that they gave for what they do (a ticket), for the audit log.
    """

    def __init__(self, caller: Caller, *, why: str = "") -> None:
        self.caller = caller
        self.why = why
        self._lock = threading.Lock()
        self._unlocked: dict[str, bytes] = {}

    def joined(self, *, why: str) -> Session:
        """Give the same session as another command of its caller has it: with its own reason."""
        other = Session(self.caller, why=why)
        other._lock, other._unlocked = self._lock, self._unlocked
        return other

    def unlock(self, connection_id: str, guard: bytes) -> None:
        """Remember that the password which this guard asks for was given."""
        with self._lock:
            self._unlocked[connection_id] = _mark(guard)

    def is_unlocked(self, connection_id: str, guard: bytes) -> bool:
        """Say whether this guard's password was given. Another password is another guard."""
        with self._lock:
            return self._unlocked.get(connection_id) == _mark(guard)

    def lock(self, connection_id: str | None = None) -> None:
        """Forget one connection's password, or all: the session ends."""
        with self._lock:
            if connection_id is None:
                self._unlocked.clear()
            else:
                self._unlocked.pop(connection_id, None)

    def is_any_of(self, accounts: frozenset[str]) -> bool:
        """Say whether the caller is one of these accounts, by stable ids alone."""
        return not accounts.isdisjoint(self.caller.ids)


def _mark(guard: bytes) -> bytes:
    return hashlib.sha256(guard).digest()
