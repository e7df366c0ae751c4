from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from strongroom.sources.exchange_onprem.folders import KnownFolder, arranged, from_words

ROOT = KnownFolder("root", "above", "Top")


def folder(id_: str, parent: str, name: str = "") -> KnownFolder:
    return KnownFolder(id_, parent, name or id_)


def test_parents_come_before_children_and_paths_are_made_of_names() -> None:
    found = arranged("root", [folder("c", "b", "Child"), folder("b", "root", "Box"), ROOT])
    assert [(each.id, each.path) for each in found] == [
        ("root", ()),
        ("b", ("Box",)),
        ("c", ("Box", "Child")),
    ]


def test_a_folder_whose_parent_is_unknown_is_kept_below_the_root_with_all_below_it() -> None:
    found = arranged("root", [ROOT, folder("lost", "nowhere"), folder("below", "lost")])
    assert {each.id: each.path for each in found} == {
        "root": (),
        "lost": ("lost",),
        "below": ("lost", "below"),
    }


def test_folders_that_claim_to_lie_in_each_other_are_not_lost() -> None:
    found = arranged("root", [ROOT, folder("a", "b"), folder("b", "a")])
    assert {each.id for each in found} == {"root", "a", "b"}


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12))
def test_whatever_the_parents_every_folder_has_exactly_one_place(parents: list[int]) -> None:
    folders = [folder(str(n), str(parent)) for n, parent in enumerate(parents, start=1)]
    found = arranged("root", [ROOT, *folders])
    assert sorted(each.id for each in found) == sorted(["root", *(each.id for each in folders)])
    seen: set[tuple[str, ...]] = set()
    for each in found:
        assert not each.path or each.path[:-1] in seen
        seen.add(each.path)


def test_what_an_earlier_run_listed_is_taken_up_again() -> None:
    listed = arranged("root", [ROOT, folder("b", "root", "Box")])
    again = arranged("root", [from_words(each) for each in listed])
    assert again == listed
