"""What a diagnosis of a connection found, step by step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was tried.

    Attributes:
        name: Stable, for scripts: ``name``, ``connect``, ``tls``, ``facts``, ``capabilities``, …
        at: At which of the connection's servers: ``server``, ``authority``, ``graph``, ``ews``,
            ``site``.
        is_well: It worked.
        detail: What was found, without any address.
        private: The same with addresses and names of servers, authorities and people.
        took_ms: How long it took, in milliseconds.
        exit_code: What a command that failed so would end with; 0 if it is well.
    """

    name: str
    at: str
    is_well: bool
    detail: str
    private: str = ""
    took_ms: float
    exit_code: int = 0
