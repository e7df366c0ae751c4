"""The ledger adds up, says what is wrong, and survives being written down."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from strongroom.words.coverage import Coverage, FolderCoverage, Shortfall, Status
from strongroom.words.paths import path_names, path_text

ILL = Shortfall(item_id="AAMk1", name="Offer", code="ErrorItemCorrupt", why="It is ill.")


def ledger(**changes: object) -> Coverage:
    fields: dict[str, object] = {"path": ("Inbox",), "on_server": 3, "saved": 1, "unchanged": 2}
    return Coverage(
        resource="ada@lab.example",
        folders=(FolderCoverage(**(fields | changes)),),  # type: ignore[arg-type]
        notes=("delegates not kept",),
        ways={"export": 1},
        bytes_read=7,
    )


def test_a_ledger_whose_sums_meet_is_complete() -> None:
    assert ledger().is_complete


def test_one_item_too_few_or_too_many_makes_it_partial() -> None:
    assert ledger(saved=0).status() is Status.PARTIAL
    assert ledger(saved=2).status() is Status.PARTIAL
    assert ledger(saved=0).folders[0].missing == 1
    assert ledger(saved=2).folders[0].missing == -1


def test_failures_and_problems_make_it_partial_although_the_sums_meet() -> None:
    assert ledger(saved=0, failed=(ILL,)).status() is Status.PARTIAL
    assert ledger(problem="The server cannot read this folder.").status() is Status.PARTIAL


def test_a_skip_is_complete_only_once_it_was_acknowledged() -> None:
    skipped = ledger(saved=0, skipped=(ILL,))
    assert skipped.status() is Status.PARTIAL
    assert skipped.status({("AAMk1", "another code")}) is Status.PARTIAL
    assert skipped.status({("AAMk1", "ErrorItemCorrupt")}) is Status.COMPLETE


def test_it_reads_what_it_wrote() -> None:
    for one in (ledger(), ledger(saved=0, failed=(ILL,)), ledger(path=("a/b", "c\\"), note="x")):
        assert Coverage.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_totals_add_up_all_folders() -> None:
    one, other = ledger().folders[0], ledger(skipped=(ILL,), on_server=4).folders[0]
    totals = Coverage(resource="r", folders=(one, other)).totals
    assert (totals.on_server, totals.saved, totals.unchanged, totals.skipped) == (7, 2, 4, 1)


@given(st.lists(st.text(min_size=1)))
def test_a_path_comes_back_from_its_text_whatever_is_in_its_names(names: list[str]) -> None:
    assert path_names(path_text(names)) == tuple(names)


def test_a_typed_path_may_have_slashes_too_many() -> None:
    assert path_names("/Inbox//Deep/") == ("Inbox", "Deep")
    assert path_names("/") == ()
