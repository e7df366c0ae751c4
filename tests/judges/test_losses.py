"""Whether a difference was announced: by the right sentence, and by no other."""

from __future__ import annotations

import pytest

from tests.judges.losses import overclaimed, unnamed
from tests.judges.sites import MISSING, Difference

GONE = "i:0#.f|membership|goro@lab.example"
ANN = "i:0#.f|membership|ann@lab.example"
BAGS = "https://x/sites/a: property bags of webs and lists (1): the target allows no scripts."
REGIONAL = "https://x/sites/a: regional settings of webs (1): the target lets nobody set them."
WHO = f"https://x/sites/a: {GONE} (100): not known in the target, so these values stay empty."
TERMS = "https://x/sites/a: terms of managed metadata (2): the target's term store lacks them."

BAG = Difference(("property", "", "Department"), "Records", MISSING)
ZONE = Difference(("regional", "hr", "TimeZone"), 2, 93)
OWNER = Difference(("group", "Auditors", "owner"), ANN, "app")
GUIDS = ["7af39dc4-07fa-45a0-a685-64df59a41dd3", "0accb7dc-19b9-4803-ba83-7013f79b8e56"]
ROOM = Difference(("item", "Lists/Jobs", "x #1", "Room"), GUIDS[:1], MISSING)
ROOMS = Difference(("item", "Lists/Jobs", "x #1", "Rooms"), GUIDS, MISSING)
TEAM = Difference(("item", "Lists/Jobs", "x #1", "TeamId"), [GONE, ANN], [ANN])
ALONE = Difference(("item", "Lists/Jobs", "x #1", "TeamId"), [GONE], MISSING)
AUTHOR = Difference(("item", "Lists/Jobs", "x #1", "AuthorId"), GONE, "app")
RIGHTS = Difference(("permission", "Lists/Jobs", GONE), ["Read"], MISSING)
LESS = Difference(("item", "Lists/Jobs", "x #1", "TeamId"), [GONE, ANN], MISSING)
OTHER = Difference(("item", "Lists/Jobs", "x #1", "Title"), "a", "b")


@pytest.mark.parametrize("one", [BAG, ZONE, ROOM, ROOMS, TEAM, ALONE, AUTHOR, RIGHTS], ids=str)
def test_what_was_announced_is_left_out(one: Difference) -> None:
    assert unnamed([one], f"{BAGS}\n{REGIONAL}\n{WHO}\n{TERMS}") == []


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (BAG, ""),
        (BAG, TERMS),
        (OWNER, BAGS),
        (AUTHOR, WHO.replace("goro", "hana")),
        (LESS, WHO),
        (OTHER, f"{BAGS}\n{REGIONAL}\n{WHO}\n{TERMS}"),
    ],
    ids=str,
)
def test_what_nobody_announced_stays(one: Difference, told: str) -> None:
    assert unnamed([one], told) == [one]


def test_what_was_announced_and_is_no_loss_is_found() -> None:
    told = f"{BAGS}\n{WHO.replace('100', '1')}\n{TERMS}"
    assert overclaimed([BAG, AUTHOR, ROOM, ROOMS], told) == []
    assert overclaimed([BAG, AUTHOR, ROOM], told) == [
        "terms of managed metadata: 2 announced, 1 lost"
    ]
    assert overclaimed([AUTHOR, ROOM, ROOMS], told) == [
        "property bags of webs and lists: 1 announced, 0 lost"
    ]
    assert overclaimed([BAG, ROOM, ROOMS], told) == [f"{GONE}: 1 announced, 0 lost"]
    # What is not kept at all cannot be known beforehand, and what nobody compares is not judged.
    assert overclaimed([], "x: administrators of the collection (1): whoever makes it.") == []
    assert overclaimed([], "x: numbers of items (33): every item gets a new number.") == []
