"""Restores: into the right mailbox, resumed instead of repeated, forgotten when they are over."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from strongroom.errors import OperatorError, ServerUnreachable
from strongroom.operations.interfaces import Server
from strongroom.service.application import Application
from strongroom.service.restores import RestoreOrder
from strongroom.service.restoring import _resolve_target
from strongroom.words.json import Json
from strongroom.words.resource import Resource, ResourceKind
from tests.fakes import mail_server
from tests.fakes.mail_server import FakeServer, World
from tests.fakes.mailbox import FakeMailbox, FakeTarget
from tests.service.support import add_job, back_up, statuses, wait

ORDER = RestoreOrder(storage="disk", resource="ann@example", connection="office")
ITEMS = 30


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a storage that holds ann's mailbox, and an empty one to restore into."""
    world.estate.add("ann@example", items=ITEMS)
    world.estate.add("empty@example", items=0)
    add_job(ready, "ann@example")
    assert back_up(ready)["status"] == "complete"
    return ready


def mailbox(world: World, address: str) -> FakeMailbox:
    return world.estate.mailboxes[world.estate.id_of(address)]


def subjects(box: FakeMailbox, *, below: str = "") -> Counter[str]:
    return Counter(
        item.subject
        for folder in box.folders.values()
        if below in "/".join(box.path(folder.id))
        for item in folder.items.values()
    )


def journals(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "home" / "journals").glob("*"))


def test_a_mailbox_comes_back_into_a_new_folder_of_its_own(
    kept: Application, world: World, tmp_path: Path
) -> None:
    run, was_there = kept.restores.ask(ORDER)
    assert not was_there
    before = len(world.opened)
    report = wait(kept, run)
    assert report["status"] == "complete"
    assert report["kind"] == "restore"
    assert statuses(report) == {"ann@example": "complete"}
    assert report["totals"]["saved"] == ITEMS
    requests = sum(server.requests for server in world.opened[before:])
    assert report["totals"]["requests"] == requests
    back = subjects(mailbox(world, "ann@example"), below="Restored")
    assert back == Counter(f"message {number}" for number in range(ITEMS))
    (note, *_) = report["tasks"][0]["notes"]
    box = mailbox(world, "ann@example")
    tops = {path[0] for one in box.folders.values() if (path := box.path(one.id))}
    (folder,) = (name for name in tops if name.startswith("Restored"))
    assert note == f"It goes into the folder {folder}."
    assert journals(tmp_path) == [], "kept only as long as it may have to go on"


def test_the_newest_point_is_the_one_that_was_newest_when_it_was_asked_for(
    kept: Application, world: World
) -> None:
    box = mailbox(world, "ann@example")
    run, _ = kept.restores.ask(ORDER)
    inbox = next(f.id for f in box.folders.values() if f.role == "inbox")
    box.add_item(inbox, "came later")
    kept.runs.cancel(run.id)
    assert back_up(kept)["totals"]["on_server"] == ITEMS + 1
    again, was_there = kept.restores.ask(ORDER)
    assert (again.id, was_there) == (run.id, True), "the same command goes on"
    assert wait(kept, again)["totals"]["saved"] == ITEMS
    third, was_there = kept.restores.ask(ORDER)
    assert not was_there
    assert wait(kept, third)["totals"]["saved"] == ITEMS + 1, "what was restored is not saved yet"


def test_another_mailbox_takes_it_where_it_is_told_to(kept: Application, world: World) -> None:
    order = replace(ORDER, to="empty@example", folder="Back/Here", paths=("Inbox",))
    run, _ = kept.restores.ask(order)
    assert wait(kept, run)["status"] == "complete"
    back = subjects(mailbox(world, "empty@example"), below="Back/Here")
    assert sum(back.values()) == ITEMS
    assert sum(subjects(mailbox(world, "ann@example")).values()) == ITEMS


