"""A sign-in that ends, or only its token, in the middle of a backup by Graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from strongroom.clock import SystemClock
from strongroom.errors import SignInEnded
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.operations.interfaces import Quiet
from strongroom.words.coverage import Status
from tests.fakes.hand_clock import HandClock
from tests.sources.exchange_online.graph_world import GraphWorld

MANY, ITEMS = "many@lab.example", 200


class Once(Quiet):
    """Does something as soon as the first items are kept."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do: Callable[[], None] | None = do

    def advance(self, items: int, byte_count: int) -> None:
        do, self._do = self._do, None
        if do is not None:
            do()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(SystemClock().now())


@pytest.fixture
def world(clock: HandClock) -> Iterator[GraphWorld]:
    loads = (Load(address=MANY, items=ITEMS, item_bytes=1024),)
    with Lab(Wishes(seed=4, loads=loads), clock=clock) as lab:
        yield GraphWorld(lab, MANY, clock=clock)
        assert lab.cloud.graph.crashes == []


def test_a_token_that_ends_on_its_way_is_renewed_and_nothing_is_missed(
    world: GraphWorld, clock: HandClock
) -> None:
    found = world.back_up(progress=Once(lambda: clock.move(hours=3)))
    assert found.status() is Status.COMPLETE
    assert found.totals.saved == ITEMS


def test_an_application_that_is_deleted_ends_the_run_and_keeps_what_came(
    world: GraphWorld, clock: HandClock
) -> None:
    tenant = world.lab.cloud.tenant
    known = next(one for one in world.lab.cloud.applications if one.name == "Strongroom backup")
    application = tenant.applications[known.client_id]

    def delete() -> None:
        tenant.remove_application(application)
        clock.move(hours=3)

    with pytest.raises(SignInEnded) as ended:
        world.back_up(progress=Once(delete))
    assert "no such application" in str(ended.value)
    assert world.resource is not None
    repository = world.storage.repository(world.resource.kind, world.resource.id)
    assert repository.snapshots(), "a checkpoint"
