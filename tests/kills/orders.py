"""What the harness asks for: runs drawn at random, and when two of them must not meet.

When they must not is said here once more, apart from the engine, so that the judge does not measure
the engine by itself.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from strongroom.control.records import NewRun
from strongroom.engine.claims import Claims
from strongroom.words.json import Json

EXCLUSIVE = frozenset({"backup", "restore"})
"""Kinds that keep each other from a resource, whatever they claim."""

_CONNECTIONS, _STORAGES, _SERVERS, _MAILBOXES = 6, 6, 3, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A run to ask for.

    Attributes:
        resources: What its tasks are about, by ids that are the same whatever the way to them.
        takes_all: It claims the whole server.
        steps: Of each task.
        step_s: How long one takes.
    """

    kind: str
    connection: str
    storage: str
    server: str
    resources: tuple[str, ...]
    takes_all: bool = False
    steps: int = 3
    step_s: float = 0.02
    priority: int = 0
    is_urgent: bool = False

    def conflicts(self, other: Order) -> bool:
        """Say whether the two must never run at the same time."""
        if "verify" in {self.kind, other.kind}:
            return False
        if self.connection == other.connection or self.storage == other.storage:
            return True
        if self.server != other.server:
            return False
        is_any = self.takes_all or other.takes_all
        return is_any or not set(self.resources).isdisjoint(other.resources)

    def goes_before(self, other: Order) -> bool:
        """Say whether it would be served first, had it been asked for at the same time."""
        return (not self.is_urgent, -self.priority) < (not other.is_urgent, -other.priority)

    def new_run(self) -> NewRun:
        """Make the run."""
        request: dict[str, Json] = {
            "resources": list(self.resources),
            "steps": self.steps,
            "step_s": self.step_s,
        }
        return NewRun(
            kind=self.kind,
            request=request,
            claims=self._claims().to_json(),
            priority=self.priority,
            is_urgent=self.is_urgent,
        )

    def _claims(self) -> Claims:
        if self.kind == "verify":
            return Claims(repositories=frozenset({f"{self.storage}/*"}))
        return Claims(
            connection=self.connection,
            storage=self.storage,
            server=self.server,
            resources=None if self.takes_all else frozenset(self.resources),
        )


def drawn(chance: random.Random) -> Order:
    """Draw one."""
    kind = chance.choices(["backup", "restore", "export", "verify"], [12, 3, 1, 2])[0]
    server = f"server{chance.randrange(_SERVERS)}"
    # Sometimes a mailbox is reached by another server's name: claims do not know, tasks do.
    home = server if chance.random() < 0.7 else f"server{chance.randrange(_SERVERS)}"
    mailboxes = chance.sample(range(_MAILBOXES), chance.randint(1, 4))
    return Order(
        kind=kind,
        connection=f"connection{chance.randrange(_CONNECTIONS)}",
        storage=f"storage{chance.randrange(_STORAGES)}",
        server=server,
        resources=tuple(f"{home}/mailbox{number}" for number in mailboxes),
        takes_all=chance.random() < 0.1,
        steps=chance.randint(2, 4),
        step_s=chance.uniform(0.02, 0.12) * (1 if chance.random() < 0.8 else 6),
        priority=chance.choices([-1, 0, 1], [1, 8, 1])[0],
        is_urgent=kind == "restore" and chance.random() < 0.7,
    )
