"""Folders by Graph: none is left out because the list that it stands in was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.errors import OperatorError, StrongroomError
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.sources.exchange_online.reading import hierarchy, tree
from strongroom.wire.graph.mailbox import folders
from strongroom.wire.graph.mailbox.folders import MailboxFolder
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.properties import Property
from strongroom.wire.graph.mailbox.question import Page
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.coverage import Status
from tests.sources.exchange_online.graph_world import GraphWorld

DEEP, BELOW = "deep@lab.example", "below"


@pytest.fixture(scope="module")
def tenant() -> Iterator[Lab]:
    with Lab(Wishes(seed=4, loads=(Load(address=DEEP, items=4, item_bytes=512),))) as running:
        yield running
        assert running.cloud.graph.crashes == []


NO: tuple[StrongroomError, ...] = (
    GraphDenied("No.", code="ErrorAccessDenied", status=403),
    GraphRefused("No.", code="ErrorInvalidRequest", status=400),
)


@pytest.fixture(params=[*NO, []], ids=["denied", "refused", "cut short"])
def world(
    request: pytest.FixtureRequest, tenant: Lab, monkeypatch: pytest.MonkeyPatch
) -> GraphWorld:
    """Give a mailbox whose inbox does not tell what lies below it, once it was backed up."""
    made = GraphWorld(tenant, DEEP)
    with tenant.estate.lock:
        inbox = made.mailbox.folder_by_role("inbox")
        if not any(one.name == BELOW for one in inbox.children):
            below = made.mailbox.add_folder(inbox, BELOW)
            below.add_item(Message({tags.PidTagSubject: "deep"}))
            made.mailbox.add_folder(made.mailbox.add_folder(below, "deeper"), "deepest")
    assert made.back_up().status() is Status.COMPLETE
    reading = folders.read_below

    def refusing(
        line: MailboxLine,
        singles: Sequence[str],
        parents: Sequence[str],
        properties: Sequence[Property],
    ) -> list[tuple[str, list[MailboxFolder] | StrongroomError]]:
        return [
            (name, request.param if _is_below_inbox(told) else told)
            for name, told in reading(line, singles, parents, properties)
        ]

    monkeypatch.setattr(tree, "read_below", refusing)
    with tenant.estate.lock:
        # What changed among the folders makes the next run list them anew.
        made.mailbox.change_folder(inbox)
    return made


def _is_below_inbox(told: list[MailboxFolder] | StrongroomError) -> bool:
    return isinstance(told, list) and any(one.name == BELOW for one in told)


def test_folders_below_one_that_does_not_tell_them_are_kept_all_the_same(
    world: GraphWorld,
) -> None:
    found = world.back_up()
    assert found.status() is Status.COMPLETE, found
    paths = {line.path[1:] for line in found.folders}
    assert {(BELOW,), (BELOW, "deeper"), (BELOW, "deeper", "deepest")} <= paths
    assert "deep" in {name for _, name, _ in world.saved().values()}


# A list that is cut short without a word shows only beside another, so only these.
@pytest.mark.parametrize("world", NO, ids=["denied", "refused"], indirect=True)
def test_where_nothing_else_tells_them_either_they_are_not_taken_for_gone(
    world: GraphWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hierarchy, "changed_folders", lambda *_: iter([Page(())]))
    with pytest.raises(OperatorError):
        world.back_up()
