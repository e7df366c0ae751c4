"""A site at the top of its server, and a web of a site by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from strongroom.lab.entra.jwt import Signer
from strongroom.lab.https import Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.rest import errors
from strongroom.sources.sharepoint.source import SiteSource
from tests.lab_sharepoint.conftest import server, signer
from tests.sources.sharepoint.lab_site import Keeper, lab_site
from tests.sources.sharepoint.truth import assert_kept

__all__ = ["server", "signer"]


def test_the_site_at_the_top_of_a_server_is_kept(server: LabServer, signer: Signer) -> None:
    with lab_site(server, signer, path="/") as site:
        with site.collection.lock:
            who = site.collection.principals.ensure_user(
                site.collection.login_of("ann@lab.example")
            )
            by = who.id
            papers = site.collection.root.list_by_title("Documents")
            assert papers is not None
            folder = papers.add_folder("Offers", by=by)
            papers.upload("Roof.txt", b"roof", by=by, folder=folder)
        keeper = Keeper()
        keeper.run(site.source())
        assert_kept(keeper, site.collection)
        assert keeper.folder("Shared Documents").kind == "library"
        site.clock.sleep(60)
        with site.collection.lock:
            papers.upload("Wall.txt", b"wall", by=by)
        keeper.run(site.source())
        assert_kept(keeper, site.collection)
        assert keeper.asked == [papers.id]


def test_a_web_by_itself_is_kept_with_all_below_it_and_nothing_else(
    server: LabServer, signer: Signer
) -> None:
    with lab_site(server, signer) as site:
        with site.collection.lock:
            who = site.collection.principals.ensure_user(
                site.collection.login_of("ann@lab.example")
            )
            projects = site.collection.root.add_web("projects", "Projects", by=who.id)
            roof = projects.add_web("roof", "Roof", by=who.id)
            tasks = roof.add_list("Steps", by=who.id)
            tasks.add_item({"Title": "one"}, by=who.id)
        whole = site.resource
        resource = replace(
            whole, id=f"{whole.id},{projects.id}", address=f"{whole.address}/projects"
        )

        def source() -> SiteSource:
            return SiteSource(site.rest, resource, lambda: iter(()))

        keeper = Keeper()
        keeper.run(source())
        assert keeper.folder().id == projects.id
        assert keeper.folder("roof", "Lists", "Steps").id == tasks.id
        told = {one.facts.get("web") for one in keeper.hierarchy.folders}  # type: ignore[union-attr]
        assert told == {projects.id, roof.id}
        site.clock.sleep(60)
        with site.collection.lock:
            tasks.add_item({"Title": "two"}, by=who.id)
            other = site.collection.root.list_by_title("Documents")
            assert other is not None
            other.upload("elsewhere.txt", b"x", by=who.id)
        keeper.run(source())
        assert keeper.asked == [tasks.id]
        assert len(keeper.of(tasks.id)) == 2


@pytest.mark.parametrize("days", [0, pytest.param(61, marks=pytest.mark.soak)])
def test_a_web_that_is_shut_now_does_not_pass_for_gone(
    server: LabServer, signer: Signer, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    with lab_site(server, signer) as site:
        with site.collection.lock:
            who = site.collection.principals.ensure_user(
                site.collection.login_of("ann@lab.example")
            )
            root = site.collection.root
            projects = root.add_web("projects", "Projects", by=who.id)
            roof = projects.add_web("roof", "Roof", by=who.id)
            tasks = projects.add_list("Steps", by=who.id)
            tasks.add_item({"Title": "one"}, by=who.id)
        keeper = Keeper()
        keeper.run(site.source())
        before = {one.id for one in keeper.hierarchy.folders}  # type: ignore[union-attr]
        site.clock.sleep(60 + days * 86_400)
        with site.collection.lock:
            root.add_web("other", "Other", by=who.id)
            projects.add_list("More", by=who.id)
        answer = site.face.rest._carry_out

        def shut(*args: Any) -> Response:
            if args[1].path == projects.path:
                raise errors.denied()
            return answer(*args)

        monkeypatch.setattr(site.face.rest, "_carry_out", shut)
        keeper.run(site.source())
        after = {one.id for one in keeper.hierarchy.folders}  # type: ignore[union-attr]
        assert before < after
        assert keeper.standings[tasks.id].problem
        assert keeper.standings[tasks.id].count is None
        assert not keeper.standings[roof.id].problem
        assert len(keeper.of(tasks.id)) == 1
        monkeypatch.undo()
        keeper.run(site.source())
        assert keeper.folder("projects", "Lists", "More").kind == "list"
        assert not keeper.standings[tasks.id].problem
