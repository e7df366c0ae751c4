"""Who is in a group, as far as a server tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All who are in a group, through every group inside it.

    Attributes:
        members: Addresses of the mailboxes, each once, in the server's order.
        others: Members that have no mailbox here: what they are called, and why.
        left_out: Groups inside it that the caller wanted left out.
        untold: Groups whose members are not all known, it itself among them: address, and why.
    """

    members: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    untold: tuple[tuple[str, str], ...] = ()
