"""The conflict rule: what a run must have for itself, and who goes first. Pure decisions.

Two runs never run together if they share a connection, a storage, or a mailbox (a site). A run
takes all it needs at once or waits; first come, first served. Nobody is overtaken by a run that
wants one of the same things, even while that thing is free, so everybody is served in the end.

Example: A runs on storage *s*; B wants *s* and *t*; C wants *t*; D wants *u*. B waits for A, C
waits for B (it came later and shares *t*), D runs beside A.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strongroom.words.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a run must have for itself.

    Attributes:
        connection: Id of the connection it works through.
        storage: Id of the storage it works with.
        server: What tells one server from another (its address), because the same mailbox may be
            reached by two connections.
        resources: How the operator named the resources on that server, in small letters; None: any
            of them (``--all`` finds out which only while it runs).
    """

    connection: str
    storage: str
    server: str
    resources: frozenset[str] | None

    def shared_with(self, other: Claims) -> str | None:
        """Say what both want, in words; None if they can run at the same time."""
        if self.storage == other.storage:
            return "same storage"
        if self.connection == other.connection:
            return "same connection"
        if self.server == other.server and self._may_meet(other):
            return "same mailbox or site"
        return None

    def _may_meet(self, other: Claims) -> bool:
        if self.resources is None or other.resources is None:
            return True
        return bool(self.resources & other.resources)

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with the run."""
        return {
            "connection": self.connection,
            "storage": self.storage,
            "server": self.server,
            "resources": None if self.resources is None else sorted(self.resources),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Claims:
        """Read what ``to_json`` wrote."""
        resources = document["resources"]
        return cls(
            connection=document["connection"],
            storage=document["storage"],
            server=document["server"],
            resources=None if resources is None else frozenset(resources),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One run in the queue."""

    id: str
    claims: Claims
    is_running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who may start now, and what the others wait for.

    Attributes:
        granted: Ids of the waiting runs that start now, first come first.
        waits_for: In words, per id of a run that must wait on.
    """

    granted: tuple[str, ...]
    waits_for: Mapping[str, str]


def decide(queue: Sequence[Queued]) -> Decision:
    """Go through the queue once and grant whatever is free.

    Args:
        queue: All open runs, first come first.
    """
    granted: list[str] = []
    waits_for: dict[str, str] = {}
    # What runs now stands in the way of everybody; what waits only of those who came later.
    ahead = [entry for entry in queue if entry.is_running]
    for entry in queue:
        if entry.is_running:
            continue
        obstacle = _first_obstacle(entry, ahead)
        if obstacle is None:
            granted.append(entry.id)
        else:
            waits_for[entry.id] = obstacle
        ahead.append(entry)
    return Decision(granted=tuple(granted), waits_for=waits_for)


def _first_obstacle(entry: Queued, ahead: Iterable[Queued]) -> str | None:
    for other in ahead:
        shared = entry.claims.shared_with(other.claims)
        if shared is not None:
            return f"run {other.id}: {shared}"
    return None
