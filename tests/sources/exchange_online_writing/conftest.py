"""One tenant for all tests of writing; each works in a mailbox of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.graph.mailbox.habits import Habits
from strongroom.lab.graph.mailbox.limits import Limits
from strongroom.lab.lab import Lab, Wishes


@pytest.fixture(scope="session")
def tenant() -> Iterator[Lab]:
    with Lab(Wishes(seed=5)) as running:
        yield running
        assert running.cloud.graph.crashes == []


@pytest.fixture(autouse=True)
def habits(tenant: Lab) -> Iterator[Habits]:
    """Give the lab's habits; each test begins with those of the documentation."""
    mail = tenant.cloud.graph.mail
    mail.store.habits = Habits()
    mail.limits = Limits(clock=mail.limits.clock)
    sent = len(tenant.estate.outgoing)
    yield mail.store.habits
    mail.store.habits = Habits()
    assert len(tenant.estate.outgoing) == sent, "a restore sends nothing"
