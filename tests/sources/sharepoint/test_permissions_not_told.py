"""Permissions of an item that a server fails at are a problem, and not permissions of nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from strongroom.lab.entra.jwt import Signer
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.seed import Amounts, fill
from strongroom.sources.sharepoint.reading import beside
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
def test_what_is_not_told_of_rights_is_a_problem_of_its_list(
    site: LabSite, monkeypatch: pytest.MonkeyPatch, status: int, *, is_problem: bool
) -> None:
    refused = 0

    def asked(rest: RestConnection, web: str, questions: Sequence[Question]) -> list[Answer | No]:
        nonlocal refused
        found: list[Answer | No] = []
        for one, answer in zip(questions, ask_each(rest, web, questions), strict=True):
            is_of_rights = "roleassignments" in one.target.casefold()
            refused += is_of_rights
            no = SiteRefused("It fails.", status=status, code="-1")
            found.append(no if is_of_rights else answer)
        return found

    monkeypatch.setattr(beside, "ask_each", asked)
    keeper = Keeper()
    keeper.run(site.source())
    assert refused
    assert any("It fails" in one for one in keeper.problems.values()) == is_problem
