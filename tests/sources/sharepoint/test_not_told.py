"""What a server fails to tell is a problem of what it belongs to, and never kept as nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType

import pytest

from strongroom.lab.entra.jwt import Signer
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.seed import Amounts, fill
from strongroom.sources.sharepoint.reading import beside, structure
from strongroom.wire.sharepoint.each import No, ask_each
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from tests.lab_sharepoint.conftest import server, signer
from tests.sources.sharepoint.lab_site import Keeper, LabSite, lab_site

__all__ = ["server", "signer"]


@pytest.fixture
def site(server: LabServer, signer: Signer) -> Iterator[LabSite]:
    with lab_site(server, signer) as made:
        with made.collection.lock:
            fill(made.collection, Amounts(items=40, files=2, people=4, pages=2))
        yield made


@pytest.mark.parametrize(("status", "is_problem"), [(500, True), (404, False)])
@pytest.mark.parametrize(
    ("room", "what"),
    [
        (beside, "/versions"),
        (beside, "attachments"),
        (beside, "roleassignments"),
        (structure, "roleassignments"),
        (structure, "sitegroups"),
        (structure, "/views"),
        (structure, "usercustomactions"),
    ],
)
def test_what_is_refused_is_a_problem_and_what_a_server_lacks_is_none(
    site: LabSite,
    monkeypatch: pytest.MonkeyPatch,
    room: ModuleType,
    what: str,
    status: int,
    *,
    is_problem: bool,
) -> None:
    refused = 0

    def asked(rest: RestConnection, web: str, questions: Sequence[Question]) -> list[Answer | No]:
        nonlocal refused
        found: list[Answer | No] = []
        for one, answer in zip(questions, ask_each(rest, web, questions), strict=True):
            is_it = what in one.target.casefold()
            refused += is_it
            no = SiteRefused("It fails.", status=status, code="-1")
            found.append(no if is_it else answer)
        return found

    monkeypatch.setattr(room, "ask_each", asked)
    keeper = Keeper()
    keeper.run(site.source())
    assert refused
    assert any("It fails" in one for one in keeper.problems.values()) == is_problem


def test_one_list_that_is_not_told_takes_no_other_along(
    site: LabSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = max(one.id for one in site.collection.root.lists.values())

    def asked(rest: RestConnection, web: str, questions: Sequence[Question]) -> list[Answer | No]:
        no = SiteRefused("It fails.", status=500, code="-1")
        return [
            no if victim in one.target and "/views" in one.target else answer
            for one, answer in zip(questions, ask_each(rest, web, questions), strict=True)
        ]

    monkeypatch.setattr(structure, "ask_each", asked)
    keeper = Keeper()
    keeper.run(site.source())
    (problem,) = [id_ for id_, one in keeper.problems.items() if "It fails" in one]
    assert problem == f"{victim}/structure"