@pytest.mark.parametrize(
    ("to", "asked", "come_back"),
    [
        (None, None, True),
        (None, False, False),
        ("empty@example", None, False),
        ("empty@example", True, True),
    ],
)
def test_settings_go_back_to_whom_they_belong_unless_asked_otherwise(
    kept: Application, world: World, to: str | None, *, asked: bool | None, come_back: bool
) -> None:
    run, _ = kept.restores.ask(replace(ORDER, to=to, folder="/", settings=asked))
    report = wait(kept, run)
    (ledger,) = report["tasks"]
    has_settled = "Rules are switched off." in ledger["notes"]
    assert has_settled is come_back


def test_an_address_that_belongs_to_somebody_else_now_takes_nothing_unasked(
    kept: Application, world: World
) -> None:
    saved = world.estate.id_of("ann@example")
    world.estate.resources.pop(saved)
    newcomer = world.estate.add("ann@example", items=0)
    run, _ = kept.restores.ask(replace(ORDER, resource=saved))
    report = wait(kept, run)
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 2)
    assert "somebody else" in report["error"]["what"] or "another" in report["error"]["what"]
    assert sum(subjects(newcomer).values()) == 0
    run, _ = kept.restores.ask(replace(ORDER, resource=saved, to="ann@example"))
    assert wait(kept, run)["status"] == "complete"
    assert sum(subjects(newcomer).values()) == ITEMS


def test_a_restore_that_lost_its_server_goes_on_and_makes_no_duplicates(
    kept: Application, world: World, tmp_path: Path
) -> None:
    target = mailbox(world, "empty@example")

    def lose_the_server(call: str) -> None:
        if call == "written":
            raise ServerUnreachable("Nobody answers any more.")

    target.on_call = lose_the_server
    order = replace(ORDER, to="empty@example", folder="Back")
    run, _ = kept.restores.ask(order)
    report = wait(kept, run)
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 5)
    assert sum(subjects(target).values()) > 0, "something had arrived"
    assert [path.stem for path in journals(tmp_path)] == [run.id]

    target.on_call = lambda _: None
    again, was_there = kept.restores.ask(order)
    assert was_there
    assert again.id == run.id
    report = wait(kept, again)
    assert report["status"] == "complete"
    assert subjects(target) == Counter(f"message {number}" for number in range(ITEMS))
    assert journals(tmp_path) == []

    third, was_there = kept.restores.ask(order)
    assert not was_there, "what is over is over; asked for again, it is a new restore"
    assert third.id != run.id


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        (replace(ORDER, resource="nobody@example"), "nothing under this name"),
        (replace(ORDER, storage="other"), "no storage named"),
        (replace(ORDER, connection="other"), "no connection named"),
        (replace(ORDER, at="point:00000000"), "restore point"),
        (replace(ORDER, at="2001-01-01"), "restore point"),
    ],
)
def test_what_cannot_work_is_refused_before_it_is_queued(
    kept: Application, order: RestoreOrder, complaint: str
) -> None:
    with pytest.raises(OperatorError, match=complaint):
        kept.restores.ask(order)
    assert len(kept.runs.all()) == 1


def test_an_unknown_target_fails_the_run_with_that_reason(kept: Application) -> None:
    run, _ = kept.restores.ask(replace(ORDER, to="nobody@example"))
    report = wait(kept, run)
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 2)
    assert "nobody@example" in report["error"]["what"]


def test_a_folder_that_was_not_saved_fails_the_run_with_that_reason(kept: Application) -> None:
    run, _ = kept.restores.ask(replace(ORDER, paths=("Nowhere",)))
    report = wait(kept, run)
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 2)


def test_items_that_the_target_refuses_make_it_partial(
    kept: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = mailbox(world, "ann@example")
    inbox = next(folder for folder in ann.folders.values() if folder.role == "inbox")
    saved = next(iter(inbox.items))

    class Refusing(FakeTarget):
        def __init__(self, box: FakeMailbox) -> None:
            super().__init__(box)
            self.refuses = {saved}

    monkeypatch.setattr(mail_server, "FakeTarget", Refusing)
    run, _ = kept.restores.ask(replace(ORDER, to="empty@example"))
    report = wait(kept, run)
    assert report["status"] == "partial"
    assert report["totals"]["failed"] == 1
    assert report["totals"]["saved"] == ITEMS - 1


def test_a_restore_killed_after_its_end_and_before_it_was_told_writes_nothing_twice(
    kept: Application, world: World, tmp_path: Path
) -> None:
    run, _ = kept.restores.ask(replace(ORDER, to="empty@example"))
    assert wait(kept, run)["status"] == "complete"
    assert journals(tmp_path) == []
    # As the next worker finds it: the task had ended, the run had not.
    with closing(sqlite3.connect(tmp_path / "home" / "control.db")) as database, database:
        database.execute("UPDATE runs SET status = 'waiting', finished = NULL")
    assert wait(kept, run)["status"] == "complete"
    assert sum(subjects(mailbox(world, "empty@example")).values()) == ITEMS


class KnowingServer(FakeServer):
    """A server that knows what became of a mailbox."""

    def absent(
        self,
        error: OperatorError,
        address: str,
        *,
        is_below: bool,
        saved: Callable[[], Mapping[str, Json]],
    ) -> OperatorError:
        # Of a mailbox nothing is kept that defines it.
        told = f"{error.what} Perhaps {address} left ({is_below}, {dict(saved())})."
        return OperatorError(told, hint="Make it anew.")


def test_a_server_that_knows_what_became_of_it_says_so(
    kept: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A class of its own: whether one keeps to a protocol is remembered of the class.
    monkeypatch.setattr("tests.fakes.mail_server.FakeServer", KnowingServer)
    run, _ = kept.restores.ask(replace(ORDER, to="nobody@example"))
    error = wait(kept, run)["error"]
    assert "Perhaps nobody@example left (False, {})." in error["what"]
    assert error["hint"].startswith("Make it anew.")


class Sites:
    """A server whose sites keep their ids when they get another address."""

    def __init__(self, **at: str) -> None:
        self.at = {f"/{name}": id_ for name, id_ in at.items()}

    def resolve(self, reference: str) -> Resource:
        for address, id_ in self.at.items():
            if reference in {address, id_}:
                return Resource(kind=ResourceKind.SITE, id=id_, address=address)
        raise OperatorError(f"There is no site {reference}.")


def site_request(*, is_named: bool = False) -> dict[str, object]:
    return {"kind": "site", "id": "1", "target": "/old", "is_target_named": is_named}


@pytest.mark.parametrize("at", [{"new": "1"}, {"old": "2", "new": "1"}])
def test_a_site_that_moved_is_found_by_its_id(at: dict[str, str]) -> None:
    assert _resolve_target(cast("Server", Sites(**at)), site_request()).address == "/new"


def test_a_site_that_is_named_is_that_one_and_none_that_moved() -> None:
    named = site_request(is_named=True)
    with pytest.raises(OperatorError, match="no site /old"):
        _resolve_target(cast("Server", Sites(new="1")), named)
    assert _resolve_target(cast("Server", Sites(old="2", new="1")), named).id == "2"


def test_a_site_that_was_made_anew_takes_nothing_unasked() -> None:
    with pytest.raises(OperatorError, match="another mailbox or site") as caught:
        _resolve_target(cast("Server", Sites(old="2")), site_request())
    assert "--to" in caught.value.hint


def test_versions_and_columns_are_a_sites_alone(kept: Application) -> None:
    for order in (replace(ORDER, version="2.0"), replace(ORDER, fields=("Title",))):
        with pytest.raises(OperatorError) as caught:
            kept.restores.ask(order)
        assert "neither versions nor columns" in str(caught.value)
    with pytest.raises(OperatorError) as caught:
        replace(ORDER, fields=("Title",), conflict="skip")
    assert "--conflict skip" in caught.value.hint


def test_an_order_for_a_version_is_the_same_when_it_is_read_back() -> None:
    order = replace(ORDER, version="2.0", fields=("Title", "Due"))
    again = RestoreOrder.from_json(order.to_json(), storage="disk", connection="office")
    assert again == order
    # Of before there was such a thing.
    old = {key: value for key, value in order.to_json().items() if key not in {"version", "fields"}}
    assert RestoreOrder.from_json(old, storage="disk", connection="office") == ORDER
